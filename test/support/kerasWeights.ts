import type * as h5 from 'h5wasm/node';
import type { Graph } from '../../src/graph/graph.js';

/** An ES module, which ours may not require. */
export async function loadHdf5(): Promise<typeof h5> {
  const h5wasm = await import('h5wasm/node');
  await h5wasm.ready;
  return h5wasm;
}

/** A graph's parameters, the head left out, in the layout of Keras' files. */
export function writeKerasWeights(
  h5wasm: typeof h5,
  file: string,
  graph: Graph,
  values: ReadonlyMap<string, Float32Array>,
  rename = (layer: string) => layer,
  within = '',
): void {
  const hdf = new h5wasm.File(file, 'w');
  const root: h5.Group = within ? hdf.create_group(within) : hdf;
  const layers = new Map<string, string[]>();
  for (const { name } of graph.parameters) {
    const [layer, variable] = name.split('/') as [string, string];
    if (layer !== 'predictions') layers.set(layer, [...(layers.get(layer) ?? []), variable]);
  }
  root.create_attribute('layer_names', ['input_1', ...layers.keys()].map(rename));
  root.create_group(rename('input_1')).create_attribute('weight_names', []);
  for (const [layer, variables] of layers) {
    const group = root.create_group(rename(layer));
    group.create_attribute(
      'weight_names',
      variables.map((v) => `${rename(layer)}/${v}:0`),
    );
    const inner = group.create_group(rename(layer));
    for (const variable of variables) {
      const { shape } = graph.parameters.find(({ name }) => name === `${layer}/${variable}`)!;
      inner.create_dataset({ name: `${variable}:0`, data: values.get(`${layer}/${variable}`)!, shape: [...shape] });
    }
  }
  hdf.close();
}
