import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import type { FacesSeen } from '../graph/networkOptions.js';
import { readRegularFile } from '../platform/regularFile.js';

/** Tells that a folder holds crops, and what became of each picture. */
export const JOURNAL = 'align.ndjson';

/** A million pictures take some 400 MB. */
const MOST_BYTES = 1 << 29;

/** How faces lie in a folder of pictures: it holds crops where a journal of their alignment lies. */
export function facesSeenIn(folder: string): FacesSeen {
  return fs.existsSync(path.join(folder, JOURNAL)) ? 'aligned' : 'as they are';
}

const entrySchema = z.object({
  file: z.string(),
  bytes: z.number(),
  modifiedMs: z.number(),
  size: z.int(),
  /** Relative to the folder of the crops. */
  crop: z.string(),
  outcome: z.enum(['aligned', 'doubtful', 'no-face', 'unreadable']),
  reasons: z.array(z.string()),
  score: z.number().optional(),
  /** Eyes, nose and corners of the mouth, in pixels of the picture as it was looked at (no side above 1,280). */
  points: z.array(z.tuple([z.number(), z.number()])).optional(),
});
/** What became of one picture, as its line of the journal says. */
export type AlignEntry = z.infer<typeof entrySchema>;

export function isCrop({ outcome }: AlignEntry): boolean {
  return outcome === 'aligned' || outcome === 'doubtful';
}

/** The newest line of each file; a line that a killed run has not finished does not count. */
export function readJournal(file: string): Map<string, AlignEntry> {
  const entries = new Map<string, AlignEntry>();
  if (!fs.existsSync(file)) return entries;
  const text = readRegularFile(file, MOST_BYTES).toString();
  for (const line of text.split('\n')) {
    try {
      const entry = entrySchema.parse(JSON.parse(line));
      entries.set(entry.file, entry);
    } catch {
      // Cut short.
    }
  }
  if (text && !text.endsWith('\n')) fs.appendFileSync(file, '\n');
  return entries;
}
