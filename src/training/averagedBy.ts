import type { TrainingSession } from '../engine/engine.js';
import { COSINE_HEAD, fitColumns } from '../graph/cosineHead.js';
import { AveragedSession, type AverageState } from './averagedSession.js';
import type { SettledOptions } from './logitScale.js';
import type { Stage } from './stage.js';

/** A session, or where the options ask for it the average of what it trains. */
export function averagedBy(
  { averageDecay, logitScale }: Pick<SettledOptions, 'averageDecay' | 'logitScale'>,
  trained: TrainingSession,
  from: AverageState | undefined,
  /** Of a network with a cosine head: the mean of vectors is shorter than they are. */
  hasColumns = false,
): Pick<Stage, 'session' | 'averaged'> {
  if (averageDecay === 0) return { session: trained };
  const settle = hasColumns ? (average: ReadonlyMap<string, Float32Array>) => fit(average, logitScale) : undefined;
  const averaged = new AveragedSession(trained, averageDecay, from, settle);
  return { session: averaged, averaged };
}

function fit(average: ReadonlyMap<string, Float32Array>, logitScale: number): void {
  const kernel = average.get(COSINE_HEAD.kernel)!;
  kernel.set(fitColumns(kernel, average.get(COSINE_HEAD.bias)!.length, logitScale));
}
