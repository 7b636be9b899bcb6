import * as z from 'zod';

export const ENGINES = ['auto', 'native', 'tensorflow', 'javascript'] as const;

/** Everything that decides what a training run computes. Recorded whole in `run.json`; the defaults are the original recipe. */
export const trainingOptions = z.object({
  /** Absolute path of a folder with one sub-folder per person. */
  dataset: z.string().min(1),
  /** Side of the square input, in pixels. */
  size: z.int().min(32).max(512).multipleOf(32).default(128),
  /** MobileNetV2's width multiplier. */
  width: z.number().min(0.1).max(2).default(1),
  epochs: z.int().min(1).max(10_000).default(10),
  batchSize: z.int().min(2).max(4096).default(128),
  optimizer: z.enum(['adam', 'sgd']).default('adam'),
  /** Share of the velocity that stays, with `sgd`. */
  momentum: z.number().min(0).lt(1).default(0.9),
  learningRate: z.number().positive().max(10).default(2e-4),
  /** Share of each person's pictures that trains; the rest validates. */
  split: z.number().gt(0).lt(1).default(0.9),
  seed: z.int().min(0).max(0xffffffff).default(128),
  /** `.npz` in Keras layout to start from; a random start when absent. */
  weights: z.string().min(1).optional(),
  /** Momentum of the batch-norm statistics; `auto` fits it to the steps of an epoch (docs/training.md). */
  batchNormMomentum: z.union([z.literal('auto'), z.number().min(0).lt(1)]).default('auto'),
  engine: z.enum(ENGINES).default('auto'),
  /** Threads of the native engine; 0 for every core. The result does not depend on it. */
  threads: z.int().min(0).max(256).default(0),
  /** Decoded pictures kept in memory, in MiB. */
  pixelMemoryMiB: z.number().min(0).default(1024),
  /** Newest checkpoints kept beside the best one. */
  keepCheckpoints: z.int().min(1).default(2),
});

export type TrainingOptions = z.infer<typeof trainingOptions>;
/** The same with every default left out. */
export type TrainingOptionsInput = z.input<typeof trainingOptions>;
