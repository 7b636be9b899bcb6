import type { LossFunction } from './loss.js';

/**
 * 1 − cos between the embedding and the target that comes with the picture, such as a teacher's embedding of it. Neither has to be a
 * unit vector: the cosine is taken here. Which person it is does not matter.
 */
export interface DistillationLoss {
  readonly kind: 'distillation';
}

/** A vector is divided by no less, as in a graph's l2Normalize. */
const SHORTEST = 1e-12;

/**
 * Computed in float64. With ê = e / ‖e‖ and t̂ = t / ‖t‖ the gradient is (cos · ê − t̂) / ‖e‖ / rows. A target of zeros asks for
 * nothing: its loss is 1, without a gradient.
 */
export const distillation: LossFunction<DistillationLoss> = {
  reads: ['embedding'],
  needsTargets: true,
  settings: {},
  compute: (_, { embedding }, labels, { targets }) => {
    const rows = labels.length;
    const width = embedding ? embedding.length / rows : NaN;
    if (!embedding || !Number.isInteger(width) || targets?.length !== embedding.length)
      throw new RangeError(
        `${embedding?.length ?? 'no'} values of embeddings and ${targets?.length ?? 'no'} of targets for ${rows} labels`,
      );
    const gradient = new Float32Array(embedding.length);
    let lossSum = 0;
    for (let from = 0; from < embedding.length; from += width) {
      let [own, wanted, product] = [0, 0, 0];
      for (let i = from; i < from + width; i++) {
        own += embedding[i]! * embedding[i]!;
        wanted += targets[i]! * targets[i]!;
        product += embedding[i]! * targets[i]!;
      }
      own = Math.sqrt(own);
      // Written so that NaN stays.
      const [length, wantedLength] = [own < SHORTEST ? SHORTEST : own, Math.sqrt(wanted)];
      const wantedBy = wantedLength < SHORTEST ? SHORTEST : wantedLength;
      const cosine = product / length / wantedBy;
      // Of the length itself, where it is not the least.
      const back = own < SHORTEST ? 0 : cosine / length;
      for (let i = from; i < from + width; i++)
        gradient[i] = (back * embedding[i]! - targets[i]! / wantedBy) / length / rows;
      lossSum += 1 - cosine;
    }
    return { lossSum, correct: 0, gradients: { embedding: gradient } };
  },
};
