import type { Loss } from '../../../src/core/losses/losses.js';
import type { TrainingLoss } from '../../../src/core/losses/lossSum.js';

/** Of each kind of loss settings to try, all of them in each; the tests of every loss and of every engine run over them. */
export const EXAMPLES: { readonly [Kind in Loss['kind']]: readonly Example<Extract<Loss, { kind: Kind }>>[] } = {
  softmax: [
    { loss: { kind: 'softmax', labelSmoothing: 0 } },
    { loss: { kind: 'softmax', labelSmoothing: 0.1 }, sloped: false },
  ],
  cosface: [{ loss: { kind: 'cosface', scale: 32, margin: 0.4 } }, { loss: { kind: 'cosface', scale: 4, margin: 0 } }],
  arcface: [
    { loss: { kind: 'arcface', scale: 8, margin: 0.5 } },
    // So much that most angles are beyond the turn.
    { loss: { kind: 'arcface', scale: 32, margin: 2.5 } },
  ],
  combined: [
    { loss: { kind: 'combined', scale: 8, m1: 1, m2: 0.3, m3: 0.2 } },
    { loss: { kind: 'combined', scale: 16, m1: 3, m2: 0.1, m3: 0 } },
  ],
  distillation: [{ loss: { kind: 'distillation' } }],
  triplet: [
    { loss: { kind: 'triplet', margin: 0.3, mining: 'hard' } },
    { loss: { kind: 'triplet', margin: 1.5, mining: 'semi-hard' } },
    { loss: { kind: 'triplet', margin: 0.2, mining: 'semi-hard' } },
  ],
};

interface Example<L extends Loss> {
  readonly loss: L;
  /** false where the gradient is on purpose another than the slope of the loss that is told. */
  readonly sloped?: false;
}

export const examples: readonly Example<Loss>[] = Object.values(EXAMPLES).flat();

/** Beside one another, and two that read the same output. */
export const SUMS: readonly TrainingLoss[] = [
  [
    { weight: 1, loss: { kind: 'cosface', scale: 8, margin: 0.2 } },
    { weight: 0.5, loss: { kind: 'distillation' } },
  ],
  [
    { weight: 3, loss: { kind: 'distillation' } },
    { weight: 0.25, loss: { kind: 'distillation' } },
    { weight: 2, loss: { kind: 'softmax', labelSmoothing: 0 } },
    { weight: 1, loss: { kind: 'arcface', scale: 8, margin: 0.5 } },
  ],
  // The scores have no weight, and say who is right.
  [
    { weight: 1, loss: { kind: 'triplet', margin: 0.5, mining: 'hard' } },
    { weight: 0.5, loss: { kind: 'distillation' } },
    { weight: 0, loss: { kind: 'softmax', labelSmoothing: 0 } },
  ],
];
