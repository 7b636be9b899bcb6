import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { Random } from '../../src/core/random.js';

/** A folder of its own for each test that asks for it, removed after the test. */
export function scratchFolder(): () => string {
  let folder: string | undefined;
  afterEach(() => {
    if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    folder = undefined;
  });
  return () => (folder ??= fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-')));
}

/** A picture of blurred coloured noise: the same for the same seed. */
export async function writeNoisePicture(file: string, seed: number, side = 40): Promise<void> {
  const random = Random.fromSeed(seed);
  const pixels = Buffer.from(Array.from({ length: 8 * 8 * 3 }, () => random.integer(256)));
  fs.mkdirSync(path.dirname(file), { recursive: true });
  await sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } })
    .resize(side, side)
    .toFile(file);
}

/** `people` folders with `each` pictures in `root`. */
export async function writePeople(root: string, people: number, each: number, side = 40): Promise<void> {
  for (let p = 0; p < people; p++)
    for (let i = 0; i < each; i++)
      await writeNoisePicture(path.join(root, `person-${p}`, `${i}.png`), 100 * p + i, side);
}
