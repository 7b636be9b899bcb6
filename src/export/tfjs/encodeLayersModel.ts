import type { ExportOptions } from '../../protocol/exportOptions.js';
import { mainFile, type EncodedFile } from '../encoder.js';
import { factsOf, graphOf, type ExportSource } from '../exportSource.js';
import { GRAPH_KEY, graphEntry } from '../graphEntry.js';
import { FACTS_KEY } from '../modelFacts.js';
import { layersModel } from './layersModel.js';

/**
 * The weights come first: whoever sees a new model.json finds them there.
 *
 * @throws RangeError for a network with values that are not finite
 */
export function encodeLayersModel(source: ExportSource, options: ExportOptions): EncodedFile[] {
  const entry = graphEntry(source, options.part);
  const metadata = { [FACTS_KEY]: factsOf(source, options), ...(entry && { [GRAPH_KEY]: entry }) };
  const graph = graphOf(source, options.part);
  const { topology, weights } = layersModel(graph, source.parameters, source.batchNormMomentum, metadata);
  return [weights, mainFile(new TextEncoder().encode(topology))];
}
