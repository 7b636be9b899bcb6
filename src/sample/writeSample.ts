import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { Random } from '../core/random.js';
import { drawFace, randomCircumstances } from './drawFace.js';
import { randomIdentity } from './identity.js';

export interface SampleOptions {
  readonly people: number;
  readonly picturesEach: number;
  /** Side of the square pictures, in pixels. */
  readonly size: number;
  readonly seed: number;
}

export const DEFAULT_SAMPLE: SampleOptions = { people: 30, picturesEach: 20, size: 160, seed: 1 };

const NOTE = `Synthetic faces, drawn by Face Trainer from random numbers.
No real person is shown here. Made to try the program, not to judge it: accuracy on
drawings says nothing about accuracy on people.
`;

/** Draws a dataset of synthetic people, the same for the same options; a folder that is already whole is kept. */
export async function writeSample(folder: string, options: SampleOptions = DEFAULT_SAMPLE): Promise<void> {
  const note = path.join(folder, 'SYNTHETIC.txt');
  const text = `${NOTE}\n${JSON.stringify(options)}\n`;
  if (fs.existsSync(note) && fs.readFileSync(note, 'utf8') === text) return;
  const people = Random.forPurpose(options.seed, 'synthetic people');
  for (let p = 1; p <= options.people; p++) {
    const identity = randomIdentity(people);
    const pictures = Random.forPurpose(options.seed, `synthetic pictures of ${p}`);
    const own = path.join(folder, `synthetic-${String(p).padStart(2, '0')}`);
    fs.mkdirSync(own, { recursive: true });
    for (let i = 1; i <= options.picturesEach; i++) {
      const how = randomCircumstances(pictures);
      await sharp(Buffer.from(drawFace(identity, how)))
        .resize(options.size, options.size)
        .modulate({ brightness: how.brightness })
        .jpeg({ quality: 90 })
        .toFile(path.join(own, `${String(i).padStart(2, '0')}.jpg`));
    }
  }
  // The last file: a folder without it is drawn again.
  fs.writeFileSync(note, text);
}
