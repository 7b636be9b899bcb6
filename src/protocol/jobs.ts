import * as z from 'zod';
import { alignSummary } from './align.js';
import { datasetReport } from './check.js';
import { comparison, measurements } from './comparison.js';
import { exportOptions } from './exportOptions.js';
import { hello, stop } from './handshake.js';
import { qatOverrides } from './fineTuning.js';
import { optionInfo } from './optionInfo.js';
import { augmentation, trainingOptions } from './options.js';
import { absolutePath as path, order, type JobWords } from './order.js';
import { PERSONAL_JOBS } from './personalData.js';
import { facesWish, prediction } from './prediction.js';
import { rateSearch } from './rateFinder.js';
import { answer } from './recipeComparison.js';
import { faces, faceWeights, ready, RECOGNITION_JOBS, reply, request } from './recognitionJobs.js';
import { failure, finished, logged } from './runEvents.js';

// What a trainer can be started for. A job is an entry of JOBS, and in src/trainer/jobs.ts the function that does it.

const count = z.int().min(0);

const KEPT = 'Checkpoints written so far are unharmed.';

/** For each job its order, its last word when it has done what it was asked for, and its words. */
export const JOBS = {
  train: {
    order: order('train', {
      /** Created by the trainer, must be empty or absent. */
      runFolder: path,
      options: trainingOptions,
    }),
    word: finished,
    noun: 'training',
    again: 'Train again',
    kept: KEPT,
  },
  /** Fine-tunes a checkpoint for int8, with the options of its own run but for what is wished otherwise. */
  qat: {
    order: order('qat', { runFolder: path, checkpoint: path, overrides: qatOverrides }),
    word: finished,
    noun: 'fine-tuning',
    again: 'Fine-tune again',
    kept: KEPT,
  },
  /** Goes on with a run that ended before its last epoch, however it ended, or that shall have more. */
  resume: {
    order: order('resume', {
      runFolder: path,
      epochs: trainingOptions.shape.epochs.unwrap().optional().register(optionInfo, {
        flag: 'epochs',
        value: 'N',
        help: 'epochs of the whole run, those behind it included (as many as were planned)',
      }),
    }),
    word: finished,
    noun: 'resumed training',
    again: 'Go on again',
    kept: KEPT,
  },
  /** Looks for trouble in the pictures. */
  check: {
    order: order('check', {
      dataset: path,
      size: z.int().min(32).default(128).register(optionInfo, {
        flag: 'size',
        value: 'N',
        help: 'input size of the network that the pictures are for, in pixels',
      }),
      /** Of the training that may follow: what is decoded is kept as it will want it. Absent: the recommended recipe's. */
      augmentation: augmentation.optional(),
      exclude: trainingOptions.shape.exclude,
      pixelCacheMiB: trainingOptions.shape.pixelCacheMiB,
      faceWeights,
      faces,
    }),
    word: z.object({ type: z.literal('checked'), report: datasetReport }),
    noun: 'check',
    again: 'Check again',
  },
  /** Finds, turns and cuts out the faces. */
  align: {
    order: order('align', {
      dataset: path,
      /** Absent, empty, or of an earlier run. */
      out: path,
      size: z.int().min(32).max(1024).default(224).register(optionInfo, {
        flag: 'size',
        value: 'N',
        help: 'side of a crop in pixels',
      }),
      threads: z.int().min(0).max(256).default(0).register(optionInfo, {
        flag: 'threads',
        value: 'N',
        help: '0 for every core',
      }),
    }),
    word: z.object({ type: z.literal('aligned'), summary: alignSummary }),
    noun: 'alignment',
    again: 'Align again',
    kept: 'Crops written so far will be used again.',
  },
  /** Writes a checkpoint as a file that a runtime loads. */
  export: {
    order: order('export', {
      /** Or the folder of a recognizer: its network, with the people enrolled beside it. */
      checkpoint: path,
      options: exportOptions,
      output: path,
      faceWeights,
      /** Measures the network on its validation pictures for the model card, where they can be had. */
      measure: z.boolean().default(true),
    }),
    word: z.object({
      type: z.literal('exported'),
      file: z.string(),
      /** Of the file and what belongs to it. */
      bytes: count,
      /** The model card, for people and for programs. */
      cards: z.array(z.string()),
      /** Absent where nothing could be measured. */
      measured: measurements.optional(),
      /** Beside an embedding: the recognizer of the people that the network was trained on, for C a header of it. */
      recognizer: z.string().optional(),
    }),
    noun: 'export',
    again: 'Export again',
  },
  /** Measures float and int8 of a fine-tuned checkpoint on its validation pictures. */
  compare: {
    order: order('compare', { checkpoint: path }),
    word: z.object({ type: z.literal('compared'), comparison }),
    noun: 'comparison',
    again: 'Compare again',
  },
  /** Asks a checkpoint about each validation picture of its run, as its network saw it. */
  validate: {
    order: order('validate', { checkpoint: path }),
    word: z.object({ type: z.literal('validated'), answers: z.array(answer) }),
    noun: 'validation',
    again: 'Validate again',
  },
  /** Asks a checkpoint or an exported file who is in pictures. */
  predict: {
    order: order('predict', {
      model: path,
      files: z.array(path).min(1),
      faces: facesWish.default('auto').register(optionInfo, {
        flag: 'faces',
        value: 'NAME',
        help: 'align: find the face and cut it out first; as-they-are: use pictures unchanged; or auto, which aligns if the network was trained on crops from face-trainer align',
      }),
      faceWeights,
      /** Sends along what the network saw. */
      seen: z.boolean().default(false),
    }),
    word: z.object({
      type: z.literal('predicted'),
      /** What computed, in words. */
      runtime: z.string(),
      /** Name of the network. */
      network: z.string(),
      predictions: z.array(prediction),
    }),
    noun: 'prediction',
    again: 'Ask again',
  },
  /** Draws what chance makes of a few pictures, each as it is and as some epochs see it, as data URIs. */
  preview: {
    order: order('preview', { options: trainingOptions }),
    word: z.object({
      type: z.literal('previewed'),
      samples: z.array(z.object({ file: z.string(), original: z.string(), distorted: z.string() })),
    }),
    noun: 'preview',
    again: 'Draw it again',
  },
  /** Draws files small, each as a data URI; without one where it cannot be read. */
  thumbnails: {
    order: order('thumbnails', {
      files: z.array(path).min(1).max(1000),
      /** Longest side, pixels. */
      side: z.int().min(16).max(1024),
    }),
    word: z.object({
      type: z.literal('thumbnails'),
      pictures: z.array(z.object({ file: z.string(), data: z.string().optional() })),
    }),
    noun: 'drawing of small pictures',
    again: 'Draw them again',
  },
  /** Looks for a learning rate by a short training that leaves nothing behind. */
  findRate: {
    order: order('findRate', { options: trainingOptions }),
    word: z.object({ type: z.literal('rateFound'), search: rateSearch }),
    noun: 'search for a learning rate',
    again: 'Search again',
  },
  ...RECOGNITION_JOBS,
  ...PERSONAL_JOBS,
} satisfies Record<string, JobWords & { readonly order: z.ZodObject; readonly word: z.ZodObject }>;

export type { JobWords };
export type Job = keyof typeof JOBS;
type Orders = { [J in Job]: z.infer<(typeof JOBS)[J]['order']> };
type Words = { [J in Job]: z.infer<(typeof JOBS)[J]['word']> };
export type OrderOf<J extends Job> = Orders[J];
export type WordOf<J extends Job> = Words[J];

// Client → trainer ------------------------------------------------------------------------------------------------

/** What a trainer is started for. */
export type TrainerOrder = OrderOf<Job>;
/** Of these jobs a run comes, which outlives whoever started it. */
export type RunOrder = OrderOf<'train' | 'qat' | 'resume'>;
export function isRunOrder(order: { readonly type: string }): order is RunOrder {
  return order.type === 'train' || order.type === 'qat' || order.type === 'resume';
}

export const trainerCommand = z.discriminatedUnion('type', [
  stop,
  request,
  ...Object.values(JOBS).map(({ order }) => order),
]);
export type TrainerCommand = z.infer<typeof trainerCommand>;

// Trainer → client ------------------------------------------------------------------------------------------------

/** Pictures read so far, or steps made, before the first step of a run or on the way to a last word. */
const preparing = z.object({
  type: z.literal('preparing'),
  done: count,
  total: count,
  what: z.literal('steps').optional(),
});
/** Last word of a job that was stopped before it had a result. */
const cancelled = z.object({ type: z.literal('cancelled') });

const words = Object.values(JOBS).map(({ word }) => word);
/** After one of these a trainer says nothing more. */
const lastWord = z.union([cancelled, failure, ...words]);
export type LastWord = z.infer<typeof lastWord>;
const LAST_WORDS: ReadonlySet<string> = new Set(lastWord.options.map(({ shape }) => shape.type.value));

const others = words.filter((word) => word !== finished);
export const trainerMessage = z.discriminatedUnion('type', [
  hello,
  preparing,
  cancelled,
  ready,
  reply,
  ...others,
  ...logged,
]);
export type TrainerMessage = z.infer<typeof trainerMessage>;

export function isLastWord(message: TrainerMessage): message is LastWord {
  return LAST_WORDS.has(message.type);
}

export type MessageOf<T extends TrainerMessage['type']> = Extract<TrainerMessage, { type: T }>;
