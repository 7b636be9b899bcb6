import type { RecognizerNetwork } from '../recognizers/recognizer.js';

/** A network that turns aligned faces into vectors that are compared by cosine. */
export interface Embedder {
  readonly network: RecognizerNetwork;
  /** What computes, in words. */
  readonly runtime: string;
  /**
   * @param faces [N, S, S, 3] RGB bytes, S the network's size
   * @returns [N, E], each row of length one
   */
  embed(faces: Uint8Array, count: number): Promise<Float32Array>;
  close(): Promise<void>;
}
