import * as z from 'zod';

export const ENGINES = ['auto', 'native', 'tensorflow', 'javascript'] as const;

export const RECIPES = ['default', 'fast', 'original'] as const;
export type RecipeName = (typeof RECIPES)[number];

const strength = z.number().min(0).max(1).default(0);

/** What chance does to a training picture, anew in every epoch. Everything is off by default. */
export const augmentation = z.strictObject({
  /** Mirrors half of the pictures. */
  flip: z.boolean().default(false),
  /** Keeps pictures an eighth larger than the input and cuts the input out of them anywhere; validation takes the middle. */
  shift: z.boolean().default(false),
  /** Largest change of size: 0.1 is from 1 / 1.1 to 1.1 times. */
  scale: strength,
  /** Largest turn to either side, in degrees. */
  rotation: z.number().min(0).max(45).default(0),
  /** Largest change, as a share of white. */
  brightness: strength,
  /** Largest change, as a share. */
  contrast: strength,
  /** Largest change of the colours' strength, as a share. */
  saturation: strength,
  /** Share of the pictures in which a random area is greyed out. */
  erasing: strength,
});
export type Augmentation = z.infer<typeof augmentation>;

/** How the ranges of activations are chosen (src/quantization/observers.ts). */
export const OBSERVERS = ['movingAverage', 'percentile', 'meanSquaredError', 'entropy'] as const;
export type ObserverName = (typeof OBSERVERS)[number];

/** Quantization-aware training: what is simulated, and when it is switched on. Shares are of the steps that follow its beginning. */
export const quantization = z.strictObject({
  /** Epochs that go by in float before it begins. */
  afterEpochs: z.int().min(0).default(0),
  /** Or steps: counts instead of the epochs when given. */
  afterSteps: z.int().min(0).optional(),
  /** Bits of the kernels; activations have 8. 4 is a simulation only: no exporter writes it. */
  weightBits: z.union([z.literal(4), z.literal(8)]).default(8),
  observer: z.enum(OBSERVERS).default('movingAverage'),
  /** Training pictures that the ranges are found with. */
  calibrationPictures: z.int().min(1).max(100_000).default(512),
  /** When activations are rounded as well, beside the kernels. */
  activationsAfter: z.number().min(0).max(1).default(0.1),
  /** When batch norm goes over to its running statistics, and stays with them. */
  freezeBatchNormAfter: z.number().min(0).max(1).default(0.4),
  /** When the ranges stay as they are. */
  freezeRangesAfter: z.number().min(0).max(1).default(0.6),
  /** What the learning rate is multiplied by from the beginning on. */
  learningRateFactor: z.number().positive().max(100).default(0.1),
  /** Layers that are left as they are, by name. */
  floatLayers: z.array(z.string()).default([]),
  /** Validation pictures with which the cost of each layer is measured; 0 leaves it out. */
  sensitivityPictures: z.int().min(0).default(128),
});
export type QuantizationOptions = z.infer<typeof quantization>;

/**
 * Everything that decides what a training run computes. Recorded whole in `run.json`; the defaults are the original
 * recipe, the other recipes are in `recipes.ts`.
 */
export const trainingOptions = z.object({
  /** Absolute path of a folder of pictures: one sub-folder per person, a `labels.csv`, or `train` and `val` folders. */
  dataset: z.string().min(1),
  /** Name of the recipe that the other options come from. */
  recipe: z.enum(RECIPES).default('original'),
  /** Side of the square input, in pixels. */
  size: z.int().min(32).max(512).multipleOf(32).default(128),
  /** MobileNetV2's width multiplier. */
  width: z.number().min(0.1).max(2).default(1),
  /** What makes one value of each channel of the last feature map. */
  pooling: z.enum(['max', 'average']).default('max'),
  /** Share of the pooled features that a step leaves out. */
  dropout: z.number().min(0).lt(1).default(0),
  epochs: z.int().min(1).max(10_000).default(10),
  /** Epochs at the beginning that train the last layer alone, on the frozen network below it. */
  headEpochs: z.int().min(0).max(10_000).default(0),
  /** The network below the last layer stays as it is; its features are computed once for each picture. */
  frozen: z.boolean().default(false),
  batchSize: z.int().min(2).max(4096).default(128),
  /** `adamw` is Adam with decoupled weight decay. */
  optimizer: z.enum(['adam', 'adamw', 'sgd']).default('adam'),
  /** Share of the velocity that stays, with `sgd`. */
  momentum: z.number().min(0).lt(1).default(0.9),
  /** With `adamw`, as a share of the learning rate. */
  weightDecay: z.number().min(0).max(1).default(0),
  learningRate: z.number().positive().max(10).default(2e-4),
  /** What the learning rate of the last layer is multiplied by. */
  headRateFactor: z.number().positive().max(1000).default(1),
  /** `cosine` goes from the learning rate to zero over the run. */
  schedule: z.enum(['constant', 'cosine']).default('constant'),
  /** Share of the wished probability that is spread over all people. */
  labelSmoothing: z.number().min(0).lt(1).default(0),
  augmentation: augmentation.default(() => augmentation.parse({})),
  /**
   * How batches are made up: all pictures in random order, or `people` times `pictures` of each (for losses that compare
   * the pictures of a batch), where the batch size is their product.
   */
  sampler: z
    .union([z.literal('shuffle'), z.object({ people: z.int().min(2), pictures: z.int().min(2) })])
    .default('shuffle'),
  /** Share of the pictures that trains; the rest validates. */
  split: z.number().gt(0).lt(1).default(0.9),
  /** `picture` gives each person the share; `identity` validates with people who are not trained on. */
  splitBy: z.enum(['picture', 'identity']).default('picture'),
  seed: z.int().min(0).max(0xffffffff).default(128),
  /**
   * What to start from: `imagenet`, a file in Keras' layout (`.h5` or `.npz`), or the folder of another run's
   * checkpoint; a random start when absent.
   */
  weights: z.string().min(1).optional(),
  /** Absent: training in float. */
  quantization: quantization.optional(),
  /** The folder of the checkpoint, of another run, that this run fine-tunes: its people, its pictures, its network. */
  parent: z.string().min(1).optional(),
  /** Goes on although the pictures are not those that the parent saw. */
  changedData: z.boolean().default(false),
  /** File with a path on each line, relative to the dataset: pictures that are left out. */
  exclude: z.string().min(1).optional(),
  /** Momentum of the batch-norm statistics; `auto` fits it to the steps of an epoch (docs/training.md). */
  batchNormMomentum: z.union([z.literal('auto'), z.number().min(0).lt(1)]).default('auto'),
  engine: z.enum(ENGINES).default('auto'),
  /** Threads of the native engine; 0 for every core. The result does not depend on it. */
  threads: z.int().min(0).max(256).default(0),
  /** Decoded pictures kept on disk, of all datasets together, in MiB. The result does not depend on it. */
  pixelCacheMiB: z.number().min(0).default(20_480),
  /** Newest checkpoints kept beside the best one. */
  keepCheckpoints: z.int().min(1).default(2),
});

export type TrainingOptions = z.infer<typeof trainingOptions>;
/** The same with every default left out. */
export type TrainingOptionsInput = z.input<typeof trainingOptions>;

/** What a fine-tuning for int8 does otherwise than the run of its checkpoint. */
export const qatWishes = z.strictObject({
  epochs: z.int().min(1).optional(),
  /** Where the pictures are now. */
  dataset: z.string().optional(),
  changedData: z.boolean().optional(),
  quantization: quantization.partial().optional(),
  engine: trainingOptions.shape.engine.unwrap().optional(),
  threads: trainingOptions.shape.threads.unwrap().optional(),
  pixelCacheMiB: trainingOptions.shape.pixelCacheMiB.unwrap().optional(),
});
