import { networkOptionsOf, type NetworkOptions } from '../graph/networkOptions.js';
import type { TrainingOptions } from '../protocol/options.js';
import type { Teacher } from './teacher.js';

/** Of a network whose cosines count: pooled features are never negative, and all of their cosines near one another. */
const EMBEDDING = 128;

/** Losses of the cosine between a picture and each person's vector. */
const OF_COSINES: readonly TrainingOptions['loss'][] = ['cosface', 'arcface', 'combined'];

/** The network that a training builds: one that gives cosines where its loss is one of cosines, or a teacher's vectors. */
export function builtNetwork(options: TrainingOptions, teacher?: Pick<Teacher, 'length'>): NetworkOptions {
  if (!teacher && !OF_COSINES.includes(options.loss)) return networkOptionsOf(options);
  const embedding = teacher?.length ?? options.embedding ?? EMBEDDING;
  return networkOptionsOf({ ...options, embedding, head: 'cosine' });
}
