import assert from 'node:assert/strict';
import path from 'node:path';
import * as z from 'zod';
import { UsageError } from '../../src/cli/flag.js';
import { Given } from '../../src/cli/given.js';
import { checked, fieldsOf, optionFlags, optionText } from '../../src/cli/optionFlags.js';
import { recipeDefaults, recipeText } from '../../src/cli/recipeDefaults.js';
import { optionInfo, optionsOf } from '../../src/protocol/optionInfo.js';
import { trainingOptions } from '../../src/protocol/options.js';

const cwd = path.resolve('/home');

/** An option of each kind that the command line reads. */
const schema = z.object({
  count: z.int().min(1).default(3).register(optionInfo, { flag: 'count', value: 'N', help: 'how many' }),
  share: z.number().max(1).optional().register(optionInfo, { flag: 'share', value: 'F', help: 'how much' }),
  quick: z.boolean().default(false).register(optionInfo, { flag: 'quick', help: 'in a hurry' }),
  list: z.string().optional().register(optionInfo, { flag: 'list', value: 'FILE', help: 'of names' }),
  start: z.string().optional().register(optionInfo, { flag: 'start', value: 'NAME', read: 'start', help: 'from' }),
  pair: z
    .union([
      z.literal('none'),
      z.object({
        left: z.int().register(optionInfo, { flag: 'left', value: 'N', help: 'with --right' }),
        right: z.int().register(optionInfo, { flag: 'right', value: 'N', help: 'with --left' }),
      }),
    ])
    .default('none'),
  inner: z
    .strictObject({
      layers: z.array(z.string()).default([]).register(optionInfo, { flag: 'layers', value: 'LIST', help: 'names' }),
      chance: z
        .strictObject({ flip: z.boolean().default(false), turn: z.number().max(45).default(0) })
        .optional()
        .register(optionInfo, { flag: 'chance', value: 'LIST', read: 'strengths', help: 'flip, turn=F' }),
      mode: z
        .union([z.literal('auto'), z.number()])
        .optional()
        .register(optionInfo, { flag: 'mode', value: 'F', help: 'auto, or a number' }),
    })
    .optional(),
  untold: z.string().optional(),
});
const FLAGS = optionFlags(schema);
const given = (values: Record<string, string | true>) => new Given([], new Map(Object.entries(values)), cwd);
const fields = (values: Record<string, string | true>) => fieldsOf(FLAGS, given(values));

describe('the flags of a schema', () => {
  it('are those that it tells of, with the default in the help where there is one', () => {
    assert.deepEqual(
      FLAGS.map(({ name, value, help, path: at }) => [name, value, help, at.join('.')]),
      [
        ['count', 'N', 'how many (3)', 'count'],
        ['share', 'F', 'how much', 'share'],
        ['quick', undefined, 'in a hurry', 'quick'],
        ['list', 'FILE', 'of names', 'list'],
        ['start', 'NAME', 'from', 'start'],
        ['left', 'N', 'with --right', 'pair.left'],
        ['right', 'N', 'with --left', 'pair.right'],
        ['layers', 'LIST', 'names', 'inner.layers'],
        ['chance', 'LIST', 'flip, turn=F', 'inner.chance'],
        ['mode', 'F', 'auto, or a number', 'inner.mode'],
      ],
    );
  });

  it('set their fields where the schema has them', () => {
    assert.deepEqual(fields({}), {});
    assert.deepEqual(fields({ count: '7', share: '.5', quick: true }), { count: 7, share: 0.5, quick: true });
    assert.deepEqual(fields({ left: '1', right: '2', mode: 'auto' }), {
      pair: { left: 1, right: 2 },
      inner: { mode: 'auto' },
    });
    assert.deepEqual(fields({ layers: 'a, b,c', chance: 'flip, turn=10' }), {
      inner: { layers: ['a', 'b', 'c'], chance: { flip: true, turn: 10 } },
    });
    assert.deepEqual(fields({ chance: ' none ' }), { inner: { chance: {} } });
  });

  it('take paths from where the user is, and a start by its name', () => {
    assert.deepEqual(fields({ list: 'l.txt', start: 'w.npz' }), {
      list: path.join(cwd, 'l.txt'),
      start: path.join(cwd, 'w.npz'),
    });
    for (const name of ['imagenet', 'random']) assert.deepEqual(fields({ start: name }), { start: name });
    assert.deepEqual(fields({ start: './random' }), { start: path.join(cwd, 'random') }, 'a file of that name');
  });

  it('hand on what is no number, for the schema to refuse', () => {
    for (const text of ['many', '', ' ', '1e', '7 or 8', 'NaN']) assert.deepEqual(fields({ count: text }).count, text);
    assert.equal(fields({ count: '0x10' }).count, 16);
    assert.equal(fields({ count: '1e3' }).count, 1000);
    assert.equal(fields({ count: '-2' }).count, -2);
  });
});

describe('what is wrong with a flag', () => {
  const refusal = (values: Record<string, string | true>): string => {
    try {
      checked(schema.safeParse(fields(values)), FLAGS, given(values));
    } catch (error) {
      assert.ok(error instanceof UsageError, String(error));
      return error.message;
    }
    throw new Error(`${JSON.stringify(values)} was taken`);
  };

  it('is nothing where the schema takes it', () => {
    const values = { count: '4', left: '1', right: '2' };
    const { count, pair } = checked(schema.safeParse(fields(values)), FLAGS, given(values));
    assert.deepEqual([count, pair], [4, { left: 1, right: 2 }]);
  });

  it('is told with its name and its value', () => {
    for (const [values, says] of [
      [{ count: '0' }, '--count: at least 1, not “0”.'],
      [{ count: '1e300' }, '--count: at most 9007199254740991, not “1e300”.'],
      [{ count: '1.5' }, '--count: a whole number, not “1.5”.'],
      [{ share: '2' }, '--share: at most 1, not “2”.'],
      [{ chance: 'turn=50' }, '--chance turn: at most 45, not “turn=50”.'],
      [{ chance: 'turn=1=2' }, '--chance turn: a number, not “turn=1=2”.'],
      [{ chance: 'flip=1' }, '--chance: flip takes no value, not “flip=1”.'],
      [{ chance: 'spin' }, '--chance: there is no spin.'],
      [{ chance: 'flip,' }, '--chance: flip, turn=F, not “flip,”.'],
      [{ mode: 'slow' }, '--mode: auto, or a number, not “slow”.'],
      [{ left: '1.5', right: '2' }, '--left: a whole number, not “1.5”.'],
    ] as const)
      assert.equal(refusal(values), says);
  });

  it('is told of several together where no value of one is to blame', () => {
    const both = z.object({ a: z.object({ x: z.int(), y: z.int() }) });
    const flags = ['x', 'y'].map((name) => ({ name, help: 'h', path: ['a', name], read: (text: unknown) => text }));
    assert.throws(
      () => checked(both.safeParse({ a: 7 }), flags, given({ x: '1', y: '2' })),
      new UsageError('--x and --y: an object.'),
    );
  });

  it('is a fault of the program where no flag sets it', () => {
    assert.throws(() => checked(schema.safeParse({ untold: 7 }), FLAGS, given({})), /^Error: untold: /);
  });
});

describe('a value as it is written on the command line', () => {
  it('is read back as the same', () => {
    for (const [value, text] of [
      [undefined, ''],
      [false, ''],
      [true, 'yes'],
      [[], ''],
      [['a', 'b'], 'a,b'],
      ['max', 'max'],
      [0, '0'],
      [2e-4, '0.0002'],
      [{ flip: true, shift: false, scale: 0.1, turn: 0 }, 'flip,scale=0.1'],
      [{ flip: false, scale: 0 }, 'none'],
      [null, 'none'],
    ] as const)
      assert.equal(optionText(value), text, JSON.stringify(value));
    const { augmentation } = trainingOptions.parse({ dataset: '/d', augmentation: { flip: true, rotation: 5 } });
    assert.deepEqual(fields({ chance: optionText(augmentation) }), { inner: { chance: { flip: true, rotation: 5 } } });
  });
});

describe('the default of a recipe in the help', () => {
  const option = (flag: string) => optionsOf(trainingOptions).find(({ info }) => info.flag === flag)!;

  it('stands there once where all recipes have it, and by name where they differ', () => {
    for (const [flag, text] of [
      ['recipe', 'face where face weights are, else default'],
      ['epochs', '10; face: 30; door: 6; fast and distil: 20'],
      ['size', '128; fast: 192'],
      ['batch', '64; door: 32; original: 128'],
      ['width', '1'],
      ['pooling', 'average; face, door and original: max'],
      ['head-epochs', '1; face, door, fast and original: 0'],
      ['frozen', 'face and fast: yes'],
      ['weights', 'imagenet; face and door: faces; original: random'],
      [
        'augment',
        'flip,shift,scale=0.1,rotation=10,brightness=0.15,contrast=0.2,saturation=0.2; face: scale=0.06,rotation=4,offset=0.04,small=0.3,dark=0.2,moved=0.15,covered=0.35; door: scale=0.1,rotation=8,offset=0.08,small=0.3,dark=0.1,moved=0.1,covered=0.5; fast: flip; original: none; distil: flip,scale=0.15,rotation=10,brightness=0.15,contrast=0.2,saturation=0.2,offset=0.06',
      ],
      ['exclude', ''],
      ['quantize-after', ''],
      ['quantize-after-steps', ''],
      ['observer', 'movingAverage'],
      ['weight-bits', '8'],
    ] as const)
      assert.equal(recipeDefaults(option(flag)), text, flag);
  });

  it('is the value itself', () => {
    assert.equal(recipeText('fast', option('dropout')), '0.5');
    assert.equal(recipeText('original', option('weights')), 'random');
    assert.equal(recipeText('default', option('people-per-batch')), '', 'pictures are shuffled');
  });
});
