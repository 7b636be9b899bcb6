import { Random } from '../../src/core/random.js';
import { normalizeRows } from '../../src/core/cosine.js';
import type { NetworkAtWork } from '../../src/protocol/recognition.js';
import type { SeenPicture } from '../../src/recognizers/edits.js';
import type { Recognizer, RecognizerNetwork } from '../../src/recognizers/recognizer.js';
import { addPictures } from '../../src/recognizers/edits.js';

/** Numbers in the embeddings of these tests. */
export const LENGTH = 32;

export const NETWORK: RecognizerNetwork = {
  name: 'face-reidentification-retail-0095',
  kind: 'face',
  digest: 'ab'.repeat(32),
  precision: 'float32',
  length: LENGTH,
  size: 128,
};

/** Normally distributed, by Box and Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
}

/** A random direction. */
export function direction(seed: number, length = LENGTH): Float32Array {
  const random = Random.fromSeed(seed);
  return normalizeRows(
    Float32Array.from({ length }, () => normal(random)),
    length,
  );
}

/** A face of the person of a seed: a direction near theirs, the nearer the smaller `spread` is. */
export function faceOf(person: number, picture: number, spread = 0.5): Float32Array {
  const noise = direction(1000 * (person + 1) + picture);
  return normalizeRows(
    direction(person).map((v, i) => v + spread * noise[i]!),
    LENGTH,
  );
}

export function seenPicture(file: string, embedding: Float32Array): SeenPicture {
  return { picture: { file, bytes: 10, modifiedMs: 1 }, embedding };
}

export function emptyRecognizer(network: NetworkAtWork & RecognizerNetwork = NETWORK): Recognizer {
  return {
    record: {
      ...{ version: 1, name: 'door', created: '2026-01-01T00:00:00.000Z', network, people: [], history: [] },
      gallery: { file: `gallery-${'0'.repeat(16)}.safetensors`, sha256: '0'.repeat(64), rows: 0 },
      threshold: { value: 0.4, strangersPer1000: 10, evidence: { kind: 'table', people: 0 } },
    },
    embeddings: new Float32Array(0),
  };
}

/** Each of the names with so many pictures, `/<name>/<number>.jpg`; the faces are those of the name's place. */
export function recognizerOf(names: readonly string[], pictures = 3): Recognizer {
  const added = names.reduce(
    (recognizer, name, person) =>
      addPictures(
        name,
        Array.from({ length: pictures }, (_, i) => seenPicture(`/${name}/${i}.jpg`, faceOf(person, i))),
      )(recognizer),
    emptyRecognizer(),
  );
  return { ...added, record: { ...added.record, history: [] } };
}
