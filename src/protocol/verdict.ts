import * as z from 'zod';
import { answers, METRICS } from './runEvents.js';

/**
 * What a run came to, the first that holds: `learning`, it is under way or rests; `nothing`, its answers may be guesses; `rising`, it
 * ended while it still got better; `byHeart`, its own pictures are right and new ones less often; `few`, too few new pictures say how
 * good it is; `known`.
 */
export const VERDICTS = ['learning', 'nothing', 'rising', 'byHeart', 'few', 'known'] as const;

/** A verdict in values: whoever shows it makes sentences of them (src/core/verdictWords.ts). */
export const verdict = z.object({
  kind: z.enum(VERDICTS),
  /** Of the best epoch. */
  ...answers.shape,
  metric: z.enum(METRICS),
  /** Where the share of new pictures told right lies, by 95 %. */
  range: z.tuple([z.number(), z.number()]),
  /** Share of its own pictures told right, as training went by. */
  own: z.number(),
  /** Epochs behind it, and planned. */
  epochs: z.int(),
  plannedEpochs: z.int(),
});
export type Verdict = z.infer<typeof verdict>;
