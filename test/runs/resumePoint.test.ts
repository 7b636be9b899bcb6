import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { EventOf, RunEvent } from '../../src/protocol/runEvents.js';
import { writeCheckpoint } from '../../src/runs/checkpoint.js';
import type { KeptState, LoopState } from '../../src/runs/loopState.js';
import { clearBeyond, resumePoint } from '../../src/runs/resumePoint.js';
import { RunFolder } from '../../src/runs/runFolder.js';
import { sampleCheckpoint, sampleGraph } from '../support/runs.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const run = () => new RunFolder(folder());
const { run: begun, quantizers, step } = SAMPLE_EVENTS;

const LOOP: LoopState = {
  ...{ stage: { name: 'all', began: 0 }, bestIsWhole: false, told: { stages: 1, marks: 0 }, warned: [] },
  unfinished: { sums: { loss: 0, correct: 0, images: 0 }, pictures: 0, seconds: 0, waitedSeconds: 0 },
  ...{ elapsedSeconds: 1, arithmetic: 'native AVX2' },
};

/** A checkpoint on the disk. @returns its event */
function write(epoch: number, kept: KeptState | undefined, loop: LoopState | undefined = LOOP): EventOf<'checkpoint'> {
  const name = `epoch-000${epoch}`;
  const at = 10 * epoch;
  const sample = sampleCheckpoint(at, epoch);
  const bytes = writeCheckpoint(path.join(run().checkpoints, name), sampleGraph, {
    ...{ ...sample, loop, ...(kept && { kept }) },
  });
  return { type: 'checkpoint', path: `checkpoints/${name}`, epoch, step: at, bytes, best: false };
}

function log(...events: RunEvent[]): void {
  fs.writeFileSync(run().metrics, [begun, ...events].map((event) => `${JSON.stringify(event)}\n`).join(''));
}

describe('where a run goes on', () => {
  beforeEach(() => {
    fs.mkdirSync(run().checkpoints);
    const { options } = begun;
    const versions = { faceTrainer: '0', node: 'v20', platform: 'linux x64' };
    fs.writeFileSync(
      run().record,
      JSON.stringify({ version: 2, id: 'r', startedAt: begun.startedAt, options, versions }),
    );
  });

  it('is its newest checkpoint, with what was told up to it', () => {
    const first = write(1, { earlier: [], isBest: false });
    const second = write(2, { earlier: [first], isBest: false });
    const table = (at: number) => ({ ...quantizers, step: at });
    log(table(9), first, { ...step, step: 11 }, table(19), second, { ...step, step: 21 }, table(25));
    const point = resumePoint(folder());
    assert.deepEqual([point.event, point.passedOver, point.loop], [second, [], LOOP]);
    assert.equal(point.before.quantizers?.step, 19);
    assert.equal(point.before.steps.at(-1)?.step, 11);
  });

  it('is the one before where the newest was damaged, and says which were passed over', () => {
    const first = write(1, { earlier: [], isBest: false });
    const second = write(2, { earlier: [first], isBest: false });
    const third = write(3, { earlier: [second], isBest: false });
    log(first, second, third);
    fs.truncateSync(path.join(run().checkpoints, 'epoch-0003', 'model.safetensors'), 100);
    const bytes = fs.readFileSync(path.join(run().checkpoints, 'epoch-0002', 'optimizer.safetensors'));
    bytes[bytes.length - 1]! ^= 1;
    fs.writeFileSync(path.join(run().checkpoints, 'epoch-0002', 'optimizer.safetensors'), bytes);
    const point = resumePoint(folder());
    assert.deepEqual([point.event.epoch, point.passedOver], [1, ['epoch-0003', 'epoch-0002']]);
    clearBeyond(folder(), point);
    assert.deepEqual(fs.readdirSync(run().checkpoints), ['epoch-0001'], 'their names are free again');
  });

  it('may be one that a kill kept out of the log', () => {
    const first = write(1, { earlier: [], isBest: false });
    write(2, { earlier: [first], isBest: true });
    log(first, { ...step, step: 20 }, { ...step, step: 21 });
    const { event, before } = resumePoint(folder());
    assert.deepEqual([event.path, event.best], ['checkpoints/epoch-0002', true]);
    assert.deepEqual(
      before.steps.map((one) => one.step),
      [20],
      'what was told beyond it does not count',
    );
  });

  it('leaves alone what it keeps, and what is not its own', () => {
    const first = write(1, { earlier: [], isBest: true });
    const third = write(3, { earlier: [first], isBest: false });
    log(first, third);
    fs.mkdirSync(path.join(run().checkpoints, 'my notes'));
    fs.mkdirSync(path.join(run().checkpoints, 'step-000035'));
    clearBeyond(folder(), resumePoint(folder()));
    assert.deepEqual(fs.readdirSync(run().checkpoints).sort(), ['epoch-0001', 'epoch-0003', 'my notes']);
  });

  it('is nowhere without a whole checkpoint, in a folder that is no run, and in a run of 0.1', () => {
    log();
    assert.throws(() => resumePoint(folder()), {
      code: 'run-without-checkpoint',
      message: /no checkpoint to go on from\.$/,
    });
    const old = write(1, undefined);
    assert.throws(() => resumePoint(folder()), { code: 'checkpoint-version', message: /“epoch-0001” was written by/ });
    fs.writeFileSync(path.join(run().checkpoints, 'epoch-0001', 'state.json'), '{}');
    log(old);
    assert.throws(() => resumePoint(folder()), {
      ...{ code: 'run-without-checkpoint', message: /no checkpoint to go on from: epoch-0001 cannot be read\.$/ },
    });
    fs.writeFileSync(run().record, '{}');
    assert.throws(() => resumePoint(folder()), { code: 'run-unreadable' });
    fs.rmSync(run().record);
    assert.throws(() => resumePoint(folder()), { code: 'run-unreadable' });
  });
});
