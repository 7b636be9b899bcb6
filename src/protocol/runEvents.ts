import * as z from 'zod';
import { OBSERVERS, trainingOptions } from './options.js';

// What happens in a run: lines of `metrics.ndjson`. A run is drawn from its folder by the same code that draws it live.

const share = z.number().min(0).max(1);
const count = z.int().min(0);
const seconds = z.number().min(0);

const run = z.object({
  type: z.literal('run'),
  runFolder: z.string(),
  /** ISO 8601, UTC. */
  startedAt: z.string(),
  pid: z.int(),
  options: trainingOptions,
});

export const skippedFile = z.object({ file: z.string(), reason: z.string() });

const dataset = z.object({
  type: z.literal('dataset'),
  people: count,
  images: count,
  trainImages: count,
  validationImages: count,
  stepsPerEpoch: count,
  skippedCount: count,
  /** The first hundred; all of them stand in `skipped.json` of the run folder. */
  skipped: z.array(skippedFile),
});

/** What computes the steps, known once it is loaded. */
const engine = z.object({
  type: z.literal('engine'),
  name: z.enum(['native', 'tensorflow', 'javascript']),
  detail: z.string(),
});

/** Another part of the network trains from here on. */
const stage = z.object({
  type: z.literal('stage'),
  /** `head`: the last layer on the frozen network below it; `all`: every layer. */
  name: z.enum(['head', 'all']),
  epoch: z.int().min(1),
  /** Updates before it. */
  step: count,
});

/** Something of quantization is at work from here on. */
const mark = z.object({
  type: z.literal('mark'),
  name: z.enum(['calibration', 'weights', 'activations', 'batchNormFrozen', 'rangesFrozen']),
  epoch: z.int().min(1),
  /** Updates before it. */
  step: count,
});

/** Ranges were found. What the network does on the validation pictures in float, and rounded without any training. */
const calibrated = z.object({
  type: z.literal('calibrated'),
  step: count,
  pictures: count,
  observer: z.enum(OBSERVERS),
  floatValAccuracy: share,
  postTrainingValAccuracy: share,
});

/** A quantizer as it stands at a step (src/quantization/quantizerTable.ts). */
export const quantizerRow = z.object({
  name: z.string(),
  kind: z.enum(['weights', 'activations']),
  bits: z.int(),
  channels: z.int(),
  /** The smallest and the largest of its channels. */
  scale: z.tuple([z.number(), z.number()]),
  zeroPoint: z.int(),
  range: z.tuple([z.number(), z.number()]),
  /** Share of the values beyond the range. */
  clipped: share.optional(),
  /** Signal-to-quantization-noise ratio, dB. */
  sqnr: z.number().optional(),
  /** Updates before it became active; absent while it is not. */
  activeSince: count.optional(),
});
const quantizers = z.object({
  type: z.literal('quantizers'),
  epoch: count,
  step: count,
  quantizers: z.array(quantizerRow),
});

/** What each layer costs when it alone is rounded, kernel and output; on some of the validation pictures. */
const sensitivity = z.object({
  type: z.literal('sensitivity'),
  step: count,
  pictures: count,
  floatLoss: z.number(),
  layers: z.array(z.object({ layer: z.string(), lossIncrease: z.number(), changed: count })),
});

const step = z.object({
  type: z.literal('step'),
  epoch: z.int().min(1),
  /** Optimizer updates since the start of the run. */
  step: z.int().min(1),
  /** Mean cross-entropy of this batch, nats. */
  loss: z.number(),
  accuracy: share,
  learningRate: z.number(),
  imagesPerSecond: z.number().min(0),
  /** Expected time to the end of the last epoch. */
  etaSeconds: seconds,
  /** Quantizers that rounded in this step; absent where the network has none. */
  activeQuantizers: count.optional(),
});

const epoch = z.object({
  type: z.literal('epoch'),
  epoch: z.int().min(1),
  step: z.int().min(1),
  /** Means over the epoch's training batches, weighted by pictures, as training went by (as Keras reports them). */
  loss: z.number(),
  accuracy: share,
  /** Absent where validation shows people who have no class. */
  valLoss: z.number().optional(),
  valAccuracy: share,
  /** Training pictures a second, validation left out. */
  imagesPerSecond: z.number().min(0),
  /** Share of the training time that was spent waiting for pictures. */
  waitingShare: share.optional(),
  learningRate: z.number(),
  /** Since the first step. */
  elapsedSeconds: seconds,
  /** Quantizers that rounded in the validation. */
  activeQuantizers: count.optional(),
});

const checkpoint = z.object({
  type: z.literal('checkpoint'),
  /** Relative to the run folder, with forward slashes. */
  path: z.string(),
  epoch: count,
  step: count,
  bytes: count,
  /** Best validation accuracy so far. */
  best: z.boolean(),
});

const warning = z.object({ type: z.literal('warning'), code: z.string(), message: z.string(), advice: z.string() });

export const failure = z.object({
  type: z.literal('failure'),
  code: z.string(),
  message: z.string(),
  advice: z.string(),
});

export const finished = z.object({
  type: z.literal('finished'),
  reason: z.enum(['completed', 'stopped']),
  epochs: count,
  steps: count,
  elapsedSeconds: seconds,
  /** Absent when no epoch was finished. */
  bestEpoch: z.int().optional(),
  bestValAccuracy: share.optional(),
});

export const logged = [
  run,
  dataset,
  engine,
  stage,
  step,
  epoch,
  checkpoint,
  mark,
  calibrated,
  quantizers,
  sensitivity,
  warning,
  failure,
  finished,
] as const;

/** A line of `metrics.ndjson`. */
export const runEvent = z.discriminatedUnion('type', logged);
export type RunEvent = z.infer<typeof runEvent>;

export type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;
