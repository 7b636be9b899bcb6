// What a recognizer misses of damaged pictures, from file to answer, before and after training (docs/recognition.md).
//
// node scripts/build.mjs && node --import tsx bench/recognition/damaged.ts <people> <pairs> [<face weights>] [--recipe face|door]
//   [--seeds 0,1,2] [--epochs N] [--trained-alone]
//
// Of everybody in <people> the first five pictures of draw 0 are enrolled, as `face-trainer enroll --pictures 5 --seed 0` does, and the
// next four tried; strangers are the first pictures of 500 people of <pairs>. Damage is done to the whole picture, before its face is
// found. The recognizer after training is that of the best checkpoint of `face-trainer train --recipe …` on the same five pictures,
// validated on the two after those that are tried, where a person has them. Both thresholds are the lowest at which 5 of the 500
// strangers or fewer are named, undamaged.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { decodeWhole } from '../../src/dataset/decodePicture.js';
import { thresholdFor } from '../../src/evaluation/threshold.js';
import { LARGEST_SIDE } from '../../src/faces/facesOf.js';
import type { FivePoints } from '../../src/faces/faceTemplate.js';
import type { AlignedFaces } from '../../src/faces/foundFace.js';
import { openAlignedFaces } from '../../src/faces/openFaceFinder.js';
import { RECIPES, type RecipeName } from '../../src/protocol/options.js';
import { withRecipe } from '../../src/protocol/recipes.js';
import { answerFor } from '../../src/recognition/answer.js';
import { ensureCheckpointRecognizer } from '../../src/recognition/checkpointGallery.js';
import { drawOrder } from '../../src/recognition/drawPictures.js';
import { enrolPeople } from '../../src/recognition/enrolFolder.js';
import { ownedPictures, type OwnedPicture } from '../../src/recognition/faceSetOf.js';
import { evaluateModel } from '../../src/recognition/evaluateModel.js';
import { faceSight } from '../../src/recognition/faceSight.js';
import { galleryOf, type GalleryPerson } from '../../src/recognition/gallery.js';
import { lookAt } from '../../src/recognition/lookAt.js';
import { modelSight } from '../../src/recognition/modelSight.js';
import { faceOf } from '../../src/recognition/recognize.js';
import type { Sight } from '../../src/recognition/sight.js';
import { readRecognizer } from '../../src/recognizers/recognizerFolder.js';
import { findFaceWeights, type FaceWeightsFiles } from '../../src/weights/faceWeights.js';
import { damagesFor, type Damage } from './damages.js';
import { firstOfEach, trainedIn } from './support.js';

const STRANGERS = 500;
const NAMED_SHARE = 0.01;
const [ENROLLED, TRIED, VALIDATED] = [5, 4, 2];
const silent = () => undefined;
const never = () => false;

interface Draw {
  readonly enrolled: readonly OwnedPicture[];
  readonly tried: readonly OwnedPicture[];
  readonly validated: readonly OwnedPicture[];
}

function drawOf(people: string): Draw {
  const byPerson = new Map<string, string[]>();
  for (const { person, file } of ownedPictures(people)) byPerson.set(person, [...(byPerson.get(person) ?? []), file]);
  const part = (from: number, count: number) =>
    [...byPerson].flatMap(([person, files]) =>
      drawOrder(person, files, ENROLLED, 0)
        .slice(from, from + count)
        .map((file) => ({ person, file })),
    );
  return {
    enrolled: part(0, ENROLLED),
    tried: part(ENROLLED, TRIED),
    validated: part(ENROLLED + TRIED, VALIDATED),
  };
}

/** Trains on the enrolled pictures. @returns the folder of the best checkpoint */
async function trained(
  draw: Draw,
  wished: Pick<Wishes, 'recipe' | 'epochs'> & { readonly seed: number; readonly faceWeights: string | undefined },
  scratch: string,
): Promise<string> {
  const { recipe, ...rest } = wished;
  const dataset = path.join(scratch, 'people');
  for (const [side, pictures] of [
    ['train', draw.enrolled],
    ['val', draw.validated],
  ] as const)
    for (const { person, file } of pictures) {
      fs.mkdirSync(path.join(dataset, side, person), { recursive: true });
      fs.copyFileSync(file, path.join(dataset, side, person, path.basename(file)));
    }
  const runFolder = path.join(scratch, `run-${rest.seed}`);
  const options = withRecipe(recipe, { dataset, ...rest }).data!;
  const { best, checkpoint, seconds } = await trainedIn(runFolder, options);
  console.log(`trained in ${seconds.toFixed(0)} s; best epoch ${best.epoch}`);
  return checkpoint;
}

/** Vectors of pictures, damaged; undefined where no name can be given. */
async function seen(
  sight: Sight,
  faces: AlignedFaces,
  pictures: readonly OwnedPicture[],
  damage: Damage | undefined,
  scratch: string,
): Promise<(Float32Array | undefined)[]> {
  fs.mkdirSync(scratch, { recursive: true });
  const files: string[] = [];
  for (const [i, { file }] of pictures.entries()) {
    const damaged = damage && (await damagedFile(faces, file, damage, i, scratch));
    files.push(damaged ?? file);
  }
  const looked = (await lookAt(sight, files))!;
  fs.rmSync(scratch, { recursive: true });
  return looked.map((picture) => {
    const face = faceOf(picture.faces);
    return face?.doubt === undefined ? face?.embedding : undefined;
  });
}

/** @returns undefined where no face is found in the picture as it is: it is missed anyway */
async function damagedFile(
  faces: AlignedFaces,
  file: string,
  damage: Damage,
  number: number,
  scratch: string,
): Promise<string | undefined> {
  const found = await faces.of(file);
  const picture = await decodeWhole(file, LARGEST_SIDE);
  if ('fault' in found || !found.faces[0] || typeof picture === 'string') return undefined;
  const target = path.join(scratch, `${number}.png`);
  fs.writeFileSync(target, await damage({ ...picture, points: found.faces[0].face.points }, number));
  return target;
}

interface Vectors {
  readonly own: readonly (Float32Array | undefined)[];
  readonly strangers: readonly (Float32Array | undefined)[];
}

const percent = (part: number, of: number) => `${((100 * part) / of).toFixed(1)} % (${part} of ${of})`;

function report(name: string, gallery: readonly GalleryPerson[], draw: Draw, all: ReadonlyMap<string, Vectors>): void {
  const highest = (vector: Float32Array | undefined) =>
    vector ? answerFor(vector, gallery, -1).similarity : -Infinity;
  const clean = all
    .get('untouched')!
    .strangers.map(highest)
    .sort((a, b) => b - a);
  const threshold = thresholdFor(clean, Math.floor(NAMED_SHARE * clean.length));
  console.log(`\n${name}: threshold ${threshold.toFixed(3)}`);
  for (const [kind, { own, strangers }] of all) {
    const right = own.filter((vector, i) => vector && answerFor(vector, gallery, -1).person === draw.tried[i]!.person);
    const known = right.filter((vector) => highest(vector) >= threshold).length;
    const named = strangers.filter((vector) => highest(vector) >= threshold).length;
    const none = own.filter((vector) => !vector).length;
    console.log(
      `${kind.padEnd(26)} missed ${percent(own.length - known, own.length).padEnd(20)} closed set ${(right.length / own.length).toFixed(4)}   no answer ${none}   strangers named ${percent(named, strangers.length)}`,
    );
  }
}

/** What a network makes of the pictures, whole and damaged. */
async function vectorsOf(
  sight: Sight,
  { faces, template }: { readonly faces: AlignedFaces; readonly template: FivePoints },
  draw: Draw,
  strangers: readonly OwnedPicture[],
  scratch: string,
): Promise<Map<string, Vectors>> {
  const all = new Map<string, Vectors>();
  for (const [kind, damage] of damagesFor(template)) {
    const look = (pictures: readonly OwnedPicture[]) =>
      seen(sight, faces, pictures, damage, path.join(scratch, 'damaged'));
    all.set(kind, { own: await look(draw.tried), strangers: await look(strangers) });
  }
  return all;
}

async function measured(
  files: FaceWeightsFiles,
  { people, pairs, weights, recipe, seeds, epochs, trainedAlone }: Wishes,
): Promise<void> {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-damaged-'));
  const sight = await faceSight(files, 'on');
  const { size } = sight.embedder.network;
  const template = sight.embedder.network.template as FivePoints;
  const faces = await openAlignedFaces(files, { template, size });
  const found = { faces, template };
  try {
    const draw = drawOf(people);
    const strangers = firstOfEach(ownedPictures(pairs)).slice(0, STRANGERS);
    const before = trainedAlone ? undefined : await vectorsOf(sight, found, draw, strangers, scratch);
    const recognizer = path.join(scratch, 'mean');
    const options = { recognizer, seed: 0, strangersPer1000: 10 };
    await enrolPeople(sight, enrolledFiles(draw), options, undefined, silent, never);
    if (before) report('Before training, by the mean', galleryOf(readRecognizer(recognizer)), draw, before);
    for (const seed of seeds) {
      const checkpoint = await trained(draw, { recipe, seed, epochs, faceWeights: weights }, scratch);
      // A frozen network sees as it did.
      const own = recipe === 'face' ? undefined : await modelSight(checkpoint, 'on', weights);
      const learned = await ensureCheckpointRecognizer(own ?? sight, checkpoint, silent, never);
      const after = own || !before ? await vectorsOf(own ?? sight, found, draw, strangers, scratch) : before;
      report(`After training, seed ${seed}`, galleryOf(readRecognizer(learned!)), draw, after);
      if (own) await reportClean(own, learned!, { people, pairs }, draw);
      await own?.close();
    }
  } finally {
    await faces.close();
    await sight.close();
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

/** As `bars.ts` has it: all other pictures of the people, the first of each stranger, and the pairs. */
async function reportClean(
  sight: Sight,
  recognizer: string,
  { people, pairs }: Pick<Wishes, 'people' | 'pairs'>,
  { enrolled }: Draw,
): Promise<void> {
  const known = new Set(enrolled.map(({ file }) => file));
  const probes = { root: people, pictures: ownedPictures(people).filter(({ file }) => !known.has(file)) };
  const strangers = { root: pairs, pictures: firstOfEach(ownedPictures(pairs)) };
  const asked = { probes, strangers, pairs, strangersPer1000: 10, seed: 0 };
  const evaluation = await evaluateModel(sight, readRecognizer(recognizer), asked, silent, never);
  const { closedSet, openSet, verification } = evaluation!;
  const rate = (value: number | undefined) => `${(100 * (value ?? NaN)).toFixed(2)} %`;
  console.log(
    `untouched, all others: closed set ${closedSet?.accuracy.toFixed(4)}   FNIR at FPIR 1 % ${rate(openSet?.fnirAtFpir['0.01'])}   pairs ${verification?.accuracy?.toFixed(4)}`,
  );
}

function enrolledFiles({ enrolled }: Draw): { person: string; files: string[] }[] {
  const byPerson = new Map<string, string[]>();
  for (const { person, file } of enrolled) byPerson.set(person, [...(byPerson.get(person) ?? []), file]);
  return [...byPerson].map(([person, files]) => ({ person, files }));
}

interface Wishes {
  readonly people: string;
  readonly pairs: string;
  readonly weights: string | undefined;
  readonly recipe: RecipeName;
  readonly seeds: readonly number[];
  /** Those of the recipe when absent. */
  readonly epochs: number | undefined;
  /** Without what the face network does before it trains. */
  readonly trainedAlone: boolean;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      recipe: { type: 'string', default: 'face' },
      seeds: { type: 'string', default: '128' },
      epochs: { type: 'string' },
      'trained-alone': { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const [people, pairs, weights] = positionals.map((place) => path.resolve(place));
  const files = findFaceWeights(weights);
  const recipe = RECIPES.find((name) => name === values.recipe);
  if (!people || !pairs || !files || !recipe)
    throw new Error('Name a folder of people, one of pairs, the face weights, and a recipe.');
  await measured(files, {
    people,
    pairs,
    weights,
    recipe,
    seeds: values.seeds.split(',').map(Number),
    epochs: values.epochs === undefined ? undefined : Number(values.epochs),
    trainedAlone: values['trained-alone'],
  });
}

void main();
