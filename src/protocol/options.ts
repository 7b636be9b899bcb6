import * as z from 'zod';
import { backboneOptions } from './backboneOptions.js';
import { distilOptions } from './distilOptions.js';
import { ENGINE_NAMES } from './engines.js';
import { lossOptions } from './lossOptions.js';
import { optionInfo } from './optionInfo.js';
import { peopleOptions } from './peopleOptions.js';
import { quantization } from './quantizationOptions.js';
import { scheduleOptions } from './scheduleOptions.js';

/** `face` first: what is recommended where face weights are. */
export const RECIPES = ['face', 'door', 'default', 'fast', 'original', 'distil'] as const;
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
  /** Largest shift to any side, as a share of the side; beyond the border the border goes on. */
  offset: strength,
  /** Share of the pictures that are as blurred as small ones: 11 to 35 % of the side. */
  small: strength,
  /** Share of the pictures that are dark and noisy. */
  dark: strength,
  /** Share of the pictures that are blurred by a motion. */
  moved: strength,
  /** Share of the pictures with the lower part, or a bar, behind one colour. Of the last four at most one befalls a picture. */
  covered: strength,
});
export type Augmentation = z.infer<typeof augmentation>;

/**
 * Everything that decides what a training run computes. Recorded whole in `run.json`; the defaults are the original
 * recipe, the other recipes are in `recipes.ts`.
 */
export const trainingOptions = z.object({
  /** Absolute path of a folder of pictures: one sub-folder per person, a `labels.csv`, or `train` and `val` folders. */
  dataset: z.string().min(1),
  /** Name of the recipe that the other options come from. */
  recipe: z
    .enum(RECIPES)
    .default('original')
    .register(optionInfo, {
      flag: 'recipe',
      value: 'NAME',
      help: 'face, door, default, fast, original or distil: sets the defaults of the other options',
      pick: {
        place: 10,
        label: 'Recipe',
        icon: 'book',
        values: {
          face: {
            label: 'face',
            detail: 'People’s vectors on the frozen face network: ready in minutes, knows strangers as strangers',
          },
          door: {
            label: 'door',
            detail: 'Every layer of the face network, for far, dark, moved and covered faces: takes some minutes',
          },
          default: { label: 'default', detail: 'The whole network, from ImageNet weights: the most accurate' },
          fast: { label: 'fast', detail: 'The last layer alone, on frozen ImageNet features: ready in a minute' },
          original: {
            label: 'original',
            detail: 'The script Face Trainer grew out of, with random weights unless you choose others',
          },
          distil: {
            label: 'distil',
            detail: 'A small network learns the embedding of the face network: wants pictures of thousands of people',
          },
        },
      },
    }),
  ...backboneOptions,
  epochs: z
    .int()
    .min(1)
    .max(10_000)
    .default(10)
    .register(optionInfo, {
      flag: 'epochs',
      value: 'N',
      help: 'passes over the pictures',
      pick: { place: 20, label: 'Epochs', icon: 'sync', prompt: 'Passes over all the pictures' },
    }),
  /** Epochs at the beginning that train the last layer alone, on the frozen network below it. */
  headEpochs: z.int().min(0).max(10_000).default(0).register(optionInfo, {
    flag: 'head-epochs',
    value: 'N',
    help: 'first epochs, which train the last layer alone on the frozen network below it',
    startsAnew: true,
  }),
  /** The network below the last layer stays as it is; its features are computed once for each picture. */
  frozen: z
    .boolean()
    .default(false)
    .register(optionInfo, { flag: 'frozen', help: 'train the last layer alone, in every epoch', startsAnew: true }),
  batchSize: z
    .int()
    .min(2)
    .max(4096)
    .default(128)
    .register(optionInfo, {
      flag: 'batch',
      value: 'N',
      help: 'pictures in one step; a single picture left over joins the previous batch',
      pick: {
        place: 30,
        label: 'Batch size',
        icon: 'layers',
        prompt: 'Pictures in one step; a smaller batch needs less memory',
      },
    }),
  /** `adamw` is Adam with decoupled weight decay. */
  optimizer: z
    .enum(['adam', 'adamw', 'sgd'])
    .default('adam')
    .register(optionInfo, { flag: 'optimizer', value: 'NAME', help: 'adam, adamw, or sgd with momentum' }),
  /** Share of the velocity that stays, with `sgd`. */
  momentum: z
    .number()
    .min(0)
    .lt(1)
    .default(0.9)
    .register(optionInfo, { flag: 'momentum', value: 'F', help: 'momentum of sgd' }),
  /** With `adamw`, as a share of the learning rate. */
  weightDecay: z.number().min(0).max(1).default(0).register(optionInfo, {
    flag: 'weight-decay',
    value: 'F',
    help: 'decoupled weight decay of adamw, on kernels but not on batch norm and biases',
  }),
  /** The gradients of a step, all taken as one vector, are made no longer than this; 0: they stay as they are. */
  clipNorm: z.number().min(0).max(1e6).default(0).register(optionInfo, {
    flag: 'clip-norm',
    value: 'F',
    help: 'gradients that are longer together are made so long before an update; 0 for as they are',
  }),
  learningRate: z
    .number()
    .positive()
    .max(10)
    .default(2e-4)
    .register(optionInfo, {
      flag: 'learning-rate',
      value: 'F',
      help: 'learning rate of the optimizer; find-rate proposes one',
      pick: {
        place: 35,
        label: 'Learning rate',
        icon: 'graph-line',
        prompt: 'How far a step goes; Find Learning Rate proposes one',
      },
    }),
  /** What the learning rate of the last layer is multiplied by. */
  headRateFactor: z.number().positive().max(1000).default(1).register(optionInfo, {
    flag: 'head-rate-factor',
    value: 'F',
    help: 'factor on the learning rate of the last layer',
  }),
  ...scheduleOptions,
  ...lossOptions,
  ...distilOptions,
  ...peopleOptions,
  /** With a frozen network: of how many views of each picture it computes features; 0: of the picture and its mirror image. */
  views: z.int().min(0).max(1000).default(0).register(optionInfo, {
    flag: 'views',
    value: 'N',
    help: 'with a frozen network: views of each picture that it sees, one an epoch in turn, the first without --augment; 0: the picture and its mirror image',
  }),
  augmentation: augmentation
    .default(() => augmentation.parse({}))
    .register(optionInfo, {
      flag: 'augment',
      value: 'LIST',
      read: 'strengths',
      help: 'none, or any of flip, shift, scale=F, rotation=F, brightness=F, contrast=F, saturation=F, erasing=F, offset=F, small=F, dark=F, moved=F, covered=F, separated by commas',
    }),
  /**
   * How batches are made up: all pictures in random order, or `people` times `pictures` of each (for losses that compare
   * the pictures of a batch), where the batch size is their product.
   */
  sampler: z
    .union([
      z.literal('shuffle'),
      z.object({
        people: z.int().min(2).register(optionInfo, {
          flag: 'people-per-batch',
          value: 'N',
          help: 'with --pictures-per-person: batches of N people',
        }),
        pictures: z.int().min(2).register(optionInfo, {
          flag: 'pictures-per-person',
          value: 'N',
          help: 'with --people-per-batch: and N pictures of each',
        }),
      }),
    ])
    .default('shuffle'),
  /** Share of the pictures that trains; the rest validates. */
  split: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.9)
    .register(optionInfo, {
      flag: 'split',
      value: 'F',
      help: 'share of the pictures used for training; the rest is for validation',
      pick: {
        place: 60,
        label: 'Training share',
        icon: 'split-horizontal',
        prompt: 'Share of each person’s pictures used for training; the rest is for validation',
      },
    }),
  /** `picture` gives each person the share; `identity` validates with people who are not trained on. */
  splitBy: z
    .enum(['picture', 'identity'])
    .default('picture')
    .register(optionInfo, {
      flag: 'split-by',
      value: 'NAME',
      help: 'picture, or identity to validate on people left out of training',
      pick: {
        place: 70,
        label: 'Validate with',
        icon: 'organization',
        values: {
          picture: {
            label: 'Other pictures of the same people',
            detail: 'How well the people of this folder are recognized',
          },
          identity: { label: 'People left out of training', detail: 'How well the network tells strangers apart' },
        },
      },
    }),
  seed: z
    .int()
    .min(0)
    .max(0xffffffff)
    .default(128)
    .register(optionInfo, {
      flag: 'seed',
      value: 'N',
      help: 'seed of split, order, augmentation and random weights, each with its own stream',
      pick: {
        place: 80,
        label: 'Seed',
        icon: 'symbol-numeric',
        prompt: 'The same seed gives the same split, order and random weights',
      },
    }),
  /**
   * What to start from: `imagenet`, `faces` (the face network, whose embedding stays frozen), a file in Keras' layout (`.h5` or
   * `.npz`), or the folder of another run's checkpoint; a random start when absent.
   */
  weights: z
    .string()
    .min(1)
    .optional()
    .register(optionInfo, {
      flag: 'weights',
      value: 'NAME',
      read: 'start',
      help: 'faces, imagenet, random, a file in Keras layout (.h5, .npz) or the folder of a checkpoint',
      startsAnew: true,
      pick: { place: 50, label: 'Start from', icon: 'file-binary', unset: 'random weights' },
    }),
  /** With `weights: 'faces'`: the face weights, where they lie elsewhere than where they are looked for. */
  faceWeights: z.string().min(1).optional().register(optionInfo, {
    flag: 'face-weights',
    value: 'FILE',
    help: 'with face weights: the .xml of the face network, or its folder, where they are not the downloaded ones',
  }),
  /** `on`: the face in each picture is found and aligned to the network's template; `off`: the pictures are aligned already. */
  faces: z
    .enum(['on', 'off'])
    .default('off')
    .register(optionInfo, {
      flag: 'faces',
      value: 'NAME',
      help: 'with face weights: on finds and aligns the face in each picture; off for pictures that are aligned already',
      pick: {
        place: 52,
        label: 'Faces',
        icon: 'account',
        ofFaces: true,
        values: {
          on: {
            label: 'Found and aligned',
            detail: 'Pictures as they come from a phone: the face is looked for in each',
          },
          off: {
            label: 'Already aligned',
            detail: 'Every picture is a face that was cut out and aligned for this network',
          },
        },
      },
    }),
  /** Absent: training in float. */
  quantization: quantization.optional(),
  /** The folder of the checkpoint, of another run, that this run fine-tunes: its people, its pictures, its network. */
  parent: z.string().min(1).optional(),
  /** Goes on although the pictures are not those that the parent saw. */
  changedData: z.boolean().default(false),
  /** File with a path on each line, relative to the dataset: pictures that are left out. */
  exclude: z
    .string()
    .min(1)
    .optional()
    .register(optionInfo, { flag: 'exclude', value: 'FILE', help: 'list of pictures to leave out, one path per line' }),
  /** Momentum of the batch-norm statistics; `auto` fits it to the steps of an epoch (docs/training.md). */
  batchNormMomentum: z
    .union([z.literal('auto'), z.number().min(0).lt(1)])
    .default('auto')
    .register(optionInfo, { flag: 'batch-norm-momentum', value: 'F', help: 'auto, or a fraction less than 1' }),
  engine: z
    .enum(['auto', ...ENGINE_NAMES])
    .default('auto')
    .register(optionInfo, {
      flag: 'engine',
      value: 'NAME',
      help: `auto, ${ENGINE_NAMES.slice(0, -1).join(', ')} or ${ENGINE_NAMES.at(-1)!}`,
    }),
  /** Threads of the native engine; 0 for every core. The result does not depend on it. */
  threads: z.int().min(0).max(256).default(0).register(optionInfo, {
    flag: 'threads',
    value: 'N',
    help: 'threads of the native engine, 0 for every core; the result does not depend on it',
  }),
  /** Decoded pictures kept on disk, of all datasets together, in MiB. The result does not depend on it. */
  pixelCacheMiB: z.number().min(0).default(20_480).register(optionInfo, {
    flag: 'pixel-cache',
    value: 'N',
    help: 'MiB of decoded pictures kept on disk, for all datasets together',
  }),
  /** Newest checkpoints kept beside the best one. */
  keepCheckpoints: z.int().min(1).default(2),
  /** Inside an epoch, minutes between one checkpoint and the next; 0 for none. */
  checkpointMinutes: z.number().min(0).max(10_000).default(5).register(optionInfo, {
    flag: 'checkpoint-minutes',
    value: 'F',
    help: 'minutes from one checkpoint to the next inside an epoch; 0 for none',
    listed: true,
  }),
});

export type TrainingOptions = z.infer<typeof trainingOptions>;
/** The same with every default left out. */
export type TrainingOptionsInput = z.input<typeof trainingOptions>;
