import * as z from 'zod';

const rate = z.number().positive();

/** The loss of each step of a search for a learning rate, and the same smoothed. */
export const rateCurve = z.array(z.object({ rate, loss: z.number(), smoothed: z.number() })).max(1000);
export type RateCurve = Readonly<z.infer<typeof rateCurve>>;

export const rateProposal = z.object({
  /** To train with. */
  rate,
  /** Where the loss falls fastest, and where it is lowest. */
  steepest: rate,
  lowest: rate,
});
export type RateProposal = Readonly<z.infer<typeof rateProposal>>;

/** What a search for a learning rate has found. */
export const rateSearch = z.object({
  dataset: z.string(),
  /** Name of the network, and its optimizer. */
  network: z.string(),
  optimizer: z.string(),
  batchSize: z.int().min(1),
  curve: rateCurve,
  /** Whether it ended because the loss had left. */
  diverged: z.boolean(),
  /** Absent where the loss did not fall. */
  proposal: rateProposal.optional(),
});
export type RateSearch = Readonly<z.infer<typeof rateSearch>>;
