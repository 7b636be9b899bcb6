import type { Random } from '../../src/core/random.js';
import type { Graph, Padding } from '../../src/graph/graph.js';
import { GraphBuilder, type Value } from '../../src/graph/graphBuilder.js';
import { initialValues } from '../../src/graph/networkState.js';

/** A small graph with the operations that face networks have, in any order. */
export function randomFaceGraph(random: Random): Graph {
  const pick = <T>(...options: T[]): T => options[random.integer(options.length)]!;
  const b = new GraphBuilder();
  let x: Value = b.input(9 + random.integer(8), 9 + random.integer(8), 3);
  const layers = 2 + random.integer(5);
  for (let i = 0; i < layers; i++) x = pick(convolved, branched, squeezed, pooled, normalized)(b, x, `${i}`, random);
  x = pick(
    () => b.globalAveragePool('pool', x),
    () => b.globalMaxPool('pool', x),
    // All that is left of a map, in one place.
    () => b.depthwiseConv2d('whole', x, Math.max(x.shape[0], x.shape[1]), 1, { bias: true, padding: around(x) }),
  )();
  if (random.integer(2) === 0) x = b.prelu('prelu', x);
  if (random.integer(2) === 0) x = b.dense('dense', x, 5);
  if (random.integer(2) === 0) x = b.batchNorm('norm', x);
  const embedding = random.integer(2) === 0 ? b.l2Normalize('unit', x) : x;
  const name = `random ${random.integer(1e6)}`;
  return random.integer(2) === 0
    ? b.build(name, { embedding })
    : b.build(name, { embedding, scores: b.dense('scores', embedding, 3) });
}

/** Every value of a graph, none of them what it starts with. */
export function randomFaceValues(graph: Graph, random: Random): Map<string, Float32Array> {
  const values = initialValues(graph, random.integer(1e6));
  for (const [name, array] of values)
    if (name.endsWith('variance')) array.forEach((_, i) => (array[i] = random.between(0.2, 2)));
    else if (!name.endsWith('kernel')) array.forEach((_, i) => (array[i] = random.between(-1, 1)));
  return values;
}

type Step = (b: GraphBuilder, x: Value, i: string, random: Random) => Value;

const convolved: Step = (b, x, i, random) => {
  const kernel = Math.min(1 + 2 * random.integer(2), x.shape[0], x.shape[1]);
  const rim = (): number => random.integer(kernel);
  const padding = random.integer(2) === 0 ? { top: rim(), bottom: rim(), left: rim(), right: rim() } : undefined;
  const beside = { bias: random.integer(2) === 0, ...(padding && { padding }) };
  const stride = 1 + random.integer(2);
  const y =
    random.integer(2) === 0
      ? b.conv2d(`conv${i}`, x, 1 + random.integer(8), kernel, stride, beside)
      : b.depthwiseConv2d(`depthwise${i}`, x, kernel, stride, beside);
  return random.integer(2) === 0 ? b.prelu(`prelu${i}`, y) : b.relu6(`relu${i}`, y);
};

/** Two ways beside each other that come together. */
const branched: Step = (b, x, i, random) => {
  const [left, right] = [b.conv2d(`left${i}`, x, 4, 1), b.conv2d(`right${i}`, b.sigmoid(`gate${i}`, x), 4, 3)];
  return random.integer(2) === 0 ? b.concat(`concat${i}`, left, right) : b.add(`add${i}`, right, left);
};

/** Squeeze and excitation, by dense layers or by convolutions of one place. */
const squeezed: Step = (b, x, i, random) => {
  const channels = x.shape[2];
  const pool = b.globalAveragePool(`squeeze${i}`, x);
  const layer = (name: string, y: Value, units: number) =>
    random.integer(2) === 0 ? b.dense(name, y, units) : b.conv2d(name, y, units, 1, 1, { bias: true });
  const inside = b.prelu(`inside${i}`, layer(`reduce${i}`, pool, 2));
  return b.multiply(`scale${i}`, x, b.sigmoid(`excite${i}`, layer(`expand${i}`, inside, channels)));
};

const pooled: Step = (b, x, i) => {
  if (x.shape[0] < 3 || x.shape[1] < 3) return b.batchNorm(`alone${i}`, x);
  return b.maxPool(`max${i}`, x, 2, 2, { top: 0, bottom: x.shape[0] % 2, left: 0, right: x.shape[1] % 2 });
};

const normalized: Step = (b, x, i) => b.batchNorm(`norm${i}`, x, 1e-3);

/** What makes a square of a map. */
function around({ shape: [height, width] }: Value): Padding {
  const side = Math.max(height, width);
  return { top: 0, bottom: side - height, left: 0, right: side - width };
}
