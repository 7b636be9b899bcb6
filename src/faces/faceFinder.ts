import type { FivePoints } from './faceTemplate.js';
import type { Picture } from './resample.js';
import type { Box } from './ssd.js';

export interface Face {
  readonly box: Box;
  /** Of the detector, 0 to 1. */
  readonly score: number;
  readonly points: FivePoints;
}

/** Finds faces and the five points of each. */
export interface FaceFinder {
  /** What finds them and how, as part of the key of whatever is kept of its answers. */
  readonly identity: string;
  /**
   * @param pixels [height, width, 3] RGB
   * @returns in pixels of the picture, the one that the picture is most likely of first
   */
  find(pixels: Uint8Array, width: number, height: number): Promise<Face[]>;
  close(): Promise<void>;
}

/** Large and near the middle first: that is whom a picture is of. */
export function inOrder<F extends { readonly box: Box }>(
  faces: readonly F[],
  { width, height }: Pick<Picture, 'width' | 'height'>,
): F[] {
  const weight = ({ box }: F) => {
    const dx = (box.left + box.width / 2) / width - 0.5;
    const dy = (box.top + box.height / 2) / height - 0.5;
    return box.width * box.height * Math.exp(-4 * (dx * dx + dy * dy));
  };
  return [...faces].sort((a, b) => weight(b) - weight(a));
}
