import * as z from 'zod';

/** What Align Faces has done. */
export const alignSummary = z.object({
  /** Absolute path of the folder with the crops. */
  out: z.string(),
  contactSheet: z.string(),
  pictures: z.int(),
  aligned: z.int(),
  /** Written as well, and shown on the contact sheet. */
  doubtful: z.int(),
  withoutFace: z.int(),
  unreadable: z.int(),
  /** Done by an earlier run. */
  kept: z.int(),
});
export type AlignSummary = z.infer<typeof alignSummary>;
