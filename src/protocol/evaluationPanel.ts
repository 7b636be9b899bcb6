import * as z from 'zod';
import { evaluation } from './evaluation.js';

/** Pictures that are asked for at once. */
export const PICTURES_AT_ONCE = 60;

const title = z.string();
/** An answer that the user has corrected since the evaluation: the picture as the evaluation names it, and what changed, in words. */
const corrections = z.array(z.object({ picture: z.string(), words: z.string() }));
/** What undo would take back, as a sentence without a full stop; absent where nothing was changed from this page. */
const lastChange = z.string().optional();

// Extension host → page of an evaluation. The first three replace all that there is; the last two add to an evaluation.
export const evaluationPanelContent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('evaluating'), title, done: z.int(), total: z.int() }),
  z.object({ type: z.literal('notEvaluated'), title, message: z.string(), advice: z.string() }),
  z.object({
    type: z.literal('evaluation'),
    title,
    /** A line about the network that was at work. */
    network: z.string(),
    evaluation,
    /** Threshold that the recognizer answers by now; absent for what has none to set. */
    inForce: z.number().optional(),
    /** Whether an answer can be corrected: only a recognizer learns. */
    corrects: z.boolean(),
    corrections,
    lastChange,
  }),
  z.object({ type: z.literal('changed'), inForce: z.number().optional(), corrections, lastChange }),
  z.object({
    type: z.literal('pictures'),
    /** Small pictures as data URIs; without one where the file could not be read. */
    pictures: z.array(z.object({ file: z.string(), data: z.string().optional() })),
  }),
]);
export type EvaluationPanelContent = z.infer<typeof evaluationPanelContent>;

const file = z.string().min(1);

// Page of an evaluation → extension host. Files are named as the evaluation names them.
export const evaluationPanelMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('failed'), message: z.string() }),
  z.object({ type: z.literal('pictures'), files: z.array(file).min(1).max(PICTURES_AT_ONCE) }),
  z.object({ type: z.literal('open'), file }),
  /** The picture is not of this person, whom the network took it for. */
  z.object({ type: z.literal('notThisPerson'), file, person: z.string().min(1) }),
  /** The picture is of this person; without one the user is asked who it is. */
  z.object({ type: z.literal('thisIs'), file, person: z.string().min(1).optional() }),
  /** The enrolled picture lies with `from` and is of this person. */
  z.object({ type: z.literal('moveTo'), file, from: z.string().min(1), person: z.string().min(1) }),
  /** The enrolled picture is to be no picture of this person any more. */
  z.object({ type: z.literal('takeOut'), file, person: z.string().min(1) }),
  z.object({ type: z.literal('undo') }),
  z.object({ type: z.literal('useThreshold'), threshold: z.number().min(-1).max(1) }),
  z.object({ type: z.literal('evaluateAgain') }),
  z.object({ type: z.literal('chooseStrangers') }),
  z.object({ type: z.literal('stop') }),
]);
export type EvaluationPanelMessage = z.infer<typeof evaluationPanelMessage>;
