import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { dot, normalizeRows } from '../../src/core/cosine.js';
import { reduceAll } from '../../src/core/runState.js';
import { ofCheckpoint } from '../../src/inference/open/checkpoint.js';
import { withRecipe } from '../../src/protocol/recipes.js';
import { fineTuningOptions } from '../../src/runs/checkpointRun.js';
import { RunReader } from '../../src/runs/runReader.js';
import { resumeRun, trainRun } from '../../src/training/trainRun.js';
import { useEnvironment } from '../support/environment.js';
import { realFaces } from '../support/realFaces.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';
import { resultOf } from '../support/smallRuns.js';
import { somePeople } from '../support/somePeople.js';
import { stoppedAfter } from '../support/stoppedAfter.js';

// A checkpoint of the face network fine-tuned for int8, on real pictures.

const folder = scratchFolder();
const data = () => path.join(folder(), 'people');
const at = (run: string) => path.join(folder(), run);
const LENGTH = 256;
const FACES = 24;

async function trained(): Promise<string> {
  const wished = { dataset: data(), faceWeights: sharedPaths.faceWeights, epochs: 1, views: 1, split: 0.8 };
  const job = { runFolder: at('float'), options: withRecipe('face', wished).data!, version: '0' };
  const { ok, messages } = await stoppedAfter(Infinity, (emit, stop) => trainRun(job, emit, stop));
  assert.ok(ok, JSON.stringify(messages.at(-1)));
  return path.join(at('float'), 'checkpoints', 'epoch-0001');
}

async function fineTune(checkpoint: string, epochs: number, until = Infinity): Promise<void> {
  const quantization = { calibrationPictures: 16, sensitivityPictures: 0, activationsAfter: 0.3 };
  const options = { ...fineTuningOptions(checkpoint, { epochs, quantization }), batchSize: 4, keepCheckpoints: 9 };
  const job = { runFolder: at('int8'), options, version: '0' };
  const { ok, messages } = await stoppedAfter(until, (emit, stop) => trainRun(job, emit, stop));
  assert.ok(ok, JSON.stringify(messages.at(-1)));
}

async function embeddingsOf(checkpoint: string, faces: Uint8Array): Promise<Float32Array> {
  const model = await ofCheckpoint(checkpoint);
  try {
    return normalizeRows(Float32Array.from(await model.embed!(faces)), LENGTH);
  } finally {
    await model.close();
  }
}

describe('a face network fine-tuned for int8', function () {
  this.timeout(240_000);
  useEnvironment(() => ({ FACE_TRAINER_CACHE: path.join(folder(), 'cache') }));

  withShared('on real pictures', [sharedPaths.wild, sharedPaths.faceWeights], () => {
    it('comes nearer to what it gave in float, also for faces that it does not train on', async () => {
      somePeople(data(), 4, 8);
      const checkpoint = await trained();
      await fineTune(checkpoint, 4);
      const { epochs, calibrated, marks } = reduceAll(new RunReader(at('int8')).readNew());
      assert.ok(calibrated && marks.length >= 3, JSON.stringify(marks));
      // In the first epoch kernels alone are rounded, from the second on everything is.
      assert.ok(epochs[3]!.valLoss! < epochs[1]!.valLoss!, JSON.stringify(epochs));
      const faces = await realFaces(FACES, 128);
      const float = await embeddingsOf(checkpoint, faces);
      const meanCosine = async (epoch: number) =>
        dot(float, await embeddingsOf(path.join(at('int8'), 'checkpoints', `epoch-000${epoch}`), faces)) / FACES;
      const [first, last] = [await meanCosine(2), await meanCosine(4)];
      assert.ok(
        last > first && last > 0.8,
        `${first} after its first epoch with everything rounded, ${last} at the end`,
      );
    });

    it('goes on to the same bits', async () => {
      somePeople(data(), 3, 5);
      const checkpoint = await trained();
      await fineTune(checkpoint, 2);
      const expected = resultOf(at('int8'));
      const { length } = reduceAll(new RunReader(at('int8')).readNew()).steps;
      fs.rmSync(at('int8'), { recursive: true });
      await fineTune(checkpoint, 2, length - 1);
      const gone = await stoppedAfter(Infinity, (emit, stop) => resumeRun({ runFolder: at('int8') }, emit, stop));
      assert.ok(gone.ok);
      assert.deepEqual(resultOf(at('int8')), expected);
    });
  });
});
