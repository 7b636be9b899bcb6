import * as z from 'zod';
import { checkpoint, mark, stage, strangers } from '../protocol/runEvents.js';

const count = z.int().min(0);
const seconds = z.number().min(0);
const share = z.number().min(0).max(1);

/** Sums over the pictures of an epoch that were trained on so far. */
const sums = z.object({ loss: z.number(), correct: count, images: count });

/** A validation that a later one is held against. */
const best = z.object({
  epoch: count,
  valAccuracy: share,
  valLoss: z.number().optional(),
  strangers: strangers.optional(),
  /** The epoch since which nothing was better, only as good; absent where a run of an earlier version wrote it. */
  improved: count.optional(),
});

/**
 * What the steps after a checkpoint depend on beside the network, the optimizer and the place in the order of the pictures. A run
 * that goes on from it computes what it would have computed without a break.
 */
export const loopState = z.object({
  /** What trains, since which update; absent where the next epoch begins something new. */
  stage: z.object({ name: stage.shape.name, began: count }).optional(),
  /** Of the epoch that is not finished. */
  unfinished: z.object({ sums, pictures: count, seconds, waitedSeconds: seconds }),
  /** Whether the best is one of a network with everything rounded that will be. */
  bestIsWhole: z.boolean(),
  /** Epochs behind which somebody told a run to go on that had ended early: its patience began anew. */
  patientSince: count.optional(),
  /** Updates before each part of quantization, and which parts are behind it. */
  quantization: z.object({ schedule: z.record(mark.shape.name, count), passed: z.array(mark.shape.name) }).optional(),
  /** Stages and marks that the log tells of. */
  told: z.object({ stages: count, marks: count }),
  /** Codes of the warnings that are told once. */
  warned: z.array(z.string().max(100)).max(100),
  elapsedSeconds: seconds,
  /** What numbers come of: on another engine or instruction set the last bits are others. */
  arithmetic: z.string().max(200),
});
export type LoopState = z.infer<typeof loopState>;

/** What is kept of a run's checkpoints: those before this one, and the best validation, which may be this one's. */
export const keptState = z.object({
  earlier: z.array(checkpoint).max(10_000),
  best: best.optional(),
  isBest: z.boolean(),
});
export type KeptState = z.infer<typeof keptState>;
export type BestValidation = NonNullable<KeptState['best']>;
