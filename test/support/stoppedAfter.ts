import type { TrainerMessage } from '../../src/protocol/jobs.js';
import { StopSignal } from '../../src/training/stopSignal.js';

export interface Trained {
  readonly ok: boolean;
  readonly messages: TrainerMessage[];
}

/** Stops a run before the batch with so many steps behind it, if it gets there. */
export async function stoppedAfter(
  step: number,
  begin: (emit: (message: TrainerMessage) => void, stop: StopSignal) => Promise<boolean>,
): Promise<Trained> {
  const messages: TrainerMessage[] = [];
  const stop = new StopSignal();
  const ok = await begin((message) => {
    messages.push(message);
    if (message.type === 'step' && message.step >= step) stop.request();
  }, stop);
  return { ok, messages };
}
