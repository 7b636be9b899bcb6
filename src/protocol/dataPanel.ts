import * as z from 'zod';
import { datasetReport } from './check.js';
import { rateSearch } from './rateFinder.js';

const sample = z.object({ file: z.string(), original: z.string(), distorted: z.string() });

// Extension host → panel of pictures: one of the three, once it is there.
export const dataPanelContent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('report'),
    report: datasetReport,
    /** Absolute path of the exclusion list, when one was written. */
    exclusionList: z.string().optional(),
    /** Whether it is as it was written: what it leaves out can be taken back. */
    canTakeBack: z.boolean().optional(),
  }),
  /** What chance makes of some pictures; `facts` says in a line with which options. */
  z.object({ type: z.literal('samples'), dataset: z.string(), facts: z.string(), samples: z.array(sample) }),
  /** A learning rate for a training on the folder. */
  z.object({ type: z.literal('rate'), search: rateSearch }),
]);
export type DataPanelContent = z.infer<typeof dataPanelContent>;

// Panel of pictures → extension host.
export const dataPanelMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('train'), learningRate: z.number().positive().optional() }),
  z.object({ type: z.literal('align') }),
  /** What a check suggests, out of every training from now on; and that undone. */
  z.object({ type: z.literal('leaveOut') }),
  z.object({ type: z.literal('takeBack') }),
  z.object({ type: z.literal('openExclusions') }),
  /** Relative to the dataset. */
  z.object({ type: z.literal('open'), file: z.string() }),
  z.object({ type: z.literal('failed'), message: z.string() }),
]);
export type DataPanelMessage = z.infer<typeof dataPanelMessage>;
