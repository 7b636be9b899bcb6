import * as z from 'zod';
import { optionInfo } from './optionInfo.js';

/** How the ranges of activations are chosen (src/quantization/observers.ts). */
export const OBSERVERS = ['movingAverage', 'percentile', 'meanSquaredError', 'entropy'] as const;
export type ObserverName = (typeof OBSERVERS)[number];

/** Quantization-aware training: what is simulated, and when it is switched on. Shares are of the steps that follow its beginning. */
export const quantization = z.strictObject({
  /** Epochs that go by in float before it begins. */
  afterEpochs: z
    .int()
    .min(0)
    .default(0)
    .register(optionInfo, {
      flag: 'quantize-after',
      value: 'N',
      help: 'start quantization-aware training after this many epochs',
      pick: {
        place: 90,
        key: 'quantizeAfter',
        label: 'Quantization-aware after epoch',
        icon: 'chip',
        prompt: 'From then on the network is trained for int8 hardware; leave empty for never',
        unset: 'never',
      },
    }),
  /** Or steps: counts instead of the epochs when given. */
  afterSteps: z
    .int()
    .min(0)
    .optional()
    .register(optionInfo, { flag: 'quantize-after-steps', value: 'N', help: 'or after this many steps' }),
  /** Bits of the kernels; activations have 8. 4 is a simulation only: no exporter writes it. */
  weightBits: z
    .union([z.literal(4), z.literal(8)])
    .default(8)
    .register(optionInfo, { flag: 'weight-bits', value: 'N', help: '8, or 4 to see what that would cost' }),
  observer: z.enum(OBSERVERS).default('movingAverage').register(optionInfo, {
    flag: 'observer',
    value: 'NAME',
    help: 'how ranges are chosen: movingAverage, percentile, meanSquaredError or entropy',
  }),
  /** Training pictures that the ranges are found with. */
  calibrationPictures: z
    .int()
    .min(1)
    .max(100_000)
    .default(512)
    .register(optionInfo, { flag: 'calibration-pictures', value: 'N', help: 'pictures used to find the ranges' }),
  /** When activations are rounded as well, beside the kernels. */
  activationsAfter: z.number().min(0).max(1).default(0.1).register(optionInfo, {
    flag: 'activations-after',
    value: 'F',
    help: 'share of the steps after which activations are rounded as well as kernels',
  }),
  /** When batch norm goes over to its running statistics, and stays with them. */
  freezeBatchNormAfter: z.number().min(0).max(1).default(0.4).register(optionInfo, {
    flag: 'freeze-batch-norm',
    value: 'F',
    help: 'share of the steps after which the statistics of batch norm are frozen',
  }),
  /** When the ranges stay as they are. */
  freezeRangesAfter: z.number().min(0).max(1).default(0.6).register(optionInfo, {
    flag: 'freeze-ranges',
    value: 'F',
    help: 'share of the steps after which the ranges are frozen',
  }),
  /** What the learning rate is multiplied by from the beginning on. */
  learningRateFactor: z.number().positive().max(100).default(0.1).register(optionInfo, {
    flag: 'learning-rate-factor',
    value: 'F',
    help: 'factor on the learning rate once quantization starts',
  }),
  /** Layers that are left as they are, by name. */
  floatLayers: z.array(z.string()).default([]).register(optionInfo, {
    flag: 'float-layers',
    value: 'LIST',
    help: 'layers left in float, separated by commas',
  }),
  /** Validation pictures with which the cost of each layer is measured; 0 leaves it out. */
  sensitivityPictures: z.int().min(0).default(128).register(optionInfo, {
    flag: 'sensitivity',
    value: 'N',
    help: 'pictures used to measure the cost of rounding each layer; 0 skips it',
  }),
});
export type QuantizationOptions = z.infer<typeof quantization>;
