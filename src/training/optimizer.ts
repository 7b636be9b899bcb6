import { KERAS_ADAM } from '../core/adam.js';
import type { Optimizer } from '../engine/engine.js';
import type { TrainingOptions } from '../protocol/options.js';

export type OptimizerOptions = Pick<TrainingOptions, 'optimizer' | 'weightDecay' | 'momentum'>;

/** The optimizer that the options ask for. */
export function optimizerOf({ optimizer, weightDecay, momentum }: OptimizerOptions): Optimizer {
  if (optimizer === 'sgd') return { kind: 'sgd', momentum };
  return { kind: 'adam', ...KERAS_ADAM, weightDecay: optimizer === 'adamw' ? weightDecay : 0 };
}
