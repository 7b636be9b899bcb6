import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { reduceAll } from '../../src/core/runState.js';
import { COSINE_HEAD } from '../../src/graph/cosineHead.js';
import { openCheckpoint } from '../../src/inference/openCheckpoint.js';
import type { TrainingOptionsInput } from '../../src/protocol/options.js';
import { withRecipe } from '../../src/protocol/recipes.js';
import { RunReader } from '../../src/runs/runReader.js';
import { resumeRun, trainRun } from '../../src/training/trainRun.js';
import { readFaceNetwork } from '../../src/weights/faceNetwork.js';
import { findFaceWeights } from '../../src/weights/faceWeights.js';
import { useEnvironment } from '../support/environment.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';
import { resultOf } from '../support/smallRuns.js';
import { somePeople } from '../support/somePeople.js';
import { stoppedAfter, type Trained } from '../support/stoppedAfter.js';

// Every layer of the face network trained, on real pictures.

const folder = scratchFolder();
const data = () => path.join(folder(), 'people');
const runFolder = () => path.join(folder(), 'run');
const SCALE = 32;

async function train(options: Partial<TrainingOptionsInput>, until = Infinity): Promise<Trained> {
  const wished = { dataset: data(), faceWeights: sharedPaths.faceWeights, batchSize: 8, split: 0.8, ...options };
  const job = { runFolder: runFolder(), options: withRecipe('door', wished).data!, version: '0' };
  return stoppedAfter(until, (emit, stop) => trainRun(job, emit, stop));
}

const goOn = () => stoppedAfter(Infinity, (emit, stop) => resumeRun({ runFolder: runFolder() }, emit, stop));
const stateOf = () => reduceAll(new RunReader(runFolder()).readNew());
const checkpointOf = (epoch: number) =>
  openCheckpoint(path.join(runFolder(), 'checkpoints', `epoch-${String(epoch).padStart(4, '0')}`));

describe('a training of the whole face network', function () {
  this.timeout(240_000);
  useEnvironment(() => ({ FACE_TRAINER_CACHE: path.join(folder(), 'cache') }));

  withShared('on real pictures', [sharedPaths.wild, sharedPaths.faceWeights], () => {
    it('moves every layer, keeps the length of the people’s vectors, and knows the people', async () => {
      somePeople(data(), 3, 6);
      const { ok, messages } = await train({ epochs: 2 });
      assert.ok(ok, JSON.stringify(messages.at(-1)));
      const { epochs, stages } = stateOf();
      assert.deepEqual(
        stages.map(({ name }) => name),
        ['all'],
      );
      assert.ok(epochs.at(-1)!.valAccuracy >= 0.9, JSON.stringify(epochs));
      const { float, parameters } = checkpointOf(2);
      const before = readFaceNetwork(findFaceWeights(sharedPaths.faceWeights)!).parameters;
      const still = float.parameters.filter(
        ({ name, trainable }) => trainable && before.get(name)?.every((value, i) => value === parameters.get(name)![i]),
      );
      assert.deepEqual(still, []);
      const kernel = parameters.get(COSINE_HEAD.kernel)!;
      for (let person = 0; person < 3; person++) {
        const column = kernel.filter((_, i) => i % 3 === person);
        assert.ok(Math.abs(Math.hypot(...column) - SCALE) < 1e-4);
      }
    });

    it('by distillation brings covered faces near to where they were as they are, and leaves the people’s vectors alone', async () => {
      somePeople(data(), 4, 8);
      const augmentation = { covered: 0.9 };
      assert.ok((await train({ epochs: 6, loss: 'distillation', learningRate: 1e-4, augmentation })).ok);
      const { epochs } = stateOf();
      assert.ok(epochs.at(-1)!.loss < epochs[0]!.loss, JSON.stringify(epochs));
      assert.ok(
        epochs.at(-1)!.valLoss! < 0.1,
        `as they are, pictures stay near where they were: ${JSON.stringify(epochs)}`,
      );
      assert.ok(epochs.at(-1)!.valAccuracy >= 0.9);
      const after = checkpointOf(6);
      assert.deepEqual(after.parameters.get(COSINE_HEAD.kernel), checkpointOf(5).parameters.get(COSINE_HEAD.kernel));
    });

    it('by triplets moves every layer, and the people’s vectors follow', async () => {
      somePeople(data(), 4, 8);
      const options = { loss: 'triplet', margin: 0.3, sampler: { people: 4, pictures: 3 }, epochs: 3 } as const;
      const { ok, messages } = await train(options);
      assert.ok(ok, JSON.stringify(messages.at(-1)));
      const { epochs } = stateOf();
      assert.ok(epochs.at(-1)!.valAccuracy >= 0.9, JSON.stringify(epochs));
      const [before, after] = [2, 3].map((epoch) => checkpointOf(epoch).parameters.get(COSINE_HEAD.kernel)!);
      for (let person = 0; person < 4; person++) {
        const [own, old] = [after!, before!].map((kernel) => kernel.filter((_, i) => i % 4 === person));
        const cosine = own!.reduce((sum, v, i) => sum + v * old![i]!, 0) / SCALE ** 2;
        assert.ok(Math.abs(Math.hypot(...own!) - SCALE) < 1e-4);
        assert.ok(cosine > 0.5 && cosine < 0.999999, `${cosine}`);
      }
    });

    const people = { people: 3, pictures: 2 };
    for (const options of [
      { loss: 'cosface', distillationWeight: 2, averageDecay: 0.9 },
      { loss: 'distillation' },
      { loss: 'triplet', distillationWeight: 0.5, sampler: people },
    ] as const)
      it(`goes on to the same bits with ${options.loss}`, async () => {
        somePeople(data(), 3, 6);
        assert.ok((await train({ ...options, epochs: 2 })).ok);
        const expected = resultOf(runFolder());
        const { length } = stateOf().steps;
        fs.rmSync(runFolder(), { recursive: true });
        // In the second of two epochs.
        assert.ok((await train({ ...options, epochs: 2 }, length - 1)).ok);
        assert.ok((await goOn()).ok);
        assert.deepEqual(resultOf(runFolder()), expected);
      });

    it('is refused where nothing below the embedding trains', async () => {
      somePeople(data(), 3, 3);
      const ofPeople = { loss: 'triplet', sampler: { people: 3, pictures: 2 } } as const;
      for (const options of [{ loss: 'distillation' }, { distillationWeight: 1 }, ofPeople] as const) {
        const { ok, messages } = await train({ ...options, frozen: true });
        assert.ok(!ok);
        const failure = messages.find((message) => message.type === 'failure');
        assert.equal(failure?.code, 'invalid-options');
        assert.match(failure.message, /a frozen network keeps them as they are/);
      }
      const { messages } = await train({ loss: 'triplet' });
      const failure = messages.find((message) => message.type === 'failure');
      assert.match(`${failure?.message} ${failure?.advice}`, /several pictures of each person.*--people-per-batch/);
    });
  });
});
