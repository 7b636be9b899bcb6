import { crc32 } from 'node:zlib';
import { PixelCache } from '../../src/dataset/pixelCache.js';
import { CONTENT_BYTES, DIFFERENCE_HASH_BYTES } from '../../src/dataset/pictureFacts.js';

// A program that fills a cache until it is killed: `cacheWriter.ts <caches> <dataset>`. It says "ready" when it begins.

export const SIZE = 32;

/** The pixels that belong to a name. */
export function pixelsOf(file: string): Uint8Array {
  return new Uint8Array(SIZE * SIZE * 3).map((_, i) => crc32(`${file} ${i >> 6}`) & 255);
}

export const stampOf = (file: string) => ({ file, bytes: file.length, modifiedMs: 1.5 });

export const fact = {
  fault: 'none',
  format: 'png',
  width: 40,
  height: 30,
  pages: 1,
  content: new Uint8Array(CONTENT_BYTES).fill(7),
  differenceHash: new Uint8Array(DIFFERENCE_HASH_BYTES).fill(9),
} as const;

if (process.argv[1]?.endsWith('cacheWriter.ts')) {
  const cache = PixelCache.open(process.argv[2]!, process.argv[3]!, SIZE, 1e9);
  console.log('ready');
  for (let i = 0; ; i++) {
    const file = `person/${i}.png`;
    if (!cache.find(stampOf(file))) cache.add(stampOf(file), fact, pixelsOf(file));
  }
}
