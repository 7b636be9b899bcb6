import assert from 'node:assert/strict';
import * as z from 'zod';
import { Random } from '../../src/core/random.js';
import { exportOptions } from '../../src/protocol/exportOptions.js';
import { qatOverrides } from '../../src/protocol/fineTuning.js';
import { JOBS } from '../../src/protocol/jobs.js';
import { optionsOf, type Option } from '../../src/protocol/optionInfo.js';
import { optionProblem, toldIssue } from '../../src/protocol/optionProblem.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { quantization } from '../../src/protocol/quantizationOptions.js';

/** What is told of a value, and of which part of it; undefined where the value is taken. */
function told(schema: z.core.$ZodType, value: unknown): { at: string; words: string | undefined } | undefined {
  const { error } = z.safeParse(schema, value);
  if (!error) return undefined;
  const issue = toldIssue(error);
  return { at: issue.path.join('.'), words: optionProblem(issue) };
}

const words = (schema: z.core.$ZodType, value: unknown) => {
  const problem = told(schema, value);
  assert.ok(problem, `${JSON.stringify(value)} is taken`);
  return problem.words;
};

const text = (value: unknown) => (typeof value === 'number' ? String(value) : JSON.stringify(value));

describe('what is wrong with a value', () => {
  it('is told in half a sentence, for each way to be wrong', () => {
    assert.equal(words(z.int(), 1.5), 'a whole number');
    assert.equal(words(z.number(), 'x'), 'a number');
    assert.equal(words(z.string(), 1), 'a string');
    assert.equal(words(z.array(z.string()), 'a'), 'an array');
    assert.equal(words(z.object({}), 'a'), 'an object');
    assert.equal(words(z.number().min(2), 1), 'at least 2');
    assert.equal(words(z.number().positive(), 0), 'more than 0');
    assert.equal(words(z.number().max(2), 3), 'at most 2');
    assert.equal(words(z.number().lt(2), 2), 'less than 2');
    assert.equal(words(z.int().multipleOf(32), 33), 'a multiple of 32');
    assert.equal(words(z.literal('a'), 'd'), 'a');
    assert.equal(words(z.enum(['a', 'b']), 'd'), 'a or b');
    assert.equal(words(z.enum(['a', 'b', 'c']), 'd'), 'a, b or c');
    assert.equal(words(z.strictObject({}), { x: 1 }), 'there is no x');
    assert.equal(words(z.strictObject({}), { x: 1, y: 2, z: 3 }), 'there is no x, y or z');
  });

  it('has no words where the help of the option has better ones', () => {
    assert.equal(words(z.union([z.literal('a'), z.object({ b: z.int() })]), 7), undefined);
    assert.equal(words(z.strictObject({}), { '': true }), undefined, 'a comma with nothing behind it');
    assert.equal(words(z.strictObject({}), { '': true, x: 1 }), 'there is no x');
    assert.equal(words(quantization.shape.weightBits, 5), undefined);
    assert.equal(words(trainingOptions.shape.sampler, 'sorted'), undefined);
    assert.equal(words(trainingOptions.shape.batchNormMomentum, Number.NaN), undefined);
  });

  it('names the part of a list that it is about', () => {
    for (const [value, at, says] of [
      [{ augmentation: { flip: true, rotation: 46 } }, 'augmentation.rotation', 'at most 45'],
      [{ augmentation: { scale: true } }, 'augmentation.scale', 'a number'],
      [{ augmentation: { scale: Number.NaN } }, 'augmentation.scale', 'a number'],
      [{ augmentation: { flip: 0.5 } }, 'augmentation.flip', 'flip takes no value'],
      [{ augmentation: { shear: 1, blur: 2 } }, 'augmentation', 'there is no shear or blur'],
      [{ quantization: { floatLayers: ['a', 7] } }, 'quantization.floatLayers.1', 'a string'],
      [{ quantization: { floatLayers: 'a' } }, 'quantization.floatLayers', 'an array'],
      [{ quantization: { observer: 'minMax' } }, 'quantization.observer', expectedObservers],
      [{ frozen: 'yes' }, 'frozen', 'frozen takes no value'],
    ] as const)
      assert.deepEqual(told(trainingOptions, { dataset: '/d', ...value }), { at, words: says }, JSON.stringify(value));
  });

  it('is, of a number that no integer holds, the bound of the option and not that of all integers', () => {
    for (const value of [2 ** 53, 1e300, Number.MAX_VALUE]) {
      assert.equal(words(trainingOptions.shape.epochs, value), 'at most 10000', text(value));
      assert.equal(words(trainingOptions.shape.size, value), 'at most 512', text(value));
      assert.equal(words(trainingOptions.shape.seed, value), 'at most 4294967295', text(value));
      assert.equal(words(trainingOptions.shape.keepCheckpoints, value), 'at most 9007199254740991', text(value));
    }
    for (const value of [-(2 ** 53), -1e300])
      assert.equal(words(trainingOptions.shape.seed, value), 'at least 0', text(value));
  });

  it('is told of the first of several fields, not of the last', () => {
    const both = { dataset: '/d', epochs: 0, batchSize: 0 };
    const expected = { at: 'epochs', words: 'at least 1' };
    assert.deepEqual(told(trainingOptions, both), expected);
    assert.deepEqual(told(trainingOptions, { dataset: '/d', size: -33 }), { at: 'size', words: 'at least 32' });
  });
});

const expectedObservers = 'movingAverage, percentile, meanSquaredError or entropy';

describe('what is told of any option', () => {
  const schemas = [trainingOptions, qatOverrides, exportOptions, ...Object.values(JOBS).map(({ order }) => order)];
  const options = schemas.flatMap((schema) => optionsOf(schema));
  const numbers = options.filter(({ info }) => info.value === 'N' || info.value === 'F');
  const isUnion = ({ schema }: Option) => {
    let inner = schema;
    while (inner instanceof z.ZodDefault || inner instanceof z.ZodOptional) inner = inner.unwrap();
    return inner instanceof z.ZodUnion;
  };

  const plain = numbers.filter((option) => !isUnion(option));

  it('is that it is a number, of everything that is none', () => {
    assert.ok(plain.length > 20);
    for (const { info, schema } of plain)
      for (const value of [Number.NaN, Infinity, -Infinity, 'many', '', '7', null, true, [], [7], {}, { a: 1 }])
        assert.equal(words(schema, value), 'a number', `--${info.flag} ${text(value)}`);
  });

  it('is in plain words that a sentence can begin with and go on after', () => {
    const values = [Number.NaN, '', 'x', null, true, [], [null], {}, { x: 1 }, -1, 0.5, 33, 1e300, -1e300];
    for (const { info, schema } of options)
      for (const value of values) {
        const problem = told(schema, value);
        if (problem?.words === undefined) continue;
        const where = `--${info.flag} ${text(value)}: ${problem.words}`;
        assert.doesNotMatch(problem.words, /invalid|expected|received|undefined|null|NaN|["|<>=]|\.$/i, where);
        assert.match(problem.words, /^\S.*\S$/, where);
      }
  });

  it('names every value of a choice, and each of them is taken', () => {
    const choices = options.filter(({ schema }) => / or /.test(told(schema, 'no such name')?.words ?? ''));
    const flags = new Set(choices.map(({ info }) => info.flag));
    for (const flag of ['recipe', 'optimizer', 'engine', 'observer', 'format', 'faces'])
      assert.ok(flags.has(flag), flag);
    for (const { info, schema } of choices)
      for (const name of words(schema, 'no such name')!.split(/, | or /))
        assert.ok(z.safeParse(schema, name).success, `--${info.flag} ${name}`);
  });

  it('helps: who does as it says comes to a value that is taken', () => {
    const random = Random.fromSeed(11);
    for (const { info, schema } of plain)
      for (let trial = 0; trial < 200; trial++) {
        const wild = random.between(-1.5, 1.5) * 10 ** random.integer(8);
        let value = random.integer(2) === 0 ? wild : Math.round(wild);
        const way = [value];
        // A whole number, a bound and a multiple: nobody has to be told more than that.
        for (let step = 0; step < 4; step++) {
          const problem = told(schema, value);
          if (!problem) break;
          value = obeyed(problem.words, value);
          way.push(value);
        }
        assert.equal(told(schema, value), undefined, `--${info.flag}, seed 11, trial ${trial}: ${way.join(' → ')}`);
      }
  });
});

/** The value that somebody gives next who was told these words. */
function obeyed(problem: string | undefined, value: number): number {
  assert.ok(problem, 'no words');
  const bound = Number(/[-\d.e+]+$/.exec(problem)?.[0]);
  if (problem === 'a whole number') return Math.round(value);
  if (problem.startsWith('a multiple of ')) return Math.floor(value / bound) * bound;
  if (problem.startsWith('at least ') || problem.startsWith('at most ')) return bound;
  if (problem.startsWith('more than ')) return bound + 1e-3;
  if (problem.startsWith('less than ')) return bound - 1e-3;
  assert.fail(`nobody knows what to do with “${problem}”`);
}
