import { UserError } from '../core/userError.js';
import type { EnrolledPicture, Recognizer } from '../recognizers/recognizer.js';
import { firstThreshold } from './firstThreshold.js';
import { lookAt } from './lookAt.js';
import type { Sight } from './sight.js';

/**
 * The people of a recognizer by the vectors of another network, or of the same one in other arithmetic: their pictures are looked at
 * again where they lay, and the threshold is that of a recognizer that was just enrolled. What was trained for the vectors before, a
 * person's own vector or a threshold by hand, goes.
 *
 * @returns undefined when cancelled
 * @throws UserError `dataset-nothing-usable` where somebody has no picture left that shows a face
 */
export async function enrolAnew(
  { record }: Recognizer,
  sight: Sight,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<Recognizer | undefined> {
  const all = record.people.flatMap(({ pictures, negatives }) => [...pictures, ...negatives]);
  const files = [...new Set(all.map(({ file }) => file))];
  const looked = await lookAt(sight, files, { onProgress: (done) => onProgress(done, files.length), cancelled });
  if (!looked) return undefined;
  const vectors = new Map(looked.map(({ file, faces }) => [file, faces[0]?.embedding]));
  const rows: Float32Array[] = [];
  const anew = (pictures: readonly EnrolledPicture[]) =>
    pictures.flatMap((picture) => {
      const vector = vectors.get(picture.file);
      return vector ? [{ ...picture, row: rows.push(vector) - 1 }] : [];
    });
  const people = record.people.map(({ name, pictures, negatives }) => {
    const kept = anew(pictures);
    if (pictures.length > 0 && kept.length === 0) throw picturesGone(name, pictures[0]!.file);
    return { name, pictures: kept, negatives: anew(negatives) };
  });
  const { network } = sight.embedder;
  const embeddings = new Float32Array(rows.length * network.length);
  rows.forEach((row, i) => embeddings.set(row, i * network.length));
  const gallery = { ...record.gallery, rows: rows.length };
  const changed = { ...record, network, people, gallery, history: [] };
  return {
    record: { ...changed, threshold: firstThreshold(changed, embeddings, record.threshold.strangersPer1000) },
    embeddings,
  };
}

function picturesGone(person: string, file: string): UserError {
  return new UserError(
    'dataset-nothing-usable',
    `“${person}” has no picture any more by which the int8 file could know them: “${file}” is gone, or shows no face.`,
    'Vectors of an int8 file are its own. Bring the pictures back, or enrol the people again, and export that recognizer.',
  );
}
