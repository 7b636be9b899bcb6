import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { Random } from '../../src/core/random.js';

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
