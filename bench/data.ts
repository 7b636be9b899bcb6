import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { Random } from '../src/core/random.js';
import { nearDuplicates } from '../src/dataset/duplicates.js';
import { PictureFacts } from '../src/dataset/pictureFacts.js';
import { PictureLoader, type BatchRequest, type LoaderOptions } from '../src/dataset/pictureLoader.js';
import { PictureSource } from '../src/dataset/pictureSource.js';
import { scanDataset } from '../src/dataset/scanDataset.js';
import { storedSize } from '../src/dataset/augment.js';
import { trainingOptions } from '../src/protocol/options.js';
import { withRecipe } from '../src/protocol/recipes.js';
import { median } from './support.js';

// npm run bench:data [-- epoch|cached|duplicates|memory … --folder FOLDER --python PYTHON --rounds N --pictures N]: how fast
// pictures come, beside Pillow and NumPy in as many processes, in turns, medians of several rounds.

const { values, positionals } = parseArgs({
  options: {
    folder: { type: 'string', default: path.resolve(import.meta.dirname, '../../shared/data/wild') },
    python: { type: 'string', default: path.join(os.homedir(), '.cache/face-trainer/peers/torch/bin/python') },
    rounds: { type: 'string', default: '5' },
    pictures: { type: 'string', default: '200000' },
  },
  allowPositionals: true,
});
const rounds = Number(values.rounds);
const BATCH = 64;
const SIZE = 128;
const cores = os.availableParallelism();
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-bench-'));
process.on('exit', () => fs.rmSync(scratch, { recursive: true, force: true }));

function loaderOptions(stored = SIZE): LoaderOptions {
  const { root, files } = scanDataset(values.folder);
  return { root, files, size: SIZE, stored, cacheFolder: path.join(scratch, 'caches'), cacheBytes: 1e12 };
}

function batchesOf(count: number): number[][] {
  const order = Random.fromSeed(1).shuffle(Array.from({ length: count }, (_, i) => i));
  return Array.from({ length: Math.ceil(count / BATCH) }, (_, i) => order.slice(i * BATCH, (i + 1) * BATCH));
}

const say = (what: string, rate: number, unit = 'pictures/s') =>
  console.log(
    `${what.padEnd(66)} ${rate.toLocaleString('en-US', { maximumFractionDigits: rate < 100 ? 1 : 0 }).padStart(9)} ${unit}`,
  );

/** From the files to every batch of an epoch, checked, hashed and cached on the way; and Pillow beside it. */
async function epoch(): Promise<void> {
  const ours: number[] = [];
  const pillow: number[] = [];
  for (let round = 0; round < rounds; round++) {
    fs.rmSync(path.join(scratch, 'caches'), { recursive: true, force: true });
    const options = loaderOptions();
    const source = new PictureSource(options);
    const start = performance.now();
    await source.prepare(
      () => undefined,
      () => false,
    );
    for (const pictures of batchesOf(options.files.length)) await source.read({ pictures });
    ours.push(options.files.length / ((performance.now() - start) / 1000));
    await source.close();
    const peer = path.join(import.meta.dirname, 'pillow_epoch.py');
    const ran = spawnSync(values.python, [peer, values.folder, String(SIZE), String(BATCH), String(cores)], {
      encoding: 'utf8',
    });
    if (ran.status !== 0) continue;
    const { pictures, seconds } = JSON.parse(ran.stdout) as { pictures: number; seconds: number };
    pillow.push(pictures / seconds);
  }
  say(`first epoch, Face Trainer, ${cores} cores`, median(ours));
  if (pillow.length > 0) say(`first epoch, Pillow and NumPy, ${cores} processes`, median(pillow));
  else console.log(`Pillow did not run: name a Python that has it with --python`);
}

/** Batches from the cache, on one core. */
async function cached(): Promise<void> {
  const { augmentation } = withRecipe('default', { dataset: values.folder }).data!;
  const flips = trainingOptions.shape.augmentation.parse({ flip: true, shift: true });
  const kinds: [string, number, BatchRequest['distortion']][] = [
    ['as they are', SIZE, undefined],
    ['mirrored and moved', storedSize(SIZE, flips), { augmentation: flips, seed: 1, epoch: 1 }],
    ['distorted as the default recipe does', storedSize(SIZE, augmentation), { augmentation, seed: 1, epoch: 1 }],
  ];
  for (const [what, stored, distortion] of kinds) {
    const options = loaderOptions(stored);
    const loader = new PictureLoader(options);
    await loader.prepare(
      () => undefined,
      () => false,
    );
    const rates: number[] = [];
    for (let round = 0; round < rounds + 1; round++) {
      const start = performance.now();
      for (const pictures of batchesOf(options.files.length))
        await loader.read(distortion ? { pictures, distortion } : { pictures });
      rates.push(options.files.length / ((performance.now() - start) / 1000));
    }
    loader.close();
    say(`cached, ${what}, one core`, median(rates.slice(1)));
  }
}

/** Near duplicates among random hashes and copies, on one core. */
function duplicates(): void {
  const facts = new PictureFacts(100_000);
  const random = Random.fromSeed(2);
  for (let i = 0; i < facts.differenceHashes.length; i++) facts.differenceHashes[i] = random.integer(256);
  const all = Array.from({ length: facts.count }, (_, i) => i);
  const start = performance.now();
  nearDuplicates(facts, all);
  say('near duplicates among 100,000 pictures, one core', (performance.now() - start) / 1000, 'seconds');
}

/** Peak memory of a check of a small and of a large generated folder. */
async function memory(): Promise<void> {
  for (const count of [1000, Number(values.pictures)]) {
    const folder = path.join(scratch, String(count));
    await generate(folder, count);
    const started = performance.now();
    const child = spawnSync(
      process.execPath,
      ['--import', 'tsx', import.meta.filename, 'memory-child', '--folder', folder],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [peak, reading] = child.stdout.trim().split(' ').map(Number);
    console.log(
      `${count.toLocaleString('en-US')} pictures: peak ${Math.round(peak!)} MiB, ${Math.round(reading!)} MiB while batches are read; ${Math.round((performance.now() - started) / 1000)} s`,
    );
    fs.rmSync(folder, { recursive: true });
  }
}

async function memoryChild(): Promise<void> {
  const options = loaderOptions();
  const source = new PictureSource({ ...options, cacheFolder: path.join(scratch, 'caches') });
  await source.prepare(
    () => undefined,
    () => false,
  );
  for (const pictures of batchesOf(options.files.length).slice(0, 500)) await source.read({ pictures });
  globalThis.gc?.();
  console.log(process.resourceUsage().maxRSS / 1024, process.memoryUsage().rss / 2 ** 20);
  await source.close();
}

/** Different small pictures, a hundred a person. */
async function generate(folder: string, count: number): Promise<void> {
  const random = Random.fromSeed(3);
  for (let person = 0; person * 100 < count; person++) {
    const own = path.join(folder, `person-${person}`);
    fs.mkdirSync(own, { recursive: true });
    await Promise.all(
      Array.from({ length: Math.min(100, count - person * 100) }, (_, i) => {
        const pixels = Buffer.from(Array.from({ length: 12 * 12 * 3 }, () => random.integer(256)));
        return sharp(pixels, { raw: { width: 12, height: 12, channels: 3 } })
          .resize(96)
          .jpeg()
          .toFile(path.join(own, `${i}.jpg`));
      }),
    );
  }
}

const PARTS: Record<string, () => Promise<void> | void> = {
  epoch,
  cached,
  duplicates,
  memory,
  'memory-child': memoryChild,
};

async function main(): Promise<void> {
  for (const part of positionals.length > 0 ? positionals : ['epoch', 'cached', 'duplicates']) await PARTS[part]?.();
}

void main();
