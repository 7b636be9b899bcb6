import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { bestOf } from '../../src/core/best.js';
import { Random } from '../../src/core/random.js';
import { reduceAll } from '../../src/core/runState.js';
import { COSINE_HEAD, hasCosineHead, prototypesOf } from '../../src/graph/cosineHead.js';
import { openCheckpoint } from '../../src/inference/openCheckpoint.js';
import type { TrainerMessage } from '../../src/protocol/jobs.js';
import type { TrainingOptionsInput } from '../../src/protocol/options.js';
import { withRecipe } from '../../src/protocol/recipes.js';
import type { EventOf } from '../../src/protocol/runEvents.js';
import { ensureCheckpointRecognizer, splitOfCheckpoint } from '../../src/recognition/checkpointGallery.js';
import { faceSight } from '../../src/recognition/faceSight.js';
import { readRecognizer } from '../../src/recognizers/recognizerFolder.js';
import { RunReader } from '../../src/runs/runReader.js';
import { resumeRun, trainRun } from '../../src/training/trainRun.js';
import { findFaceWeights } from '../../src/weights/faceWeights.js';
import { useEnvironment } from '../support/environment.js';
import { scratchFolder, writeNoisePicture } from '../support/scratch.js';
import { resultOf } from '../support/smallRuns.js';
import { somePeople } from '../support/somePeople.js';
import { stoppedAfter, type Trained } from '../support/stoppedAfter.js';
import { sharedPaths, withShared } from '../support/shared.js';

// A run that starts from the face network, on real pictures.

const folder = scratchFolder();
const data = () => path.join(folder(), 'people');
const runFolder = () => path.join(folder(), 'run');

async function train(options: Partial<TrainingOptionsInput>, until = Infinity): Promise<Trained> {
  const wished = { dataset: data(), faceWeights: sharedPaths.faceWeights, epochs: 4, views: 3, split: 0.7, ...options };
  const job = { runFolder: runFolder(), options: withRecipe('face', wished).data!, version: '0' };
  return stoppedAfter(until, (emit, stop) => trainRun(job, emit, stop));
}

const goOn = (until: number) => stoppedAfter(until, (emit, stop) => resumeRun({ runFolder: runFolder() }, emit, stop));

function failureOf(messages: readonly TrainerMessage[]): EventOf<'failure'> {
  const failure = messages.find((message) => message.type === 'failure');
  assert.ok(failure, JSON.stringify(messages.at(-1)));
  return failure;
}

const pictureOf = (name: string) => path.join(data(), name, fs.readdirSync(path.join(data(), name)).sort()[0]!);

/** A group with a stranger who stands larger and first, pictures without a face, and a person who has nothing else. */
async function addHardPictures(names: readonly string[]): Promise<void> {
  const [one, other] = [names[0]!, names[1]!];
  const stranger = await sharp(pictureOf(other)).resize(400, 400).toBuffer();
  const own = await sharp(pictureOf(one)).resize(300, 300).toBuffer();
  await sharp({ create: { width: 720, height: 400, channels: 3, background: '#777' } })
    .composite([
      { input: stranger, left: 0, top: 0 },
      { input: own, left: 410, top: 50 },
    ])
    .jpeg()
    .toFile(path.join(data(), one, 'zz-group.jpg'));
  await writeNoisePicture(path.join(data(), other, 'zz-nobody.png'), 5, 200);
  for (const i of [0, 1]) await writeNoisePicture(path.join(data(), 'Nobody', `${i}.png`), 10 + i, 200);
}

/** The recognizer of a checkpoint compares people by the columns of its head. */
async function requireTrainedVectors(
  checkpoint: string,
  names: readonly string[],
  kernel: Float32Array,
): Promise<void> {
  const rows = prototypesOf(kernel, names.length);
  const sight = await faceSight(findFaceWeights(sharedPaths.faceWeights)!, 'on');
  try {
    const recognizer = await ensureCheckpointRecognizer(
      sight,
      checkpoint,
      () => undefined,
      () => false,
    );
    const { record, embeddings } = readRecognizer(recognizer!);
    const { length } = sight.embedder.network;
    record.people.forEach(({ name, prototype, pictures }) => {
      assert.ok(prototype !== undefined && pictures.length >= 4, name);
      const at = names.indexOf(name) * length;
      assert.deepEqual(
        embeddings.slice(prototype * length, (prototype + 1) * length),
        rows.slice(at, at + length),
        name,
      );
    });
    assert.equal(record.people.length, 6);
  } finally {
    await sight.close();
  }
}

describe('a training from the face network', function () {
  this.timeout(240_000);
  useEnvironment(() => ({ FACE_TRAINER_CACHE: path.join(folder(), 'cache') }));

  it('says in a sentence that the network is not on this machine, and leaves no run behind', async () => {
    fs.mkdirSync(path.join(data(), 'a'), { recursive: true });
    await writeNoisePicture(path.join(data(), 'a', '0.png'), 0);
    await writeNoisePicture(path.join(data(), 'b', '0.png'), 1);
    const { ok, messages } = await train({ faceWeights: undefined });
    assert.ok(!ok);
    const { code, message, advice } = failureOf(messages);
    assert.equal(code, 'weights-absent');
    assert.match(`${message} ${advice}`, /^The face weights are not on this machine\. .*--recipe default/);
    assert.ok(!fs.existsSync(runFolder()));
  });

  it('is refused for int8 while it stays frozen, before anything starts', async () => {
    await writeNoisePicture(path.join(data(), 'a', '0.png'), 0);
    await writeNoisePicture(path.join(data(), 'b', '0.png'), 1);
    const { messages } = await train({ faceWeights: undefined, quantization: { afterEpochs: 1 } });
    assert.match(failureOf(messages).message, /stays frozen cannot be trained for int8/);
    assert.ok(!fs.existsSync(runFolder()));
  });

  it('refuses an average of vectors that train on the frozen network, before anything starts', async () => {
    await writeNoisePicture(path.join(data(), 'a', '0.png'), 0);
    await writeNoisePicture(path.join(data(), 'b', '0.png'), 1);
    const { messages } = await train({ averageDecay: 0.9 });
    assert.equal(failureOf(messages).code, 'invalid-options');
    assert.match(failureOf(messages).message, /on the frozen face network are not averaged/);
    assert.ok(!fs.existsSync(runFolder()));
  });

  withShared('on real pictures', [sharedPaths.wild, sharedPaths.faceWeights], () => {
    it('finds faces, measures strangers every epoch, and gives a checkpoint whose recognizer compares by what it learned', async () => {
      const names = somePeople(data(), 6, 8);
      await addHardPictures(names);
      const { ok, messages } = await train({});
      assert.ok(ok, JSON.stringify(messages.at(-1)));
      const { dataset, epochs, warnings, checkpoints, stages } = reduceAll(new RunReader(runFolder()).readNew());
      assert.deepEqual([dataset!.people, dataset!.skippedCount], [6, 3]);
      assert.ok(dataset!.skipped.every(({ reason }) => reason === 'shows no face that could be found'));
      const several = warnings.find(({ code }) => code === 'faces-several');
      assert.match(several!.message, /zz-group\.jpg with 2|pictures show several faces/);
      const list = JSON.parse(fs.readFileSync(path.join(runFolder(), 'several-faces.json'), 'utf8')) as unknown[];
      assert.ok(list.length >= 1);
      assert.deepEqual(
        stages.map(({ name }) => name),
        ['head'],
      );

      assert.equal(epochs.length, 4);
      for (const { strangers } of epochs) {
        assert.equal(strangers!.people, 6, 'everybody is a stranger once');
        assert.equal(strangers!.named, 0, 'none of six may be named');
        assert.ok(strangers!.missed <= 0.1 && strangers!.damagedMissed <= 0.8, JSON.stringify(strangers));
      }
      assert.ok(epochs.at(-1)!.valAccuracy >= 0.9, String(epochs.at(-1)!.valAccuracy));
      assert.equal(checkpoints.filter(({ best }) => best).at(-1)!.epoch, bestOf(epochs)!.epoch);
      assert.match(
        fs.readFileSync(path.join(runFolder(), 'report.html'), 'utf8'),
        /Of 6 people left out in turn, 0 would be named/,
      );

      const checkpoint = path.join(runFolder(), 'checkpoints', 'epoch-0004');
      const { float, parameters, facts, run } = openCheckpoint(checkpoint);
      assert.ok(hasCosineHead(float));
      assert.deepEqual([facts.labels, facts.network.head], [names, 'cosine']);
      assert.equal(run.withoutFace.length, 3);
      assert.equal(facts.input.template?.length, 5);

      await requireTrainedVectors(checkpoint, names, parameters.get(COSINE_HEAD.kernel)!);
      const split = await splitOfCheckpoint(
        checkpoint,
        () => undefined,
        () => false,
      );
      assert.ok(split!.validation.length > 6);
      assert.ok(
        split!.train.every(({ file }) => !file.includes('nobody')),
        'as the run split them',
      );
    });

    it('goes on to the same bits wherever it was stopped, and with vectors that have to be made anew', async () => {
      somePeople(data(), 5, 6);
      const options = { epochs: 3, views: 2, checkpointMinutes: 0.001 };
      assert.ok((await train(options)).ok);
      const expected = resultOf(runFolder());
      const { steps } = reduceAll(new RunReader(runFolder()).readNew());
      const random = Random.fromSeed(5);
      for (const forgetful of [false, true]) {
        fs.rmSync(runFolder(), { recursive: true });
        const [one, other] = [1 + random.integer(steps.length - 1), 1 + random.integer(steps.length - 1)];
        const [first, second] = [Math.min(one, other), Math.max(one, other)];
        assert.ok((await train(options, first)).ok);
        if (forgetful) fs.rmSync(path.join(folder(), 'cache'), { recursive: true });
        for (const until of [second, Infinity])
          if (reduceAll(new RunReader(runFolder()).readNew()).finished?.reason === 'stopped')
            assert.ok((await goOn(until)).ok, `stopped after ${first} and ${second} of ${steps.length} steps`);
        assert.deepEqual(
          resultOf(runFolder()),
          expected,
          `stopped after ${first} and ${second} of ${steps.length} steps`,
        );
      }
    });

    it('trains with each loss, by its margin, and goes on to the same bits', async () => {
      somePeople(data(), 4, 6);
      const firstLosses = new Map<string, number>();
      for (const loss of ['auto', 'cosface', 'arcface', 'softmax', 'combined'] as const) {
        const options = { loss, margin: 0.4, marginM1: 1, marginM2: 0, marginM3: 0.4, epochs: 2, views: 1 };
        assert.ok((await train(options)).ok, loss);
        const expected = resultOf(runFolder());
        const { steps } = reduceAll(new RunReader(runFolder()).readNew());
        firstLosses.set(loss, steps[0]!.loss);
        fs.rmSync(runFolder(), { recursive: true });
        assert.ok((await train(options, 1)).ok, loss);
        assert.ok((await goOn(Infinity)).ok, loss);
        assert.deepEqual(resultOf(runFolder()), expected, loss);
        fs.rmSync(runFolder(), { recursive: true });
      }
      const [auto, cosface, arcface, softmax, combined] = [...firstLosses.values()] as [
        number,
        number,
        number,
        number,
        number,
      ];
      assert.equal(auto, cosface);
      assert.ok(Math.abs(combined - cosface) < 1e-6, 'of the cosine alone it is CosFace');
      // From the same vectors: 0.4 of the angle is less of the cosine than 0.4 of the cosine.
      assert.ok(softmax < arcface && arcface < cosface, `${softmax}, ${arcface}, ${cosface}`);
    });

    it('trains with the optimizer that is asked for', async () => {
      somePeople(data(), 4, 6);
      const vectors: Float32Array[] = [];
      for (const optimizer of ['adam', 'sgd'] as const) {
        assert.ok((await train({ optimizer, epochs: 1, views: 1 })).ok, optimizer);
        const { parameters } = openCheckpoint(path.join(runFolder(), 'checkpoints', 'epoch-0001'));
        vectors.push(parameters.get(COSINE_HEAD.kernel)!);
        fs.rmSync(runFolder(), { recursive: true });
      }
      assert.notDeepEqual(vectors[0], vectors[1]);
    });

    it('grows its margin and scale over a share of the run, and goes on to the same bits in the middle of it', async () => {
      somePeople(data(), 4, 6);
      const options = { logitScale: 32, margin: 0.4, lossRamp: 0.7, epochs: 3, views: 1, batchSize: 8 } as const;
      assert.ok((await train(options)).ok);
      const expected = resultOf(runFolder());
      const { steps } = reduceAll(new RunReader(runFolder()).readNew());
      fs.rmSync(runFolder(), { recursive: true });
      assert.ok((await train(options, 3)).ok);
      assert.ok((await goOn(Infinity)).ok);
      assert.deepEqual(resultOf(runFolder()), expected);
      const kernelOf = () =>
        openCheckpoint(path.join(runFolder(), 'checkpoints', 'epoch-0003')).parameters.get(COSINE_HEAD.kernel)!;
      const lengthOf = (kernel: Float32Array) => Math.hypot(...kernel.filter((_, i) => i % 4 === 0));
      assert.ok(Math.abs(lengthOf(kernelOf()) - 32) < 1e-4, 'the columns have their whole length');

      // The first step is one without a margin at the scale of few people.
      fs.rmSync(runFolder(), { recursive: true });
      assert.ok((await train({ ...options, logitScale: 'auto', loss: 'softmax', lossRamp: 0 })).ok);
      const [softmax] = reduceAll(new RunReader(runFolder()).readNew()).steps;
      assert.ok(Math.abs(steps[0]!.loss - softmax!.loss) < 1e-5, `${steps[0]!.loss} against ${softmax!.loss}`);
      assert.ok(Math.abs(lengthOf(kernelOf()) - Math.SQRT2 * Math.log(10)) < 1e-4, 'as for eleven people');
    });

    it('gives the same numbers to the bit from vectors that an earlier run kept', async () => {
      somePeople(data(), 3, 5);
      const facts = () =>
        reduceAll(new RunReader(runFolder()).readNew()).epochs.map(({ epoch, loss, valLoss, strangers }) => ({
          ...{ epoch, loss, valLoss, strangers },
        }));
      const weights = () => {
        const { parameters } = openCheckpoint(path.join(runFolder(), 'checkpoints', 'epoch-0003'));
        return parameters.get(COSINE_HEAD.kernel)!;
      };
      assert.ok((await train({ epochs: 3, views: 2 })).ok);
      const [first, kernel] = [facts(), weights()];
      const kept = path.join(folder(), 'cache', 'embeddings');
      const [file] = fs.readdirSync(kept);
      const { size } = fs.statSync(path.join(kept, file!));
      assert.ok(size > 15 * 256 * 4, 'each picture at least');
      fs.rmSync(runFolder(), { recursive: true });
      assert.ok((await train({ epochs: 3, views: 2 })).ok);
      assert.deepEqual(facts(), first);
      assert.deepEqual(weights(), kernel);
      assert.deepEqual(fs.readdirSync(kept), [file]);
    });

    it('takes pictures as they are where faces are off', async () => {
      const names = somePeople(data(), 3, 5);
      await writeNoisePicture(path.join(data(), names[0]!, 'zz-nobody.png'), 5, 200);
      const { ok, messages } = await train({ faces: 'off', epochs: 1, views: 1 });
      assert.ok(ok, JSON.stringify(messages.at(-1)));
      const { dataset, warnings } = reduceAll(new RunReader(runFolder()).readNew());
      assert.deepEqual([dataset!.images, dataset!.skippedCount], [16, 0]);
      assert.ok(!warnings.some(({ code }) => code === 'faces-several'));
      const { run } = openCheckpoint(path.join(runFolder(), 'checkpoints', 'epoch-0001'));
      assert.deepEqual([run.faces, run.withoutFace], ['aligned', []]);
    });
  });
});
