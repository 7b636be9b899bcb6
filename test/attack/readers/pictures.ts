import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { Random } from '../../../src/core/random.js';
import { decodePicture, decodeWhole } from '../../../src/dataset/decodePicture.js';
import { thumbnailOf } from '../../../src/dataset/thumbnail.js';
import { mutateBytes } from '../mutations.js';
import type { Attempt } from '../reader.js';

const [WIDTH, HEIGHT] = [36, 28];

async function written(): Promise<Buffer[]> {
  const random = Random.fromSeed(1);
  const pixels = Buffer.from(Array.from({ length: WIDTH * HEIGHT * 3 }, () => random.integer(256)));
  const picture = () => sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } }).blur(2);
  const smooth = await picture().raw().toBuffer();
  return Promise.all([
    picture().jpeg().withMetadata({ orientation: 6 }).toBuffer(),
    picture().jpeg({ progressive: true }).toBuffer(),
    picture().png().toBuffer(),
    picture()
      .png({ palette: true, interlace: true } as object)
      .toBuffer(),
    picture().webp().toBuffer(),
    picture().webp({ lossless: true }).toBuffer(),
    picture().tiff({ compression: 'lzw' }).toBuffer(),
    picture().tiff({ compression: 'none' }).toBuffer(),
    picture().gif().toBuffer(),
    picture().avif({ effort: 0 }).toBuffer(),
    Promise.resolve(bitmap(smooth)),
    Promise.resolve(Buffer.concat([Buffer.from(`P6\n# noise\n${WIDTH} ${HEIGHT}\n255\n`), smooth])),
    Promise.resolve(Buffer.from(`P2\n${WIDTH} ${HEIGHT} 255\n${[...smooth.subarray(0, WIDTH * HEIGHT)].join(' ')}\n`)),
  ]);
}

/** 24 bits, from the bottom to the top. */
function bitmap(pixels: Buffer): Buffer {
  const head = Buffer.alloc(54);
  head.write('BM');
  head.writeUInt32LE(54 + pixels.length, 2);
  head.writeUInt32LE(54, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(WIDTH, 18);
  head.writeInt32LE(HEIGHT, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(24, 28);
  return Buffer.concat([head, pixels]);
}

export async function pictures(folder: string): Promise<Attempt> {
  const originals = await written();
  const file = path.join(folder, 'picture');
  const ways = [
    () => decodePicture(file, 32),
    () => decodeWhole(file, 64),
    () => decodeWhole(file, 64, { left: 2, top: 2, width: 8, height: 8 }),
    () => thumbnailOf(file, 16, { quality: 80, enlarge: false }),
  ];
  return async (random) => {
    fs.writeFileSync(file, mutateBytes(random.pick(originals), random));
    await random.pick(ways)();
  };
}
