import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { reduceAll } from '../../src/core/runState.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import type { TrainerMessage } from '../../src/protocol/jobs.js';
import { trainingOptions, type TrainingOptionsInput } from '../../src/protocol/options.js';
import { RunReader } from '../../src/runs/runReader.js';
import { readSummary, standOf } from '../../src/runs/runSummary.js';
import { StopSignal } from '../../src/training/stopSignal.js';
import { resumeRun, trainRun } from '../../src/training/trainRun.js';
import { fakeEngine, halfRight, type Validation } from '../support/fakeEngine.js';
import { scratchFolder, writePeople } from '../support/scratch.js';

const folder = scratchFolder();
const run = () => path.join(folder(), 'run');
const faked = (validation: Validation) => () =>
  Promise.resolve({ engine: fakeEngine(() => ({ lossSum: 4, correct: 2 }), validation) });
const ports = (validation?: Validation) => ({
  now: () => new Date(0),
  pixelCache: path.join(folder(), 'pixels'),
  selectEngine: validation ? faked(validation) : selectEngine,
});

type Finished = Extract<TrainerMessage, { type: 'finished' }>;

/** @param validation undefined for an engine that computes */
async function train(options: Partial<TrainingOptionsInput>, validation?: Validation): Promise<Finished> {
  await writePeople(path.join(folder(), 'data'), 2, 4);
  const whole = { dataset: path.join(folder(), 'data'), size: 32, width: 0.1, batchSize: 4, split: 0.5, epochs: 10 };
  const job = { runFolder: run(), options: trainingOptions.parse({ ...whole, ...options }), version: '0' };
  return ended((emit) => trainRun(job, emit, new StopSignal(), ports(validation)));
}

async function ended(begin: (emit: (message: TrainerMessage) => void) => Promise<boolean>): Promise<Finished> {
  let last: TrainerMessage | undefined;
  assert.ok(await begin((message) => (last = message)), JSON.stringify(last));
  assert.ok(last?.type === 'finished');
  return last;
}

describe('a run with patience', function () {
  this.timeout(60_000);

  it('ends early where nothing becomes better, and says so to everybody', async () => {
    // One step an epoch: better until the fourth, worse ever after.
    const accuracy = [0, 0.25, 0.5, 0.5, 0.75, 0.5, 0.5, 0.5, 0.5];
    const finished = await train({ patience: 3 }, (pictures, step) => ({
      lossSum: pictures,
      correct: Math.round((accuracy[step] ?? 0) * pictures),
    }));
    const { reason, epochs, bestEpoch, bestValAccuracy } = finished;
    assert.deepEqual(
      { reason, epochs, bestEpoch, bestValAccuracy },
      {
        ...{ reason: 'early', epochs: 7, bestEpoch: 4, bestValAccuracy: 0.75 },
      },
    );
    const summary = readSummary(run())!;
    assert.equal(standOf(run(), summary).phase, 'early');
    assert.deepEqual(
      summary.checkpoints.filter(({ best }) => best).map(({ path: at }) => at),
      ['checkpoints/epoch-0004'],
    );
    assert.match(fs.readFileSync(path.join(run(), 'report.html'), 'utf8'), /Ended early, as nothing became better/);
  });

  it('trains on to its last epoch without, and where the patience is longer', async () => {
    assert.deepEqual([(await train({}, halfRight)).reason], ['completed']);
    fs.rmSync(run(), { recursive: true });
    const { reason, epochs } = await train({ patience: 10 }, halfRight);
    assert.deepEqual([reason, epochs], ['completed', 10]);
  });

  it('begins anew with it where somebody says to go on', async () => {
    assert.equal((await train({ patience: 2 }, halfRight)).epochs, 3);
    const again = await ended((emit) => resumeRun({ runFolder: run() }, emit, new StopSignal(), ports(halfRight)));
    assert.deepEqual([again.reason, again.epochs], ['early', 5]);
    const { epochs } = reduceAll(new RunReader(run()).readNew());
    assert.deepEqual(
      epochs.map(({ epoch }) => epoch),
      [1, 2, 3, 4, 5],
    );
  });

  it('counts for int8 once everything is rounded', async () => {
    const quantization = { afterEpochs: 4, calibrationPictures: 4, sensitivityPictures: 0, activationsAfter: 0 };
    const { reason, epochs } = await train({ patience: 1, epochs: 40, quantization, learningRate: 0.02 }, undefined);
    assert.equal(reason, 'early');
    assert.ok(epochs > 5, `${epochs}`);
  });
});
