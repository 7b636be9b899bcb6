import type * as z from 'zod';
import { trainingOptions, type RecipeName, type TrainingOptions, type TrainingOptionsInput } from './options.js';

/** What a recipe sets; everything else is as in the original one. docs/recipes.md has the measurements behind them. */
const RECIPE_OPTIONS: Record<RecipeName, Omit<TrainingOptionsInput, 'dataset'>> = {
  /** The script that Face Trainer grew from: MobileNetV2, global max pooling, every layer from the first step, Adam. */
  original: {},
  /**
   * Vectors of people on the frozen embedding of the face network: imprinted, then CosFace (Wang et al. 2018) on views that are
   * small, dark, moved and covered. docs/recognition.md has the measurements.
   */
  face: {
    frozen: true,
    epochs: 30,
    batchSize: 64,
    learningRate: 3e-3,
    schedule: 'cosine',
    views: 8,
    augmentation: {
      ...{ offset: 0.04, scale: 0.06, rotation: 4 },
      ...{ small: 0.3, dark: 0.2, moved: 0.15, covered: 0.35 },
    },
    weights: 'faces',
    faces: 'on',
  },
  /**
   * Every layer of the face network for what a camera at a door sees: CosFace from an imprinted head, on views that are small, dark,
   * moved and covered. docs/recognition.md has the measurements.
   */
  door: {
    epochs: 6,
    batchSize: 32,
    learningRate: 2e-4,
    headRateFactor: 0.8,
    schedule: 'cosine',
    augmentation: {
      ...{ offset: 0.08, scale: 0.1, rotation: 8 },
      ...{ small: 0.3, dark: 0.1, moved: 0.1, covered: 0.5 },
    },
    weights: 'faces',
    faces: 'on',
  },
  default: {
    pooling: 'average',
    dropout: 0.4,
    labelSmoothing: 0.1,
    headEpochs: 1,
    batchSize: 64,
    optimizer: 'adamw',
    weightDecay: 0.01,
    learningRate: 1e-3,
    headRateFactor: 2,
    schedule: 'cosine',
    augmentation: {
      flip: true,
      shift: true,
      scale: 0.1,
      rotation: 10,
      brightness: 0.15,
      contrast: 0.2,
      saturation: 0.2,
    },
    weights: 'imagenet',
    batchNormMomentum: 0.97,
  },
  fast: {
    size: 192,
    pooling: 'average',
    dropout: 0.5,
    frozen: true,
    epochs: 20,
    batchSize: 64,
    optimizer: 'adamw',
    weightDecay: 0.01,
    learningRate: 2e-3,
    schedule: 'cosine',
    labelSmoothing: 0.1,
    augmentation: { flip: true },
    weights: 'imagenet',
  },
  /** The embedding of another network (Hinton et al. 2015), which sees the same views: docs/recognition.md has the measurements. */
  distil: {
    pooling: 'average',
    headEpochs: 1,
    epochs: 20,
    batchSize: 64,
    optimizer: 'adamw',
    weightDecay: 0.01,
    learningRate: 1e-3,
    headRateFactor: 2,
    schedule: 'cosine',
    augmentation: {
      ...{ flip: true, scale: 0.15, rotation: 10, offset: 0.06 },
      ...{ brightness: 0.15, contrast: 0.2, saturation: 0.2 },
    },
    loss: 'distillation',
    teacher: 'faces',
    splitBy: 'identity',
    weights: 'imagenet',
    faces: 'on',
  },
};

/**
 * The options of a recipe with some of them set otherwise.
 *
 * @param overrides what is undefined is the recipe's; `weights: null` is a random start
 */
export function withRecipe(
  recipe: RecipeName,
  overrides: Omit<TrainingOptionsInput, 'recipe' | 'weights'> & { readonly weights?: string | null | undefined },
): z.ZodSafeParseResult<TrainingOptions> {
  const { weights, ...all } = { ...RECIPE_OPTIONS[recipe], ...defined(overrides), recipe };
  const start = weights === undefined || weights === null ? {} : { weights };
  const isSampled = typeof all.sampledClasses === 'number' && all.sampledClasses > 0;
  // A head on random features learns nothing, and one of a sample of the people starts from their pictures.
  const headEpochs = 'weights' in start && !isSampled ? all.headEpochs : (overrides.headEpochs ?? 0);
  return trainingOptions.safeParse({ ...all, ...start, headEpochs });
}

/** Whether the last layer would train alone on random features, which teach it nothing. */
export function trainsOnRandomFeatures({ weights, parent, frozen, headEpochs }: TrainingOptions): boolean {
  return weights === undefined && parent === undefined && (frozen || headEpochs > 0);
}

function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
