import type { Job, MessageOf, OrderOf, TrainerMessage, WordOf } from '../protocol/jobs.js';
import type { Request } from '../protocol/recognitionJobs.js';
import type { StopSignal } from '../training/stopSignal.js';
import type { Mailbox } from './mailbox.js';

/** What a job is given beside its order. */
export interface JobContext {
  readonly send: (message: TrainerMessage) => void;
  readonly stop: StopSignal;
  /** Tells how far it is. */
  readonly progress: (done: number, total: number) => void;
  readonly cancelled: () => boolean;
  /** What a job that answers is asked. */
  readonly requests: Mailbox<Request>;
}

/** @returns its last word */
export type RunJob<J extends Job> = (
  order: OrderOf<J>,
  context: JobContext,
) => Promise<WordOf<J> | MessageOf<'cancelled' | 'failure'>>;

export const CANCELLED = { type: 'cancelled' } as const;
