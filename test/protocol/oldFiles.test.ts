import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { reduceAll } from '../../src/core/runState.js';
import { datasetReport } from '../../src/protocol/check.js';
import { exportOptions } from '../../src/protocol/exportOptions.js';
import { augmentation, trainingOptions } from '../../src/protocol/options.js';
import { quantization } from '../../src/protocol/quantizationOptions.js';
import { runEvent, type RunEvent } from '../../src/protocol/runEvents.js';

// What version 0.1.0 wrote (test/reference/run-1/README.md), held against the schemas of today.

const reference = path.resolve(import.meta.dirname, '../reference/run-1');
const textOf = (run: string, file: string) => fs.readFileSync(path.join(reference, run, file), 'utf8');
const jsonOf = (run: string, file: string) => JSON.parse(textOf(run, file)) as Record<string, unknown>;
const linesOf = (run: string) =>
  textOf(run, 'metrics.ndjson')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const without = (whole: object, part: string) =>
  Object.fromEntries(Object.entries(whole).filter(([name]) => name !== part));

/** With options and distortions that came after it at their defaults: what a run without them did. */
const filledUp = (old: object): object => {
  const now = trainingOptions.parse({ dataset: '/d' });
  const distorted =
    'augmentation' in old ? { augmentation: { ...now.augmentation, ...(old.augmentation as object) } } : {};
  return { ...now, ...old, ...distorted };
};
/** Fields of events that came after it: `metric`, and the system's word for a process. */
const LATER_FIELDS = ['metric', 'processStart'];

for (const run of ['float', 'int8'])
  describe(`the ${run} run of version 0.1.0`, () => {
    it('has options that are read as they were, with those that came later as it did them', () => {
      const old = jsonOf(run, 'run.json')['options'] as Record<string, unknown>;
      assert.deepEqual(trainingOptions.parse(old), filledUp(old));
    });

    it('has lines that are all read, with nothing added and nothing lost but options', () => {
      for (const line of linesOf(run)) {
        const read = runEvent.parse(line);
        const expected = read.type === 'run' ? { ...line, options: filledUp(line['options'] as object) } : line;
        assert.deepEqual(read, expected, read.type);
        for (const field of LATER_FIELDS) assert.ok(!(field in read), field);
      }
    });

    it('has a log with a beginning, steps, an epoch, a checkpoint and an end', () => {
      const state = reduceAll(linesOf(run).map((line): RunEvent => runEvent.parse(line)));
      assert.equal(state.run?.options.epochs, 1);
      assert.deepEqual([state.steps.length, state.epochs.length, state.checkpoints.length], [3, 1, 1]);
      assert.equal(state.finished?.reason, 'completed');
      assert.equal(state.calibrated !== undefined, run === 'int8', 'ranges were found in the fine-tuning alone');
    });

    it('has a check that is read as it was', () => {
      const old = jsonOf(run, 'check.json');
      assert.deepEqual(datasetReport.parse(old), old);
    });
  });

describe('what older programs send', () => {
  it('means what it meant: nothing beyond a dataset is the original recipe', () => {
    const whole = trainingOptions.parse({ dataset: '/d' });
    for (const field of Object.keys(trainingOptions.shape)) {
      const rest = without(whole, field);
      if (field === 'dataset') assert.ok(!trainingOptions.safeParse(rest).success);
      else assert.deepEqual(trainingOptions.parse(rest), whole, field);
    }
  });

  it('is filled up within quantization and distortions as well', () => {
    const whole = quantization.parse({});
    for (const field of Object.keys(whole)) {
      assert.deepEqual(quantization.parse(without(whole, field)), whole, field);
    }
    assert.deepEqual(whole, {
      ...{ afterEpochs: 0, weightBits: 8, observer: 'movingAverage', calibrationPictures: 512 },
      ...{ activationsAfter: 0.1, freezeBatchNormAfter: 0.4, freezeRangesAfter: 0.6, learningRateFactor: 0.1 },
      ...{ floatLayers: [], sensitivityPictures: 128 },
    });
    assert.deepEqual(augmentation.parse({ flip: true }), { ...augmentation.parse({}), flip: true });
    assert.ok(
      Object.values(augmentation.parse({})).every((value) => value === false || value === 0),
      'all of it is off',
    );
  });

  it('is cut to what is known where a later version has more', () => {
    assert.ok(!('later' in trainingOptions.parse({ dataset: '/d', later: 1 })));
    assert.ok(!('later' in exportOptions.parse({ later: 1 })));
  });
});
