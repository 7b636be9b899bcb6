import type { Face } from '../../faces/faceFinder.js';

// What is asked of a thread of dlib's network, and what it answers, in the order of the questions.

export type DlibWish =
  | { readonly kind: 'find'; readonly pixels: Uint8Array; readonly width: number; readonly height: number }
  /** [count, 150, 150, 3] RGB. */
  | { readonly kind: 'embed'; readonly crops: Uint8Array; readonly count: number };

export type DlibAnswer =
  | { readonly kind: 'found'; readonly faces: readonly Face[] }
  /** [count, 128], as long as they are. */
  | { readonly kind: 'embedded'; readonly rows: Float32Array };

/** Side of the crops that the network takes, and numbers in its embedding. */
export const DLIB_SIZE = 150;
export const DLIB_LENGTH = 128;
