import * as z from 'zod';
import type { Scaling } from './graph.js';

const number = z.number().refine(Number.isFinite);
const ofColours = z.tuple([number, number, number]);
const place = z.tuple([z.number().min(-1).max(2), z.number().min(-1).max(2)]);

/**
 * Where an aligned face has its points, as fractions [x, y] of the square: the viewer's left eye, right eye, tip of the nose,
 * left and right corner of the mouth.
 */
export const template = z.tuple([place, place, place, place, place]).readonly();
export type Template = z.infer<typeof template>;

/** What becomes of a picture before a network sees it: data of the network, never a constant of the code. */
export const preprocessing = z.object({
  /** How a byte is read, red, green and blue; x / 127.5 − 1 when absent. */
  scaling: z.object({ scale: ofColours, shift: ofColours }).optional(),
  /** Absent for a network that was not trained on faces aligned by their points. */
  template: template.optional(),
});
export interface Preprocessing {
  readonly scaling?: Scaling | undefined;
  readonly template?: Template | undefined;
}
