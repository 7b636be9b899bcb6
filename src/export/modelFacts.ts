import * as z from 'zod';

/** Name of the entry that holds these facts, as JSON, in the metadata of every format that has any. */
export const FACTS_KEY = 'face_trainer';

/** What a program needs to know of a file beside its tensors: whom the outputs stand for, and what a picture becomes first. */
export const modelFacts = z.object({
  version: z.literal(1),
  /** Whose logit or probability is which. */
  labels: z.array(z.string()),
  /** `embedding` is the vector before the last layer. */
  output: z.enum(['logits', 'probabilities', 'embedding']),
  input: z.object({
    width: z.int().min(1),
    height: z.int().min(1),
    layout: z.enum(['NHWC', 'NCHW']),
    colour: z.literal('RGB'),
    /** The whole picture is stretched to this square; its middle, of the input's size, is taken. */
    resize: z.int().min(1),
    scaling: z.literal('x / 127.5 - 1'),
    /** `aligned`: the network was trained on crops of Align Faces and wants the same. */
    faces: z.enum(['aligned', 'as they are']),
  }),
  network: z.object({
    name: z.string(),
    width: z.number(),
    pooling: z.enum(['max', 'average']),
  }),
});
export type ModelFacts = z.infer<typeof modelFacts>;

/** @returns undefined when it is not what it should be */
export function parseFacts(json: string | undefined): ModelFacts | undefined {
  try {
    return modelFacts.safeParse(JSON.parse(json ?? '')).data;
  } catch {
    return undefined;
  }
}
