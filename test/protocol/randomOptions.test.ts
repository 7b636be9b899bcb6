import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { quantization } from '../../src/protocol/quantizationOptions.js';
import { QUANTIZATION_VALUES, VALUES } from './optionValues.js';

type Table = Readonly<Record<string, { readonly good: readonly unknown[]; readonly bad: readonly unknown[] }>>;

const written = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Some of the fields with a good value each, an outermost one as often as another. */
function someOf(table: Table, random: Random): Record<string, unknown> {
  const names = Object.keys(table).filter(() => random.integer(2) === 1);
  return Object.fromEntries(names.map((name) => [name, random.pick(table[name]!.good)]));
}

function anyOptions(random: Random): Record<string, unknown> {
  const options = { ...someOf(VALUES, random), dataset: '/d' };
  return random.integer(2) === 1 ? options : { ...options, quantization: someOf(QUANTIZATION_VALUES, random) };
}

function many(seed: number, check: (random: Random, say: string) => void): void {
  const random = Random.fromSeed(seed);
  for (let trial = 0; trial < 300; trial++) check(random, `seed ${seed}, trial ${trial}`);
}

describe('any options of a training', () => {
  it('go together, and are what was asked for with the defaults around it', () => {
    const defaults = trainingOptions.parse({ dataset: '/d' });
    many(1, (random, say) => {
      const wished = anyOptions(random);
      const { data, error } = trainingOptions.safeParse(wished);
      assert.ok(data, `${say}: ${JSON.stringify(wished)} ${error?.message}`);
      const expected = { ...defaults, ...wished };
      for (const [field, value] of Object.entries(data)) {
        if (field === 'augmentation') assert.deepEqual(value, { ...defaults.augmentation, ...data.augmentation }, say);
        else if (field !== 'quantization')
          assert.deepEqual(value, expected[field as keyof typeof expected], `${say}, ${field}`);
      }
      assert.equal(data.quantization === undefined, wished['quantization'] === undefined, say);
    });
  });

  it('are read from run.json as they were written, and again from what was read', () => {
    many(2, (random, say) => {
      const options = trainingOptions.parse(anyOptions(random));
      const read = trainingOptions.parse(written(options));
      assert.deepEqual(trainingOptions.parse(read), read, say);
      assert.deepEqual(written(read), written(options), say);
    });
  });

  it('with one wrong value are refused for that alone', () => {
    many(3, (random, say) => {
      const name = random.pick(Object.keys(VALUES) as (keyof typeof VALUES)[]);
      const wrong = random.pick(VALUES[name].bad);
      const { error } = trainingOptions.safeParse({ ...anyOptions(random), [name]: wrong });
      assert.ok(error, `${say}: ${name} ${JSON.stringify(wrong)}`);
      assert.deepEqual([...new Set(error.issues.map(({ path }) => path[0]))], [name], say);
    });
  });

  it('with several wrong values are told of each, in the order of the schema', () => {
    const order = Object.keys(trainingOptions.shape);
    many(4, (random, say) => {
      const names = random.shuffle(Object.keys(VALUES) as (keyof typeof VALUES)[]).slice(0, 2 + random.integer(4));
      const wrong = Object.fromEntries(names.map((name) => [name, random.pick(VALUES[name].bad)]));
      const { error } = trainingOptions.safeParse({ ...anyOptions(random), ...wrong });
      const told = [...new Set(error?.issues.map(({ path }) => String(path[0])))];
      assert.deepEqual(
        told,
        [...names].sort((a, b) => order.indexOf(a) - order.indexOf(b)),
        say,
      );
    });
  });

  it('of quantization with one wrong value are refused for that alone, and never in part', () => {
    many(5, (random, say) => {
      const name = random.pick(Object.keys(QUANTIZATION_VALUES) as (keyof typeof QUANTIZATION_VALUES)[]);
      const wrong = random.pick(QUANTIZATION_VALUES[name].bad);
      const options = { ...someOf(QUANTIZATION_VALUES, random), [name]: wrong };
      const own = quantization.safeParse(options).error;
      const within = trainingOptions.safeParse({ dataset: '/d', quantization: options }).error;
      assert.deepEqual([...new Set(own?.issues.map(({ path }) => path[0]))], [name], say);
      assert.deepEqual(
        [...new Set(within?.issues.map(({ path }) => path.slice(0, 2).join('.')))],
        [`quantization.${name}`],
        say,
      );
    });
  });
});
