import * as z from 'zod';

/**
 * Raised when a message changes its meaning. Trainer and client come from one package, so a difference means a
 * half-updated installation: the client says so and stops.
 */
export const PROTOCOL_VERSION = 1;

/** First word of a trainer: who it is. */
export const hello = z.object({ type: z.literal('hello'), protocol: z.int(), pid: z.int(), node: z.string() });

/** Finish the batch at hand, write a checkpoint, end. */
export const stop = z.object({ type: z.literal('stop') });
