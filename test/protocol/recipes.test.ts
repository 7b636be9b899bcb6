import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { RECIPES, trainingOptions, type RecipeName, type TrainingOptions } from '../../src/protocol/options.js';
import { trainsOnRandomFeatures, withRecipe } from '../../src/protocol/recipes.js';
import { VALUES } from './optionValues.js';

type Wishes = Parameters<typeof withRecipe>[1];

const dataset = '/d';
const STILL = {
  ...{ flip: false, shift: false, scale: 0, rotation: 0, brightness: 0, contrast: 0, saturation: 0, erasing: 0 },
  ...{ offset: 0, small: 0, dark: 0, moved: 0, covered: 0 },
};

/** What came later has its default. */
const ORIGINAL: TrainingOptions = {
  ...trainingOptions.parse({ dataset }),
  recipe: 'original',
  size: 128,
  backbone: 'mobileNetV2',
  width: 1,
  pooling: 'max',
  dropout: 0,
  epochs: 10,
  headEpochs: 0,
  frozen: false,
  batchSize: 128,
  optimizer: 'adam',
  momentum: 0.9,
  weightDecay: 0,
  learningRate: 2e-4,
  headRateFactor: 1,
  schedule: 'constant',
  labelSmoothing: 0,
  augmentation: STILL,
  sampler: 'shuffle',
  split: 0.9,
  splitBy: 'picture',
  seed: 128,
  changedData: false,
  batchNormMomentum: 'auto',
  engine: 'auto',
  threads: 0,
  pixelCacheMiB: 20_480,
  keepCheckpoints: 2,
};

/** What runs were measured with (docs/recipes.md): a number that changes here changes what a recipe's name stands for. */
const WHOLE: Record<RecipeName, TrainingOptions> = {
  original: ORIGINAL,
  default: {
    ...ORIGINAL,
    ...{ recipe: 'default', pooling: 'average', dropout: 0.4, labelSmoothing: 0.1, headEpochs: 1, batchSize: 64 },
    ...{ optimizer: 'adamw', weightDecay: 0.01, learningRate: 1e-3, headRateFactor: 2, schedule: 'cosine' },
    ...{ weights: 'imagenet', batchNormMomentum: 0.97 },
    augmentation: {
      ...STILL,
      ...{ flip: true, shift: true, scale: 0.1, rotation: 10, brightness: 0.15, contrast: 0.2, saturation: 0.2 },
    },
  },
  fast: {
    ...ORIGINAL,
    ...{ recipe: 'fast', size: 192, pooling: 'average', dropout: 0.5, frozen: true, epochs: 20, batchSize: 64 },
    ...{ optimizer: 'adamw', weightDecay: 0.01, learningRate: 2e-3, schedule: 'cosine', labelSmoothing: 0.1 },
    ...{ weights: 'imagenet', augmentation: { ...STILL, flip: true } },
  },
  door: {
    ...ORIGINAL,
    ...{ recipe: 'door', epochs: 6, batchSize: 32, learningRate: 2e-4, headRateFactor: 0.8, schedule: 'cosine' },
    ...{ weights: 'faces', faces: 'on' },
    augmentation: {
      ...STILL,
      ...{ offset: 0.08, scale: 0.1, rotation: 8, small: 0.3, dark: 0.1, moved: 0.1, covered: 0.5 },
    },
  },
  distil: {
    ...ORIGINAL,
    ...{ recipe: 'distil', pooling: 'average', headEpochs: 1, epochs: 20, batchSize: 64, splitBy: 'identity' },
    ...{ optimizer: 'adamw', weightDecay: 0.01, learningRate: 1e-3, headRateFactor: 2, schedule: 'cosine' },
    ...{ loss: 'distillation', teacher: 'faces', weights: 'imagenet', faces: 'on' },
    augmentation: {
      ...STILL,
      ...{ flip: true, scale: 0.15, rotation: 10, offset: 0.06, brightness: 0.15, contrast: 0.2, saturation: 0.2 },
    },
  },
  face: {
    ...ORIGINAL,
    ...{ recipe: 'face', frozen: true, epochs: 30, batchSize: 64, learningRate: 3e-3, schedule: 'cosine', views: 8 },
    ...{ weights: 'faces', faces: 'on' },
    augmentation: {
      ...STILL,
      ...{ offset: 0.04, scale: 0.06, rotation: 4, small: 0.3, dark: 0.2, moved: 0.15, covered: 0.35 },
    },
  },
};

/** For every option a wish, where there is one that no recipe fulfils by itself. */
const OTHERWISE = Object.fromEntries(
  Object.entries(VALUES).flatMap(([name, { good }]) => {
    if (['dataset', 'recipe', 'quantization'].includes(name)) return [];
    const values = good.flatMap((value) => {
      const parsed = trainingOptions.parse({ dataset, [name]: value });
      return value === undefined ? [] : [new Map(Object.entries(parsed)).get(name)];
    });
    const usual = (value: unknown) =>
      RECIPES.some((recipe) => isDeepStrictEqual(new Map(Object.entries(WHOLE[recipe])).get(name), value));
    return [[name, values.find((value) => !usual(value)) ?? values.at(-1)]];
  }),
);

const of = (recipe: RecipeName, overrides: Omit<Wishes, 'dataset'> = {}): TrainingOptions => {
  const { data, error } = withRecipe(recipe, { dataset, ...overrides });
  assert.ok(data, `${recipe} ${JSON.stringify(overrides)}: ${error?.message}`);
  return data;
};

for (const recipe of RECIPES)
  describe(`the recipe ${recipe}`, () => {
    const whole = WHOLE[recipe];

    it('is these options and no others', () => {
      assert.deepEqual(of(recipe), whole);
    });

    it('gives way to each wish, and changes nothing else for it', () => {
      for (const [field, value] of Object.entries(OTHERWISE))
        assert.deepEqual(of(recipe, { [field]: value }), { ...whole, [field]: value }, field);
      assert.deepEqual(of(recipe, OTHERWISE), { dataset, recipe, ...OTHERWISE }, 'all of them together');
    });

    it('stays as it is where a wish is undefined', () => {
      const nothing = Object.fromEntries(Object.keys(OTHERWISE).map((field) => [field, undefined]));
      assert.deepEqual(of(recipe, nothing), whole);
      assert.deepEqual(of(recipe, { quantization: undefined }), whole);
    });

    it('starts from random weights for null alone, and then trains no last layer alone by itself', () => {
      const random = of(recipe, { weights: null });
      assert.ok(!('weights' in random) && random.headEpochs === 0);
      const { weights, ...rest } = whole;
      assert.ok(weights === undefined || weights === 'imagenet' || weights === 'faces');
      assert.deepEqual(random, { ...rest, headEpochs: 0 });
      assert.equal(of(recipe, { weights: null, headEpochs: 4 }).headEpochs, 4, 'unless that is wished');
      const empty = withRecipe(recipe, { dataset, weights: '' });
      assert.deepEqual(empty.error?.issues[0]?.path, ['weights'], 'an empty name is a mistake, not a random start');
    });

    it('keeps its name whatever the overrides say they are', () => {
      for (const other of RECIPES) assert.equal(of(recipe, { ...WHOLE[other], dataset } as Wishes).recipe, recipe);
    });

    it('is not changed by what becomes of a result', () => {
      const spoilt = of(recipe);
      Object.assign(spoilt, { epochs: 99 });
      Object.assign(spoilt.augmentation, { flip: !spoilt.augmentation.flip, rotation: 45 });
      assert.deepEqual(of(recipe), whole);
    });

    it('does not make a wrong wish right', () => {
      for (const [field, value] of [
        ...[['epochs', 0] as const, ['size', 100] as const, ['optimizer', 'lion'] as const],
        ...[['augmentation', { shear: 1 }] as const, ['split', 1] as const, ['batchSize', 1] as const],
      ]) {
        const wrong = withRecipe(recipe, { dataset, [field]: value });
        assert.deepEqual(
          wrong.error?.issues.map(({ path }) => path[0]),
          [field],
          `${field} ${JSON.stringify(value)}`,
        );
      }
      assert.deepEqual(withRecipe(recipe, { dataset: '' }).error?.issues[0]?.path, ['dataset']);
    });
  });

describe('overrides of a recipe', () => {
  it('for distortions replace all of the recipe’s: what is not named is off', () => {
    assert.deepEqual(of('default', { augmentation: {} }).augmentation, STILL);
    assert.deepEqual(of('default', { augmentation: { rotation: 5 } }).augmentation, { ...STILL, rotation: 5 });
    assert.deepEqual(of('fast', { augmentation: { shift: true } }).augmentation, { ...STILL, shift: true });
  });

  it('for quantization are filled up with its defaults, which belong to no recipe', () => {
    const of8 = RECIPES.map((recipe) => of(recipe, { quantization: { afterEpochs: 2 } }).quantization);
    assert.equal(of8[0]!.afterEpochs, 2);
    for (const options of of8) assert.deepEqual(options, of8[0]);
  });
});

describe('a training of the last layer alone', () => {
  it('is one on random features only without weights and without a parent', () => {
    const alone = (more: Partial<TrainingOptions>) => trainsOnRandomFeatures({ ...ORIGINAL, ...more });
    for (const start of [{ weights: 'imagenet' }, { weights: '/w.h5' }, { parent: '/c' }])
      for (const trained of [{ frozen: true }, { headEpochs: 1 }, { frozen: true, headEpochs: 3 }, {}])
        assert.ok(!alone({ ...start, ...trained }), JSON.stringify({ ...start, ...trained }));
    assert.ok(!alone({}), 'every layer is trained');
    for (const trained of [{ frozen: true }, { headEpochs: 1 }, { headEpochs: 10_000 }])
      assert.ok(alone(trained), JSON.stringify(trained));
  });

  it('is one on random features in no recipe, but in the fast one that is told to start at random', () => {
    for (const recipe of RECIPES) assert.ok(!trainsOnRandomFeatures(of(recipe)), recipe);
    assert.ok(trainsOnRandomFeatures(of('fast', { weights: null })));
    assert.ok(!trainsOnRandomFeatures(of('default', { weights: null })));
    assert.ok(trainsOnRandomFeatures(of('default', { weights: null, headEpochs: 2 })));
    assert.ok(!trainsOnRandomFeatures(of('original', { frozen: true, parent: '/c' })), 'the checkpoint is a start');
  });
});

describe('the recipe distil', () => {
  it('asks for no scores, leaves people out to be measured on, and shows the student no more damage than is wished', () => {
    const { loss, teacher, splitBy, split, augmentation, headEpochs } = of('distil');
    assert.deepEqual([loss, teacher, splitBy, split], ['distillation', 'faces', 'identity', 0.9]);
    const { small, dark, moved, covered, erasing } = augmentation;
    assert.deepEqual([small, dark, moved, covered, erasing, headEpochs], [0, 0, 0, 0, 0, 1]);
    assert.equal(of('distil', { augmentation: { covered: 0.5 } }).augmentation.flip, false, 'a list replaces the list');
  });

  it('trains no layer of an embedding alone on random features', () => {
    const random = of('distil', { weights: null });
    assert.ok(!trainsOnRandomFeatures(random) && random.headEpochs === 0 && random.teacher === 'faces');
    assert.ok(trainsOnRandomFeatures(of('distil', { weights: null, headEpochs: 2 })));
  });

  it('may be one of people beside its teacher, and learn from another than the face network', () => {
    const wished = { loss: 'cosface', distillationWeight: 2, teacher: '/run/checkpoints/epoch-0003' } as const;
    const { loss, distillationWeight, teacher } = of('distil', wished);
    assert.deepEqual({ loss, distillationWeight, teacher }, wished);
  });
});
