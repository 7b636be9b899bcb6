import type { LayerJson } from '../layers/layerList.js';

/**
 * The names of a network's layers as Keras orders the layers of a model, by which it finds the arrays of a whole model's file: those
 * furthest from the output first; of those as far, in the order in which one that goes from the output to the inputs first meets
 * them (`map_graph` in keras/src/ops/function.py).
 */
export function kerasOrder(layers: readonly LayerJson[], output: string): string[] {
  const inputsOf = new Map(layers.map(({ name, inbound_nodes: [uses] }) => [name, inputsIn(uses)]));
  const met: string[] = [];
  const visit = [output];
  const known = new Set<string>();
  while (visit.length > 0) {
    const name = visit.pop()!;
    if (known.has(name)) continue;
    known.add(name);
    met.push(name);
    visit.push(...[...inputsOf.get(name)!].reverse());
  }
  const depths = new Map(met.map((name) => [name, 0]));
  // Behind a layer stands whatever reads it.
  for (const { name } of [...layers].reverse())
    for (const input of inputsOf.get(name)!) depths.set(input, Math.max(depths.get(input)!, depths.get(name)! + 1));
  return met
    .map((name, i) => ({ name, i }))
    .sort((a, b) => depths.get(b.name)! - depths.get(a.name)! || a.i - b.i)
    .map(({ name }) => name);
}

function inputsIn(uses: unknown): string[] {
  return Array.isArray(uses) ? uses.map((use: unknown) => (Array.isArray(use) ? String(use[0]) : '')) : [];
}
