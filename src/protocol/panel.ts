import * as z from 'zod';
import type { RunEvent } from './runEvents.js';

/** What a run is doing, as its folder and the processes tell. */
export const runPhase = z.enum([
  'preparing',
  'training',
  'silent',
  'stopping',
  'completed',
  'early',
  'stopped',
  'paused',
  'failed',
  'interrupted',
]);
export type RunPhase = z.infer<typeof runPhase>;

/** What is wrong, in a sentence, and what to do. */
const words = z.object({ message: z.string(), advice: z.string() });
/** Whether the run's process is there: a folder without a last word and without a process was interrupted. */
export const liveness = z.object({
  alive: z.boolean(),
  stopping: z.boolean(),
  ownedHere: z.boolean(),
  /** Of one that does not answer, wherever it is. */
  silence: words.optional(),
});
export type Liveness = z.infer<typeof liveness>;

/** The host checks a line when it reads it from the log; its own page takes it as it comes. A long run has a million. */
const checkedEvent = z.custom<RunEvent>((event) => typeof event === 'object' && event !== null);

// Extension host → panel. A shown panel gets a snapshot of the whole run, then what is new.
export const hostMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('snapshot'),
    runFolder: z.string(),
    events: z.array(checkedEvent),
    /** Of the run that this one goes on from, up to the checkpoint. */
    parent: z
      .object({ checkpoint: z.string(), step: z.int(), epoch: z.int(), events: z.array(checkedEvent) })
      .optional(),
    liveness,
    hasReport: z.boolean(),
  }),
  z.object({ type: z.literal('events'), events: z.array(checkedEvent) }),
  z.object({ type: z.literal('liveness'), liveness, hasReport: z.boolean() }),
  z.object({ type: z.literal('preparing'), done: z.int(), total: z.int() }),
]);
export type HostMessage = z.infer<typeof hostMessage>;

// Panel → extension host.
export const panelMessage = z.discriminatedUnion('type', [
  /** The document has loaded (again): send a snapshot. */
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('stop') }),
  z.object({ type: z.literal('pause') }),
  /** From the newest checkpoint, with so many epochs more than were planned. */
  z.object({ type: z.literal('goOn'), more: z.int().min(0).max(10_000) }),
  z.object({ type: z.literal('openReport') }),
  z.object({ type: z.literal('revealRunFolder') }),
  /** Fine-tune a checkpoint of this run, or the one that this run went on from, with some layers left in float. */
  z.object({ type: z.literal('quantize'), checkpoint: z.string(), floatLayers: z.array(z.string()) }),
  z.object({ type: z.literal('openParent') }),
  z.object({ type: z.literal('export'), checkpoint: z.string() }),
  z.object({ type: z.literal('compare'), checkpoint: z.string() }),
  z.object({ type: z.literal('tryPicture'), checkpoint: z.string() }),
  z.object({ type: z.literal('evaluate'), checkpoint: z.string() }),
  /** Its pictures. */
  z.object({ type: z.literal('check') }),
  /** What was made of the charts, for a file: a picture in base64, or a text. The numbers of a million steps take 70 MB. */
  z.object({ type: z.literal('saveCharts'), format: z.enum(['png', 'svg', 'csv']), data: z.string().max(500_000_000) }),
  z.object({ type: z.literal('failed'), message: z.string() }),
]);
export type PanelMessage = z.infer<typeof panelMessage>;
