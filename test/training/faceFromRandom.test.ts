import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { dot, normalizeRows } from '../../src/core/cosine.js';
import { reduceAll } from '../../src/core/runState.js';
import { writeExport } from '../../src/export/writeExport.js';
import { openCheckpoint } from '../../src/inference/openCheckpoint.js';
import { openModel } from '../../src/inference/openModel.js';
import { exportOptions } from '../../src/protocol/exportOptions.js';
import type { TrainingOptionsInput } from '../../src/protocol/options.js';
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
import { stoppedAfter, type Trained } from '../support/stoppedAfter.js';

// The layers of the face network from random weights, on real pictures.

const folder = scratchFolder();
const data = () => path.join(folder(), 'people');
const at = (run: string) => path.join(folder(), run);
const newest = (run: string) =>
  path.join(at(run), 'checkpoints', fs.readdirSync(path.join(at(run), 'checkpoints')).at(-1)!);
const stateOf = (run: string) => reduceAll(new RunReader(at(run)).readNew());

async function train(options: Partial<TrainingOptionsInput>, until = Infinity): Promise<Trained> {
  const small = { epochs: 2, batchSize: 6, split: 0.8, learningRate: 1e-3, faces: 'off', fromRandom: true } as const;
  const wished = { dataset: data(), faceWeights: sharedPaths.faceWeights, ...small, ...options };
  const job = { runFolder: at('run'), options: withRecipe('door', wished).data!, version: '0' };
  return stoppedAfter(until, (emit, stop) => trainRun(job, emit, stop));
}

async function embeddingsOf(model: string, faces: Uint8Array): Promise<Float32Array> {
  const opened = await openModel(model);
  try {
    return normalizeRows(Float32Array.from(await opened.embed!(faces)), 256);
  } finally {
    await opened.close();
  }
}

describe('the face network from random weights', function () {
  this.timeout(120_000);
  useEnvironment(() => ({ FACE_TRAINER_CACHE: path.join(folder(), 'cache') }));

  withShared('on real pictures', [sharedPaths.wild, sharedPaths.faceWeights], () => {
    it('learns, goes on to the same bits, and is quantized and exported', async () => {
      somePeople(data(), 3, 5);
      const { ok, messages } = await train({ loss: 'arcface', margin: 0.1, logitScale: 'auto' });
      assert.ok(ok, JSON.stringify(messages.at(-1)));
      const { epochs, steps } = stateOf('run');
      assert.ok(epochs.at(-1)!.loss < epochs[0]!.loss, JSON.stringify(epochs.map(({ loss }) => loss)));
      const expected = resultOf(at('run'));
      fs.rmSync(at('run'), { recursive: true });
      await train({ loss: 'arcface', margin: 0.1, logitScale: 'auto' }, steps.length - 1);
      const gone = await stoppedAfter(Infinity, (emit, stop) => resumeRun({ runFolder: at('run') }, emit, stop));
      assert.ok(gone.ok);
      assert.deepEqual(resultOf(at('run')), expected);

      const quantization = { calibrationPictures: 4, sensitivityPictures: 0 };
      const options = { ...fineTuningOptions(newest('run'), { epochs: 1, quantization }), batchSize: 6 };
      const job = { runFolder: at('int8'), options, version: '0' };
      const tuned = await stoppedAfter(Infinity, (emit, stop) => trainRun(job, emit, stop));
      assert.ok(tuned.ok, JSON.stringify(tuned.messages.at(-1)));
      const files = { run: 'float.onnx', int8: 'int8.tflite' } as const;
      const faces = await realFaces(2, 128);
      const float = await embeddingsOf(newest('run'), faces);
      for (const run of ['run', 'int8'] as const) {
        const format = run === 'run' ? 'onnx' : 'tflite';
        const precision = run === 'run' ? 'float32' : 'int8';
        await writeExport(
          openCheckpoint(newest(run)),
          exportOptions.parse({ format, precision, part: 'embedding' }),
          at(files[run]),
        );
        const cosine = dot(float, await embeddingsOf(at(files[run]), faces)) / 2;
        assert.ok(cosine > (run === 'run' ? 0.99999 : 0.8), `${files[run]}: ${cosine}`);
      }
    });

    it('is refused frozen, by distillation, and of another network', async () => {
      somePeople(data(), 3, 3);
      const refused = [
        [{ frozen: true }, /frozen network of random weights/],
        [{ loss: 'distillation' }, /those of random weights say nothing/],
        [{ weights: sharedPaths.weights05 }, /layers of the face network/],
      ] as const;
      for (const [options, message] of refused) {
        const { ok, messages } = await train(options);
        const failure = messages.find(({ type }) => type === 'failure');
        assert.ok(!ok && failure?.type === 'failure');
        assert.match(failure.message, message);
      }
    });
  });
});
