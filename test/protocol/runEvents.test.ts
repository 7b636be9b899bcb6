import assert from 'node:assert/strict';
import { emptyRunState, reduceAll } from '../../src/core/runState.js';
import { OBSERVERS } from '../../src/protocol/quantizationOptions.js';
import { FIELD_OF, type EventFields } from '../../src/protocol/eventFields.js';
import { isRunEvent, METRICS, runEvent, runState, type RunEvent, type RunState } from '../../src/protocol/runEvents.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';

const accepts = (value: unknown) => runEvent.safeParse(value).success;
/** What a log makes of a value. */
const written = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Fields that a log may lack: those that came after 0.1.0, and those that are not always known. */
const MAY_LACK: Partial<Record<RunEvent['type'], readonly string[]>> = {
  run: ['processStart'],
  step: ['activeQuantizers'],
  epoch: ['valLoss', 'metric', 'answers', 'waitingShare', 'activeQuantizers', 'strangers', 'distilled'],
  finished: ['bestEpoch', 'bestValAccuracy'],
  resumed: ['processStart'],
};

/** Of each kind: fields, with values that they may not have. */
const BAD: Record<RunEvent['type'], Record<string, readonly unknown[]>> = {
  run: { runFolder: [1], startedAt: [undefined, 5], pid: ['7', 1.5], processStart: [9], options: [{}, 'none'] },
  dataset: {
    ...{
      people: [-1, 1.5, '2'],
      images: [-1, 1.5],
      trainImages: [NaN, 1.5],
      validationImages: [null, 1.5],
      stepsPerEpoch: [-1, 1.5],
    },
    ...{ skippedCount: ['x', 1.5], skipped: [[{ file: 'a' }], 'none'] },
  },
  engine: { name: ['cuda', ''], detail: [1] },
  stage: { name: ['body'], epoch: [0, 1.5], step: [-1, 1.5] },
  step: {
    ...{ epoch: [0, 1.5], step: [0, 1.5], loss: [NaN, Infinity, '1'], accuracy: [-0.1, 1.1, NaN], learningRate: [NaN] },
    ...{ imagesPerSecond: [-1, Infinity], etaSeconds: [-1, NaN], activeQuantizers: [-1, 1.5] },
  },
  epoch: {
    ...{
      epoch: [0, 1.5],
      step: [0, 1.5],
      loss: [NaN],
      accuracy: [2],
      valLoss: [NaN, Infinity, null],
      valAccuracy: [1.5, NaN],
    },
    ...{ metric: ['recall'], imagesPerSecond: [-1], waitingShare: [1.1], learningRate: ['x'], elapsedSeconds: [-1] },
    ...{ activeQuantizers: [-1, 1.5] },
    strangers: [
      {},
      { ...SAMPLE_EVENTS.epoch.strangers, people: 1.5 },
      { ...SAMPLE_EVENTS.epoch.strangers, named: -1 },
      { ...SAMPLE_EVENTS.epoch.strangers, threshold: 2 },
      { ...SAMPLE_EVENTS.epoch.strangers, missed: 1.1 },
    ],
    answers: [
      {},
      { right: -1, pictures: 2 },
      { right: 1, pictures: 1.5 },
      { right: 1, pictures: 2, weakest: { person: 7, right: 0, pictures: 1 } },
      { right: 1, pictures: 2, weakest: { person: 'Anna' } },
    ],
    distilled: [
      {},
      { ...SAMPLE_EVENTS.epoch.distilled, people: -1 },
      { ...SAMPLE_EVENTS.epoch.distilled, pictures: 1.5 },
      { ...SAMPLE_EVENTS.epoch.distilled, cosine: 1.1 },
      { ...SAMPLE_EVENTS.epoch.distilled, pairs: { count: 8, student: 1.1, teacher: 1 } },
    ],
  },
  checkpoint: { path: [1], epoch: [-1, 1.5], step: [-1, 1.5], bytes: [-1, 1.5], best: ['yes'] },
  resumed: {
    ...{ checkpoint: [1], epoch: [-1, 1.5], step: [-1, 1.5], stages: [-1, 1.5], marks: [-1, 1.5], epochs: [0, 1.5] },
    ...{ resumedAt: [5], pid: ['7', 1.5], processStart: [9] },
  },
  mark: { name: ['biases'], epoch: [0, 1.5], step: [-1, 1.5] },
  calibrated: {
    ...{ step: [-1, 1.5], pictures: [-1, 1.5], observer: ['nonsense'] },
    ...{ floatValAccuracy: [1.1, NaN], postTrainingValAccuracy: [-0.1] },
  },
  quantizers: {
    ...{ epoch: [-1, 1.5], step: [-1, 1.5] },
    quantizers: [
      [{ name: 'a' }],
      SAMPLE_EVENTS.quantizers.quantizers.map((row) => ({ ...row, scale: [1] })),
      SAMPLE_EVENTS.quantizers.quantizers.map((row) => ({ ...row, zeroPoint: 0.5 })),
      SAMPLE_EVENTS.quantizers.quantizers.map((row) => ({ ...row, clipped: 1.5 })),
      SAMPLE_EVENTS.quantizers.quantizers.map((row) => ({ ...row, bits: 7.5 })),
      SAMPLE_EVENTS.quantizers.quantizers.map((row) => ({ ...row, channels: 0.5 })),
      SAMPLE_EVENTS.quantizers.quantizers.map((row) => ({ ...row, activeSince: -1 })),
    ],
  },
  sensitivity: {
    step: [-1, 1.5],
    pictures: [-1, 1.5],
    floatLoss: [NaN],
    layers: [[{ layer: 'a', lossIncrease: NaN, changed: 0 }], [{ layer: 'a', lossIncrease: 0, changed: -1 }]],
  },
  warning: { code: [1], message: [undefined], advice: [undefined] },
  failure: { code: [1], message: [undefined], advice: [undefined] },
  finished: {
    ...{
      reason: ['crashed'],
      epochs: [-1, 1.5],
      steps: [-1, 1.5],
      elapsedSeconds: [-1],
      bestEpoch: [1.5],
      bestValAccuracy: [2],
    },
  },
};

/** Of each kind: fields, with values at the edge of what they may have. A log that has them must stay readable. */
const EDGE: Partial<Record<RunEvent['type'], Record<string, readonly unknown[]>>> = {
  run: { runFolder: ['', 'C:\\runs\\a'], startedAt: [''], pid: [0, 1, 2 ** 31], processStart: [''] },
  dataset: {
    ...{ people: [0, 1e6], images: [0], trainImages: [0], validationImages: [0], stepsPerEpoch: [0, 1] },
    ...{ skippedCount: [0, 1e6], skipped: [[]] },
  },
  engine: { name: ['native', 'tensorflow', 'javascript'], detail: [''] },
  stage: { name: ['head', 'all'], epoch: [1, 10_000], step: [0, 1e9] },
  step: {
    ...{ epoch: [1], step: [1, 1e9], loss: [0, -1e-9, 1e30], accuracy: [0, 1], learningRate: [0, 10] },
    ...{ imagesPerSecond: [0, 1e6], etaSeconds: [0, 1e9], activeQuantizers: [0] },
  },
  epoch: {
    ...{ epoch: [1, 10_000], step: [1], loss: [0, 1e30], accuracy: [0, 1], valLoss: [0, 1e30], valAccuracy: [0, 1] },
    ...{ metric: METRICS, imagesPerSecond: [0], waitingShare: [0, 1], learningRate: [0], elapsedSeconds: [0, 0.001] },
    ...{ activeQuantizers: [0] },
  },
  checkpoint: { path: [''], epoch: [0], step: [0], bytes: [0, 1e12], best: [true, false] },
  resumed: { checkpoint: [''], epoch: [0], step: [0], stages: [0], marks: [0], epochs: [1], pid: [1] },
  mark: { name: ['calibration', 'weights', 'activations', 'batchNormFrozen', 'rangesFrozen'], epoch: [1], step: [0] },
  calibrated: {
    ...{ step: [0], pictures: [0], observer: OBSERVERS },
    ...{ floatValAccuracy: [0, 1], postTrainingValAccuracy: [0, 1] },
  },
  quantizers: {
    ...{ epoch: [0], step: [0] },
    quantizers: [
      [],
      // Nothing of what is measured is known of a quantizer that is not active yet.
      [{ name: 'a', kind: 'activations', bits: 8, channels: 1, scale: [0, 0], zeroPoint: -128, range: [0, 0] }],
      SAMPLE_EVENTS.quantizers.quantizers.map((row) => ({ ...row, clipped: 1, sqnr: -3, activeSince: 0 })),
    ],
  },
  sensitivity: {
    ...{ step: [0], pictures: [0], floatLoss: [0] },
    layers: [[], [{ layer: '', lossIncrease: -1, changed: 0 }]],
  },
  warning: { code: [''], message: [''], advice: [''] },
  failure: { code: [''], message: [''], advice: [''] },
  finished: {
    ...{ reason: ['completed', 'stopped'], epochs: [0], steps: [0], elapsedSeconds: [0] },
    ...{ bestEpoch: [1], bestValAccuracy: [0, 1] },
  },
};

describe('the events of a run', () => {
  const samples: RunEvent[] = Object.values(SAMPLE_EVENTS);

  it('are taken as a log holds them, unchanged', () => {
    for (const event of samples) assert.deepEqual(runEvent.parse(written(event)), event, event.type);
  });

  it('may lack what 0.1.0 did not write or a run cannot know, and nothing else', () => {
    for (const event of samples)
      for (const field of Object.keys(event)) {
        const value = Object.fromEntries(Object.entries(event).filter(([name]) => name !== field));
        const expected = MAY_LACK[event.type]?.includes(field) ?? false;
        assert.equal(accepts(value), expected, `${event.type} without ${field}`);
      }
  });

  it('are refused with a value that a field may not have, before and after it was written', () => {
    for (const event of samples) {
      const bad = BAD[event.type];
      const fields = Object.keys(event).filter((field) => field !== 'type');
      assert.deepEqual(Object.keys(bad).sort(), fields.sort(), `${event.type}: every field has its bad values`);
      for (const [field, values] of Object.entries(bad))
        for (const value of values) {
          if (value === undefined && MAY_LACK[event.type]?.includes(field)) continue;
          assert.ok(!accepts({ ...event, [field]: value }), `${event.type}.${field} ${JSON.stringify(value)}`);
          assert.ok(!accepts(written({ ...event, [field]: value })), `${event.type}.${field}, written`);
        }
    }
  });

  it('are taken with values at the edge of what a field may have, as they are', () => {
    for (const event of samples)
      for (const [field, values] of Object.entries(EDGE[event.type] ?? {}))
        for (const value of values) {
          assert.ok(field in event, `${event.type} has no ${field}`);
          const edged = { ...event, [field]: value };
          assert.deepEqual(runEvent.parse(written(edged)), edged, `${event.type}.${field} ${JSON.stringify(value)}`);
        }
  });

  it('are known by their type alone, and nothing else is one', () => {
    for (const event of samples) assert.ok(isRunEvent({ type: event.type }), event.type);
    for (const type of ['hello', 'preparing', 'cancelled', 'checked', '', 'Step', 'steps', 'toString', '__proto__'])
      assert.ok(!isRunEvent({ type }), type);
  });

  it('are refused when they are of no known kind, and keep nothing unknown', () => {
    for (const value of [null, 5, 'step', [], {}, { type: 'hello' }, { type: '__proto__' }, { type: ['step'] }])
      assert.ok(!accepts(value), JSON.stringify(value));
    assert.deepEqual(runEvent.parse({ ...SAMPLE_EVENTS.mark, later: 1 }), SAMPLE_EVENTS.mark);
  });

  it('each have their field in the state: the newest of a kind, or all in their order', () => {
    // A run that goes on forgets (test/core/goneOn.test.ts).
    const adding = samples.filter(({ type }) => type !== 'resumed');
    const twice = reduceAll([...adding, ...adding].map((event) => structuredClone(event)));
    for (const event of adding) {
      const field = FIELD_OF.get(event.type);
      assert.ok(field, event.type);
      const kept: unknown = twice[field];
      assert.deepEqual(kept, Array.isArray(kept) ? [event, event] : event, event.type);
    }
    const lists = Object.values(emptyRunState()).filter((value) => Array.isArray(value));
    assert.equal(lists.length, 7, 'stages, steps, epochs, checkpoints, marks, warnings, resumptions');
    assert.ok(emptyRunState().steps !== emptyRunState().steps, 'two states share no list');
  });

  it('go to the fields that the schema names, by a table without it', () => {
    assert.deepEqual(emptyRunState(), runState.parse({}));
    const table: Record<RunEvent['type'], keyof RunState> = Object.fromEntries(FIELD_OF) as EventFields;
    for (const event of samples) {
      const field = table[event.type];
      const alone = runState.safeParse({ [field]: event });
      const listed = runState.safeParse({ [field]: [event] });
      assert.ok(alone.success !== listed.success, event.type);
      assert.deepEqual((alone.data ?? listed.data)![field], alone.success ? event : [event], event.type);
    }
    assert.deepEqual([...FIELD_OF.values()].sort(), [...runState.keyof().options].sort());
  });
});
