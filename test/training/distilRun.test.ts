import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { dot, normalizeRows } from '../../src/core/cosine.js';
import { reduceAll } from '../../src/core/runState.js';
import { openCheckpoint } from '../../src/inference/openCheckpoint.js';
import { exportWithCard } from '../../src/inference/exportWithCard.js';
import { openModel } from '../../src/inference/openModel.js';
import { exportOptions } from '../../src/protocol/exportOptions.js';
import type { TrainingOptionsInput } from '../../src/protocol/options.js';
import { withRecipe } from '../../src/protocol/recipes.js';
import { Answering } from '../../src/recognition/answering.js';
import { fineTuningOptions } from '../../src/runs/checkpointRun.js';
import { RunReader } from '../../src/runs/runReader.js';
import { readSummary } from '../../src/runs/runSummary.js';
import { resumeRun, trainRun } from '../../src/training/trainRun.js';
import { useEnvironment } from '../support/environment.js';
import { realFaces } from '../support/realFaces.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';
import { resultOf } from '../support/smallRuns.js';
import { somePeople } from '../support/somePeople.js';
import { stoppedAfter, type Trained } from '../support/stoppedAfter.js';

// A plain network that learns the embedding of another one, on real pictures.

const folder = scratchFolder();
const data = () => path.join(folder(), 'people');
const at = (run: string) => path.join(folder(), run);
const stateOf = (run: string) => reduceAll(new RunReader(at(run)).readNew());
const checkpointOf = (run: string, epoch: number) =>
  path.join(at(run), 'checkpoints', `epoch-${String(epoch).padStart(4, '0')}`);

const SMALL: Partial<TrainingOptionsInput> = {
  ...{ width: 0.5, size: 96, batchSize: 10, split: 0.5, epochs: 3, faces: 'off', keepCheckpoints: 9 },
};

async function train(run: string, options: Partial<TrainingOptionsInput> = {}, until = Infinity): Promise<Trained> {
  const of = { weights: sharedPaths.weights05, faceWeights: sharedPaths.faceWeights };
  const wished = { dataset: data(), ...of, ...SMALL, ...options };
  const recipe = run === 'teacher' ? 'default' : 'distil';
  const job = { runFolder: at(run), options: withRecipe(recipe, wished).data!, version: '0' };
  return stoppedAfter(until, (emit, stop) => trainRun(job, emit, stop));
}

async function trained(...wish: Parameters<typeof train>): Promise<void> {
  const { ok, messages } = await train(...wish);
  assert.ok(ok, JSON.stringify(messages.at(-1)));
}

const failureOf = ({ messages }: Trained) => {
  const failure = messages.find((message) => message.type === 'failure');
  assert.ok(failure?.type === 'failure');
  return failure;
};

const recognizerOf = (checkpoint: string) =>
  Answering.open(
    checkpoint,
    { faces: 'off' },
    () => undefined,
    () => false,
  );

/** Of the second epoch, in the precision of its run. */
async function exported(run: string, part: 'classifier' | 'embedding'): Promise<string> {
  const precision = run === 'int8' ? 'int8' : 'float32';
  const options = exportOptions.parse({ format: 'onnx', precision, part });
  const order = { checkpoint: checkpointOf(run, 2), output: at(`${run}.onnx`), measure: false, options };
  const written = await exportWithCard(
    order,
    () => undefined,
    () => false,
  );
  return written!.file;
}

/** Mean cosine between what a checkpoint and its file give for two faces. */
async function nearness(run: string, file: string): Promise<number> {
  const models = [await openModel(checkpointOf(run, 2)), await openModel(file)];
  const faces = await realFaces(2, models[0]!.facts.input.width);
  const [own, other] = await Promise.all(models.map(async (model) => Float32Array.from(await model.embed!(faces))));
  for (const model of models) await model.close();
  const length = own!.length / 2;
  return dot(normalizeRows(own!, length), normalizeRows(other!, length)) / 2;
}

describe('a student of another network', function () {
  this.timeout(240_000);
  useEnvironment(() => ({ FACE_TRAINER_CACHE: path.join(folder(), 'cache') }));

  withShared('on real pictures', [sharedPaths.wild, sharedPaths.faceWeights, sharedPaths.weights05], () => {
    it('comes nearer to the face network, says how near for people left out, and that it saw few', async () => {
      somePeople(data(), 8, 5);
      await trained('run', { faces: 'on' });
      const { epochs, stages, warnings } = stateOf('run');
      assert.deepEqual(
        stages.map(({ name }) => name),
        ['head', 'all'],
      );
      assert.match(
        warnings.find(({ code }) => code === 'people-few')!.message,
        /The student sees 4 people, which is few/,
      );
      const last = epochs.at(-1)!;
      const { people, pictures, cosine, pairs } = last.distilled!;
      assert.deepEqual([people, pictures, last.metric], [4, 20, 'cosine']);
      assert.ok(
        Math.abs(last.valLoss! - (1 - cosine)) < 1e-9 && Math.abs(last.valAccuracy - Math.max(0, cosine)) < 1e-9,
      );
      // Two folds of two people: each person has ten pairs, and as many of two are drawn.
      assert.equal(pairs!.count, 80);
      assert.ok(pairs!.teacher > 0.9 && pairs!.student <= 1, JSON.stringify(pairs));
      assert.ok(last.loss < epochs[0]!.loss - 0.1, JSON.stringify(epochs.map(({ loss }) => loss)));
      assert.deepEqual(readSummary(at('run'))!.best?.metric, 'cosine');
      const { facts, float } = openCheckpoint(checkpointOf('run', 3));
      const { shape } = float.nodes.find(({ name }) => name === float.outputs.embedding)!;
      assert.deepEqual(
        [shape, facts.input.faces, facts.network.name],
        [[1, 1, 256], 'aligned', 'MobileNetV2 0.50 96x96 to 256'],
      );
    });

    it('goes on to the same bits, with damage that the teacher does not see, and is quantized with its teacher', async () => {
      somePeople(data(), 4, 4);
      const options = { epochs: 2, headEpochs: 0, batchSize: 4, augmentation: { flip: true, covered: 0.5 } };
      await trained('run', options);
      const expected = resultOf(at('run'));
      const { length } = stateOf('run').steps;
      fs.rmSync(at('run'), { recursive: true });
      await trained('run', options, length - 1);
      const goOn = () => stoppedAfter(Infinity, (emit, stop) => resumeRun({ runFolder: at('run') }, emit, stop));
      assert.ok((await goOn()).ok);
      assert.deepEqual(resultOf(at('run')), expected);

      const quantization = { calibrationPictures: 8, sensitivityPictures: 0 };
      const job = { options: fineTuningOptions(checkpointOf('run', 2), { epochs: 2, quantization }), version: '0' };
      const tuned = await stoppedAfter(Infinity, (emit, stop) =>
        trainRun({ ...job, runFolder: at('int8') }, emit, stop),
      );
      assert.ok(tuned.ok, JSON.stringify(tuned.messages.at(-1)));
      const { marks, epochs } = stateOf('int8');
      assert.ok(marks.length >= 3 && epochs.at(-1)!.distilled, JSON.stringify(epochs));
      const answering = await recognizerOf(checkpointOf('int8', 2));
      const known = openCheckpoint(checkpointOf('int8', 2)).facts.labels[0]!;
      const [file] = fs.readdirSync(path.join(data(), known));
      const { answers, network } = (await answering!.recognize([path.join(data(), known, file!)]))!;
      await answering!.close();
      assert.equal(network.precision, 'int8');
      // Its own picture is among those that it was enrolled with.
      assert.ok((await nearness('int8', await exported('int8', 'embedding'))) > 0.99);
      assert.equal('mostLike' in answers[0]! && answers[0].mostLike?.person, known, JSON.stringify(answers));
    });

    it('learns from a checkpoint, on pictures without names', async () => {
      const names = somePeople(data(), 3, 6);
      await trained('teacher', { loss: 'cosface', split: 0.7, epochs: 2 });
      const faces = at('faces');
      fs.mkdirSync(faces);
      for (const name of names)
        for (const file of fs.readdirSync(path.join(data(), name)))
          fs.copyFileSync(path.join(data(), name, file), path.join(faces, file));
      const teacher = checkpointOf('teacher', 2);
      await trained('run', { dataset: faces, teacher, split: 0.8, epochs: 2, size: 64 });
      const { dataset, epochs, warnings } = stateOf('run');
      assert.deepEqual([dataset!.people, dataset!.trainImages, dataset!.validationImages], [1, 15, 3]);
      assert.match(
        warnings.find(({ code }) => code === 'people-few')!.message,
        /not known, since the folder gives no names/,
      );
      const { people, pictures, pairs } = epochs.at(-1)!.distilled!;
      assert.deepEqual([people, pictures, pairs], [0, 3, undefined]);
      assert.equal(openCheckpoint(checkpointOf('run', 2)).facts.network.embedding, 128);

      await assert.rejects(recognizerOf(checkpointOf('run', 2)), /without names.*knows nobody/);
      await assert.rejects(exported('run', 'classifier'), /no scores of people to export/);
      assert.ok((await nearness('run', await exported('run', 'embedding'))) > 0.99999);

      fs.rmSync(teacher, { recursive: true });
      assert.equal(failureOf(await train('other', { dataset: faces, teacher })).code, 'weights-unreadable');
    });

    it('is refused where nothing would be learned from a teacher', async () => {
      somePeople(data(), 3, 3);
      const refused = [
        [{ loss: 'cosface' }, /asks nothing of a teacher/],
        [{ weights: 'faces', size: 128 }, /its own teacher/],
        [{ frozen: true }, /a frozen network keeps them/],
      ] as const;
      for (const [options, message] of refused) assert.match(failureOf(await train('run', options)).message, message);
    });
  });
});
