import type { NetworkAtWork, Threshold } from '../protocol/recognition.js';
import { tableThreshold } from './thresholdTable.js';

/**
 * The threshold for as many people as are enrolled now. One that was tried with fewer people grows as the network's table does:
 * with more people a stranger has more chances to look like one of them. With fewer people it stays, which names fewer strangers
 * than was wished. One that was set by hand stays where it was put.
 */
export function thresholdInUse({
  network,
  people,
  threshold,
}: {
  readonly network: NetworkAtWork;
  readonly people: readonly unknown[];
  readonly threshold: Threshold;
}): Threshold {
  const { value, strangersPer1000, evidence } = threshold;
  if (evidence.kind === 'hand' || evidence.people === people.length) return threshold;
  const now = tableThreshold(network, people.length, strangersPer1000);
  const then = tableThreshold(network, evidence.people, strangersPer1000);
  if (now === undefined || then === undefined) return threshold;
  if (evidence.kind === 'table')
    return { value: now, strangersPer1000, evidence: { kind: 'table', people: people.length } };
  return { ...threshold, value: Math.min(1, value + Math.max(0, now - then)) };
}
