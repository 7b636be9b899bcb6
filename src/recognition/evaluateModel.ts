import { formatCount, formatList } from '../core/format.js';
import { UserError } from '../core/userError.js';
import { evaluateEmbeddings } from '../evaluation/evaluateEmbeddings.js';
import type { EvaluatedGallery } from '../evaluation/evaluationInput.js';
import type { FaceSet } from '../evaluation/faceSet.js';
import { embeddingsFolder } from '../platform/cacheFolder.js';
import type { Evaluation } from '../protocol/evaluation.js';
import { embeddingAt, type Recognizer } from '../recognizers/recognizer.js';
import { thresholdInUse } from '../recognizers/thresholdInUse.js';
import { faceSetOf, joinedSets, ownedPictures, type OwnedPicture, type SeenSet } from './faceSetOf.js';
import { galleryOf } from './gallery.js';
import { FolderFaces } from './keptFaces.js';
import { pairsFolder, scoredPairs } from './pairsOf.js';
import type { Sight } from './sight.js';

/** A folder, absolute, or some pictures of one. */
export type PicturePlace = string | { readonly root: string; readonly pictures: readonly OwnedPicture[] };

const rootOf = (place: PicturePlace | undefined) => (typeof place === 'object' ? place.root : place);
const picturesOf = (place: PicturePlace) => (typeof place === 'object' ? place.pictures : ownedPictures(place));

export interface EvaluateOptions {
  /** Pictures of the people to recognize, and of strangers. */
  readonly probes?: PicturePlace | undefined;
  readonly strangers?: PicturePlace | undefined;
  /** A folder with a list of pairs and its pictures; absolute. */
  readonly pairs?: string | undefined;
  readonly strangersPer1000: number;
  readonly seed: number;
}

/** What is enrolled, and what is tried against it. */
type Tried = FaceSet & { readonly gallery?: EvaluatedGallery };

/**
 * Evaluates a recognizer on its people, or a network on the people of a folder.
 *
 * @param recognizer undefined for a network alone, of which each picture of the probes is tried against the others
 * @returns undefined when cancelled
 * @throws UserError where a folder cannot be read, or a network alone is given no folder
 */
export async function evaluateModel(
  sight: Sight,
  recognizer: Recognizer | undefined,
  { probes, strangers, pairs, strangersPer1000, seed }: EvaluateOptions,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<Evaluation | undefined> {
  if (!recognizer && probes === undefined) throw nothingToTry();
  const notes: string[] = [];
  const known = probes === undefined ? undefined : probesOf(picturesOf(probes), recognizer, notes);
  const others = strangers === undefined ? undefined : picturesOf(strangers);
  const protocol = pairs === undefined ? undefined : pairsFolder(pairs);
  const eye = new Eye(sight, [known, others, protocol?.pictures], notes, onProgress, cancelled);
  const probeSet = await eye.see(known, rootOf(probes), 'pictures to recognize');
  const strangerSet = await eye.see(others, rootOf(strangers), 'pictures of strangers');
  const pairSet = await eye.see(protocol?.pictures, pairs, 'pictures of pairs');
  if (cancelled()) return undefined;
  const tried: Tried = recognizer ? triedOn(recognizer, probeSet, notes) : probeSet!;
  const evaluation = evaluateEmbeddings({
    ...tried,
    ...(strangerSet ? { strangers: strangerSet } : {}),
    ...(protocol && pairSet ? { pairs: { faces: pairSet, list: scoredPairs(protocol, pairs!, pairSet, notes) } } : {}),
    ...(recognizer ? { threshold: thresholdInUse(recognizer.record).value } : {}),
    wanted: { strangersPer1000, confidence: 0.95 },
    seed,
  });
  return { ...evaluation, notes: [...evaluation.notes, ...notes] };
}

/** Looks at one folder after the other, and counts through all of them. */
class Eye {
  private readonly total: number;
  private before = 0;

  constructor(
    private readonly sight: Sight,
    all: readonly (readonly OwnedPicture[] | undefined)[],
    private readonly notes: string[],
    private readonly onProgress: (done: number, total: number) => void,
    private readonly cancelled: () => boolean,
  ) {
    this.total = all.reduce((sum, pictures) => sum + (pictures?.length ?? 0), 0);
  }

  /** @returns undefined for no pictures, and when cancelled */
  async see(
    pictures: readonly OwnedPicture[] | undefined,
    root: string | undefined,
    what: string,
  ): Promise<FaceSet | undefined> {
    if (!pictures || root === undefined || this.cancelled()) return undefined;
    const kept = FolderFaces.open(embeddingsFolder(), root, this.sight);
    const onProgress = (done: number) => this.onProgress(this.before + done, this.total);
    const seen = await faceSetOf(this.sight, pictures, { kept, onProgress, cancelled: this.cancelled });
    kept.save();
    this.before += pictures.length;
    if (seen && seen.leftOut.length > 0) this.notes.push(leftOutNote(seen, what));
    return seen?.set;
  }
}

/** Probes of a recognizer: pictures of people whom it knows, and which are not enrolled themselves. */
function probesOf(
  pictures: readonly OwnedPicture[],
  recognizer: Recognizer | undefined,
  notes: string[],
): OwnedPicture[] {
  if (!recognizer) return [...pictures];
  const { people } = recognizer.record;
  const names = new Set(people.map(({ name }) => name));
  const enrolled = new Set(people.flatMap((person) => person.pictures.map(({ file }) => file)));
  const outsiders = [...new Set(pictures.map(({ person }) => person))].filter((person) => !names.has(person));
  if (outsiders.length > 0)
    notes.push(
      `${formatList(outsiders)} ${outsiders.length === 1 ? 'is' : 'are'} not enrolled under this name: left out.`,
    );
  return pictures.filter(({ person, file }) => names.has(person) && !enrolled.has(file));
}

function triedOn(recognizer: Recognizer, probes: FaceSet | undefined, notes: string[]): Tried {
  const isTrained = recognizer.record.people.some(({ prototype }) => prototype !== undefined);
  if (isTrained && probes) {
    const people = galleryOf(recognizer);
    const { length } = recognizer.record.network;
    const vectors = new Float32Array(people.length * length);
    people.forEach(({ prototype }, i) => vectors.set(prototype, i * length));
    return { ...probes, gallery: { kind: 'prototypes', vectors, people: people.map(({ name }) => name) } };
  }
  if (isTrained)
    notes.push(
      'Trained vectors cannot be tried on the pictures that they were trained on: means of the pictures stand in for them.',
    );
  const enrolled = enrolledSet(recognizer);
  if (!probes) return enrolled;
  const isEnrolled = [...enrolled.people.map(() => true), ...probes.people.map(() => false)];
  return { ...joinedSets(enrolled, probes), gallery: { kind: 'rows', enrolled: isEnrolled } };
}

/** The enrolled pictures of a recognizer. */
function enrolledSet(recognizer: Recognizer): FaceSet {
  const rows = recognizer.record.people.flatMap(({ name, pictures }) =>
    pictures.map(({ file, row }) => ({ name, file, row })),
  );
  const { length } = recognizer.record.network;
  const embeddings = new Float32Array(rows.length * length);
  rows.forEach(({ row }, i) => embeddings.set(embeddingAt(recognizer, row), i * length));
  return { embeddings, people: rows.map(({ name }) => name), pictures: rows.map(({ file }) => file) };
}

function leftOutNote({ leftOut, set }: SeenSet, what: string): string {
  const all = leftOut.length + set.pictures.length;
  return `${formatCount(leftOut.length, 'picture')} of ${all.toLocaleString('en-US')} ${what} left out: no face can be seen well enough to answer.`;
}

function nothingToTry(): UserError {
  return new UserError(
    'no-pictures',
    'A network alone has no people to try.',
    'Name a folder with pictures of people with --probes, or evaluate a recognizer.',
  );
}
