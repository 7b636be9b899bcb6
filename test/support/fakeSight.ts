import fs from 'node:fs';
import path from 'node:path';
import type { ReadFace } from '../../src/recognition/faceReader.js';
import type { Sight } from '../../src/recognition/sight.js';
import { faceOf, LENGTH, NETWORK } from './syntheticFaces.js';

/** A face in a picture of these tests: whose it is, which of theirs, and why it is not answered for. */
export interface FakeFace {
  readonly person: number;
  readonly picture: number;
  readonly doubt?: NonNullable<ReadFace['doubt']>;
}

/** Writes a picture that only the fake sight can read: what it shows, as JSON. */
export function drawFaces(file: string, faces: readonly FakeFace[] | string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, JSON.stringify(faces));
}

/** A network that sees what `drawFaces` wrote, and counts what it is asked. */
export function fakeSight(): Sight & { readonly asked: { pictures: number; faces: number; batches: number[] } } {
  const asked = { pictures: 0, faces: 0, batches: [] as number[] };
  return {
    asked,
    reading: 'fake',
    reader: {
      of: async (file) => {
        asked.pictures++;
        const faces = JSON.parse(await fs.promises.readFile(file, 'utf8')) as readonly FakeFace[] | string;
        if (typeof faces === 'string') return { fault: faces };
        return {
          faces: faces.map(({ person, picture, doubt }) => ({
            crop: Uint8Array.of(person, picture),
            ...(doubt === undefined ? {} : { doubt }),
          })),
        };
      },
      close: () => Promise.resolve(),
    },
    embedder: {
      network: NETWORK,
      runtime: 'a fake',
      embed: (crops, count) => {
        asked.faces += count;
        asked.batches.push(count);
        const rows = new Float32Array(count * LENGTH);
        for (let i = 0; i < count; i++) rows.set(faceOf(crops[2 * i]!, crops[2 * i + 1]!), i * LENGTH);
        return Promise.resolve(rows);
      },
      close: () => Promise.resolve(),
    },
    close: () => Promise.resolve(),
  };
}
