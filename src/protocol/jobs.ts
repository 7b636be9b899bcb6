import * as z from 'zod';
import { alignSummary } from './align.js';
import { datasetReport } from './check.js';
import { comparison, measurements } from './comparison.js';
import { exportOptions } from './exportOptions.js';
import { hello, PROTOCOL_VERSION, stop } from './handshake.js';
import { quantization, trainingOptions } from './options.js';
import { facesWish, prediction } from './prediction.js';
import { logged } from './runEvents.js';

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
  stop,
]);
export type TrainerCommand = z.infer<typeof trainerCommand>;
/** What a trainer is started for. */
export type TrainerOrder = Exclude<TrainerCommand, { type: 'stop' }>;

// Trainer → client ------------------------------------------------------------------------------------------------

const count = z.int().min(0);

/** Pictures decoded so far, before the first step. */
const preparing = z.object({ type: z.literal('preparing'), done: count, total: count });

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
