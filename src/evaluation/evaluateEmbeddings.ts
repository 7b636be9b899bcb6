import { formatCount } from '../core/format.js';
import { Random } from '../core/random.js';
import type { Evaluation, Evidence } from '../protocol/evaluation.js';
import { closedSetOf } from './closedSet.js';
import { mapOf } from './evaluationMap.js';
import type { EvaluatedGallery, EvaluationInput } from './evaluationInput.js';
import { lengthOf, type FaceSet } from './faceSet.js';
import { compare, dot, galleryOf, rowsByPerson, type Comparison, type Gallery } from './gallery.js';
import { alikePeopleOf, mistakesOf, nearStrangersOf, straysOf, type Looks, type Tried } from './looks.js';
import { openSetOf } from './openSet.js';
import { makePairs } from './pairs.js';
import { drawEnrolled, MOST_PRODUCTS, sampleRows } from './sampling.js';
import { claimAt, sentenceAt } from './sentence.js';
import { chooseThreshold, roundDown, roundUp, thresholdInterval, wantedShare, WORTH } from './threshold.js';
import { verificationOf } from './verification.js';

const BINS = 100;

/**
 * How well embeddings tell people apart, and strangers from them: everything that `evaluate` prints and the page draws.
 * A function of its input: the same seed, the same result.
 *
 * @throws RangeError when embeddings, people and pictures do not fit together
 */
export function evaluateEmbeddings(input: EvaluationInput): Evaluation {
  const notes: string[] = [];
  const { gallery, enrolled } = openGallery(input);
  const bins = histogramOf();
  const known = tryKnown(input, gallery, enrolled, bins.otherPeople.add, notes);
  const strangers = tryStrangers(input, gallery, known, notes);
  const triedPlaces = placesToTry(known, enrolled, notes);
  const evidence = evidenceOf(input, gallery, known, triedPlaces, strangers);
  for (const i of triedPlaces) bins.samePerson.add(known.comparison.own[i]!);
  for (const similarity of evidence.strangers) bins.strangers.add(similarity);

  const worth = WORTH[strangers.from];
  const share = wantedShare(input.wanted, evidence.compared, evidence.enrolled);
  const choice = chooseThreshold(evidence.strangers, share, input.wanted.confidence, worth);
  const any = evidence.strangers.length > 0;
  const threshold = input.threshold ?? (any ? choice.threshold : 1);
  const looks: Looks = {
    ...{ gallery, enrolledFaces: input, known, triedPlaces, strangers: strangers.tried, threshold },
    strangerPlaces: strangers.places,
  };
  const pictures = strangers.pictures.map(roundUp).sort((a, b) => b - a);
  const openSet = any ? openSetOf(evidence, pictures, threshold) : undefined;
  const closedSet = closedSetOf(known.comparison, triedPlaces, gallery.people.length);
  const verification = verify(input, known.rows, notes);
  const { mistakes, count: mistakeCount } = mistakesOf(looks);
  const { strays, count: strayCount } = straysOf(looks);
  const shown = { faces: strangers.tried.faces, rows: given(strangers) };
  const map = mapOf(gallery.people, known, shown, Random.forPurpose(input.seed, 'map'));
  if (strayCount > 0 && strangers.from === 'in-turn') notes.push(strayNote(strayCount));
  if (openSet && evidence.known.length > 0 && openSet.fpirAtFnir['0.05'] === undefined)
    notes.push(tooManyMissed(evidence));
  return {
    sentence: sentenceAt(evidence, threshold),
    ...{ notes, seed: input.seed, protocol: protocolOf(input.gallery), people: [...gallery.people] },
    counts: countsOf(input, gallery, strangers),
    threshold,
    thresholdInterval: any ? thresholdInterval(evidence.strangers, share, { worth }) : [-1, 1],
    thresholdFrom: input.threshold !== undefined ? 'given' : any ? 'evidence' : 'none',
    ...(any
      ? {
          suggestion: {
            threshold: choice.threshold,
            carried: choice.carried,
            missing: claimAt(evidence, choice.threshold).missing,
          },
        }
      : {}),
    ...(closedSet ? { closedSet } : {}),
    ...(openSet ? { openSet } : {}),
    ...(verification ? { verification } : {}),
    evidence,
    histogram: bins.counts(),
    ...{ mistakes, mistakeCount, alikePeople: alikePeopleOf(looks) },
    ...{ nearStrangers: nearStrangersOf(looks), strayPictures: strays, strayCount },
    ...(map ? { map } : {}),
  };
}

function openGallery(input: EvaluationInput): { gallery: Gallery; enrolled: (row: number) => boolean } {
  const { gallery = { kind: 'leave-one-out' } } = input;
  const length = lengthOf(input);
  if (gallery.kind === 'prototypes') {
    const rowsOf = rowsByPerson(input.people);
    if (gallery.vectors.length !== gallery.people.length * length) throw new RangeError('prototypes of another length');
    const rows = gallery.people.map((person) => rowsOf.get(person) ?? []);
    return { gallery: { people: gallery.people, length, prototypes: gallery.vectors, rows }, enrolled: () => false };
  }
  const which = enrolledRows(input, gallery);
  const enrolled = (row: number) => which?.[row] ?? true;
  return { gallery: galleryOf(input, enrolled), enrolled };
}

function enrolledRows(input: EvaluationInput, gallery: EvaluatedGallery): readonly boolean[] | undefined {
  if (gallery.kind === 'rows') return gallery.enrolled;
  if (gallery.kind !== 'draw') return undefined;
  return drawEnrolled(input.people, gallery.pictures, Random.forPurpose(input.seed, 'gallery'));
}

const protocolOf = (gallery: EvaluatedGallery | undefined): Evaluation['protocol'] =>
  gallery === undefined || gallery.kind === 'leave-one-out' ? 'leave-one-out' : 'gallery';

/** How many rows may be compared with a gallery. */
const affordable = (gallery: Gallery) =>
  Math.max(1, Math.floor(MOST_PRODUCTS / Math.max(1, gallery.people.length * gallery.length)));

function tryKnown(
  input: EvaluationInput,
  gallery: Gallery,
  enrolled: (row: number) => boolean,
  each: (similarity: number) => void,
  notes: string[],
): Tried {
  const rows = sampleRows(input.people, affordable(gallery), Random.forPurpose(input.seed, 'known'));
  if (rows.length < input.people.length) notes.push(sampledNote(rows, input, 'pictures of your people'));
  return { faces: input, rows, comparison: compare(input, rows, gallery, { enrolled, each }) };
}

const sampledNote = (rows: readonly number[], { people }: FaceSet, what: string) =>
  `Tried were ${rows.length.toLocaleString('en-US')} of ${people.length.toLocaleString('en-US')} ${what}, of ` +
  `${formatCount(new Set(rows.map((row) => people[row])).size, 'person', 'people')} chosen by the seed: all of them would take too long.`;

/** Pictures that can be compared with others of their person: those that are not enrolled, or all where each is left out in turn. */
function placesToTry({ rows, comparison }: Tried, enrolled: (row: number) => boolean, notes: string[]): number[] {
  const probes = rows.map((_, i) => i);
  const outsiders = probes.filter((i) => comparison.ownPerson[i]! < 0).length;
  if (outsiders > 0)
    notes.push(`${formatCount(outsiders, 'picture is', 'pictures are')} of people who are not enrolled: left out.`);
  const held = probes.some((i) => !enrolled(rows[i]!));
  return probes.filter((i) => !Number.isNaN(comparison.own[i]!) && !(held && enrolled(rows[i]!)));
}

interface TriedStrangers {
  readonly from: 'given' | 'in-turn';
  readonly tried: Tried;
  /** Of each stranger person the place of the picture that is most like somebody, highest first. */
  readonly places: readonly number[];
  /** Similarity of every picture to whom it is most like. */
  readonly pictures: readonly number[];
}

/** Strangers that were given; else each person in turn is one, to the others. */
function tryStrangers(input: EvaluationInput, gallery: Gallery, known: Tried, notes: string[]): TriedStrangers {
  const { strangers } = input;
  if (!strangers) {
    const { ownPerson, otherPerson } = known.comparison;
    const places = known.rows.map((_, i) => i).filter((i) => ownPerson[i]! >= 0 && otherPerson[i]! >= 0);
    if (places.length > 0) notes.push('No strangers were given: each person in turn is a stranger to the others.');
    return strangersOf('in-turn', known, places);
  }
  if (strangers.people.length > 0 && lengthOf(strangers) !== gallery.length)
    throw new RangeError('strangers of another length');
  const names = new Set(gallery.people);
  const same = new Set(strangers.people.filter((person) => names.has(person)));
  if (same.size > 0)
    notes.push(
      `${formatCount(same.size, 'stranger has', 'strangers have')} the name of somebody enrolled: left out, as they may be the same.`,
    );
  const rows = strangers.people.map((_, row) => row).filter((row) => !same.has(strangers.people[row]!));
  const most = affordable(gallery);
  const random = Random.forPurpose(input.seed, 'strangers');
  const drawn = sampleRows(
    rows.map((row) => strangers.people[row]!),
    most,
    random,
  ).map((place) => rows[place]!);
  if (drawn.length < rows.length) notes.push(sampledNote(drawn, strangers, 'pictures of strangers'));
  const comparison = compare(strangers, drawn, gallery, { strangers: true });
  const places = drawn.map((_, i) => i).filter((i) => comparison.otherPerson[i]! >= 0);
  return strangersOf('given', { faces: strangers, rows: drawn, comparison }, places);
}

function strangersOf(from: 'given' | 'in-turn', tried: Tried, places: readonly number[]): TriedStrangers {
  const { other } = tried.comparison;
  const highest = new Map<string, number>();
  for (const i of places) {
    const person = tried.faces.people[tried.rows[i]!]!;
    const best = highest.get(person);
    if (best === undefined || other[i]! > other[best]!) highest.set(person, i);
  }
  const first = [...highest.values()].sort((a, b) => other[b]! - other[a]!);
  return { from, tried, places: first, pictures: places.map((i) => other[i]!) };
}

function evidenceOf(
  { wanted }: EvaluationInput,
  gallery: Gallery,
  { comparison }: { readonly comparison: Comparison },
  triedPlaces: readonly number[],
  strangers: TriedStrangers,
): Evidence {
  const enrolled = gallery.people.length;
  return {
    strangers: strangers.places.map((i) => roundUp(strangers.tried.comparison.other[i]!)),
    known: triedPlaces.map((i) => (comparison.better[i] === 0 ? roundDown(comparison.own[i]!) : -1)),
    knownPerson: triedPlaces.map((i) => comparison.ownPerson[i]!),
    strangersFrom: strangers.from,
    ...{ compared: strangers.from === 'given' ? enrolled : Math.max(0, enrolled - 1), enrolled, wanted },
  };
}

function countsOf(input: EvaluationInput, gallery: Gallery, strangers: TriedStrangers): Evaluation['counts'] {
  const pictures = rowsByPerson(input.people);
  return {
    people: gallery.people.length,
    pictures: input.people.length,
    single: [...pictures.values()].filter((rows) => rows.length === 1).length,
    strangers: strangers.places.length,
    strangerPictures: strangers.pictures.length,
  };
}

/** Of each given stranger the picture that is most like somebody; where people play strangers, they are on the map already. */
const given = ({ from, tried, places }: TriedStrangers) => (from === 'given' ? places.map((i) => tried.rows[i]!) : []);

function verify(input: EvaluationInput, rows: readonly number[], notes: string[]): Evaluation['verification'] {
  const faces = input.pairs?.faces ?? input;
  const length = lengthOf(faces);
  const people = rows.map((row) => input.people[row]!);
  const list =
    input.pairs?.list ?? makePairs(people, input.seed).map((pair) => ({ ...pair, a: rows[pair.a]!, b: rows[pair.b]! }));
  const scored = {
    similarity: list.map(({ a, b }) => dot(faces.embeddings, a * length, faces.embeddings, b * length, length)),
    same: list.map(({ same }) => same),
    fold: list.map(({ fold }) => fold),
    people: list.map(({ a, b }) => [faces.people[a]!, faces.people[b]!] as const),
  };
  const verification = verificationOf(scored, { pairsFrom: input.pairs ? 'file' : 'made', seed: input.seed });
  if (!verification) notes.push('There are no pairs both of one person and of two: nothing is verified.');
  return verification;
}

/** A picture in the wrong folder is the most alike stranger there can be: it alone may decide the threshold. */
const strayNote = (count: number) =>
  `${formatCount(count, 'picture looks', 'pictures look')} like somebody else, which counts as a stranger who is very much alike: ` +
  `look whether ${count === 1 ? 'it lies' : 'they lie'} in the wrong folder.`;

function tooManyMissed({ known }: Evidence): string {
  return known.length < 20
    ? `${formatCount(known.length, 'picture is', 'pictures are')} too few to say what happens where 5 % are missed.`
    : 'More than 5 % of the pictures are more like another person than like their own: no threshold recognizes 95 %.';
}

/** Counts of similarities, from -1 to 1. */
function histogramOf() {
  const samePerson = new Array<number>(BINS).fill(0);
  const otherPeople = new Array<number>(BINS).fill(0);
  const strangers = new Array<number>(BINS).fill(0);
  const into = (bins: number[]) => ({
    add: (similarity: number) => {
      const bin = Math.floor(((similarity + 1) * BINS) / 2);
      bins[Math.max(0, Math.min(BINS - 1, bin))]!++;
    },
  });
  return {
    ...{ samePerson: into(samePerson), otherPeople: into(otherPeople), strangers: into(strangers) },
    counts: (): Evaluation['histogram'] => ({ from: -1, to: 1, samePerson, otherPeople, strangers }),
  };
}
