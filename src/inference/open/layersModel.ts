import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { GRAPH_KEY } from '../../export/graphEntry.js';
import { FACTS_KEY } from '../../export/modelFacts.js';
import { sizeOf } from '../../graph/graph.js';
import { readRegularFile } from '../../platform/regularFile.js';
import type { OpenedModel } from './openedModel.js';
import { requiredFacts } from './openedModel.js';
import { ofParameters } from './parameters.js';

/** Beyond these a file is nothing that Face Trainer wrote. */
const MOST_TOPOLOGY_BYTES = 1 << 26;
const MOST_WEIGHT_BYTES = 1 << 30;

/** What of a LayersModel is read here; nothing of it is believed. */
const topologySchema = z.object({
  weightsManifest: z
    .array(
      z.object({
        // Beside it: a stranger could name any file of the machine.
        paths: z.array(z.string().refine((name) => path.basename(name) === name && !name.includes('\\'))).max(1024),
        weights: z
          .array(
            z.object({
              name: z.string(),
              shape: z.array(z.int().min(0).max(MOST_WEIGHT_BYTES)).max(8),
              dtype: z.literal('float32'),
            }),
          )
          .max(1 << 14),
      }),
    )
    .max(1024)
    .default([]),
  userDefinedMetadata: z.record(z.string(), z.unknown()).optional(),
});
type Group = z.infer<typeof topologySchema>['weightsManifest'][number];

/** @throws RangeError saying what is wrong with it */
export async function ofLayersModel(file: string): Promise<OpenedModel> {
  const { weightsManifest, userDefinedMetadata: told } = topologyOf(file);
  const facts = requiredFacts(JSON.stringify(told?.[FACTS_KEY]));
  const parameters = new Map<string, Float32Array>();
  for (const group of weightsManifest) readGroup(path.dirname(file), group, parameters);
  return ofParameters(parameters, facts, JSON.stringify(told?.[GRAPH_KEY]));
}

function topologyOf(file: string): z.infer<typeof topologySchema> {
  const bytes = readRegularFile(file, MOST_TOPOLOGY_BYTES);
  try {
    return topologySchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new RangeError('it is not a model.json', { cause });
  }
}

/** The arrays of a group lie one after the other in its files. */
function readGroup(folder: string, { paths, weights }: Group, into: Map<string, Float32Array>): void {
  const expected = weights.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
  if (!(expected <= MOST_WEIGHT_BYTES)) throw new RangeError('its weights are larger than any');
  const files = paths.map((name) => path.join(folder, name));
  const there = files.reduce((sum, name) => sum + sizeOfFile(name), 0);
  if (there !== expected) throw new RangeError(`its weights are cut short: ${there} of ${expected} bytes`);
  const data = Buffer.concat(files.map((name) => readRegularFile(name, MOST_WEIGHT_BYTES)));
  let at = data.byteOffset;
  for (const { name, shape } of weights) {
    const bytes = 4 * sizeOf(shape);
    into.set(name, new Float32Array(data.buffer.slice(at, at + bytes)));
    at += bytes;
  }
}

function sizeOfFile(file: string): number {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile()) throw new RangeError(`its weights ${path.basename(file)} are missing`);
  return stat.size;
}
