import * as z from 'zod';
import { alignSummary } from './align.js';
import { datasetReport } from './check.js';
import { comparison, measurements } from './comparison.js';
import { exportOptions } from './exportOptions.js';
import { facesWish, prediction } from './prediction.js';
import { OBSERVERS, quantization, trainingOptions } from './options.js';

/**
 * Raised when a message changes its meaning. Trainer and client come from one package, so a difference means a
 * half-updated installation: the client says so and stops.
 */
export const PROTOCOL_VERSION = 1;

// Client → trainer ------------------------------------------------------------------------------------------------

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

export const trainerCommand = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('train'),
    protocol: z.literal(PROTOCOL_VERSION),
    /** Absolute path; created by the trainer, must be empty or absent. */
    runFolder: z.string().min(1),
    options: trainingOptions,
  }),
  /** Fine-tunes a checkpoint for int8, with the options of its own run but for what is wished otherwise. */
  z.object({
    type: z.literal('qat'),
    protocol: z.literal(PROTOCOL_VERSION),
    runFolder: z.string().min(1),
    /** Absolute path of the checkpoint's folder. */
    checkpoint: z.string().min(1),
    wishes: qatWishes,
  }),
  z.object({
    type: z.literal('check'),
    protocol: z.literal(PROTOCOL_VERSION),
    dataset: z.string().min(1),
    /** Of the network that the pictures are for. */
    size: z.int().min(32),
    exclude: z.string().optional(),
    pixelCacheMiB: z.number().min(0),
  }),
  z.object({
    type: z.literal('align'),
    protocol: z.literal(PROTOCOL_VERSION),
    dataset: z.string().min(1),
    /** Absolute path; absent, empty, or of an earlier run. */
    out: z.string().min(1),
    /** Side of a crop in pixels. */
    size: z.int().min(32).max(1024),
    /** 0 for every core. */
    threads: z.int().min(0).max(256),
  }),
  /** Writes a checkpoint as a file that a runtime loads. */
  z.object({
    type: z.literal('export'),
    protocol: z.literal(PROTOCOL_VERSION),
    /** Absolute path of the checkpoint's folder. */
    checkpoint: z.string().min(1),
    options: exportOptions,
    /** Absolute path of the file. */
    output: z.string().min(1),
    /** Measures the network on its validation pictures for the model card, where they can be had. */
    measure: z.boolean().default(true),
  }),
  /** Measures float and int8 of a fine-tuned checkpoint on its validation pictures. */
  z.object({
    type: z.literal('compare'),
    protocol: z.literal(PROTOCOL_VERSION),
    /** Absolute path of the checkpoint's folder. */
    checkpoint: z.string().min(1),
  }),
  /** Asks a checkpoint or an exported file who is in pictures. */
  z.object({
    type: z.literal('predict'),
    protocol: z.literal(PROTOCOL_VERSION),
    /** Absolute path. */
    model: z.string().min(1),
    /** Absolute paths. */
    files: z.array(z.string().min(1)).min(1),
    faces: facesWish.default('auto'),
    /** Sends along what the network saw. */
    seen: z.boolean().default(false),
  }),
  /** Draws what chance makes of a few pictures. */
  z.object({ type: z.literal('preview'), protocol: z.literal(PROTOCOL_VERSION), options: trainingOptions }),
  /** Finish the batch at hand, write a checkpoint, end. */
  z.object({ type: z.literal('stop') }),
]);
export type TrainerCommand = z.infer<typeof trainerCommand>;
/** What a trainer is started for. */
export type TrainerOrder = Exclude<TrainerCommand, { type: 'stop' }>;

// Trainer → client ------------------------------------------------------------------------------------------------
// Those of a training are, all but `hello` and `preparing`, also the lines of `metrics.ndjson`: a run is drawn from its folder by the same
// code that draws it live.

const share = z.number().min(0).max(1);
const count = z.int().min(0);
const seconds = z.number().min(0);

/** First word of a trainer: who it is. */
const hello = z.object({ type: z.literal('hello'), protocol: z.int(), pid: z.int(), node: z.string() });

/** Pictures decoded so far, before the first step. */
const preparing = z.object({ type: z.literal('preparing'), done: count, total: count });

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

const failure = z.object({ type: z.literal('failure'), code: z.string(), message: z.string(), advice: z.string() });

const finished = z.object({
  type: z.literal('finished'),
  reason: z.enum(['completed', 'stopped']),
  epochs: count,
  steps: count,
  elapsedSeconds: seconds,
  /** Absent when no epoch was finished. */
  bestEpoch: z.int().optional(),
  bestValAccuracy: share.optional(),
});

/** Last word of a check. */
const checked = z.object({ type: z.literal('checked'), report: datasetReport });
/** Last word of an alignment. */
const aligned = z.object({ type: z.literal('aligned'), summary: alignSummary });
/** Last word of an export. */
const exported = z.object({
  type: z.literal('exported'),
  file: z.string(),
  /** Of the file and what belongs to it. */
  bytes: count,
  /** The model card, for people and for programs. */
  cards: z.array(z.string()),
  /** Absent where nothing could be measured. */
  measured: measurements.optional(),
});
/** Last word of a comparison. */
const compared = z.object({ type: z.literal('compared'), comparison });
/** Last word of a prediction. */
const predicted = z.object({
  type: z.literal('predicted'),
  /** What computed, in words. */
  runtime: z.string(),
  /** Name of the network. */
  network: z.string(),
  predictions: z.array(prediction),
});
/** Last word of a preview: pictures as data URIs, each as it is and as chance makes it in some epochs. */
const previewed = z.object({
  type: z.literal('previewed'),
  samples: z.array(z.object({ file: z.string(), original: z.string(), distorted: z.string() })),
});
/** Last word of a job that was stopped before it had a result. */
const cancelled = z.object({ type: z.literal('cancelled') });

const logged = [
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

export const trainerMessage = z.discriminatedUnion('type', [
  hello,
  preparing,
  checked,
  aligned,
  exported,
  compared,
  predicted,
  previewed,
  cancelled,
  ...logged,
]);
export type TrainerMessage = z.infer<typeof trainerMessage>;

/** After one of these a trainer says nothing more. */
export const LAST_WORDS = [
  'finished',
  'failure',
  'checked',
  'aligned',
  'exported',
  'compared',
  'predicted',
  'previewed',
  'cancelled',
] as const;
export type LastWord = Extract<TrainerMessage, { type: (typeof LAST_WORDS)[number] }>;

export type MessageOf<T extends TrainerMessage['type']> = Extract<TrainerMessage, { type: T }>;
