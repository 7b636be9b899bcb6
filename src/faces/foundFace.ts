import type { FaceQuality } from '../protocol/recognition.js';
import type { Face } from './faceFinder.js';
import type { FaceDoubt } from './quality.js';

/** A face of a picture, aligned to a network, and how well it can be seen. */
export interface JudgedFace {
  /** [size, size, 3] RGB. */
  readonly crop: Uint8Array;
  /** In pixels of the picture as it was looked at: no side above `LARGEST_SIDE`. */
  readonly face: Face;
  readonly quality: FaceQuality;
}

export interface FoundFace extends JudgedFace {
  /** Why no name can be given for it. */
  readonly doubt?: FaceDoubt;
}

/** The faces of a picture, the one that it is most likely of first, or in the words that follow its name why it cannot be read. */
export type FacesOfPicture = { readonly faces: readonly FoundFace[] } | { readonly fault: string };

/** Pictures to aligned faces. */
export interface AlignedFaces {
  /** @param file absolute */
  of(file: string): Promise<FacesOfPicture>;
  close(): Promise<void>;
}
