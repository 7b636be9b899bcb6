import fs from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { decodeWhole } from '../dataset/decodePicture.js';
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../platform/rights.js';
import type { Face, FaceFinder } from './faceFinder.js';
import { CROP_TEMPLATE, cropTransform, misfit, pixelsPerPixel } from './faceTemplate.js';
import { cropFace } from './resample.js';

/** What became of one picture. */
export interface AlignResult {
  readonly outcome: 'aligned' | 'doubtful' | 'no-face' | 'unreadable';
  /** Why it is doubtful or failed, in the words that follow its name. */
  readonly reasons: readonly string[];
  readonly score?: number;
  readonly points?: Face['points'];
}

/** A picture is looked at no larger than this: a face of a tenth of the width is still found. */
const LARGEST_SIDE = 1280;
const LOW_SCORE = 0.5;
/** A crop with fewer pixels of the picture than this share of its own is blown up. */
const FEW_PIXELS = 0.4;
/** Beyond a crop's side times this the five points are far from those of a face seen from the front. */
const LARGE_MISFIT = 0.09;
/** A second face of more than this share of the first one's size. */
const SECOND_FACE = 0.5;

/** Finds the face of a picture, turns and cuts it to `size` x `size` pixels and writes it as a JPEG. */
export async function alignPicture(
  finder: FaceFinder,
  source: string,
  target: string,
  size: number,
): Promise<AlignResult> {
  const decoded = await decodeWhole(source, LARGEST_SIDE);
  if (typeof decoded === 'string') return { outcome: 'unreadable', reasons: [decoded] };
  const [face, second] = await finder.find(decoded.pixels, decoded.width, decoded.height);
  if (!face) return { outcome: 'no-face', reasons: ['shows no face that could be found'] };

  const reasons: string[] = [];
  if (face.score < LOW_SCORE) reasons.push('is hardly recognizable as a face');
  if (pixelsPerPixel(face.points, CROP_TEMPLATE, size) < FEW_PIXELS) reasons.push('shows a face of only a few pixels');
  if (misfit(face.points) > LARGE_MISFIT) reasons.push('shows a face from the side or at an angle');
  if (second && second.box.width > SECOND_FACE * face.box.width) reasons.push('shows more than one face');

  const crop = cropFace(decoded, cropTransform(face.points, CROP_TEMPLATE, size), size);
  await fs.mkdir(path.dirname(target), { recursive: true, mode: PRIVATE_FOLDER });
  // Under another name first: a crop is whole or absent.
  await sharp(crop, { raw: { width: size, height: size, channels: 3 } })
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toFile(`${target}.tmp`);
  await fs.chmod(`${target}.tmp`, PRIVATE_FILE);
  await fs.rename(`${target}.tmp`, target);
  const { score, points } = face;
  return { outcome: reasons.length > 0 ? 'doubtful' : 'aligned', reasons, score, points };
}
