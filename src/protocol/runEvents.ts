import * as z from 'zod';
import type { FINDING_CODES } from './check.js';
import { engineName } from './engines.js';
import { FIELD_OF } from './eventFields.js';
import { trainingOptions } from './options.js';
import { OBSERVERS } from './quantizationOptions.js';

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
  /** When the process began, in the system's own words: a number is given to another process some day. */
  processStart: z.string().optional(),
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
  name: engineName,
  detail: z.string(),
});

/** Another part of the network trains from here on. */
export const stage = z.object({
  type: z.literal('stage'),
  /** `head`: the last layer on the frozen network below it; `all`: every layer. */
  name: z.enum(['head', 'all']),
  epoch: z.int().min(1),
  /** Updates before it. */
  step: count,
});

/** Something of quantization is at work from here on. */
export const mark = z.object({
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

/**
 * How a validation counts a picture as right: `accuracy`, its person has the highest score; `nearestNeighbour`, of people
 * who are left out of training, the picture most like it shows the same person. `cosine` counts nothing: it is how near a student's
 * embeddings come to its teacher's.
 */
export const METRICS = ['accuracy', 'nearestNeighbour', 'cosine'] as const;
export type Metric = (typeof METRICS)[number];

/**
 * What strangers come to, tried with people left out by identity: a head beside the run's own knows nobody of them
 * (src/training/strangers.ts).
 */
export const strangers = z.object({
  /** People who were strangers to one of the heads, */
  people: count,
  /** and how many of them any picture names, at this threshold: the lowest that names one in a hundred or less. */
  named: count,
  threshold: z.number().min(-1).max(1.1),
  /** Share of known people's validation pictures without the right name at the threshold. */
  missed: share,
  /** The same of pictures that are damaged as training never saw them, at the same threshold. */
  damagedNamed: count,
  damagedMissed: share,
});

/** What a student gives for pictures that it was not trained on, beside what its teacher gives for them. */
export const distilled = z.object({
  /** People left out of training whom they show; 0 where nobody was left out, or the folder has no names. */
  people: count,
  pictures: count,
  /** Mean over the pictures. */
  cosine: z.number().min(-1.001).max(1.001),
  /** Of pairs of pictures of these people, half of them of one person: the share that each tells right, by folds of people. */
  pairs: z.object({ count, student: share, teacher: share }).optional(),
});

/** New pictures that a validation asked about, and how many of them it told right. */
export const answers = z.object({
  right: count,
  pictures: count,
  /** The person who is known worst; absent where all are right, and of people who are not trained on. */
  weakest: z.object({ person: z.string(), right: count, pictures: count }).optional(),
});

const epoch = z.object({
  type: z.literal('epoch'),
  epoch: z.int().min(1),
  step: z.int().min(1),
  /** Means over the epoch's training batches, weighted by pictures, as training went by (as Keras reports them). */
  loss: z.number(),
  accuracy: share,
  /** Absent where validation shows people who have no class, and where it was not finite. */
  valLoss: z.number().optional(),
  valAccuracy: share,
  /** What `valAccuracy` is a share of (`METRICS`); absent in logs of 0.1.0. */
  metric: z.enum(METRICS).optional(),
  /** The same in pictures; absent of a cosine, and in logs of earlier versions. */
  answers: answers.optional(),
  /** Training pictures a second, validation left out. */
  imagesPerSecond: z.number().min(0),
  /** Share of the training time that was spent waiting for pictures. */
  waitingShare: share.optional(),
  learningRate: z.number(),
  /** Since the first step. */
  elapsedSeconds: seconds,
  /** Quantizers that rounded in the validation. */
  activeQuantizers: count.optional(),
  strangers: strangers.optional(),
  distilled: distilled.optional(),
});

export const checkpoint = z.object({
  type: z.literal('checkpoint'),
  /** Relative to the run folder, with forward slashes. */
  path: z.string(),
  epoch: count,
  step: count,
  bytes: count,
  /** Best so far (src/core/best.ts); false for one inside an epoch, which was not validated. */
  best: z.boolean(),
});

/**
 * The run goes on from a checkpoint, in another process: what was told of later steps holds no longer, and is told again
 * (src/core/goneOn.ts).
 */
const resumed = z.object({
  type: z.literal('resumed'),
  /** As its own event names it. */
  checkpoint: z.string(),
  /** Epochs finished, and updates. */
  epoch: count,
  step: count,
  /** So many of the stages and marks that were told still hold. */
  stages: count,
  marks: count,
  /** Epochs planned from here on. */
  epochs: z.int().min(1),
  /** ISO 8601, UTC. */
  resumedAt: z.string(),
  pid: z.int(),
  processStart: z.string().optional(),
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
  /** `early`: so many epochs brought nothing better that its patience ended. */
  reason: z.enum(['completed', 'early', 'stopped', 'paused']),
  epochs: count,
  steps: count,
  elapsedSeconds: seconds,
  /** Absent when no epoch was finished. */
  bestEpoch: z.int().optional(),
  bestValAccuracy: share.optional(),
});

/** Of its kind the state of a run keeps the newest event, */
const newest = <Event extends z.ZodObject>(event: Event) => event.optional();
/** or all of them, in their order. */
const all = <Event extends z.ZodObject>(event: Event) => z.array(event).default(() => []);

/**
 * The events of a run, each with what the state of a run makes of it. Whatever draws a run draws this state
 * (src/core/runState.ts). A new event is a schema above, a line here and one in eventFields.ts.
 */
export const runState = z.object({
  run: newest(run),
  dataset: newest(dataset),
  engine: newest(engine),
  stages: all(stage),
  steps: all(step),
  epochs: all(epoch),
  checkpoints: all(checkpoint),
  marks: all(mark),
  calibrated: newest(calibrated),
  /** The newest table, and the newest measurement of the layers. */
  quantizers: newest(quantizers),
  sensitivity: newest(sensitivity),
  warnings: all(warning),
  resumptions: all(resumed),
  failure: newest(failure),
  finished: newest(finished),
});
export type RunState = Readonly<z.output<typeof runState>>;

const FIELDS = runState.keyof().options;

function eventOf(field: keyof RunState) {
  const kept = runState.shape[field].unwrap();
  return kept instanceof z.ZodArray ? kept.element : kept;
}

export const logged = [
  runState.shape.run.unwrap(),
  ...FIELDS.filter((field) => field !== 'run').map((field) => eventOf(field)),
] as const;

/** A line of `metrics.ndjson`. */
export const runEvent = z.discriminatedUnion('type', logged);
export type RunEvent = z.infer<typeof runEvent>;

export type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

export function isRunEvent(message: { readonly type: string }): message is RunEvent {
  return FIELD_OF.has(message.type);
}

/** What a run warns of, beside what Check Dataset finds. */
export type WarningCode =
  | (typeof FINDING_CODES)[number]
  | 'cache-unavailable'
  | 'channels-dead'
  | 'checkpoint-passed-over'
  | 'checkpoint-unwritten'
  | 'checkpoint-waits'
  | 'collapsed'
  | 'dataset-vanished'
  | 'disk-back'
  | 'disk-small'
  | 'engine-slow'
  | 'faces-several'
  | 'layers-in-float'
  | 'log-unreadable'
  | 'log-unwritten'
  | 'memory-low'
  | 'people-few'
  | 'quantization-never'
  | 'range-empty'
  | 'report-unwritten'
  | 'resumed-elsewhere'
  | 'schedule-never'
  | 'validation-not-finite';

export interface Warning {
  readonly code: WarningCode;
  readonly message: string;
  readonly advice: string;
}

/** What is told. What is read may come from another version, with warnings that this one has not heard of. */
export type ToldEvent = Exclude<RunEvent, { type: 'warning' }> | ({ readonly type: 'warning' } & Warning);
