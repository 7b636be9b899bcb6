import * as z from 'zod';
import type { AnswerWords } from '../../core/answerWords.js';

/** What the page of a camera says of a picture, and what can be said of that there. */
export interface CameraAnswer extends AnswerWords {
  /** Absent where nothing learns from it. */
  readonly correctable?: {
    readonly id: number;
    /** Whom it was taken for. */
    readonly known?: string;
    readonly people: readonly string[];
  };
}

/** What the page sends: of a picture that it is not the person it was taken for, or who it is. */
export const cameraCorrection = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('notThisPerson'), id: z.int() }),
  z.object({ kind: z.literal('thisIs'), id: z.int(), person: z.string().trim().min(1).max(200) }),
]);
export type CameraCorrection = z.infer<typeof cameraCorrection>;
