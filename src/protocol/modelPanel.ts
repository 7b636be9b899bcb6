import * as z from 'zod';
import { comparison } from './comparison.js';
import { LARGEST_PASTE } from './limits.js';
import { prediction } from './prediction.js';

/** A picture that a network was asked about, and what it said. */
export const triedPicture = z.object({ id: z.int(), name: z.string(), answer: prediction });
export type TriedPicture = z.infer<typeof triedPicture>;

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
    /** The newest first. */
    pictures: z.array(triedPicture),
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
  z.object({ type: z.literal('export') }),
  z.object({ type: z.literal('tryPicture') }),
  /** Relative to the dataset. */
  z.object({ type: z.literal('open'), file: z.string() }),
  z.object({ type: z.literal('failed'), message: z.string() }),
]);
export type ModelPanelMessage = z.infer<typeof modelPanelMessage>;
