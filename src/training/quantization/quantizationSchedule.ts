import { roundHalfAwayFromZero } from '../../core/rounding.js';
import type { EventOf } from '../../protocol/runEvents.js';
import type { QuantizationOptions } from '../../protocol/quantizationOptions.js';

type MarkName = EventOf<'mark'>['name'];

/** Updates of a run before each part of quantization is at work. */
export type QuantizationSchedule = Readonly<Record<MarkName, number>>;

/** @param totalSteps of the whole run */
export function quantizationSchedule(
  options: QuantizationOptions,
  stepsPerEpoch: number,
  totalSteps: number,
): QuantizationSchedule {
  const start = options.afterSteps ?? options.afterEpochs * stepsPerEpoch;
  const after = (share: number) => start + roundHalfAwayFromZero(share * Math.max(0, totalSteps - start));
  return {
    calibration: start,
    weights: start,
    activations: after(options.activationsAfter),
    batchNormFrozen: after(options.freezeBatchNormAfter),
    rangesFrozen: after(options.freezeRangesAfter),
  };
}
