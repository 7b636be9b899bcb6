// What a student of the face network is worth, by the number of people whom it saw (docs/recognition.md, "A student of another network").
//
// node scripts/build.mjs && node --import tsx bench/recognition/students.ts <people> <pairs> <face weights> <ImageNet weights>
//   [--people 158,500,1000,1900] [--folds 0] [--epochs 20] [--width 1] [--size 128] [--out FILE]
//
// Trains on <people> and on those people of <pairs> whom the tested fold does not name, as many as are asked for or there are; then
// fine-tunes for int8. Told are pairs of the tested fold, in ten groups, each at the threshold that is most often right on the other nine:
// of the teacher, of the student in float, and in int8. Each training is a line of FILE; those that are there are not trained again.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { dot } from '../../src/core/cosine.js';
import { Random } from '../../src/core/random.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { accuracyByFolds } from '../../src/evaluation/roc.js';
import { readPairs, type NamedPair, type PairPicture } from '../../src/evaluation/pairs.js';
import { openAlignedFaces } from '../../src/faces/openFaceFinder.js';
import { ofCheckpoint } from '../../src/inference/open/checkpoint.js';
import { makePrivateFolder } from '../../src/platform/privateFolder.js';
import { withRecipe } from '../../src/protocol/recipes.js';
import { ownedPictures, type OwnedPicture } from '../../src/recognition/faceSetOf.js';
import { fineTuningOptions } from '../../src/runs/checkpointRun.js';
import { SizedNetwork } from '../../src/training/taughtReader.js';
import { readFaceNetwork } from '../../src/weights/faceNetwork.js';
import { findFaceWeights } from '../../src/weights/faceWeights.js';
import { embeddingsOf, linesIn, trainedIn, type Embed } from './support.js';

const GROUPS = 10;
/** Crops are read at once by so many. */
const PARALLEL = 8;

interface Settings {
  readonly people: string;
  readonly pairs: string;
  readonly faceWeights: string;
  readonly weights: string;
  readonly epochs: number;
  readonly width: number;
  readonly size: number;
}

interface Line {
  readonly fold: number;
  readonly wished: number;
  /** Who trained, and their pictures. */
  readonly people: number;
  readonly pictures: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  /** To the teacher, on people left out by the run itself. */
  readonly cosine: number;
  readonly pairs: number;
  readonly teacher: number;
  readonly float: number;
  readonly int8: number;
  readonly secondsInt8: number;
}

/** Writes the face of each picture, aligned, where it is not there yet. @returns files by picture */
async function cropsOf(
  pictures: readonly OwnedPicture[],
  settings: Settings,
  folder: string,
): Promise<Map<string, string>> {
  const files = findFaceWeights(settings.faceWeights)!;
  const { template } = readFaceNetwork(files);
  const faces = await openAlignedFaces(files, { template: template!, size: settings.size });
  const crops = new Map<string, string>();
  let next = 0;
  const work = async () => {
    while (next < pictures.length) {
      const { person, file } = pictures[next++]!;
      const crop = path.join(folder, person, `${path.parse(file).name}.png`);
      if (!fs.existsSync(crop)) {
        const found = await faces.of(file);
        if ('fault' in found || found.faces.length === 0) continue;
        fs.mkdirSync(path.dirname(crop), { recursive: true });
        const raw = { width: settings.size, height: settings.size, channels: 3 } as const;
        await sharp(found.faces[0]!.crop, { raw }).png().toFile(crop);
      }
      crops.set(file, crop);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  await faces.close();
  return crops;
}

/** Those who train: of `people` all, then of `pairs` by lot; the same begin every longer list. */
function chosen(settings: Settings, tested: ReadonlySet<string>, count: number): OwnedPicture[] {
  const outside = ownedPictures(settings.pairs).filter(({ person }) => !tested.has(person));
  const random = Random.forPurpose(0, 'students');
  const names = [...new Set(ownedPictures(settings.people).map(({ person }) => person))];
  const more = random.shuffle([...new Set(outside.map(({ person }) => person))]);
  const some = new Set([...names, ...more].slice(0, count));
  return [...ownedPictures(settings.people), ...outside].filter(({ person }) => some.has(person));
}

async function accuracyOf(
  embed: Embed,
  list: readonly NamedPair[],
  cropOf: (picture: PairPicture) => string | undefined,
  size: number,
): Promise<{ readonly accuracy: number; readonly pairs: number }> {
  const known = list.filter(({ pictures }) => pictures.every((picture) => cropOf(picture)));
  const files = [...new Set(known.flatMap(({ pictures }) => pictures.map((picture) => cropOf(picture)!)))];
  const rows = await embeddingsOf(files, size, embed);
  const shares = accuracyByFolds({
    similarity: known.map(({ pictures: [a, b] }) => dot(rows.get(cropOf(a)!)!, rows.get(cropOf(b)!)!)),
    same: known.map(({ same }) => same),
    fold: known.map((_, i) => i % GROUPS),
  });
  return { accuracy: shares.reduce((sum, share) => sum + share, 0) / shares.length, pairs: known.length };
}

async function embeddingsBy(checkpoint: string, use: (embed: Embed) => Promise<number>): Promise<number> {
  const model = await ofCheckpoint(checkpoint);
  try {
    return await use(async (images) => Float32Array.from(await model.embed!(images)));
  } finally {
    await model.close();
  }
}

async function teacherAccuracy(settings: Settings, use: (embed: Embed) => Promise<number>): Promise<number> {
  const { graph, parameters } = readFaceNetwork(findFaceWeights(settings.faceWeights)!);
  const { engine } = await selectEngine({ engine: 'auto', threads: 0 });
  const network = new SizedNetwork(engine, graph, parameters);
  try {
    return await use(async (images, count) => {
      const { outputs } = await network.evaluate({ images, labels: new Int32Array(count) }, { wants: ['embedding'] });
      return Float32Array.from(outputs.embedding!);
    });
  } finally {
    network.dispose();
  }
}

async function measured(settings: Settings, fold: number, wished: number, crops: string): Promise<Line> {
  const list = readPairs(fs.readFileSync(path.join(settings.pairs, 'pairs.txt'), 'utf8'));
  const tested = list.filter((pair) => pair.fold === fold);
  const people = new Set(tested.flatMap(({ pictures }) => pictures.map(({ person }) => person)));
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-students-'));
  try {
    const dataset = path.join(scratch, 'people');
    const cropped = await cropsOf(chosen(settings, people, wished), settings, crops);
    for (const crop of cropped.values()) {
      const to = path.join(dataset, path.relative(crops, crop));
      fs.mkdirSync(path.dirname(to), { recursive: true });
      fs.copyFileSync(crop, to);
    }
    const own = ownedPictures(settings.pairs).filter(({ person }) => people.has(person));
    const toTest = await cropsOf(own, settings, crops);
    const byName = new Map([...toTest].map(([file, crop]) => [path.parse(file).name, crop]));
    const cropOf = ({ person, number }: PairPicture) => byName.get(`${person}_${String(number).padStart(4, '0')}`);
    let pairs = 0;
    const accuracy = async (embed: Embed) => {
      const found = await accuracyOf(embed, tested, cropOf, settings.size);
      pairs = found.pairs;
      return found.accuracy;
    };
    const { epochs, width, size, weights, faceWeights } = settings;
    const wish = { dataset, teacher: faceWeights, faces: 'off', split: 0.95 } as const;
    const read = withRecipe('distil', { ...wish, epochs, width, size, weights, faceWeights });
    if (!read.success) throw read.error;
    const float = await trainedIn(path.join(scratch, 'float'), read.data);
    const int8 = await trainedIn(
      path.join(scratch, 'int8'),
      fineTuningOptions(float.checkpoint, { quantization: { sensitivityPictures: 0 } }),
    );
    return {
      ...{ fold, wished, people: float.dataset.people, pictures: float.dataset.trainImages, seconds: float.seconds },
      ...{ imagesPerSecond: float.best.imagesPerSecond, cosine: float.best.distilled!.cosine },
      teacher: await teacherAccuracy(settings, accuracy),
      float: await embeddingsBy(float.checkpoint, accuracy),
      int8: await embeddingsBy(int8.checkpoint, accuracy),
      ...{ pairs, secondsInt8: int8.seconds },
    };
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

function report(lines: readonly Line[], counts: readonly number[]): void {
  for (const count of counts) {
    const own = lines.filter(({ wished }) => wished === count);
    if (own.length === 0) continue;
    const mean = (of: (line: Line) => number) => own.reduce((sum, line) => sum + of(line), 0) / own.length;
    const cells = [
      ...[mean((l) => l.people).toFixed(0), mean((l) => l.pictures).toFixed(0), mean((l) => l.cosine).toFixed(3)],
      ...[mean((l) => l.float), mean((l) => l.int8), mean((l) => l.teacher)].map((share) => share.toFixed(3)),
      ...[`${mean((l) => l.seconds).toFixed(0)} s`, `${mean((l) => l.secondsInt8).toFixed(0)} s`, String(own.length)],
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      ...{ people: { type: 'string', default: '158,500,1000,1900' }, folds: { type: 'string', default: '0' } },
      ...{ epochs: { type: 'string', default: '20' }, width: { type: 'string', default: '1' } },
      ...{ size: { type: 'string', default: '128' }, out: { type: 'string', default: 'students.ndjson' } },
    },
    allowPositionals: true,
  });
  const [people, pairs, faceWeights, weights] = positionals.map((place) => path.resolve(place));
  if (!people || !pairs || !faceWeights || !weights)
    throw new Error('Name a folder of people, one of pairs, the face weights, and ImageNet weights of the width.');
  const [epochs, width, size] = [Number(values.epochs), Number(values.width), Number(values.size)];
  const settings = { people, pairs, faceWeights, weights, epochs, width, size };
  const counts = values.people.split(',').map(Number);
  const crops = path.join(os.tmpdir(), `face-trainer-crops-${size}`);
  makePrivateFolder(crops);
  for (const fold of values.folds.split(',').map(Number))
    for (const count of counts) {
      if (linesIn<Line>(values.out).some((line) => line.fold === fold && line.wished === count)) continue;
      const line = await measured(settings, fold, count, crops);
      fs.appendFileSync(values.out, `${JSON.stringify(line)}\n`);
      console.log(JSON.stringify(line));
    }
  console.log('| people | pictures | cosine | float | int8 | teacher | time | for int8 | folds |');
  report(linesIn<Line>(values.out), counts);
}

void main();
