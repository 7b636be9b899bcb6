import type { LossOption } from '../protocol/lossOptions.js';
import type { TrainingOptions } from '../protocol/options.js';
import { namedLoss } from './losses/named.js';

type LossOptions = Pick<TrainingOptions, LossOption | 'weights'>;

/** What a run makes smaller, by the names of its papers: "CosFace, scale 32, margin 0.4". */
export function lossWords(options: LossOptions): string {
  const { distillationWeight: weight } = options;
  return `${own(options)}${weight > 0 ? `; distillation, weight ${weight}` : ''}`;
}

function own(options: LossOptions): string {
  const { logitScale, margin, marginM1, marginM2, marginM3, mining, labelSmoothing } = options;
  const scale = logitScale === 'auto' ? 'scale by the number of people' : `scale ${logitScale}`;
  switch (namedLoss(options)) {
    case 'cosface':
      return `CosFace, ${scale}, margin ${margin}`;
    case 'arcface':
      return `ArcFace, ${scale}, margin ${margin}`;
    case 'combined':
      return `combined margin, ${scale}, margins ${marginM1}, ${marginM2}, ${marginM3}`;
    case 'triplet':
      return `triplets, ${mining}, margin ${margin}`;
    case 'distillation':
      return 'distillation, 1 − cosine';
    case 'softmax':
      return labelSmoothing > 0 ? `softmax, labels smoothed by ${labelSmoothing}` : 'softmax';
  }
}
