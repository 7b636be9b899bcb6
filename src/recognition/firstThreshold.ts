import { dot } from '../core/cosine.js';
import type { Threshold } from '../protocol/recognition.js';
import type { RecognizerRecord } from '../recognizers/recognizer.js';
import { tableThreshold } from '../recognizers/thresholdTable.js';
import { galleryOf } from './gallery.js';

/** Where nothing at all is known of a network: a guess, which is called one. */
const GUESS = 0.5;
/** What float32 may add to a similarity. */
const MARGIN = 1e-4;

/**
 * The threshold of a recognizer that has not been evaluated: from the table of its network. Where there is none for it, the enrolled
 * people stand in for strangers, each to the others, and it lies above all of them.
 *
 * @param embeddings as a recognizer has them
 */
export function firstThreshold(
  record: Omit<RecognizerRecord, 'threshold'>,
  embeddings: Float32Array,
  strangersPer1000: number,
): Threshold {
  const people = record.people.length;
  const known = tableThreshold(record.network, people, strangersPer1000);
  if (known !== undefined) return { value: known, strangersPer1000, evidence: { kind: 'table', people } };
  const guess: Threshold = { value: GUESS, strangersPer1000, evidence: { kind: 'none', people } };
  if (people < 2) return guess;
  const gallery = galleryOf({ record: { ...record, threshold: guess }, embeddings });
  const highest = gallery.map((stranger) => {
    const others = gallery.filter((person) => person !== stranger);
    return Math.max(
      ...stranger.pictures.flatMap(({ embedding }) => others.map(({ prototype }) => dot(embedding, prototype))),
    );
  });
  return {
    value: Math.min(1, Math.max(...highest) + MARGIN),
    strangersPer1000,
    evidence: {
      ...{ kind: 'strangers', people: people - 1, strangers: people, named: 0, from: 'in-turn' },
      // Clopper and Pearson's, which has a closed form where nobody was named.
      bound: 1 - 0.05 ** (1 / people),
    },
  };
}
