import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { withCosineHead } from '../../src/graph/cosineHead.js';
import { fromRandom } from '../../src/graph/fromRandom.js';
import type { Graph } from '../../src/graph/graph.js';
import { GraphBuilder } from '../../src/graph/graphBuilder.js';
import { readGraph } from '../../src/graph/graphSchema.js';
import { initialValues } from '../../src/graph/networkState.js';
import { readFaceNetworks } from '../../src/weights/faceNetwork.js';
import { faceWeightsIn } from '../../src/weights/faceWeights.js';
import { randomBatch } from '../engine/native/comparing.js';
import { sharedPaths, withShared } from '../support/shared.js';

type Values = ReadonlyMap<string, Float32Array>;

function smallNetwork(): Graph {
  const b = new GraphBuilder();
  const padding = { top: 1, bottom: 0, left: 0, right: 1 };
  let x = b.prelu('prelu', b.conv2d('conv', b.input(9, 9, 3), 6, 3, 2, { bias: true, padding }));
  x = b.add('sum', x, b.depthwiseConv2d('depthwise', x, 3, 1, { bias: true }));
  x = b.prelu('relu', x, false);
  return b.build('small', { embedding: b.dense('vector', b.globalAveragePool('pool', x), 5) });
}

/** Values of the network from random that make each batch norm add the bias that was there. */
function asBefore(graph: Graph, before: Values): Values {
  const values = initialValues(graph, 1);
  for (const [name, value] of before) if (values.has(name)) values.set(name, value);
  for (const node of graph.nodes) {
    if (node.op !== 'batchNorm') continue;
    values.set(node.beta, before.get(`${node.input}/bias`)!);
    values.set(
      node.gamma,
      values.get(node.gamma)!.map(() => Math.sqrt(1 + node.epsilon)),
    );
  }
  return values;
}

async function embeddingsOf(graph: Graph, values: Values, pictures = 4): Promise<Float32Array> {
  const { engine } = await selectEngine({ engine: 'native', threads: 2 });
  const session = engine.createSession(graph, values);
  const batch = randomBatch(graph, Random.fromSeed(3), pictures);
  const { outputs } = await session.evaluate(batch, { wants: ['embedding'] });
  session.dispose();
  return outputs.embedding!;
}

async function requireSame(graph: Graph, values: Values): Promise<void> {
  const random = fromRandom(graph);
  assert.deepEqual(readGraph(JSON.parse(JSON.stringify(random))), random);
  const [wished, found] = [await embeddingsOf(graph, values), await embeddingsOf(random, asBefore(random, values))];
  const off = Math.hypot(...wished.map((value, i) => value - found[i]!));
  // Float32 keeps 7 digits; fifty layers lose some.
  assert.ok(off < 1e-4 * Math.hypot(...wished), `off by ${off}`);
}

describe('a network of a file, from random weights', function () {
  this.timeout(120_000);

  it('has a batch norm in the place of each bias of a convolution, and can compute what it did', async () => {
    const graph = smallNetwork();
    const values = initialValues(graph, 5);
    const random = Random.fromSeed(2);
    for (const [name, array] of values)
      if (!name.endsWith('kernel')) array.forEach((_, i) => (array[i] = random.between(-1, 1)));
    await requireSame(graph, values);
    const names = fromRandom(graph).parameters.map(({ name }) => name);
    assert.ok(!names.includes('conv/bias') && names.includes('conv_BN/gamma') && names.includes('vector/bias'));
  });

  it('starts with slopes of a quarter, but for plain ReLUs', () => {
    const values = initialValues(fromRandom(smallNetwork()), 1);
    assert.deepEqual([...values.get('prelu/alpha')!], Array<number>(6).fill(0.25));
    assert.deepEqual([...values.get('relu/alpha')!], Array<number>(6).fill(0));
  });

  it('is made of no network that has batch norms', () => {
    const random = fromRandom(smallNetwork());
    assert.throws(() => fromRandom(random), RangeError);
  });
});

withShared('the face network from random weights', [sharedPaths.faceWeights], function () {
  const { face } = readFaceNetworks(faceWeightsIn(sharedPaths.faceWeights));

  it('computes what it did, with a batch norm behind each of its 49 convolutions', async () => {
    await requireSame(face.graph, face.parameters);
    const { nodes } = fromRandom(face.graph);
    assert.equal(nodes.filter(({ op }) => op === 'batchNorm').length, 49);
  });

  it('tells pictures apart from its start on, which its layers without batch norms do not, and learns them', async () => {
    const spread = async (graph: Graph) => {
      const rows = await embeddingsOf(graph, initialValues(graph, 7));
      return Math.hypot(...rows.slice(256, 512).map((value, i) => value - rows[i]!));
    };
    assert.ok((await spread(face.graph)) < 1e-6, 'nothing of a picture arrives');
    const graph = withCosineHead(fromRandom(face.graph), 4);
    const { engine } = await selectEngine({ engine: 'native', threads: 2 });
    const session = engine.createSession(graph, initialValues(graph, 7), {
      learningRateFactors: new Map([['predictions/kernel', 30]]),
    });
    const batch = { ...randomBatch(graph, Random.fromSeed(3), 4), labels: Int32Array.of(0, 1, 2, 3) };
    const losses: number[] = [];
    for (let step = 0; step < 25; step++)
      losses.push((await session.trainStep(batch, { learningRate: 3e-3, batchNormMomentum: 0.9 })).lossSum / 4);
    session.dispose();
    assert.ok(losses.at(-1)! < 0.5 * losses[0]!, losses.join());
  });
});
