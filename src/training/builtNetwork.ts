import { hasMargin } from '../core/losses/named.js';
import { networkOptionsOf, type NetworkOptions } from '../graph/networkOptions.js';
import type { TrainingOptions } from '../protocol/options.js';
import type { Teacher } from './teacher.js';

/** Of a network whose cosines count: pooled features are never negative, and all of their cosines near one another. */
const EMBEDDING = 128;

/** The network that a training builds: one that gives cosines where its loss is one of cosines, or a teacher's vectors. */
export function builtNetwork(options: TrainingOptions, teacher?: Pick<Teacher, 'length'>): NetworkOptions {
  if (!teacher && !hasMargin(options.loss)) return networkOptionsOf(options);
  const embedding = teacher?.length ?? options.embedding ?? EMBEDDING;
  return networkOptionsOf({ ...options, embedding, head: 'cosine' });
}
