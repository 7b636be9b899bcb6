import { KERAS_ADAM } from '../core/adam.js';
import type { Optimizer } from '../engine/engine.js';
import type { TrainingOptions } from '../protocol/options.js';

/** The optimizer that the options ask for. */
export function optimizerOf({ optimizer, weightDecay, momentum }: TrainingOptions): Optimizer {
  if (optimizer === 'sgd') return { kind: 'sgd', momentum };
  return { kind: 'adam', ...KERAS_ADAM, weightDecay: optimizer === 'adamw' ? weightDecay : 0 };
}
