import * as z from 'zod';
import { BACKBONE_NAMES } from '../protocol/backbones.js';

/** A network that no builder makes: it lies as data in its checkpoints, and what a builder is told says nothing of it. */
export const GIVEN = 'given';

/** What a network is built from, but for the number of people: kept with a run and in every exported file. */
export const networkOptions = z.object({
  backbone: z.enum([...BACKBONE_NAMES, GIVEN]),
  /** Side of the square RGB input, in pixels. */
  size: z.int().min(1),
  /** What every number of channels is multiplied by. */
  width: z.number().positive(),
  /** What makes one value of each channel. */
  pooling: z.enum(['max', 'average']),
  /** Length of the embedding, which a linear layer makes; what the backbone gives when absent. */
  embedding: z.int().min(1).max(4096).optional(),
  /** Share of the embedding, or with cosines of what it is made of, that a training step leaves out; 0 for none. */
  dropout: z.number().min(0).lt(1),
  /** What makes scores of an embedding: a dense layer, or cosines (src/graph/cosineHead.ts). */
  head: z.enum(['dense', 'cosine']),
});
export type NetworkOptions = Readonly<z.infer<typeof networkOptions>>;

/** How faces lie in the pictures that a network was trained on. */
export const facesSeen = z.enum(['aligned', 'as they are']);
export type FacesSeen = z.infer<typeof facesSeen>;

/** The network that training options ask for; one of version 1 of a run or file, which names no backbone, is MobileNetV2. */
export function networkOptionsOf(
  asked: Pick<NetworkOptions, 'size' | 'width' | 'pooling'> & Partial<NetworkOptions>,
): NetworkOptions {
  const { backbone = 'mobileNetV2', size, width, pooling, embedding, dropout = 0, head = 'dense' } = asked;
  return { backbone, size, width, pooling, ...(embedding !== undefined && { embedding }), dropout, head };
}

/** Of a network that is given, with a cosine head. */
export function givenNetwork(size: number): NetworkOptions {
  return { backbone: GIVEN, size, width: 1, pooling: 'average', dropout: 0, head: 'cosine' };
}
