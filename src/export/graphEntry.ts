import type { Graph } from '../graph/graph.js';
import { GIVEN } from '../graph/networkOptions.js';
import type { ExportOptions } from '../protocol/exportOptions.js';
import { graphOf, type ExportSource } from './exportSource.js';

/**
 * Name of the entry that holds the network as data beside the facts, in files of layers: JSON of a `Graph`, which a reader checks
 * (`src/graph/graphSchema.ts`). Absent where a builder makes the network of what the facts tell.
 */
export const GRAPH_KEY = 'face_trainer_graph';

/** @returns undefined for a network that a builder makes */
export function graphEntry(source: ExportSource, part: ExportOptions['part']): Graph | undefined {
  return source.facts.network.backbone === GIVEN ? graphOf(source, part) : undefined;
}
