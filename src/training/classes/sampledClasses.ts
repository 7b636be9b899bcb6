import { picturesPerBatch } from '../../core/batchSize.js';
import { hasMargin } from '../../core/losses/named.js';
import type { TrainingOptions } from '../../protocol/options.js';

/**
 * From how many people on `auto` draws a sample: until there the columns of everybody cost a step of the whole face network less than
 * a tenth of its time (docs/recognition.md, "Many people").
 */
const MANY = 20_000;
const SAMPLE = 4096;

type Sampling = Pick<
  TrainingOptions,
  'weights' | 'parent' | 'loss' | 'distillationWeight' | 'averageDecay' | 'quantization' | 'frozen' | 'headEpochs'
>;

/** Whether the loss compares a picture with people, and nothing but such a loss trains a head whose other columns may wait. */
export function canSample(options: Sampling): boolean {
  const { weights, loss, distillationWeight, averageDecay, quantization } = options;
  const ofPeople = loss !== 'triplet' && loss !== 'distillation' && distillationWeight === 0;
  return (weights === 'faces' || samplesBuilt(options)) && ofPeople && averageDecay === 0 && !quantization;
}

/** Of a network that is built here: one with a cosine head, every layer of which trains from the first epoch on. */
function samplesBuilt({ loss, frozen, headEpochs, parent }: Sampling): boolean {
  return hasMargin(loss) && !frozen && headEpochs === 0 && parent === undefined;
}

/**
 * Columns of the head that trains: one for each picture of the largest batch, and for the sample.
 *
 * @returns undefined where the head has a column for everybody
 */
export function sampledColumns(
  people: number,
  options: Sampling & Pick<TrainingOptions, 'sampledClasses' | 'sampler' | 'batchSize'>,
): number | undefined {
  if (!canSample(options)) return undefined;
  const { sampledClasses: wished } = options;
  const others = wished === 'auto' ? (people > MANY ? SAMPLE : 0) : wished;
  // A single picture that is left over joins the batch before it.
  const columns = others + picturesPerBatch(options) + 1;
  return others === 0 || columns >= people ? undefined : columns;
}
