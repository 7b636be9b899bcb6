import sharp from 'sharp';
import { readRegularFileLater } from '../platform/regularFile.js';
import { MAXIMUM_PIXELS, MOST_PICTURE_BYTES, MOST_SECONDS } from './decodePicture.js';

/** A small JPEG of a picture as a data URI, no side longer than `side`; undefined when the picture cannot be read. */
export async function thumbnailOf(
  file: string,
  side: number,
  { quality, enlarge }: { readonly quality: number; readonly enlarge: boolean },
): Promise<string | undefined> {
  try {
    const jpeg = await sharp(await readRegularFileLater(file, MOST_PICTURE_BYTES), { limitInputPixels: MAXIMUM_PIXELS })
      .timeout({ seconds: MOST_SECONDS })
      .autoOrient()
      .resize(side, side, { fit: 'inside', withoutEnlargement: !enlarge })
      .flatten({ background: '#fff' })
      .jpeg({ quality })
      .toBuffer();
    return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
  } catch {
    return undefined;
  }
}

/** @param pixels [size, size, 3] RGB */
export async function jpegDataUri(pixels: Uint8Array, size: number): Promise<string> {
  const raw = { width: size, height: size, channels: 3 as const };
  const jpeg = await sharp(pixels, { raw }).jpeg({ quality: 85 }).toBuffer();
  return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
}
