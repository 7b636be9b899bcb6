import fs from 'node:fs';
import path from 'node:path';
import type { Graph } from '../../graph/graph.js';
import type { ParameterValues } from '../../graph/networkState.js';
import { temporaryFolder } from '../../platform/temporaryFolder.js';
import type { ExportOptions } from '../../protocol/exportOptions.js';
import { loadKerasFile } from '../../weights/loadKerasFile.js';
import { mainFile, type EncodedFile } from '../encoder.js';
import { factsOf, graphOf, type ExportSource } from '../exportSource.js';
import { GRAPH_KEY, graphEntry } from '../graphEntry.js';
import { functionalOf, valuesOf } from '../layers/functional.js';
import { FACTS_KEY } from '../modelFacts.js';
import { kerasOrder } from './layerOrder.js';

/**
 * Of a network that Keras builds itself, weights alone: float32 in the graph's own layouts ([kH, kW, Cin, Cout],
 * [kH, kW, C, 1], [Cin, Cout]), batch norms apart and nothing folded. Keras finds a layer by its name but takes the
 * arrays in it by their order, so that the order of the parameters counts. A layer that it does not find it skips
 * without a word. Of any other network, the whole model.
 *
 * The HDF5 library writes to a disk only: a folder that goes again.
 */
export async function encodeKeras(source: ExportSource, options: ExportOptions): Promise<EncodedFile[]> {
  const entry = graphEntry(source, options.part);
  const { arrays, model } = entry
    ? wholeModel(entry, source)
    : { arrays: arraysOf(graphOf(source, options.part), source.parameters), model: undefined };
  const attributes = {
    [FACTS_KEY]: JSON.stringify(factsOf(source, options)),
    ...(entry && { [GRAPH_KEY]: JSON.stringify(entry) }),
  };
  const keras = await loadKerasFile();
  const folder = temporaryFolder('keras');
  try {
    const file = path.join(folder, 'weights.h5');
    await keras.writeKerasFile(file, arrays, attributes, model);
    return [mainFile(fs.readFileSync(file))];
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function arraysOf({ parameters }: Graph, values: ParameterValues) {
  return parameters.map(({ name, shape }) => ({ name, shape, values: values.get(name)! }));
}

function wholeModel(graph: Graph, { parameters, batchNormMomentum }: ExportSource) {
  const { topology, layers, output, variables } = functionalOf(graph, {
    momentum: batchNormMomentum,
    dialect: 'keras',
  });
  const byLayer = new Map<string, (typeof variables)[number][]>();
  for (const one of variables) byLayer.set(one.layer, [...(byLayer.get(one.layer) ?? []), one]);
  const ordered = kerasOrder(layers, output).flatMap((name) => byLayer.get(name) ?? []);
  const arrays = ordered.map((one) => ({ name: one.name, shape: one.shape, values: valuesOf(one, parameters) }));
  return { arrays, model: JSON.stringify(topology) };
}
