import sharp from 'sharp';

/** Refused from the header, before decoding. */
const MAXIMUM_PIXELS = 50_000_000;

export type DecodedImage =
  | { readonly ok: true; readonly pixels: Uint8Array }
  | { readonly ok: false; readonly reason: string; /** The file is not there (any more). */ readonly gone: boolean };

// libvips' own cache and threads gain nothing here: every picture is decoded once, many at a time.
sharp.cache(false);
sharp.concurrency(1);

/**
 * Decodes a picture to [size, size, 3] RGB bytes. The whole picture is stretched to the square, as in the original
 * recipe, with an antialiasing linear filter; EXIF orientation is applied, transparency lies on black.
 */
export async function decodeImage(file: string, size: number): Promise<DecodedImage> {
  try {
    const pixels = await sharp(file, { failOn: 'truncated', limitInputPixels: MAXIMUM_PIXELS })
      .autoOrient()
      .flatten({ background: '#000' })
      .toColourspace('srgb')
      .resize(size, size, { fit: 'fill', kernel: 'linear' })
      .removeAlpha()
      .raw()
      .toBuffer();
    return pixels.length === size * size * 3
      ? { ok: true, pixels }
      : { ok: false, reason: 'has an unusual number of colour channels', gone: false };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { ok: false, reason: reasonOf(text), gone: /missing|No such file/i.test(text) };
  }
}

/** sharp's and libvips' words in a user's. */
function reasonOf(message: string): string {
  if (/missing|No such file/i.test(message)) return 'is not there any more';
  if (/unsupported image format/i.test(message)) return 'is no picture inside, whatever its name says';
  if (/Input (file|buffer) is empty/i.test(message)) return 'is empty';
  if (/pixel limit/i.test(message)) return `is larger than ${MAXIMUM_PIXELS / 1e6} megapixels`;
  if (/permission|EACCES/i.test(message)) return 'may not be read';
  return `is damaged or cut short (${message.split('\n')[0]!.slice(0, 120)})`;
}
