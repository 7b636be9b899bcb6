import { formatSimilarity } from '../core/format.js';
import { Random } from '../core/random.js';
import {
  EVALUATION_LIMITS,
  type Evaluation,
  type EvaluationMistake,
  type StrayPicture,
} from '../protocol/evaluation.js';
import type { FaceSet } from './faceSet.js';
import { compare, dot, galleryOf, mostAlike, type Comparison, type Gallery } from './gallery.js';
import { MOST_PRODUCTS, sampleRows } from './sampling.js';

/** Pictures compared with a gallery, and how they may be counted. */
export interface Tried {
  readonly faces: FaceSet;
  /** Rows of the set, in the order of the comparison. */
  readonly rows: readonly number[];
  readonly comparison: Comparison;
}

/** What the lists are made from. */
export interface Looks {
  readonly gallery: Gallery;
  /** The set whose rows the gallery has. */
  readonly enrolledFaces: FaceSet;
  readonly known: Tried;
  /** Places in `known` that are tried as pictures of their own person. */
  readonly triedPlaces: readonly number[];
  readonly strangers: Tried;
  /** Places in `strangers`: of each stranger person the picture that is most like somebody, highest first. */
  readonly strangerPlaces: readonly number[];
  readonly threshold: number;
}

const { list: MOST } = EVALUATION_LIMITS;
const MOST_PAIRS_OF_PEOPLE = 50;

/** A picture beside the enrolled picture of a person that it is most like. */
function look(
  { gallery, enrolledFaces }: Pick<Looks, 'gallery' | 'enrolledFaces'>,
  tried: Tried,
  place: number,
  person: number,
  similarity: number,
) {
  const row = tried.rows[place]!;
  const nearest = mostAlike(tried.faces, row, enrolledFaces, gallery.rows[person] ?? []);
  return {
    ...{ picture: tried.faces.pictures[row]!, person: tried.faces.people[row]!, similarity },
    nearestPerson: gallery.people[person] ?? '',
    nearestPicture: nearest ? enrolledFaces.pictures[nearest.row]! : '',
  };
}

/** What goes wrong at the threshold: up to 200, some of every kind, the clearest of each first; and how many there are in all. */
export function mistakesOf(looks: Looks): { mistakes: EvaluationMistake[]; count: number } {
  const { known, triedPlaces, strangers, strangerPlaces, threshold } = looks;
  const { own, better, other, otherPerson } = known.comparison;
  const wrong = triedPlaces.filter((i) => better[i]! > 0 && other[i]! >= threshold);
  const missed = triedPlaces.filter((i) => Math.max(own[i]!, other[i]!) < threshold);
  const named = strangerPlaces.filter((i) => strangers.comparison.other[i]! >= threshold);
  const margin = (i: number) => other[i]! - own[i]!;
  const kinds = [
    wrong.sort((a, b) => margin(b) - margin(a)).map((i) => () => takenForAnother(looks, i)),
    named.map((i) => () => strangerNamed(looks, i, otherOf(strangers.comparison, i))),
    missed
      .sort((a, b) => own[a]! - own[b]!)
      .map((i) => () => notRecognized(looks, i, better[i]! > 0 ? otherPerson[i]! : -1)),
  ];
  return { mistakes: fairly(kinds, MOST).map((make) => make()), count: wrong.length + named.length + missed.length };
}

const otherOf = (comparison: Comparison, i: number) => comparison.otherPerson[i]!;

function takenForAnother(looks: Looks, i: number): EvaluationMistake {
  const { own, other, otherPerson } = looks.known.comparison;
  const seen = look(looks, looks.known, i, otherPerson[i]!, other[i]!);
  const why = `More like ${seen.nearestPerson} (${formatSimilarity(other[i]!)}) than like ${seen.person} (${formatSimilarity(own[i]!)}).`;
  return { kind: 'taken-for-another', ...seen, why };
}

function strangerNamed(looks: Looks, i: number, person: number): EvaluationMistake {
  const { strangers, threshold } = looks;
  const seen = look(looks, strangers, i, person, strangers.comparison.other[i]!);
  const why = `${seen.person} is a stranger, and ${formatSimilarity(seen.similarity)} like ${seen.nearestPerson}: the threshold is ${formatSimilarity(threshold)}.`;
  return { kind: 'stranger-named', ...seen, why };
}

/** @param other the person whom it is more like than its own, or -1 */
function notRecognized(looks: Looks, i: number, other: number): EvaluationMistake {
  const { comparison } = looks.known;
  const person = other >= 0 ? other : comparison.ownPerson[i]!;
  const similarity = other >= 0 ? comparison.other[i]! : comparison.own[i]!;
  const seen = look(looks, looks.known, i, person, similarity);
  const why = `Most like ${seen.nearestPerson}, but only ${formatSimilarity(similarity)}: the threshold is ${formatSimilarity(looks.threshold)}.`;
  return { kind: 'not-recognized', ...seen, why };
}

/** Takes from each group in turn until there are enough, and gives them group by group. */
export function fairly<T>(groups: readonly (readonly T[])[], most: number): T[] {
  const taken = groups.map(() => 0);
  let total = 0;
  for (let added = true; added && total < most;) {
    added = false;
    groups.forEach((group, g) => {
      if (total >= most || taken[g]! >= group.length) return;
      taken[g]!++;
      total++;
      added = true;
    });
  }
  return groups.flatMap((group, g) => group.slice(0, taken[g]));
}

/** Strangers in the order of how near the threshold they are. */
export function nearStrangersOf(looks: Looks): Evaluation['nearStrangers'] {
  const { strangers, strangerPlaces, threshold } = looks;
  const { other, otherPerson } = strangers.comparison;
  const away = (i: number) => Math.abs(other[i]! - threshold);
  return [...strangerPlaces]
    .sort((a, b) => away(a) - away(b))
    .slice(0, MOST)
    .map((i) => ({ ...look(looks, strangers, i, otherPerson[i]!, other[i]!), named: other[i]! >= threshold }));
}

/** Pictures that are more like another person than like the others of their own: perhaps in the wrong folder. */
export function straysOf(looks: Pick<Looks, 'gallery' | 'enrolledFaces' | 'known'>): {
  strays: StrayPicture[];
  count: number;
} {
  const { own, other, otherPerson } = looks.known.comparison;
  const margin = (i: number) => other[i]! - own[i]!;
  const strays = looks.known.rows.map((_, i) => i).filter((i) => margin(i) > 0);
  strays.sort((a, b) => margin(b) - margin(a));
  const shown = strays
    .slice(0, MOST)
    .map((i) => ({ ...look(looks, looks.known, i, otherPerson[i]!, other[i]!), ownSimilarity: own[i]! }));
  return { strays: shown, count: strays.length };
}

/** The same of a set by itself, each picture against all others; of one so large that this takes too long, of a part of it. */
export function straysIn(faces: FaceSet): { strays: StrayPicture[]; count: number } {
  const gallery = galleryOf(faces);
  const most = Math.max(1, Math.floor(MOST_PRODUCTS / Math.max(1, gallery.people.length * gallery.length)));
  const rows = sampleRows(faces.people, most, Random.forPurpose(0, 'known'));
  const comparison = compare(faces, rows, gallery, { enrolled: () => true });
  return straysOf({ gallery, enrolledFaces: faces, known: { faces, rows, comparison } });
}

/** The people most alike, among all pairs of whom a picture of the one has the other as the most alike of others. */
export function alikePeopleOf({ gallery, enrolledFaces, known, triedPlaces }: Looks): Evaluation['alikePeople'] {
  const { ownPerson, otherPerson, better } = known.comparison;
  const count = gallery.people.length;
  const pairs = new Map<number, number>();
  const tried = new Set(triedPlaces);
  known.rows.forEach((_, i) => {
    const [a, b] = [ownPerson[i]!, otherPerson[i]!];
    if (a < 0 || b < 0) return;
    const key = Math.min(a, b) * count + Math.max(a, b);
    pairs.set(key, (pairs.get(key) ?? 0) + Number(tried.has(i) && better[i]! > 0));
  });
  const { prototypes, length, people } = gallery;
  return [...pairs]
    .map(([key, confused]) => {
      const [a, b] = [Math.floor(key / count), key % count];
      return { a, b, confused, similarity: dot(prototypes, a * length, prototypes, b * length, length) };
    })
    .sort((x, y) => y.similarity - x.similarity || x.a - y.a || x.b - y.b)
    .slice(0, MOST_PAIRS_OF_PEOPLE)
    .map(({ a, b, confused, similarity }) => ({
      ...{ people: [people[a]!, people[b]!], similarity, confused },
      pictures: alikePictures(enrolledFaces, gallery.rows[a]!, gallery.rows[b]!),
    }));
}

/** The picture of the one and that of the other that are most alike, among 100 of each. */
function alikePictures(faces: FaceSet, a: readonly number[], b: readonly number[]): [string, string] {
  let [best, pictures]: [number, [string, string]] = [-Infinity, ['', '']];
  const others = b.slice(0, 100);
  for (const row of a.slice(0, 100)) {
    const found = mostAlike(faces, row, faces, others);
    if (found && found.similarity > best)
      [best, pictures] = [found.similarity, [faces.pictures[row]!, faces.pictures[found.row]!]];
  }
  return pictures;
}
