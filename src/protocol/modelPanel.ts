import * as z from 'zod';
import { comparison } from './comparison.js';
import { LARGEST_PASTE } from './limits.js';
import { prediction } from './prediction.js';
import { answer } from './recognition.js';

/** A picture that a network was asked about, and what it said. */
export const triedPicture = z.object({ id: z.int(), name: z.string(), answer: prediction });
export type TriedPicture = z.infer<typeof triedPicture>;

/** A picture that a recognizer was asked about, what it said, and what its user has said of that. */
export const lookedAtPicture = z.object({
  id: z.int(),
  name: z.string(),
  answer,
  /** In words: "Said not to be Anna". */
  correction: z.string().optional(),
});
export type LookedAtPicture = z.infer<typeof lookedAtPicture>;

/**
 * Whether the scores of the network alone answer, as if every picture were of one of its people. Absent where there is no other way to
 * answer, or no such way.
 */
const closedSet = z.boolean().optional();

// Extension host → panel of a network, drawn whole from one message.
export const modelPanelContent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('comparison'), title: z.string(), comparison }),
  z.object({
    type: z.literal('try'),
    title: z.string(),
    /** A line about the network; empty until it has answered once. */
    facts: z.string(),
    /** Pictures that are being looked at. */
    waiting: z.int().min(0),
    failure: z.string().optional(),
    closedSet,
    /** The newest first. */
    pictures: z.array(triedPicture),
  }),
  z.object({
    type: z.literal('recognize'),
    title: z.string(),
    /** Lines about the network and the threshold. */
    facts: z.array(z.string()),
    waiting: z.int().min(0),
    failure: z.string().optional(),
    /** Whom the recognizer knows. */
    people: z.array(z.string()),
    /** What the last correction was, as undo would take it back. */
    lastChange: z.string().optional(),
    closedSet,
    /** The newest first. */
    pictures: z.array(lookedAtPicture),
  }),
]);
export type ModelPanelContent = z.infer<typeof modelPanelContent>;

// Panel of a network → extension host.
export const modelPanelMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('chooseFiles') }),
  z.object({ type: z.literal('openCamera') }),
  /** A picture from the clipboard, or one that was dropped: base64. */
  z.object({ type: z.literal('picture'), name: z.string(), data: z.string().max(Math.ceil(LARGEST_PASTE / 3) * 4) }),
  /** Of the picture with this number: it is not the person whom the recognizer took it for. */
  z.object({ type: z.literal('notThisPerson'), id: z.int() }),
  /** It is this person; without one the user is asked who it is. */
  z.object({ type: z.literal('thisIs'), id: z.int(), person: z.string().min(1).optional() }),
  z.object({ type: z.literal('undo') }),
  z.object({ type: z.literal('closedSet'), on: z.boolean() }),
  z.object({ type: z.literal('evaluate') }),
  z.object({ type: z.literal('openLike'), id: z.int() }),
  z.object({ type: z.literal('export') }),
  z.object({ type: z.literal('tryPicture') }),
  /** Relative to the dataset. */
  z.object({ type: z.literal('open'), file: z.string() }),
  z.object({ type: z.literal('failed'), message: z.string() }),
]);
export type ModelPanelMessage = z.infer<typeof modelPanelMessage>;
