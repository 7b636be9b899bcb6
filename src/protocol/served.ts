import * as z from 'zod';
import { networkAtWork, noAnswer, recognized } from './recognition.js';

// What `face-trainer serve` answers over HTTP; /openapi.json describes it in the words of these schemas.

/** Without what lies on the disk of this machine: whoever asks sent the picture and knows no other. */
export const servedAnswer = z.union([
  recognized.omit({ file: true, mostLike: true, seen: true }),
  noAnswer.omit({ file: true, seen: true }),
]);

export const served = z.object({
  recognizer: z.string(),
  network: networkAtWork,
  /** From the whole picture to the answer. */
  seconds: z.number().min(0),
  answer: servedAnswer,
});
export type Served = z.infer<typeof served>;

/** Of every other status. */
export const servedError = z.object({ code: z.string(), message: z.string(), advice: z.string() });
export type ServedError = z.infer<typeof servedError>;
