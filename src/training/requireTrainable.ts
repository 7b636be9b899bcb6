import { frozenForInt8 } from '../core/frozenForInt8.js';
import { UserError } from '../core/userError.js';
import type { TrainingOptions } from '../protocol/options.js';
import { canSample } from './classes/sampledClasses.js';

/** What a training cannot do: when, in one sentence, and what to do instead. */
const REFUSED: readonly {
  readonly where: (options: TrainingOptions) => boolean;
  readonly message: (options: TrainingOptions) => string;
  readonly advice: string;
}[] = [
  {
    where: ({ averageDecay, weights, frozen }) => averageDecay > 0 && weights === 'faces' && frozen,
    message: () => 'The vectors of people on the frozen face network are not averaged.',
    advice: 'Leave --average-decay away, or use --recipe door, which trains every layer.',
  },
  {
    where: ({ loss, distillationWeight, weights, teacher }) =>
      (loss === 'distillation' || distillationWeight > 0) && weights !== 'faces' && teacher === undefined,
    message: () => 'A distillation needs a network that gives good embeddings: a teacher, or one that keeps its own.',
    advice: 'Name one with --teacher, use --recipe door, or leave --loss distillation and --distillation-weight away.',
  },
  {
    where: ({ loss, distillationWeight, teacher }) =>
      teacher !== undefined && loss !== 'distillation' && distillationWeight === 0,
    message: ({ loss }) => `The loss ${loss} asks nothing of a teacher.`,
    advice: 'Use --loss distillation, add --distillation-weight 1, or leave --teacher away.',
  },
  {
    where: ({ teacher, weights }) => teacher !== undefined && weights === 'faces',
    message: () => 'A student is a network that is built here, and the face network is its own teacher.',
    advice: 'Leave --weights away, or use --recipe door.',
  },
  {
    where: ({ fromRandom, weights }) => fromRandom && weights !== 'faces',
    message: () => '--from-random is about the layers of the face network.',
    advice: 'Add --weights faces, or start another network with --weights random.',
  },
  {
    where: ({ fromRandom, frozen }) => fromRandom && frozen,
    message: () => 'People’s vectors learn nothing on a frozen network of random weights.',
    advice: 'Use --recipe door, which trains every layer, or leave --from-random away.',
  },
  {
    where: ({ fromRandom, parent, loss, distillationWeight }) =>
      fromRandom && parent === undefined && (loss === 'distillation' || distillationWeight > 0),
    message: () =>
      'A distillation keeps the embeddings of a network as they were, and those of random weights say nothing.',
    advice: 'Use --loss cosface, arcface, combined or triplet, or leave --from-random away.',
  },
  {
    where: ({ frozen, loss, distillationWeight }) => frozen && (loss === 'distillation' || distillationWeight > 0),
    message: () => 'A distillation trains the layers below the embedding, and a frozen network keeps them as they are.',
    advice: 'Use --recipe door, which trains every layer, or another loss.',
  },
  {
    where: ({ frozen, loss }) => frozen && loss === 'triplet',
    message: () => 'Triplets train the layers below the embedding, and a frozen network keeps them as they are.',
    advice: 'Use --recipe door or default, which train every layer, or another loss.',
  },
  {
    where: (options) => typeof options.sampledClasses === 'number' && options.sampledClasses > 0 && !canSample(options),
    message: () =>
      'A sample of the people is drawn for losses that compare cosines with people, in float and without an average of weights; and but for the face network where every layer trains from the first epoch on.',
    advice:
      'Leave --sampled-classes away, or use --loss cosface, arcface or combined with --head-epochs 0, or --recipe face or door.',
  },
  {
    where: ({ loss, sampler }) => loss === 'triplet' && sampler === 'shuffle',
    message: () => 'Triplets need batches with several pictures of each person.',
    advice: 'Add --people-per-batch 16 --pictures-per-person 4, or as many as the folder has.',
  },
];

/** @throws UserError `invalid-options` for what cannot train, or would train nothing */
export function requireTrainable(options: TrainingOptions): void {
  const refused = REFUSED.find(({ where }) => where(options));
  if (refused) throw new UserError('invalid-options', refused.message(options), refused.advice);
  if (options.quantization && options.frozen) throw frozenForInt8();
}
