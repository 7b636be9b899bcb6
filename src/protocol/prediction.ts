import * as z from 'zod';

/** Whether faces are found and cut out before a network looks; `auto`: where it was trained on such crops. */
export const facesWish = z.enum(['auto', 'align', 'as-they-are']);
export type FacesWish = z.infer<typeof facesWish>;

/** Who a network thinks is in a picture, or why it was not asked. */
export const prediction = z.union([
  z.object({
    file: z.string(),
    person: z.string(),
    probability: z.number(),
    /** Probability of each person. */
    scores: z.record(z.string(), z.number()),
    /** Data URI of what the network saw, where that was asked for. */
    seen: z.string().optional(),
  }),
  z.object({ file: z.string(), error: z.string() }),
]);
export type Prediction = z.infer<typeof prediction>;
