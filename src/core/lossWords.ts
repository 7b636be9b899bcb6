import type { TrainingOptions } from '../protocol/options.js';

type LossOptions = Pick<
  TrainingOptions,
  | 'loss'
  | 'weights'
  | 'logitScale'
  | 'margin'
  | 'marginM1'
  | 'marginM2'
  | 'marginM3'
  | 'mining'
  | 'labelSmoothing'
  | 'distillationWeight'
>;

/** What a run makes smaller, by the names of its papers: "CosFace, scale 32, margin 0.4". */
export function lossWords(options: LossOptions): string {
  const { distillationWeight: weight } = options;
  return `${own(options)}${weight > 0 ? `; distillation, weight ${weight}` : ''}`;
}

function own({ loss, weights, logitScale, margin, mining, labelSmoothing, ...angles }: LossOptions): string {
  const scale = logitScale === 'auto' ? 'scale by the number of people' : `scale ${logitScale}`;
  switch (loss === 'auto' ? (weights === 'faces' ? 'cosface' : 'softmax') : loss) {
    case 'cosface':
      return `CosFace, ${scale}, margin ${margin}`;
    case 'arcface':
      return `ArcFace, ${scale}, margin ${margin}`;
    case 'combined':
      return `combined margin, ${scale}, margins ${angles.marginM1}, ${angles.marginM2}, ${angles.marginM3}`;
    case 'triplet':
      return `triplets, ${mining}, margin ${margin}`;
    case 'distillation':
      return 'distillation, 1 − cosine';
    case 'softmax':
      return labelSmoothing > 0 ? `softmax, labels smoothed by ${labelSmoothing}` : 'softmax';
  }
}
