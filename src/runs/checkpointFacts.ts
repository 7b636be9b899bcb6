import path from 'node:path';
import * as z from 'zod';
import { isOwnFile, readOwnFile } from '../platform/regularFile.js';
import { MANIFEST } from './checkpointFiles.js';
import { keptState, loopState } from './loopState.js';

// What a list says of a checkpoint, which needs nothing of networks.

export const STATE = 'state.json';

const uint32 = z.int().min(0).max(0xffffffff);
const count = z.int().min(0);
export const stateSchema = z.object({
  /** 2 says in `loop`, `kept` and `beside` what a run needs to go on; 1 (0.1) says where it stood. */
  version: z.union([z.literal(1), z.literal(2)]),
  step: count,
  epoch: count,
  batch: count,
  shuffle: z.tuple([uint32, uint32, uint32, uint32]),
  loop: loopState.optional(),
  kept: keptState.optional(),
  /** Updates of each session beside the network's own. */
  beside: z.array(count).max(100).optional(),
});
/** Of what is no tensor. */
export const SMALL_BYTES = 1 << 20;
export const manifestSchema = z.object({
  version: z.int(),
  graph: z.string(),
  files: z.array(z.object({ file: z.string(), bytes: z.int(), sha256: z.string() })),
});

/** Whether a folder is a checkpoint: its manifest is what is written last. */
export function isCheckpoint(folder: string): boolean {
  return isOwnFile(path.join(folder, MANIFEST));
}

/** Where in a run a checkpoint stands, and its size, without reading the network. Undefined where its files do not say it. */
export function positionOf(folder: string): { epoch: number; step: number; bytes: number } | undefined {
  try {
    const parse = <T>(schema: z.ZodType<T>, file: string): T =>
      schema.parse(JSON.parse(readOwnFile(path.join(folder, file), SMALL_BYTES).toString('utf8')));
    const { epoch, step } = parse(stateSchema, STATE);
    const { files } = parse(manifestSchema, MANIFEST);
    return { epoch, step, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
  } catch {
    return undefined;
  }
}
