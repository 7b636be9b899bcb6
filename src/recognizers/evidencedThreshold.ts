import { strangersBound, namedAt } from '../evaluation/threshold.js';
import type { Evaluation } from '../protocol/evaluation.js';
import type { Threshold } from '../protocol/recognition.js';

/**
 * A threshold with what an evaluation says of it, as a recognizer keeps it.
 *
 * @param value the one that the evaluation suggests, or one that its user chose
 */
export function evidencedThreshold({ evidence }: Evaluation, value: number): Threshold {
  const { strangers, strangersFrom, wanted, enrolled } = evidence;
  const { strangersPer1000 } = wanted;
  if (strangers.length === 0) return { value, strangersPer1000, evidence: { kind: 'hand', people: enrolled } };
  const named = namedAt(strangers, value);
  return {
    ...{ value, strangersPer1000 },
    evidence: {
      ...{ kind: 'strangers', people: enrolled, strangers: strangers.length, named, from: strangersFrom },
      bound: strangersBound(named, evidence),
    },
  };
}
