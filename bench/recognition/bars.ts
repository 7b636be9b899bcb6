// What a recognizer reaches, from file to answer, beside what it has to reach (docs/recognition.md, "What was measured").
//
// node scripts/build.mjs && node --import tsx bench/recognition/bars.ts <people> <pairs> [<face weights> [int8]]
//
// Each draw enrols so many pictures of everybody in <people>, as `face-trainer enroll --pictures K --seed DRAW` does, and evaluates as
// `face-trainer evaluate --probes <people> --strangers <first pictures> --pairs <pairs>` does. Strangers are the first picture of each
// person in <pairs>.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { embeddingsFolder } from '../../src/platform/cacheFolder.js';
import type { Evaluation } from '../../src/protocol/evaluation.js';
import { enrolFolder } from '../../src/recognition/enrolFolder.js';
import { evaluateModel } from '../../src/recognition/evaluateModel.js';
import { ownedPictures } from '../../src/recognition/faceSetOf.js';
import { faceSight } from '../../src/recognition/faceSight.js';
import { FolderFaces } from '../../src/recognition/keptFaces.js';
import type { Sight } from '../../src/recognition/sight.js';
import { readRecognizer } from '../../src/recognizers/recognizerFolder.js';
import { findFaceWeights } from '../../src/weights/faceWeights.js';
import { calibration } from './calibration.js';
import { int8Sight } from './int8Sight.js';
import { firstOfEach } from './support.js';

const DRAWS = [0, 1, 2, 3, 4];
const PICTURES = [5, 1];
/** "At most so many of 1,000, 95 % sure", from so many strangers by chance, checked on all of them so many times. */
const PROMISES = [
  { share: 0.01, tried: 800, times: 1000 },
  { share: 0.02, tried: 200, times: 1000 },
];
/** Pictures that int8 ranges are chosen by. */
const CALIBRATION = 256;
const silent = () => undefined;
const never = () => false;

interface Folders {
  readonly people: string;
  readonly pairs: string;
  readonly scratch: string;
}

async function drawOnce(
  sight: Sight,
  { people, pairs, scratch }: Folders,
  pictures: number,
  seed: number,
  isFirst: boolean,
): Promise<Evaluation> {
  const recognizer = path.join(scratch, `${pictures}-${seed}`);
  const kept = FolderFaces.open(embeddingsFolder(), people, sight);
  const enrol = { dataset: people, recognizer, pictures, seed, strangersPer1000: 10 };
  await enrolFolder(sight, enrol, kept, silent, never);
  kept.save();
  const strangers = { root: pairs, pictures: firstOfEach(ownedPictures(pairs)) };
  const tried = { probes: people, strangers, strangersPer1000: 10, seed, ...(isFirst ? { pairs } : {}) };
  return (await evaluateModel(sight, readRecognizer(recognizer), tried, silent, never))!;
}

const percent = (value: number | undefined) => (value === undefined ? '–' : `${(100 * value).toFixed(2)} %`);

function drawLine({ closedSet, openSet }: Evaluation): string {
  return [
    `closed set ${closedSet!.accuracy.toFixed(4)} of ${closedSet!.of}`,
    `FNIR at FPIR 1 % ${percent(openSet!.byPicture.fnirAtFpir['0.01'])}`,
    `FPIR at FNIR 5 % ${percent(openSet!.byPicture.fpirAtFnir['0.05'])}`,
    `${openSet!.ofStrangers} strangers`,
  ].join('   ');
}

function report(pictures: number, all: readonly Evaluation[]): void {
  const mean = (of: (one: Evaluation) => number) => all.reduce((sum, one) => sum + of(one), 0) / all.length;
  console.log(
    `k = ${pictures}, mean of ${all.length}: closed set ${mean((e) => e.closedSet!.accuracy).toFixed(4)}   FNIR at FPIR 1 % ${percent(mean((e) => e.openSet!.byPicture.fnirAtFpir['0.01']!))}`,
  );
}

function reportOnce({ verification, evidence, notes }: Evaluation): void {
  if (verification)
    console.log(
      `pairs: accuracy ${verification.accuracy?.toFixed(4)}   TAR at FAR 1 % ${verification.tarAtFar['0.01']!.toFixed(4)}   EER ${percent(verification.eer)}`,
    );
  for (const { share, tried, times } of PROMISES) {
    const { failed } = calibration(evidence.strangers, { tried, share, times, seed: tried });
    console.log(`at most ${1000 * share} of 1,000, from ${tried} strangers: broken ${failed} of ${times} times`);
  }
  for (const note of notes) console.log(note);
}

async function main([people, pairs, weights, precision]: string[]): Promise<void> {
  const files = findFaceWeights(weights);
  if (!people || !pairs || !files) throw new Error('Name a folder of people, one of pairs, and the face weights.');
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-bars-'));
  const folders = { people: path.resolve(people), pairs: path.resolve(pairs), scratch };
  const float = await faceSight(files, 'on');
  const all = ownedPictures(folders.people).map(({ file }) => file);
  const some = all.filter((_, i) => i % Math.ceil(all.length / CALIBRATION) === 0);
  const sight = precision === 'int8' ? await int8Sight(float, files, some) : float;
  try {
    for (const pictures of PICTURES) {
      const all: Evaluation[] = [];
      for (const seed of DRAWS) {
        const isFirst = all.length === 0 && pictures === PICTURES[0];
        const one = await drawOnce(sight, folders, pictures, seed, isFirst);
        all.push(one);
        console.log(`k = ${pictures}, draw ${seed}: ${drawLine(one)}`);
        if (isFirst) reportOnce(one);
      }
      report(pictures, all);
    }
  } finally {
    await sight.close();
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

void main(process.argv.slice(2));
