import type { FaceQuality, NoAnswer } from '../protocol/recognition.js';

/** A face of a picture, as the network takes it. */
export interface ReadFace {
  /** [S, S, 3] RGB bytes. */
  readonly crop: Uint8Array;
  readonly quality?: FaceQuality;
  /** Why no name is given for it. */
  readonly doubt?: Exclude<NoAnswer, 'no-face' | 'unreadable'>;
}

/** The faces of a picture, those that count for most first, or in the words that follow its name why it cannot be read. */
export type ReadPicture = { readonly faces: readonly ReadFace[] } | { readonly fault: string };

/** Finds the faces of pictures and aligns them for a network. */
export interface FaceReader {
  of(file: string): Promise<ReadPicture>;
  close(): Promise<void>;
}
