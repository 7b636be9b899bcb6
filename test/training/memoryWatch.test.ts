import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { selectEngine } from '../../src/engine/selectEngine.js';
import type { MemoryReading } from '../../src/platform/memory.js';
import type { TrainerMessage } from '../../src/protocol/jobs.js';
import { trainingOptions, type TrainingOptionsInput } from '../../src/protocol/options.js';
import { MemoryWatch } from '../../src/training/memoryWatch.js';
import type { TrainingPorts } from '../../src/training/runContext.js';
import { StopSignal } from '../../src/training/stopSignal.js';
import { resumeRun, trainRun } from '../../src/training/trainRun.js';
import { scratchFolder, writePeople } from '../support/scratch.js';
import { resultOf, SMALL_RUN } from '../support/smallRuns.js';

const folder = scratchFolder();
const GB = 1e9;

describe('MemoryWatch', () => {
  const of = (totalBytes: number) => {
    const watch = new MemoryWatch();
    return (availableBytes: number): MemoryReading | undefined => watch.see({ availableBytes, totalBytes });
  };

  it('says once that memory runs out, when two readings in a row say so', () => {
    const see = of(8 * GB);
    const readings = [2, 0.23, 0.5, 0.23, 0.3, 0.23, 0.2, 0.1, 3, 0.1, 0.1].map((left) => see(left * GB));
    assert.deepEqual(
      readings.map((reading) => reading?.availableBytes),
      [...Array<undefined>(6), 0.2 * GB, ...Array<undefined>(4)],
    );
  });

  it('wants 3 % to be left, of a small container enough for a checkpoint, of a large machine no more than that takes', () => {
    for (const [total, least] of [
      [0.5, 0.048],
      [8, 0.24],
      [256, 0.4],
    ] as const) {
      const [enough, low] = [of(total * GB), of(total * GB)];
      for (let i = 0; i < 3; i++) assert.equal(enough(least * GB + 1), undefined, `${total} GB`);
      assert.equal(low(least * GB - 1), undefined);
      assert.deepEqual(low(least * GB - 1), { availableBytes: least * GB - 1, totalBytes: total * GB });
    }
  });
});

describe('a run that is short of memory', function () {
  this.timeout(60_000);

  interface Ran {
    readonly ok: boolean;
    readonly last: TrainerMessage;
    readonly closed: number;
  }

  /** Trains, or goes on; memory is low after so many steps. */
  async function train(
    name: string,
    shortAfter: number,
    wished?: 'pause',
    options: Partial<TrainingOptionsInput> = {},
  ): Promise<Ran> {
    const runFolder = path.join(folder(), name);
    let short: (left: MemoryReading) => void = () => assert.fail('nobody watches');
    let closed = 0;
    const stop = new StopSignal();
    const ports: TrainingPorts = {
      ...{ now: () => new Date(0), pixelCache: path.join(folder(), 'pixels'), selectEngine },
      watch: (_, __, onShortage) => {
        short = onShortage;
        return { told: () => undefined, close: () => Promise.resolve(closed++).then(() => undefined) };
      },
    };
    let last: TrainerMessage | undefined;
    const emit = (message: TrainerMessage) => {
      last = message;
      if (message.type !== 'step' || message.step !== shortAfter) return;
      if (wished) stop.request(wished);
      short({ availableBytes: 0.2 * GB, totalBytes: 8 * GB });
    };
    const all = trainingOptions.parse({ dataset: path.join(folder(), 'data'), ...SMALL_RUN, epochs: 3, ...options });
    const ok = fs.existsSync(runFolder)
      ? await resumeRun({ runFolder }, emit, stop, ports)
      : await trainRun({ runFolder, version: '0', options: all }, emit, stop, ports);
    return { ok, last: last!, closed };
  }

  it('ends by itself with a checkpoint, says what is left and what batch needs less, and goes on to the same bits', async () => {
    await writePeople(path.join(folder(), 'data'), 4, 8);
    const whole = await train('whole', Infinity);
    assert.deepEqual([whole.ok, whole.closed], [true, 1]);
    const { ok, last, closed } = await train('run', 8);
    assert.deepEqual([ok, closed], [false, 1]);
    assert.deepEqual(last, {
      type: 'failure',
      code: 'memory-low',
      message:
        'Training broke off in epoch 2 of 3: its process ended by itself before memory ran out (200.0 MB of 8.0 GB were left).',
      advice:
        'It can go on from there. Close other programs first. A batch of 2 pictures (--batch 2) takes about half the memory, in another training.',
    });
    assert.ok((await train('run', Infinity)).ok);
    assert.deepEqual(resultOf(path.join(folder(), 'run')), resultOf(path.join(folder(), 'whole')));
  });

  it('offers no smaller batch where there is none, and leaves what its user wished before as it was wished', async () => {
    await writePeople(path.join(folder(), 'data'), 4, 8);
    const people = { sampler: { people: 2, pictures: 2 } };
    const { last } = await train('people', 2, undefined, people);
    assert.ok(last.type === 'failure' && last.code === 'memory-low');
    assert.equal(last.advice, 'It can go on from there. Close other programs first.');
    const paused = await train('paused', 2, 'pause');
    assert.ok(paused.ok && paused.last.type === 'finished' && paused.last.reason === 'paused');
  });
});
