import * as z from 'zod';
import { scaling } from '../graph/graphSchema.js';
import { template } from '../graph/preprocessing.js';
import { facesSeen, networkOptionsOf, networkOptions } from '../graph/networkOptions.js';

/** Name of the entry that holds these facts, as JSON, in the metadata of every format that has any. */
export const FACTS_KEY = 'face_trainer';

/** Of training options, too. */
const MOST_SIDE = 4096;

/** What a program needs to know of a file beside its tensors: whom the outputs stand for, and what a picture becomes first. */
const modelFacts = z.object({
  version: z.literal(2),
  /** Whose logit or probability is which. */
  labels: z.array(z.string()),
  /** `embedding` is the vector before the last layer. */
  output: z.enum(['logits', 'probabilities', 'embedding']),
  input: z.object({
    width: z.int().min(1).max(MOST_SIDE),
    height: z.int().min(1).max(MOST_SIDE),
    layout: z.enum(['NHWC', 'NCHW']),
    colour: z.literal('RGB'),
    /** The whole picture is stretched to this square; its middle, of the input's size, is taken. */
    resize: z
      .int()
      .min(1)
      .max(2 * MOST_SIDE),
    /** How a byte x is read: a sentence of mathematics, or x · scale + shift for red, green and blue. */
    scaling: z.union([z.literal('x / 127.5 - 1'), scaling]),
    /** `aligned`: the network was trained on crops of Align Faces and wants the same. */
    faces: facesSeen,
    /** Where an aligned face has its points, for a network that wants them at places of its own. */
    template: template.optional(),
    /** Faces with fewer pixels or less detail get no name; the usual limits when absent (src/faces/quality.ts). */
    limits: z.object({ pixels: z.number().min(0), sharpness: z.number().min(0).max(1) }).optional(),
  }),
  network: networkOptions.extend({ name: z.string() }),
});
export type ModelFacts = z.infer<typeof modelFacts>;

/** Of files that 0.1.0 wrote: there was one backbone. */
const firstFacts = modelFacts.extend({
  version: z.literal(1),
  network: networkOptions.pick({ width: true, pooling: true }).extend({ name: z.string() }),
});

/** @returns undefined when it is not what it should be */
export function parseFacts(json: string | undefined): ModelFacts | undefined {
  try {
    const facts: unknown = JSON.parse(json ?? '');
    const first = firstFacts.safeParse(facts).data;
    if (!first) return modelFacts.safeParse(facts).data;
    const { name, ...network } = first.network;
    const options = networkOptionsOf({ ...network, size: first.input.width });
    return { ...first, version: 2, network: { ...options, name } };
  } catch {
    return undefined;
  }
}
