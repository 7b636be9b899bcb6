import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { UserError } from '../core/userError.js';
import { LABELS_FILE } from '../dataset/labelsFile.js';
import { eraseFile, eraseFolder } from '../platform/erase.js';
import { sha256 } from '../platform/sha256.js';
import type { OrderOf } from '../protocol/jobs.js';
import type { Forgetting, LeftPlace, PersonalKind, PersonTrace } from '../protocol/personalData.js';
import { readRecognizer } from '../recognizers/recognizerFolder.js';
import type { Recognizer } from '../recognizers/recognizer.js';
import { evidenceFolder } from './cachePlaces.js';
import { removeEmpty } from './deletePlaces.js';
import { writeEvidence } from './evidence.js';
import type { Looking } from './found.js';
import { forgetEmbeddings, forgetFaces, forgetPixels } from './forgetCaches.js';
import { forgetInExport } from './forgetExport.js';
import { forgetCheck, forgetCrops, forgetExclusions, withoutRows } from './forgetLists.js';
import { forgetInRecognizer, knowsPerson } from './forgetRecognizer.js';
import { deleteLearned, forgetInRun, learnedIn, trainedWith } from './forgetRun.js';
import type { FoundPlace } from './foundPlace.js';
import { tellingPart } from './needles.js';
import { PersonName } from './personName.js';
import { peopleIn, PersonPictures, realOf, rootOf } from './personPictures.js';
import { ownCaches, personalPlaces } from './places.js';
import { searchTraces } from './traceSearch.js';

type Wish = Pick<OrderOf<'forget'>, 'dataset' | 'person' | 'folders' | 'change' | 'pictures' | 'networks'>;

/**
 * Forgets one person of a folder of pictures: finds them in whatever the product keeps of it, erases them there, looks for them in
 * the bytes that are left, and writes down what was done. What networks have learned of their face cannot be taken out of them: it is
 * told, and removed with the networks where that is wished.
 *
 * It can be repeated: what is erased stays erased, and what a killed one has left is found.
 *
 * @throws UserError `person-unknown` for somebody who is nowhere, `personal-busy` where a job is at work, `recognizer-…`
 */
export async function forgetPerson(
  wish: Wish,
  version: string,
  onProgress: (done: number) => void,
  cancelled: () => boolean,
  caches = ownCaches(),
): Promise<Forgetting | undefined> {
  const all = personalPlaces([path.dirname(wish.dataset), ...wish.folders], caches);
  const person = whoIs(wish, all);
  const places = all.filter((place) => concerns(place, person));
  requireIdle(places, wish.dataset);
  const work = new Work(wish, person, places);
  let done = 0;
  for (const place of places) {
    if (cancelled()) return undefined;
    await work.forgetAt(place);
    onProgress(++done);
  }
  requireFound(wish, work);
  if (!wish.change) return work.told();
  work.finish();
  const said = (at: string) => person.name.without(at);
  const search = await searchTraces(work.haystack, work.sought, said, onProgress, cancelled);
  // Half a search is none.
  if (cancelled()) return undefined;
  const forgetting = { ...work.told(), search };
  return { ...forgetting, ...writeEvidence(evidenceFolder(caches.cache), forgetting, person.name, version) };
}

/** Who is meant: the name, beside the names and paths that stay, and the pictures in the folder and in the crops made of it. */
function whoIs({ dataset, person }: Wish, all: readonly FoundPlace[]): PersonPictures {
  const root = path.resolve(dataset);
  const crops = all.filter((place) => place.kind === 'aligned' && [root, realOf(root)].includes(place.dataset ?? ''));
  const known = all.flatMap((place) => (place.kind === 'recognizer' ? peopleOf(recordAt(place.path)) : []));
  const people = [...new Set([...peopleIn(root), ...known])];
  const paths = [root, realOf(root), os.homedir(), ...all.map(({ path: at }) => at)];
  const name = new PersonName(person, [...people, ...paths]);
  return new PersonPictures(name, [rootOf(root, name), ...crops.map(({ path: at }) => rootOf(at, name))]);
}

/** Whether a place is of this folder, or may be. */
function concerns({ kind, path: at, dataset, stays }: FoundPlace, person: PersonPictures): boolean {
  if (kind === 'evidence' || kind === 'list' || kind === 'pictures') return false;
  if (kind === 'temporary') return stays === undefined;
  if (kind === 'face-cache' || person.rootOf(dataset)) return true;
  if (kind === 'recognizer') return isOfPictures(recordAt(at), person);
  return dataset === undefined && (kind === 'pixel-cache' || kind === 'embeddings' || kind === 'export');
}

/** A recognizer that was made elsewhere may know somebody else of the same name. */
function isOfPictures(recognizer: Recognizer | undefined, person: PersonPictures): boolean {
  if (!recognizer || !knowsPerson(recognizer, person)) return false;
  const files = recognizer.record.people.flatMap(({ pictures }) => pictures.map(({ file }) => file));
  return files.some((file) =>
    person.roots.some(({ root, real }) => [root, real].some((at) => file.startsWith(at + path.sep))),
  );
}

function recordAt(folder: string): Recognizer | undefined {
  try {
    return readRecognizer(folder);
  } catch {
    return undefined; // whoever opens it says what is wrong with it
  }
}

function peopleOf(recognizer: Recognizer | undefined): string[] {
  return recognizer?.record.people.map(({ name }) => name) ?? [];
}

function requireIdle(places: readonly FoundPlace[], dataset: string): void {
  const busy = places.find(({ stays }) => stays !== undefined);
  if (!busy) return;
  throw new UserError(
    'personal-busy',
    `Something that is kept of “${path.basename(dataset)}” is in use: of “${busy.path}”, ${busy.stays!}.`,
    'Wait until it has ended, or stop it; then forget the person.',
  );
}

function requireFound({ dataset, person }: Wish, { found, person: { roots } }: Work): void {
  if (found || roots.some(({ theirs }) => theirs.length > 0)) return;
  throw new UserError(
    'person-unknown',
    `“${person}” is nowhere in what is kept of “${path.basename(dataset)}”, nor among its people.`,
    'Names are written as the folders of the people are, capital letters too.',
  );
}

/** One forgetting: what was found, and what is looked for afterwards. */
class Work implements Looking {
  private readonly traces: PersonTrace[] = [];
  private readonly leftPlaces: LeftPlace[] = [];
  private readonly erasedPixels: Buffer[] = [];
  private readonly vectors: Buffer[] = [];
  private readonly remains: Forgetting['remains'] = [];
  private readonly trained: string[] = [];
  /** Of the pictures as they were before anything was done. */
  private readonly digests: ReadonlySet<string>;
  private readonly runs: readonly string[];
  readonly change: boolean;
  private done = false;

  constructor(
    private readonly wish: Wish,
    readonly person: PersonPictures,
    private readonly places: readonly FoundPlace[],
  ) {
    this.change = wish.change;
    this.runs = places.filter(({ kind }) => kind === 'run').map(({ path: at }) => at);
    const files = person.roots.flatMap(({ root, theirs }) => theirs.map((file) => path.join(root, file)));
    this.digests = new Set(wish.change ? files.map((file) => sha256(fs.readFileSync(file))) : []);
  }

  readonly trace = (trace: PersonTrace) =>
    void this.traces.push({ ...trace, path: this.person.name.without(trace.path) });
  readonly left = (place: LeftPlace) => void this.leftPlaces.push(place);
  readonly pixels = (bytes: Uint8Array) => void this.erasedPixels.push(...[tellingPart(bytes) ?? []].flat());
  readonly vector = (row: Float32Array) =>
    void this.vectors.push(...[tellingPart(new Uint8Array(row.buffer, row.byteOffset, row.byteLength)) ?? []].flat());

  /** Whether the person is in anything but caches that do not say whose they are. */
  get found(): boolean {
    const unsure: ReadonlySet<PersonalKind> = new Set([
      'embeddings',
      'face-cache',
      'pixel-cache',
      'temporary',
      'check',
    ]);
    return this.traces.some(({ kind }) => !unsure.has(kind));
  }

  async forgetAt(place: FoundPlace): Promise<void> {
    await HOW[place.kind]?.(place, this);
  }

  /** All faces that are kept lie in one folder, which is looked through once. */
  forgetFacesOnce(place: FoundPlace): void {
    if (!this.traces.some(({ kind }) => kind === 'face-cache')) forgetFaces(place, this);
  }

  forgetTemporary({ path: at, bytes }: FoundPlace): void {
    if (this.change) eraseFolder(at);
    this.trace({ kind: 'temporary', path: at, found: 'pictures of a program that is gone', bytes });
  }

  forgetExport(file: string): Promise<void> {
    return forgetInExport(file, this.runs, this);
  }

  async forgetRun(run: string): Promise<void> {
    if (trainedWith(run, this.person)) {
      this.trained.push(run);
      this.remains.push(...learnedIn(run));
    }
    if (this.wish.networks === 'delete' && this.change && this.trained.includes(run)) deleteLearned(run);
    await forgetInRun(run, this.runs, this);
  }

  /** The user's own pictures, where that is wished. */
  finish(): void {
    this.done = true;
    if (!this.wish.pictures) return;
    const [{ root, theirs }] = this.person.roots as [PersonPictures['roots'][number]];
    for (const file of theirs) {
      eraseFile(path.join(root, file));
      removeEmpty(path.dirname(path.join(root, file)));
    }
    withoutRows(path.join(root, LABELS_FILE), new Set(theirs));
  }

  /** Where the person must not be found any more: not among the user's own pictures, nor in networks that stay. */
  get haystack(): string[] {
    return this.places.map(({ path: at }) => at);
  }

  get sought() {
    return { name: this.person.name, pictures: this.digests, pixels: this.erasedPixels, vectors: this.vectors };
  }

  told(): Forgetting {
    const { wish, person, traces } = this;
    const [{ root, theirs }] = person.roots as [PersonPictures['roots'][number]];
    const pictures = theirs.map((file) => path.join(root, file));
    const kept = wish.networks === 'delete' && this.done ? [] : this.remains;
    return {
      ...{ done: this.done, dataset: wish.dataset, traces, left: this.leftPlaces, remains: kept },
      pictures: this.done ? [] : pictures,
      advice: this.advice(pictures.length > 0 && !(this.done && wish.pictures)),
    };
  }

  private advice(stillThere: boolean): string[] {
    const train = `face-trainer train "${this.wish.dataset}"`;
    return [
      ...(stillThere
        ? [
            'The pictures of the person are still in the folder: the next job reads them again, until they are moved or removed (--with-pictures).',
          ]
        : []),
      ...(this.trained.length > 0 ? [`${stillThere ? 'Without them, t' : 'T'}rain again with: ${train}`] : []),
    ];
  }
}

/** What is done at each kind of place; at the others nothing is. */
const HOW: { readonly [K in PersonalKind]?: (place: FoundPlace, work: Work) => void | Promise<void> } = {
  'pixel-cache': forgetPixels,
  'face-cache': (place, work) => work.forgetFacesOnce(place),
  embeddings: forgetEmbeddings,
  aligned: forgetCrops,
  recognizer: ({ path: at }, work) => forgetInRecognizer(at, work),
  run: ({ path: at }, work) => work.forgetRun(at),
  export: ({ path: at }, work) => work.forgetExport(at),
  exclusions: forgetExclusions,
  check: forgetCheck,
  temporary: (place, work) => work.forgetTemporary(place),
};
