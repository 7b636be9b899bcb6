import { createHash } from 'node:crypto';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { Transformer, type FastResizeOptions } from '@napi-rs/image';
import { decode as decodeBmp } from 'bmp-ts';
import { readJpegHeader, type JpegHeader } from './jpegHeader.js';
import { FileReader } from '../platform/fileReader.js';
import { NOT_REGULAR, TOO_LARGE } from '../platform/regularFile.js';
import { differenceHash } from './differenceHash.js';
import { decodePnm, readPnmHeader, type RawPicture } from './pnm.js';
import {
  CONTENT_BYTES,
  FAULTS,
  DIFFERENCE_HASH_BYTES,
  type Fault,
  type Format,
  type PictureFact,
} from './pictureFacts.js';

/** Refused from the header, before decoding. */
export const MAXIMUM_PIXELS = 50_000_000;
/** So many pixels of four colours of 16 bits take 400 MB. Refused before the file is read. */
export const MOST_PICTURE_BYTES = 1 << 29;
/** For decoding a picture: one of as many pixels takes two or three, also where others are decoded beside it. */
export const MOST_SECONDS = 60;

/** `pixels` when the fault is `none`: [size, size, 3] RGB. */
export interface DecodedPicture {
  readonly fact: PictureFact;
  readonly pixels: Uint8Array | undefined;
}

// libvips' own cache and threads gain nothing here: every picture is decoded once, many at a time.
sharp.cache(false);
sharp.concurrency(1);

const files = new FileReader(MOST_PICTURE_BYTES);

const OPTIONS = { failOn: 'truncated', limitInputPixels: MAXIMUM_PIXELS } as const;

/**
 * Reads a picture's file: its facts, and its pixels as [size, size, 3] RGB bytes. The whole picture is stretched to the
 * square, as in the original recipe, with an antialiasing linear filter; EXIF orientation is applied, transparency lies
 * on black, of several frames the first is taken. Never throws for what a file can be.
 */
export async function decodePicture(file: string, size: number): Promise<DecodedPicture> {
  let bytes: Buffer;
  try {
    bytes = await files.read(file);
  } catch (error) {
    return faulty(faultOfRead(error as NodeJS.ErrnoException));
  }
  const content = createHash('sha256').update(bytes).digest().subarray(0, CONTENT_BYTES);
  if (bytes.length === 0) return faulty('empty', { content });
  const format = sniff(bytes);
  if (format === 'heic') return faulty('heic', { content });
  if (format === 'unknown') return faulty('notPicture', { content });
  let shape = { format, content, width: 0, height: 0, pages: 1 };
  const jpeg = format === 'jpeg' ? readJpegHeader(bytes) : undefined;
  if (jpeg) {
    shape = { ...shape, width: jpeg.width, height: jpeg.height };
    if (shape.width * shape.height > MAXIMUM_PIXELS) return faulty('tooLarge', shape);
    const pixels = jpeg.plain ? await decodePlainJpeg(bytes, size) : undefined;
    if (pixels) return { fact: { ...shape, fault: 'none', differenceHash: differenceHash(pixels, size) }, pixels };
  }
  try {
    const picture = format === 'bmp' || format === 'pnm' ? openPlain(bytes, format) : sharp(bytes, OPTIONS);
    if (picture === 'tooLarge') return faulty('tooLarge', shape);
    shape = { ...shape, ...shapeOf(await picture.metadata()) };
    if (shape.width * shape.height > MAXIMUM_PIXELS) return faulty('tooLarge', shape);
    const pixels = await picture
      .timeout({ seconds: MOST_SECONDS })
      .autoOrient()
      .flatten({ background: '#000' })
      .toColourspace('srgb')
      .resize(size, size, { fit: 'fill', kernel: 'linear' })
      .removeAlpha()
      .raw()
      .toBuffer();
    if (pixels.length !== size * size * 3) return faulty('channels', shape);
    return { fact: { ...shape, fault: 'none', differenceHash: differenceHash(pixels, size) }, pixels };
  } catch (error) {
    return faulty(/pixel limit/i.test(String(error)) ? 'tooLarge' : 'damaged', shape);
  }
}

/** A picture as it is shown, or a part of it. */
export interface ShownPicture {
  /** [height, width, 3] RGB. */
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Pixels of the file for each of these, along a side; at least 1. */
  readonly shrink: number;
}

/** In pixels of the picture as it is shown; inside it. */
export interface Part {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The whole picture as it is shown, or a part of it, no side longer than `largest`: for what looks at pictures before they
 * become squares.
 *
 * @returns why it cannot be read, in the words that follow its name, when it cannot
 */
export async function decodeWhole(file: string, largest: number, part?: Part): Promise<ShownPicture | string> {
  try {
    const bytes = await files.read(file);
    if (bytes.length === 0) return FAULTS.empty;
    const format = sniff(bytes);
    if (format === 'heic') return FAULTS.heic;
    if (format === 'unknown') return FAULTS.notPicture;
    const jpeg = format === 'jpeg' && !part ? readJpegHeader(bytes) : undefined;
    const small =
      jpeg?.plain && Math.max(jpeg.width, jpeg.height) <= largest ? await decodeSmallJpeg(bytes, jpeg) : undefined;
    if (small) return small;
    const picture = format === 'bmp' || format === 'pnm' ? openPlain(bytes, format) : sharp(bytes, OPTIONS);
    if (picture === 'tooLarge') return FAULTS.tooLarge;
    const { width, height } = part ?? shapeOf(await picture.metadata());
    const shown = picture
      .timeout({ seconds: MOST_SECONDS })
      .autoOrient()
      .flatten({ background: '#000' })
      .toColourspace('srgb');
    const { data, info } = await (part ? shown.extract(part) : shown)
      .resize(largest, largest, { fit: 'inside', withoutEnlargement: true })
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) return FAULTS.channels;
    const shrink = Math.max(1, width / info.width, height / info.height);
    return { pixels: data, width: info.width, height: info.height, shrink };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined) return FAULTS[faultOfRead(error as NodeJS.ErrnoException)];
    return /pixel limit/i.test(String(error)) ? FAULTS.tooLarge : FAULTS.damaged;
  }
}

/** Faster than libvips by a third. Undefined for what is not as its header says; libvips then finds out what it is. */
async function decodeSmallJpeg(
  bytes: Buffer,
  { width, height }: Pick<JpegHeader, 'width' | 'height'>,
): Promise<ShownPicture | undefined> {
  try {
    const pixels = await new Transformer(bytes).rawPixels();
    const channels = pixels.length / (width * height);
    if (channels === 3) return { pixels, width, height, shrink: 1 };
    return channels === 4 ? { pixels: dropAlpha(pixels), width, height, shrink: 1 } : undefined;
  } catch {
    return undefined;
  }
}

/** FastResizeFilter.Bilinear and ResizeFit.Fill of @napi-rs/image, which declares these enumerations and does not have them. */
const BILINEAR = 1;
const FILL = 1;

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * The kind that nearly all pictures are, four times as fast as libvips does it: the same stretch by an antialiasing linear
 * filter. Undefined for what is not as its header says; libvips then finds out what it is.
 */
async function decodePlainJpeg(bytes: Buffer, size: number): Promise<Uint8Array | undefined> {
  try {
    const resize: FastResizeOptions = { width: size, height: size };
    Object.assign(resize, { filter: BILINEAR, fit: FILL });
    const rgba = await new Transformer(bytes).fastResize(resize).rawPixels();
    if (rgba.length !== size * size * 4) return undefined;
    return dropAlpha(rgba);
  } catch {
    return undefined;
  }
}

/** RGB of RGBA; four pixels at a time where the machine's words allow it. */
function dropAlpha(rgba: Uint8Array): Uint8Array {
  const pixels = rgba.length / 4;
  const rgb = new Uint8Array(pixels * 3);
  if (pixels % 4 !== 0 || rgba.byteOffset % 4 !== 0 || !LITTLE_ENDIAN) {
    for (let i = 0, o = 0; o < rgb.length; i += 4, o += 3) {
      rgb[o] = rgba[i]!;
      rgb[o + 1] = rgba[i + 1]!;
      rgb[o + 2] = rgba[i + 2]!;
    }
    return rgb;
  }
  const from = new Int32Array(rgba.buffer, rgba.byteOffset, pixels);
  const to = new Int32Array(rgb.buffer);
  for (let i = 0, o = 0; i < pixels; i += 4, o += 3) {
    const second = from[i + 1]!;
    const third = from[i + 2]!;
    to[o] = (from[i]! & 0xffffff) | (second << 24);
    to[o + 1] = ((second >>> 8) & 0xffff) | (third << 16);
    to[o + 2] = ((third >>> 16) & 0xff) | (from[i + 3]! << 8);
  }
  return rgb;
}

function faulty(fault: Fault, known: Partial<PictureFact> = {}): DecodedPicture {
  const empty = {
    format: 'unknown',
    width: 0,
    height: 0,
    pages: 1,
    content: new Uint8Array(CONTENT_BYTES),
    differenceHash: new Uint8Array(DIFFERENCE_HASH_BYTES),
  } as const;
  return { fact: { ...empty, ...known, fault }, pixels: undefined };
}

function faultOfRead({ code }: NodeJS.ErrnoException): Fault {
  if (code === 'EACCES' || code === 'EPERM') return 'forbidden';
  if (code === NOT_REGULAR) return 'notPicture';
  if (code === TOO_LARGE) return 'heavy';
  return code === 'EIO' ? 'damaged' : 'gone';
}

/** By the first bytes. */
export function sniff(bytes: Uint8Array): Format | 'heic' {
  const text = (from: number, to: number) => Buffer.from(bytes.subarray(from, to)).toString('latin1');
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'jpeg';
  if (text(0, 4) === '\x89PNG') return 'png';
  if (text(0, 4) === 'GIF8') return 'gif';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'webp';
  if (/^(II[*+]\0|MM\0[*+])/.test(text(0, 4))) return 'tiff';
  if (text(0, 2) === 'BM') return 'bmp';
  if (/^P[2356]\s/.test(text(0, 3))) return 'pnm';
  if (text(4, 8) === 'ftyp') return /^avi[fs]/.test(text(8, 12)) || text(16, 64).includes('avif') ? 'avif' : 'heic';
  return 'unknown';
}

function shapeOf({ width, height, pages, pageHeight, autoOrient }: Metadata) {
  // Frames of an animation lie under each other only when all are asked for.
  return {
    width: autoOrient.width || width,
    height: pageHeight ?? (autoOrient.height || height),
    pages: pages ?? 1,
  };
}

/** What libvips has no reader for. */
function openPlain(bytes: Buffer, format: 'bmp' | 'pnm'): Sharp | 'tooLarge' {
  const { width, height } = format === 'bmp' ? readBmpHeader(bytes) : readPnmHeader(bytes);
  if (width * height > MAXIMUM_PIXELS) return 'tooLarge';
  const { channels, pixels } = format === 'bmp' ? openBmp(bytes, width, height) : decodePnm(bytes);
  return sharp(pixels, { raw: { width, height, channels } });
}

/** @throws RangeError when it is none, or cut short */
function readBmpHeader(bytes: Buffer): { width: number; height: number } {
  const core = bytes.readUInt32LE(14) === 12;
  const [width, height] = core
    ? [bytes.readUInt16LE(18), bytes.readUInt16LE(20)]
    : [bytes.readInt32LE(18), Math.abs(bytes.readInt32LE(22))];
  if (width <= 0 || height <= 0) throw new RangeError('a bitmap without pixels');
  const bits = core ? bytes.readUInt16LE(24) : bytes.readUInt16LE(28);
  const compressed = !core && [1, 2].includes(bytes.readUInt32LE(30));
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  if (width * height <= MAXIMUM_PIXELS && !compressed && bytes.length < bytes.readUInt32LE(10) + rowBytes * height)
    throw new RangeError('cut short');
  return { width, height };
}

function openBmp(bytes: Buffer, width: number, height: number): Pick<RawPicture, 'channels' | 'pixels'> {
  const { data } = decodeBmp(bytes, { toRGBA: true });
  // The fourth channel of a 32-bit bitmap is padding in most files.
  const pixels = Buffer.alloc(width * height * 3);
  for (let i = 0; i < width * height; i++) data.copy(pixels, 3 * i, 4 * i, 4 * i + 3);
  return { channels: 3, pixels };
}
