import type { Embedder } from './embedder.js';
import type { FaceReader } from './faceReader.js';

/** A network at work, with what brings pictures into the form that it takes. */
export interface Sight {
  readonly embedder: Embedder;
  readonly reader: FaceReader;
  /** How faces are read, as part of the key of what is kept of them. */
  readonly reading: string;
  close(): Promise<void>;
}
