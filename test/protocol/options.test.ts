import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { FORMATS } from '../../src/protocol/exportFormats.js';
import { exportOptions, usualName } from '../../src/protocol/exportOptions.js';
import { FINE_TUNING_EPOCHS, qatWishes } from '../../src/protocol/fineTuning.js';
import { JOBS } from '../../src/protocol/jobs.js';
import { optionsOf } from '../../src/protocol/optionInfo.js';
import { optionProblem } from '../../src/protocol/optionProblem.js';
import { augmentation, RECIPES, trainingOptions, type TrainingOptions } from '../../src/protocol/options.js';
import { quantization } from '../../src/protocol/quantizationOptions.js';
import { trainsOnRandomFeatures, withRecipe } from '../../src/protocol/recipes.js';
import { cellsOf, optionsTable } from '../support/optionsTable.js';

/** For each option values that it takes, among them the outermost, and values just beyond. */
const VALUES: Record<keyof TrainingOptions, { good: unknown[]; bad: unknown[] }> = {
  dataset: { good: ['/d', 'C:\\d'], bad: ['', 7, undefined] },
  recipe: { good: ['default', 'fast', 'original'], bad: ['best', '', 1] },
  size: { good: [32, 128, 512], bad: [0, 31, 33, 544, 128.5, '128', NaN] },
  width: { good: [0.1, 1, 2], bad: [0.09, 2.01, 'wide', Infinity] },
  backbone: { good: ['mobileNetV2'], bad: ['', 'mobilenet', 2] },
  pooling: { good: ['max', 'average'], bad: ['mean', true] },
  dropout: { good: [0, 0.999], bad: [-0.1, 1] },
  epochs: { good: [1, 10_000], bad: [0, 10_001, 1.5, NaN] },
  headEpochs: { good: [0, 10_000], bad: [-1, 10_001, 0.5] },
  frozen: { good: [true, false], bad: ['yes', 1, null] },
  batchSize: { good: [2, 4096], bad: [1, 4097, 2.5] },
  optimizer: { good: ['adam', 'adamw', 'sgd'], bad: ['Adam', 'lion'] },
  momentum: { good: [0, 0.99], bad: [1, -0.1] },
  weightDecay: { good: [0, 1], bad: [-0.01, 1.01] },
  learningRate: { good: [1e-9, 10], bad: [0, 10.1, -1] },
  headRateFactor: { good: [0.1, 1000], bad: [0, 1001] },
  schedule: { good: ['constant', 'cosine'], bad: ['linear'] },
  labelSmoothing: { good: [0, 0.99], bad: [1, -0.1] },
  augmentation: {
    good: [{}, { flip: true, rotation: 45 }],
    bad: [{ shear: 1 }, { rotation: 46 }, { flip: 1 }, 'flip'],
  },
  sampler: {
    good: ['shuffle', { people: 2, pictures: 2 }],
    bad: ['sorted', { people: 2 }, { people: 1, pictures: 2 }],
  },
  split: { good: [0.01, 0.99], bad: [0, 1] },
  splitBy: { good: ['picture', 'identity'], bad: ['person'] },
  seed: { good: [0, 0xffffffff], bad: [-1, 0x100000000, 0.5] },
  weights: { good: ['imagenet', '/w.npz', undefined], bad: ['', null] },
  quantization: { good: [undefined, {}, { afterEpochs: 3 }], bad: [{ colour: 1 }, 8, null] },
  parent: { good: [undefined, '/c'], bad: [''] },
  changedData: { good: [true, false], bad: ['no'] },
  exclude: { good: [undefined, '/list.txt'], bad: [''] },
  batchNormMomentum: { good: ['auto', 0, 0.999], bad: [1, -0.1, 'slow'] },
  engine: { good: ['auto', 'native', 'tensorflow', 'javascript'], bad: ['webgpu'] },
  threads: { good: [0, 256], bad: [-1, 257, 1.5] },
  pixelCacheMiB: { good: [0, 0.5, 1e6], bad: [-1, '20 GB'] },
  keepCheckpoints: { good: [1, 100], bad: [0, 1.5] },
};

const QUANTIZATION_VALUES: Record<keyof z.infer<typeof quantization>, { good: unknown[]; bad: unknown[] }> = {
  afterEpochs: { good: [0, 5], bad: [-1, 0.5] },
  afterSteps: { good: [undefined, 0, 70], bad: [-1] },
  weightBits: { good: [4, 8], bad: [5, 16, '8'] },
  observer: { good: ['movingAverage', 'percentile', 'meanSquaredError', 'entropy'], bad: ['minMax'] },
  calibrationPictures: { good: [1, 100_000], bad: [0, 100_001] },
  activationsAfter: { good: [0, 1], bad: [-0.1, 1.1] },
  freezeBatchNormAfter: { good: [0, 1], bad: [-0.1, 1.1] },
  freezeRangesAfter: { good: [0, 1], bad: [-0.1, 1.1] },
  learningRateFactor: { good: [0.001, 100], bad: [0, 101] },
  floatLayers: { good: [[], ['Conv1']], bad: ['Conv1', [1]] },
  sensitivityPictures: { good: [0, 4096], bad: [-1, 0.5] },
};

describe('the options of a training', () => {
  for (const [name, { good, bad }] of Object.entries(VALUES))
    it(`${name} takes what it is for, and nothing beyond`, () => {
      for (const value of good)
        assert.ok(trainingOptions.safeParse({ dataset: '/d', [name]: value }).success, JSON.stringify(value));
      for (const value of bad) {
        const { error } = trainingOptions.safeParse({ dataset: '/d', [name]: value });
        assert.equal(error?.issues[0]?.path[0], name, JSON.stringify(value));
      }
    });

  for (const [name, { good, bad }] of Object.entries(QUANTIZATION_VALUES))
    it(`${name} of quantization takes what it is for, and nothing beyond`, () => {
      for (const value of good) assert.ok(quantization.safeParse({ [name]: value }).success, JSON.stringify(value));
      for (const value of bad)
        assert.equal(quantization.safeParse({ [name]: value }).error?.issues[0]?.path[0], name, JSON.stringify(value));
    });

  it('come whole from their defaults, which are those of the original recipe', () => {
    const options = trainingOptions.parse({ dataset: '/d' });
    assert.deepEqual(withRecipe('original', { dataset: '/d' }).data, options);
    assert.deepEqual(trainingOptions.parse(options), options, 'what was recorded is read as it was');
    assert.deepEqual(options.augmentation, augmentation.parse({}));
  });

  it('pass over fields of a later version, and tell of one of quantization or of augmentation', () => {
    assert.ok(trainingOptions.safeParse({ dataset: '/d', ofTheFuture: 1 }).success);
    assert.ok(!quantization.safeParse({ ofTheFuture: 1 }).success);
    assert.ok(!augmentation.safeParse({ ofTheFuture: 1 }).success);
  });
});

describe('recipes', () => {
  it('are valid, carry their name, and give way to what is wished otherwise', () => {
    for (const recipe of RECIPES) {
      const options = withRecipe(recipe, { dataset: '/d', epochs: 3, size: undefined }).data!;
      assert.deepEqual([options.recipe, options.epochs], [recipe, 3]);
      assert.equal(options.size, withRecipe(recipe, { dataset: '/d' }).data!.size);
    }
    assert.ok(!withRecipe('fast', { dataset: '/d', epochs: 0 }).success);
  });

  it('train no last layer alone on random features unless somebody asks for it', () => {
    const of = (...[recipe, wishes]: [(typeof RECIPES)[number], object]) =>
      trainsOnRandomFeatures(withRecipe(recipe, { dataset: '/d', ...wishes }).data!);
    assert.ok(!of('default', { weights: null }) && !of('original', {}) && !of('fast', {}));
    assert.ok(of('fast', { weights: null }) && of('default', { weights: null, headEpochs: 2 }));
    assert.ok(!of('original', { frozen: true, parent: '/c' }), 'the checkpoint is a start');
  });
});

describe('what options are called', () => {
  const schemas = [trainingOptions, qatWishes, ...Object.values(JOBS).map(({ order }) => order)];

  it('is told of each once in a schema, in half a sentence', () => {
    for (const schema of schemas) {
      const options = optionsOf(schema);
      const flags = options.map(({ info }) => info.flag);
      assert.equal(new Set(flags).size, flags.length, flags.join());
      for (const { info } of options) {
        assert.match(info.flag, /^[a-z]+(-[a-z]+)*$/);
        assert.match(info.help, /^\S.*[^.\s]$/, info.flag);
      }
    }
  });

  it('covers every option of a training that people set', () => {
    const told = new Set(optionsOf(trainingOptions).map(({ path: [name] }) => name!));
    const silent = Object.keys(trainingOptions.shape).filter((name) => !told.has(name));
    assert.deepEqual(silent, ['dataset', 'parent', 'changedData', 'keepCheckpoints']);
  });

  it('gives the editor rows with a place of their own', () => {
    const rows = optionsOf(trainingOptions).flatMap(({ info, schema }) => (info.pick ? [{ ...info, schema }] : []));
    assert.equal(new Set(rows.map(({ pick }) => pick!.place)).size, rows.length);
    for (const { pick, schema } of rows) {
      // Something to say for every value that can be chosen.
      for (const name of Object.keys(pick!.values ?? {})) assert.ok(z.safeParse(schema, name).success, name);
      assert.ok(pick!.values ?? pick!.prompt ?? pick!.unset, pick!.label);
    }
  });

  it('says what is wrong with a value in half a sentence', () => {
    const of = (schema: z.ZodType, value: unknown) => optionProblem(schema.safeParse(value).error!.issues[0]!);
    assert.equal(of(z.int(), 1.5), 'a whole number');
    assert.equal(of(z.number(), 'x'), 'a number');
    assert.equal(of(z.number().min(2), 1), 'at least 2');
    assert.equal(of(z.number().positive(), 0), 'more than 0');
    assert.equal(of(z.number().max(2), 3), 'at most 2');
    assert.equal(of(z.number().lt(2), 2), 'less than 2');
    assert.equal(of(z.int().multipleOf(32), 33), 'a multiple of 32');
    assert.equal(of(z.enum(['a', 'b', 'c']), 'd'), 'a, b or c');
    assert.equal(of(z.strictObject({}), { x: 1 }), 'there is no x');
    assert.equal(of(z.union([z.literal('a'), z.object({ b: z.int() })]), 7), undefined);
  });

  it('stands in docs/training.md as the schema has it (UPDATE_DOCS=1 writes it there)', () => {
    const file = path.resolve(import.meta.dirname, '../../docs/training.md');
    const text = fs.readFileSync(file, 'utf8');
    const table = /^\| option .*\n(\|.*\n)+/m.exec(text)![0];
    const expected = optionsTable();
    if (process.env['UPDATE_DOCS'])
      fs.writeFileSync(
        file,
        text.replace(table, () => `${expected.join('\n')}\n`),
      );
    else assert.deepEqual(table.trimEnd().split('\n').map(cellsOf), expected.map(cellsOf));
  });
});

describe('what a fine-tuning and an export are asked for', () => {
  it('takes wishes in part, and none that it does not know', () => {
    assert.deepEqual(qatWishes.parse({}), {});
    assert.equal(qatWishes.parse({ quantization: { observer: 'entropy' } }).quantization?.observer, 'entropy');
    for (const wish of [
      { epochs: 0 },
      { threads: 257 },
      { engine: 'none' },
      { quantization: { weightBits: 3 } },
      { x: 1 },
    ])
      assert.ok(!qatWishes.safeParse(wish).success, JSON.stringify(wish));
    const help = optionsOf(qatWishes).find(({ info }) => info.flag === 'epochs')!.info.help;
    assert.ok(help.includes(`(${FINE_TUNING_EPOCHS})`), help);
  });

  it('names a file after checkpoint, part and precision, with the ending of its format', () => {
    const names = FORMATS.map((format) => usualName('epoch-0003', exportOptions.parse({ format })));
    assert.deepEqual(
      names,
      ['.tflite', '.onnx', '/model.json', '.h5', '.h'].map((ending) => `epoch-0003-float32${ending}`),
    );
    const embedding = exportOptions.parse({ format: 'onnx', precision: 'int8', part: 'embedding' });
    assert.equal(usualName('e', embedding), 'e-embedding-int8.onnx');
    assert.equal(exportOptions.parse({}).format, 'tflite');
    for (const wrong of [{ format: 'pt' }, { precision: 'int4' }, { io: 'uint8' }, { part: 'tail' }])
      assert.ok(!exportOptions.safeParse(wrong).success, JSON.stringify(wrong));
  });
});
