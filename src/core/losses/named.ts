import type { TrainingOptions } from '../../protocol/options.js';

/** What `auto` stands for. */
export function namedLoss({
  loss,
  weights,
}: Pick<TrainingOptions, 'loss' | 'weights'>): Exclude<TrainingOptions['loss'], 'auto'> {
  if (loss !== 'auto') return loss;
  return weights === 'faces' ? 'cosface' : 'softmax';
}

const MARGINS: readonly TrainingOptions['loss'][] = ['cosface', 'arcface', 'combined'];

/** Whether it asks a picture's cosine to the own person's vector for a margin over those to the others. */
export function hasMargin(loss: TrainingOptions['loss']): boolean {
  return MARGINS.includes(loss);
}
