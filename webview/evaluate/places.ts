import type { EvaluationMap } from '../../src/protocol/evaluation.js';

/** How a point of the map is found and said. */
export interface MapPoint {
  readonly picture: string;
  /** A name, or undefined for a stranger. */
  readonly person: string | undefined;
  /** The person's number among all; -1 for a stranger. */
  readonly number: number;
  readonly mistaken: boolean;
}

/** Where a picture stands on the map. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** The first two principal components. */
export function principalPlaces({ picture, components, length }: EvaluationMap): Place[] {
  return picture.map((_, i) => ({ x: components[i * length]!, y: length > 1 ? components[i * length + 1]! : 0 }));
}

/** All components of each picture. */
export function rowsOf({ picture, components, length }: EvaluationMap): number[][] {
  return picture.map((_, i) => components.slice(i * length, (i + 1) * length));
}
