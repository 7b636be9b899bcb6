import { dot } from '../core/cosine.js';
import { UNKNOWN, type Likeness, type Recognized } from '../protocol/recognition.js';
import type { GalleryPerson } from './gallery.js';

/** Of an answer what the embedding alone decides. */
export type FaceAnswer = Pick<
  Recognized,
  'person' | 'known' | 'similarity' | 'threshold' | 'nearest' | 'runnerUp' | 'mostLike' | 'ruledOut'
>;

/**
 * Whose face it is: the person whose prototype it is most like, if it is like enough. Who was said not to be on a face that is more
 * like it than the person is does not come into question.
 *
 * @param embedding of length one
 * @throws RangeError for a gallery of nobody
 */
export function answerFor(embedding: Float32Array, gallery: readonly GalleryPerson[], threshold: number): FaceAnswer {
  const ranked = gallery
    .map((person) => ({ person, similarity: dot(embedding, person.prototype) }))
    .sort((a, b) => b.similarity - a.similarity);
  const isRuledOut = ({ person, similarity }: (typeof ranked)[number]) =>
    person.negatives.some((negative) => dot(embedding, negative) > similarity);
  // Only those who could be named need a look at their negatives.
  const out = new Set(ranked.filter((one) => one.similarity >= threshold && isRuledOut(one)));
  const left = ranked.filter((one) => !out.has(one));
  const [ruledOut] = out;
  const [best, second] = left;
  const told = ({ person, similarity }: (typeof ranked)[number]): Likeness => ({ person: person.name, similarity });
  const facts = { threshold, ...(ruledOut ? { ruledOut: told(ruledOut) } : {}) };
  if (!best) {
    if (!ruledOut) throw new RangeError('nobody is enrolled');
    return { person: UNKNOWN, known: false, similarity: ruledOut.similarity, ...facts };
  }
  const known = best.similarity >= threshold;
  const mostLike = mostLikeOf(embedding, best.person);
  return {
    person: known ? best.person.name : UNKNOWN,
    known,
    similarity: best.similarity,
    nearest: best.person.name,
    ...(second ? { runnerUp: told(second) } : {}),
    ...(mostLike ? { mostLike } : {}),
    ...facts,
  };
}

function mostLikeOf(embedding: Float32Array, { name, pictures }: GalleryPerson): Recognized['mostLike'] {
  let best: Recognized['mostLike'];
  for (const { file, embedding: other } of pictures) {
    const similarity = dot(embedding, other);
    if (!best || similarity > best.similarity) best = { person: name, file, similarity };
  }
  return best;
}
