import type { LeftPlace, PersonTrace } from '../protocol/personalData.js';
import type { PersonPictures } from './personPictures.js';

/** Finds a person in one place, and where it is asked for erases them from it. */
export interface Looking {
  readonly person: PersonPictures;
  /** False only finds. */
  readonly change: boolean;
  /** What was found and, with `change`, is gone; told without the name. */
  readonly trace: (trace: PersonTrace) => void;
  readonly left: (place: LeftPlace) => void;
  /** What a search afterwards must not find: pixels of the person, and vectors of their faces. */
  readonly pixels: (bytes: Uint8Array) => void;
  readonly vector: (values: Float32Array) => void;
}
