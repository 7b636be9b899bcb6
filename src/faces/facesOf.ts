import path from 'node:path';
import { apply, scaleOf, type Similarity } from '../core/similarity.js';
import { decodeWhole, MOST_PICTURE_BYTES, type Part, type ShownPicture } from '../dataset/decodePicture.js';
import { FileReader } from '../platform/fileReader.js';
import type { FaceCache, PictureStamp } from './faceCache.js';
import type { FaceFinder } from './faceFinder.js';
import { cropTransform, type FivePoints } from './faceTemplate.js';
import type { AlignedFaces, FoundFace, JudgedFace } from './foundFace.js';
import { doubtOf, qualityOf, type FaceLimits } from './quality.js';
import { cropFace } from './resample.js';

export interface AlignedFacesOptions {
  readonly template: FivePoints;
  /** Side of a crop in pixels. */
  readonly size: number;
  /** Closed with it. */
  readonly finder: FaceFinder;
  readonly cache?: FaceCache;
  /** Below which a face is in doubt; `FACE_LIMITS` when absent. */
  readonly limits?: FaceLimits;
}

/** A picture is looked at no larger than this. */
export const LARGEST_SIDE = 1280;
/** Of a picture that was made smaller, faces with fewer pixels than this share of a crop's are cut out of the file again. */
const ENOUGH_PIXELS = 1;
/** Faces that are cut out of the file again, each by decoding it once more. */
const MOST_AGAIN = 3;

/** What a cache of aligned faces is told apart by. */
export function facesIdentity({ finder, template }: Pick<AlignedFacesOptions, 'finder' | 'template'>): string {
  return `${finder.identity} ${LARGEST_SIDE} ${JSON.stringify(template)}`;
}

/** Faces of pictures as they come from a camera: found, aligned to the template, judged, and kept for the next time. */
export function openFaces({ template, size, finder, cache, limits }: AlignedFacesOptions): AlignedFaces {
  const reader = new FileReader(MOST_PICTURE_BYTES);

  const found = async (file: string): Promise<{ faces: JudgedFace[] } | { fault: string }> => {
    const picture = await decodeWhole(file, LARGEST_SIDE);
    if (typeof picture === 'string') return { fault: picture };
    const faces = await finder.find(picture.pixels, picture.width, picture.height);
    let again = 0;
    const cut: JudgedFace[] = [];
    for (const face of faces) {
      const transform = cropTransform(face.points, template, size);
      const few = picture.shrink > 1 && scaleOf(transform) < ENOUGH_PIXELS && again++ < MOST_AGAIN;
      const crop =
        (few ? await cutAgain(file, picture, transform, size) : undefined) ?? cropFace(picture, transform, size);
      cut.push({ crop, face, quality: qualityOf(crop, size, face.points, template, picture.shrink) });
    }
    return { faces: cut };
  };

  return {
    async of(file) {
      const stamp = await stampOf(reader, path.resolve(file));
      const kept = stamp && (await cache?.find(stamp));
      const result = kept ? { faces: kept } : await found(file);
      if ('fault' in result) return result;
      if (!kept && stamp) await cache?.keep(stamp, result.faces);
      return { faces: result.faces.map((face) => withDoubt(face, limits)) };
    },
    async close() {
      cache?.close();
      await finder.close();
    },
  };
}

async function stampOf(reader: FileReader, file: string): Promise<PictureStamp | undefined> {
  try {
    const { size, mtimeMs } = await reader.stat(file);
    return { file, bytes: size, modifiedMs: mtimeMs };
  } catch {
    return undefined;
  }
}

function withDoubt(face: JudgedFace, limits: FaceLimits | undefined): FoundFace {
  const doubt = doubtOf(face.quality, limits);
  return doubt === undefined ? face : { ...face, doubt };
}

/**
 * A crop out of the file's own pixels.
 *
 * @param transform from the crop to the picture as it was looked at
 */
async function cutAgain(
  file: string,
  { width, height, shrink }: ShownPicture,
  transform: Similarity,
  size: number,
): Promise<Uint8Array | undefined> {
  const corners = [
    [0, 0],
    [size, 0],
    [0, size],
    [size, size],
  ].map((corner) => apply(transform, corner as [number, number]));
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  const left = Math.floor(Math.max(0, Math.min(...xs) - 1) * shrink);
  const top = Math.floor(Math.max(0, Math.min(...ys) - 1) * shrink);
  const right = Math.floor(Math.min(width - 1, Math.max(...xs) + 1) * shrink);
  const bottom = Math.floor(Math.min(height - 1, Math.max(...ys) + 1) * shrink);
  const part: Part = { left, top, width: right - left, height: bottom - top };
  if (part.width < 1 || part.height < 1) return undefined;
  const picture = await decodeWhole(file, LARGEST_SIDE, part);
  if (typeof picture === 'string') return undefined;
  const scale = shrink / picture.shrink;
  const { a, b, tx, ty } = transform;
  const moved = {
    ...{ a: a * scale, b: b * scale },
    tx: (tx * shrink - left) / picture.shrink,
    ty: (ty * shrink - top) / picture.shrink,
  };
  return cropFace(picture, moved, size);
}
