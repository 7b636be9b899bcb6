import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { Random } from '../src/core/random.js';
import { scanDataset } from '../src/dataset/scanDataset.js';
import { FaceCache } from '../src/faces/faceCache.js';
import type { Face, FaceFinder } from '../src/faces/faceFinder.js';
import { facesIdentity, openFaces } from '../src/faces/facesOf.js';
import { openFaceFinder } from '../src/faces/openFaceFinder.js';
import { readFaceNetworks } from '../src/weights/faceNetwork.js';
import { faceWeightsIn } from '../src/weights/faceWeights.js';
import { median } from './support.js';

// npm run bench:faces [-- speed|photographs|recall|canvas|groups|turned … --weights FOLDER --folder FOLDER --pictures N --rounds N --factors N,N]:
// how fast faces are found and aligned, and how many are missed. Pictures of `--folder` show a face in the middle.

const shared = path.resolve(import.meta.dirname, '../../shared');
const { values, positionals } = parseArgs({
  options: {
    weights: { type: 'string', default: path.join(shared, 'weights/omz') },
    folder: { type: 'string', default: path.join(shared, 'data/wild') },
    pictures: { type: 'string', default: '400' },
    rounds: { type: 'string', default: '3' },
    cores: { type: 'string', default: '2' },
    factors: { type: 'string', default: '3,6,8' },
  },
  allowPositionals: true,
});
const rounds = Number(values.rounds);
const cores = Number(values.cores);
const GREY = { r: 128, g: 128, b: 128 };
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-bench-'));
process.on('exit', () => fs.rmSync(scratch, { recursive: true, force: true }));

const { root, files } = scanDataset(values.folder);
const everyFile = files.map((file) => path.join(root, file));
/** A sample, spread over the people. */
const sample = (count = Number(values.pictures)) =>
  Random.fromSeed(1)
    .shuffle([...everyFile])
    .slice(0, count);

const weights = faceWeightsIn(values.weights);
const openFinder = () => openFaceFinder(weights, cores);

/** More at a time than there are lanes, so that reading and computing overlap. */
async function forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) await work(items[next++]!);
  };
  await Promise.all(Array.from({ length: 2 * cores }, worker));
}

const aligner = async () => {
  const { face } = readFaceNetworks(weights);
  const finder = await openFinder();
  const options = { template: face.template!, size: face.size, finder };
  const kept = new FaceCache(path.join(scratch, 'faces'), facesIdentity(options), face.size, 1e12);
  return { faces: openFaces(options), cached: openFaces({ ...options, cache: kept }) };
};

/** Pictures a second, from file to aligned face, and again from the cache. */
async function speed(pictures = sample(), what = '250 x 250'): Promise<void> {
  const { faces, cached } = await aligner();
  await forEach(pictures.slice(0, 20), async (file) => {
    await faces.of(file);
  });
  const rates: number[] = [];
  const burdens: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const before = process.cpuUsage();
    await forEach(pictures, async (file) => {
      await faces.of(file);
    });
    rates.push((pictures.length / (performance.now() - start)) * 1000);
    const { user, system } = process.cpuUsage(before);
    burdens.push((user + system) / 1000 / pictures.length);
  }
  await forEach(pictures, async (file) => {
    await cached.of(file);
  });
  const start = performance.now();
  await forEach(pictures, async (file) => {
    await cached.of(file);
  });
  const again = (pictures.length / (performance.now() - start)) * 1000;
  console.log(
    `${what}: ${median(rates).toFixed(1)} pictures/s found and aligned, ${median(burdens).toFixed(1)} ms of a core each, ${again.toFixed(0)} from the cache (${cores} cores)`,
  );
  await faces.close();
}

/** Pictures of 12 megapixels with the noise of a sensor, as JPEG. */
async function photographs(): Promise<void> {
  const random = Random.fromSeed(2);
  const noise = Buffer.from(Uint8Array.from({ length: 4000 * 3000 }, () => 116 + random.integer(25)));
  const grain = await sharp(noise, { raw: { width: 4000, height: 3000, channels: 1 } })
    .png({ compressionLevel: 0 })
    .toBuffer();
  const photos: string[] = [];
  for (const [i, file] of sample(6).entries()) {
    const face = await sharp(file)
      .resize(800 + 300 * i)
      .toBuffer();
    const photo = path.join(scratch, `photo-${i}.jpg`);
    await sharp({ create: { width: 4000, height: 3000, channels: 3, background: GREY } })
      .composite([
        { input: face, left: 200 * i + 100, top: 150 * i },
        { input: grain, blend: 'overlay' },
      ])
      .jpeg({ quality: 92 })
      .toFile(photo);
    photos.push(photo);
  }
  const bytes = photos.reduce((sum, photo) => sum + fs.statSync(photo).size, 0) / photos.length;
  await speed([...photos, ...photos, ...photos], `4000 x 3000 (${(bytes / 1e6).toFixed(1)} MB)`);
}

interface Canvas {
  readonly pixels: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Of faces whose places are known, how many were found there. */
const isAt = (face: Face, x: number, y: number, scale: number) =>
  Math.abs(face.box.left + face.box.width / 2 - x) < 45 * scale &&
  Math.abs(face.box.top + face.box.height / 2 - y) < 50 * scale &&
  face.box.width > 40 * scale &&
  face.box.width < 220 * scale;

async function missed(
  finder: FaceFinder,
  what: string,
  pictures: readonly string[],
  make: (file: string) => Promise<{ canvas: Canvas; at: readonly (readonly [x: number, y: number, scale: number])[] }>,
): Promise<void> {
  let absent = 0;
  let wanted = 0;
  let extra = 0;
  const lost: string[] = [];
  const start = performance.now();
  await forEach(pictures, async (file) => {
    const { canvas, at } = await make(file);
    const found = await finder.find(canvas.pixels, canvas.width, canvas.height);
    const here = at.filter(([x, y, scale]) => !found.some((face) => isAt(face, x, y, scale)));
    if (here.length > 0) lost.push(path.basename(file));
    wanted += at.length;
    absent += here.length;
    extra += found.length - (at.length - here.length);
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const rate = ((100 * absent) / wanted).toFixed(2);
  console.log(
    `${what}: ${absent} of ${wanted} missed (${rate} %), ${extra} others found, ${seconds} s; ${lost.slice(0, 8).join(' ')}`,
  );
}

async function read(file: string): Promise<Canvas> {
  const { data, info } = await sharp(file)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { pixels: data, width: info.width, height: info.height };
}

/** Pictures on grey, each at its place. */
async function collage(
  side: number,
  parts: readonly { readonly file: string; readonly left: number; readonly top: number; readonly size: number }[],
): Promise<Canvas> {
  const inputs = await Promise.all(
    parts.map(async ({ file, left, top, size }) => ({ input: await sharp(file).resize(size).toBuffer(), left, top })),
  );
  const pixels = await sharp({ create: { width: side, height: side, channels: 3, background: GREY } })
    .composite(inputs)
    .removeAlpha()
    .raw()
    .toBuffer();
  return { pixels, width: side, height: side };
}

async function recall(): Promise<void> {
  const finder = await openFinder();
  await missed(finder, 'as they are', everyFile, async (file) => ({ canvas: await read(file), at: [[125, 125, 1]] }));
  await finder.close();
}

async function canvas(): Promise<void> {
  const finder = await openFinder();
  const random = Random.fromSeed(3);
  for (const factor of values.factors.split(',').map(Number)) {
    // No larger than pictures are looked at.
    const side = Math.min(1280, 250 * factor);
    const size = Math.round(side / factor);
    const scale = size / 250;
    await missed(finder, `on grey ${factor} times as wide`, sample(), async (file) => {
      const [left, top] = [random.integer(side - size + 1), random.integer(side - size + 1)];
      const whole = await collage(side, [{ file, left, top, size }]);
      return { canvas: whole, at: [[left + 125 * scale, top + 125 * scale, scale]] };
    });
  }
  await finder.close();
}

/** Several people in one picture, of sizes up to three times apart. */
async function groups(): Promise<void> {
  const finder = await openFinder();
  const random = Random.fromSeed(4);
  const all = sample(everyFile.length);
  for (const across of [1, 2, 3, 5]) {
    const people = across === 1 ? 2 : across * across;
    const cells = across === 1 ? 2 : across;
    const side = 1200;
    const cell = Math.floor(side / cells);
    await missed(finder, `${people} people`, sample(Math.ceil(Number(values.pictures) / 4)), async (file) => {
      const parts = Array.from({ length: people }, (_, i) => {
        const size = Math.round(cell * (0.34 + (0.66 * random.integer(100)) / 100));
        const left = (i % cells) * cell + random.integer(cell - size + 1);
        const top = Math.floor(i / cells) * cell + random.integer(cell - size + 1);
        return { file: i === 0 ? file : all[random.integer(all.length)]!, left, top, size };
      });
      const at = parts.map(({ left, top, size }) => [left + size / 2, top + size / 2, size / 250] as const);
      return { canvas: await collage(side, parts), at };
    });
  }
  await finder.close();
}

async function turned(): Promise<void> {
  const finder = await openFinder();
  for (const degrees of [15, 30, 45, 60, 90, 180, 270])
    await missed(finder, `turned by ${degrees} degrees`, sample(), async (file) => {
      const { data, info } = await sharp(file)
        .rotate(degrees, { background: GREY })
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      const { width, height } = info;
      return { canvas: { pixels: data, width, height }, at: [[width / 2, height / 2, 1]] };
    });
  await finder.close();
}

const PARTS: Record<string, () => Promise<void>> = { speed, photographs, recall, canvas, groups, turned };

async function main(): Promise<void> {
  for (const part of positionals.length > 0 ? positionals : Object.keys(PARTS)) await PARTS[part]?.();
}

void main();
