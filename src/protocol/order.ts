import * as z from 'zod';
import { PROTOCOL_VERSION } from './handshake.js';

// What all orders of jobs have in common.

/** Absolute. */
export const absolutePath = z.string().min(1);

export function order<T extends string, S extends z.core.$ZodLooseShape>(type: T, shape: S) {
  return z.object({ type: z.literal(type), protocol: z.literal(PROTOCOL_VERSION), ...shape });
}

/** What a job is called in sentences. */
export interface JobWords {
  /** "The export process crashed." */
  readonly noun: string;
  /** "Export again": what to do after a failure, as the beginning of a sentence. */
  readonly again: string;
  /** What a failure leaves as it is, as a sentence. */
  readonly kept?: string;
}
