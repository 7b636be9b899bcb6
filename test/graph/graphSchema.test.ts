import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import { sizeOf, type Graph } from '../../src/graph/graph.js';
import { GraphBuilder } from '../../src/graph/graphBuilder.js';
import { readGraph } from '../../src/graph/graphSchema.js';
import { quantizeGraph } from '../../src/quantization/quantizeGraph.js';
import { plainEvaluate } from '../engine/native/plainNetwork.js';
import { randomFaceGraph, randomGraph, randomValues } from '../engine/native/randomGraph.js';
import { mobileNetV2 } from '../support/networks.js';

type Json = Record<string, unknown>;

function small(): Graph {
  const b = new GraphBuilder();
  const conv = b.prelu('prelu', b.conv2d('conv', b.input(6, 5, 3), 4, 3, 2, { bias: true }));
  const rim = { top: 1, bottom: 1, left: 0, right: 0 };
  const x = b.concat('concat', b.batchNorm('norm', conv), b.maxPool('pool', conv, 3, 1, { ...rim, left: 1, right: 1 }));
  const factors = b.sigmoid('sigmoid', b.dense('excite', b.globalAveragePool('squeeze', x), 8));
  const kept = b.dropout('dropout', b.multiply('multiply', x, factors), 0.1);
  return b.build('small', { embedding: b.l2Normalize('unit', b.globalMaxPool('top', b.relu6('relu', kept))) });
}

describe('a graph that is read from a file', () => {
  it('is what was written, of every operation', () => {
    const graphs = [mobileNetV2({ size: 64, people: 3, dropout: 0.2 }), small()];
    for (let seed = 0; seed < 60; seed++)
      graphs.push((seed % 2 ? randomFaceGraph : randomGraph)(Random.fromSeed(seed)));
    for (const graph of graphs) assert.deepEqual(readGraph(JSON.parse(JSON.stringify(graph))), graph);
  });

  const change = (node: string, fields: Json): Json => {
    const { nodes, ...rest } = JSON.parse(JSON.stringify(small())) as Json & { nodes: Json[] };
    return { ...rest, nodes: nodes.map((other) => (other['name'] === node ? { ...other, ...fields } : other)) };
  };
  const parameter = (name: string, shape: readonly number[]): Json => ({
    ...small(),
    parameters: small().parameters.map((spec) => (spec.name === name ? { ...spec, shape } : spec)),
  });
  const wrong: Readonly<Record<string, [json: unknown, message: RegExp]>> = {
    'no graph': ['{}', /not a network/],
    'what is none of ours': [{ ...small(), code: 'require("fs")' }, /not a network/],
    'an operation that nobody has': [change('conv', { op: 'eval' }), /not a network/],
    'quantizers, which are made anew': [quantizeGraph(mobileNetV2({ size: 32, people: 2 })), /not a network/],
    'a size beyond all memory': [change('conv', { shape: [65536, 65536, 65536] }), /conv is \[65536,65536,65536\]/],
    'a picture beyond all memory': [change('input', { shape: [65536, 65536, 3] }), /expected \[32768,32768,4\]/],
    'a side of nothing': [change('conv', { shape: [0, 3, 4] }), /not a network/],
    'a shape that its kernel does not give': [
      change('conv', { shape: [3, 3, 5] }),
      /conv is \[3,3,5\], expected \[3,3,4\]/,
    ],
    'a stride that its shape does not have': [change('conv', { stride: 1 }), /conv is \[3,3,4\], expected \[6,5,4\]/],
    'a kernel of other channels': [parameter('conv/kernel', [3, 3, 2, 4]), /conv\/kernel is \[3,3,2,4\]/],
    'a kernel of other dimensions': [parameter('conv/kernel', [3, 4]), /conv\/kernel is \[3,4\]/],
    'a bias of another length': [parameter('conv/bias', [5]), /conv\/bias is \[5\], expected \[4\]/],
    'a slope of another length': [parameter('prelu/alpha', [1]), /prelu\/alpha is \[1\], expected \[4\]/],
    'a statistic of another length': [parameter('norm/moving_mean', [3]), /norm\/moving_mean is \[3\]/],
    'factors that are a map': [
      change('multiply', { input: 'sigmoid', other: 'concat' }),
      /concat is \[3,3,8\], expected \[1,1,8\]/,
    ],
    'maps that do not fit side by side': [
      change('pool', { stride: 2, shape: [2, 2, 4] }),
      /pool is \[2,2,4\], expected \[3,3,4\]/,
    ],
    'a window of the rim alone': [
      change('pool', { padding: { top: 3, bottom: 1, left: 1, right: 1 } }),
      /a window of 3 x 3 does not fit prelu/,
    ],
    'a second input': [
      change('prelu', { op: 'input', values: 'floats', input: undefined, slope: undefined }),
      /not a network|begin with its one input|nothing reads/,
    ],
    'a parameter that nothing reads': [
      { ...small(), parameters: [...small().parameters, { ...small().parameters[0]!, name: 'idle' }] },
      /nothing reads the parameter idle/,
    ],
    'a parameter twice': [
      { ...small(), parameters: [...small().parameters, small().parameters[0]!] },
      /two parameters are named/,
    ],
    'a loop': [change('conv', { input: 'unit' }), /conv reads unit, which does not stand before it/],
    'a number that is none': [
      JSON.parse(JSON.stringify(change('norm', { epsilon: 7 })).replace('7', '1e999')),
      /not a network/,
    ],
  };
  for (const [what, [json, message]] of Object.entries(wrong))
    it(`is refused for ${what}`, () => assert.throws(() => readGraph(json), { name: 'RangeError', message }));

  it('computes, whatever of it was changed, or is refused (seeded)', () => {
    let accepted = 0;
    for (let seed = 0; seed < 1500; seed++) {
      const random = Random.fromSeed(seed);
      const json = JSON.parse(JSON.stringify(randomFaceGraph(random))) as Json;
      for (let i = 0; i <= random.integer(2); i++) mutate(json, random);
      let graph: Graph;
      try {
        graph = readGraph(json);
      } catch (error) {
        assert.ok(error instanceof RangeError, `seed ${seed}: ${String(error)}`);
        continue;
      }
      accepted++;
      const images = new Uint8Array(sizeOf(graph.nodes[0]!.shape)).fill(100);
      const values = plainEvaluate(graph, randomValues(graph, random), images, 1);
      assert.ok(values.length > 0 && values.every((v) => !Number.isNaN(v)), `seed ${seed}: ${values.join()}`);
    }
    assert.ok(accepted > 100 && accepted < 1400, `${accepted} of 1,500 changed graphs were taken`);
  });
});

/** Changes, removes or moves something somewhere. */
function mutate(json: Json, random: Random): void {
  let at = json;
  for (;;) {
    const keys = Object.keys(at);
    const key = keys[random.integer(keys.length)];
    if (key === undefined) return;
    const value = at[key];
    if (typeof value === 'object' && value !== null && Object.keys(value).length > 0 && random.integer(8) > 0) {
      at = value as Json;
      continue;
    }
    if (typeof value === 'number') at[key] = [value + 1, value - 1, 0, 2 * value, -1, 0.5][random.integer(6)];
    else if (random.integer(2) === 0) Reflect.deleteProperty(at, key);
    else at[key] = at[keys[random.integer(keys.length)]!];
    return;
  }
}
