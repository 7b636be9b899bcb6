import assert from 'node:assert/strict';
import { reduceAll } from '../../src/core/runState.js';
import type { EventOf, RunEvent } from '../../src/protocol/runEvents.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';

// A log that goes on behind a `resumed` line is folded as if what that line takes back had never been told.

const { run, dataset, step, epoch, checkpoint, mark, stage, calibrated, quantizers, sensitivity } = SAMPLE_EVENTS;
const steps = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i): RunEvent => ({ ...step, step: from + i }));
const epochAt = (n: number, at: number): RunEvent => ({ ...epoch, epoch: n, step: at });
const written = (n: number, at: number): RunEvent => ({
  ...{ ...checkpoint, epoch: n, step: at, path: `checkpoints/epoch-000${n}` },
});
const begin: RunEvent[] = [run, dataset, { ...stage, epoch: 1, step: 0 }];
const first: RunEvent[] = [...steps(1, 10), epochAt(1, 10), written(1, 10)];
const resumed: EventOf<'resumed'> = { ...SAMPLE_EVENTS.resumed, epoch: 1, step: 10, stages: 1, marks: 0 };

describe('a run that went on', () => {
  it('is as if it had never gone beyond its checkpoint, but for the process and the line itself', () => {
    const beyond: RunEvent[] = [
      ...[
        { ...stage, name: 'all' as const, epoch: 2, step: 10 },
        { ...mark, epoch: 2, step: 10 },
      ],
      ...[calibrated, quantizers, sensitivity, ...steps(11, 17), SAMPLE_EVENTS.failure],
    ];
    const state = reduceAll([...begin, ...first, ...beyond, resumed]);
    const { pid, processStart } = resumed;
    const expected = reduceAll([{ ...run, pid, processStart }, ...[...begin, ...first].slice(1)]);
    assert.deepEqual(state, { ...expected, resumptions: [resumed] });
    for (const field of ['failure', 'finished', 'calibrated', 'quantizers', 'sensitivity'])
      assert.ok(!(field in state), field);
  });

  it('forgets an epoch that was told and not kept, and has it once when it is trained again', () => {
    const again = [...steps(11, 20), epochAt(2, 20), written(2, 20)];
    const broken = [...steps(11, 20), epochAt(2, 20)];
    const state = reduceAll([...begin, ...first, ...broken, resumed, ...again]);
    assert.deepEqual(
      [state.steps.map((one) => one.step), state.epochs.map((one) => one.epoch), state.checkpoints.length],
      [Array.from({ length: 20 }, (_, i) => i + 1), [1, 2], 2],
    );
  });

  it('has the epochs that it shall have from then on, and may go on any number of times', () => {
    const longer = { ...resumed, epochs: 30 };
    const state = reduceAll([...begin, ...first, SAMPLE_EVENTS.finished, longer, ...steps(11, 12), longer]);
    assert.deepEqual(
      [state.run?.options.epochs, state.resumptions.length, state.steps.length, state.finished],
      [30, 2, 10, undefined],
    );
  });

  it('goes on inside an epoch: its steps stay up to the checkpoint', () => {
    const inside: RunEvent = { ...checkpoint, epoch: 1, step: 14, path: 'checkpoints/step-000014', best: false };
    const from = { ...resumed, step: 14, checkpoint: inside.path };
    const state = reduceAll([...begin, ...first, ...steps(11, 14), inside, ...steps(15, 16), from]);
    assert.equal(state.steps.at(-1)?.step, 14);
    assert.equal(state.checkpoints.at(-1)?.path, inside.path);
  });
});
