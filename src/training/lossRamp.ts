import { adaCosScale } from '../core/losses/adaCos.js';
import type { LossRamp } from '../core/losses/loss.js';
import type { TrainingOptions } from '../protocol/options.js';
import { settledFor } from './logitScale.js';

/**
 * How far margin and scale of a loss have grown before a step: in a line, the margin from none, the scale from the one that fits
 * the number of people, where it is less. A function of the step, so that a run that goes on has the same.
 *
 * @param step updates before the one that is meant
 * @param steps of the whole run
 * @returns undefined where they are whole
 */
export function lossRampAt(
  options: TrainingOptions,
  people: number,
  step: number,
  steps: number,
): LossRamp | undefined {
  const rampSteps = options.lossRamp * steps;
  if (step >= rampSteps) return undefined;
  const share = step / rampSteps;
  const begin = Math.min(1, adaCosScale(people) / settledFor(people, options).logitScale);
  return { scale: begin + (1 - begin) * share, margin: share };
}
