import { adaCosScale } from '../core/losses/adaCos.js';
import type { TrainingOptions } from '../protocol/options.js';

/** The options of a training whose people are counted. */
export type SettledOptions = TrainingOptions & { readonly logitScale: number };

/** @param people who are trained on */
export function settledFor(people: number, options: TrainingOptions): SettledOptions {
  const { logitScale } = options;
  return { ...options, logitScale: logitScale === 'auto' ? adaCosScale(people) : logitScale };
}
