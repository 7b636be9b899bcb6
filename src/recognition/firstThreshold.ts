import { dot } from '../core/cosine.js';
import { CONFIDENCE } from '../evaluation/bounds.js';
import { chooseThreshold, strangersBound, wantedShare, WORTH } from '../evaluation/threshold.js';
import type { Threshold } from '../protocol/recognition.js';
import type { RecognizerRecord } from '../recognizers/recognizer.js';
import { tableThreshold } from '../recognizers/thresholdTable.js';
import { galleryOf } from './gallery.js';

/** Where nothing at all is known of a network: a guess, which is called one. */
const GUESS = 0.5;

/**
 * The threshold of a recognizer that has not been evaluated: from the table of its network. Where there is none for it, the enrolled
 * people stand in for strangers, each to the others.
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
  const highest = gallery
    .map((stranger) => {
      const others = gallery.filter((person) => person !== stranger);
      return Math.max(
        ...stranger.pictures.flatMap(({ embedding }) => others.map(({ prototype }) => dot(embedding, prototype))),
      );
    })
    .sort((a, b) => b - a);
  const evidence: Parameters<typeof strangersBound>[1] = {
    ...{ strangers: highest, strangersFrom: 'in-turn', compared: people - 1, enrolled: people },
    wanted: { strangersPer1000, confidence: CONFIDENCE },
  };
  const share = wantedShare(evidence.wanted, evidence.compared, people);
  const { threshold, named } = chooseThreshold(highest, share, CONFIDENCE, WORTH['in-turn']);
  return {
    value: Math.min(1, threshold),
    strangersPer1000,
    evidence: {
      ...{ kind: 'strangers', people, strangers: people, named, from: 'in-turn' },
      bound: strangersBound(named, evidence),
    },
  };
}
