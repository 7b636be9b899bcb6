import type { Random } from '../../../src/core/random.js';
import type { Graph, Padding, Scaling } from '../../../src/graph/graph.js';
import { inputsOf, parametersOf } from '../../../src/graph/operations.js';
import { GraphBuilder, type Value } from '../../../src/graph/graphBuilder.js';

/**
 * A small network of every operation in random order and shape: tensors with several readers, batch norms behind
 * anything, residual sums of a value with itself, odd sides, kernels larger than the picture.
 */
export function randomGraph(random: Random): Graph {
  const b = new GraphBuilder();
  const pick = <T>(some: readonly T[]): T => some[random.integer(some.length)]!;
  const channels = () => pick([1, 3, 8, 15, 16, 17, 24, 33, 40]);
  const input = random.integer(4) === 0 ? 'floats' : 'pixels';
  const values: Value[] = [b.input(pick([1, 2, 5, 7, 8, 9, 12]), pick([1, 3, 4, 6, 9, 11]), pick([1, 3, 4]), input)];
  const count = 3 + random.integer(9);
  for (let i = 0; i < count; i++) {
    // Mostly the newest, so that chains form; sometimes an older one, so that it gets a second reader.
    const x = random.integer(4) === 0 ? pick(values) : values.at(-1)!;
    const name = `n${i}`;
    switch (
      pick(['conv', 'conv', 'pointwise', 'depthwise', 'norm', 'norm', 'relu', 'relu', 'add', 'dropout'] as const)
    ) {
      case 'conv':
        values.push(b.conv2d(name, x, channels(), pick([1, 2, 3, 3, 5]), pick([1, 1, 2, 3])));
        break;
      case 'pointwise':
        values.push(b.conv2d(name, x, channels(), 1));
        break;
      case 'depthwise':
        values.push(b.depthwiseConv2d(name, x, pick([1, 2, 3, 3, 3, 5]), pick([1, 1, 2, 2, 3])));
        break;
      case 'norm':
        values.push(b.batchNorm(name, x));
        break;
      case 'relu':
        values.push(b.relu6(name, x));
        break;
      case 'dropout':
        values.push(b.dropout(name, x, pick([0, 0.2, 0.5])));
        break;
      case 'add': {
        const alike = values.filter(({ shape }) => shape.every((n, d) => n === x.shape[d]));
        values.push(b.add(name, x, pick(alike)));
      }
    }
  }
  let last = values.at(-1)!;
  last = random.integer(2) === 0 ? b.globalMaxPool('pool', last) : b.globalAveragePool('pool', last);
  let embedding = last;
  if (random.integer(3) === 0) last = b.dropout('dropped', last, 0.3);
  if (random.integer(3) === 0) last = embedding = b.batchNorm('embedding_norm', b.dense('embedding', last, channels()));
  const scores = b.dense('logits', last, 2 + random.integer(20));
  return withoutDeadEnds(b.build('random graph', { embedding, scores }));
}

type Pick = <T>(some: readonly T[]) => T;

/** The same of what face networks are made of: biases, any padding, PReLU, factors, maxima of windows, maps side by side. */
export function randomFaceGraph(random: Random): Graph {
  const b = new GraphBuilder();
  const pick: Pick = (some) => some[random.integer(some.length)]!;
  const scaling: Scaling = { scale: [1 / 128, 1 / 64, -1 / 128], shift: [-1, -2, 1] };
  const input = pick(['floats', 'pixels', 'scaled'] as const);
  const values: Value[] = [
    input === 'scaled'
      ? b.input(pick([5, 8, 9]), pick([4, 6, 11]), 3, 'pixels', scaling)
      : b.input(pick([1, 5, 8, 9]), pick([1, 4, 6, 11]), pick([1, 3, 4]), input),
  ];
  const count = 3 + random.integer(8);
  for (let i = 0; i < count; i++) {
    const x = random.integer(4) === 0 ? pick(values) : values.at(-1)!;
    values.push(faceOperation(b, `n${i}`, x, values, pick));
  }
  let embedding = b.globalAveragePool('pool', values.at(-1)!);
  if (random.integer(2) === 0) embedding = b.l2Normalize('unit', b.dense('embedding', embedding, pick([2, 8, 17])));
  if (random.integer(3) === 0) return withoutDeadEnds(b.build('random face network', { embedding }));
  const scores = b.dense('logits', embedding, 2 + random.integer(20));
  return withoutDeadEnds(b.build('random face network', { embedding, scores }));
}

function faceOperation(b: GraphBuilder, name: string, x: Value, earlier: readonly Value[], pick: Pick): Value {
  const channels = pick([1, 3, 8, 15, 16, 17, 24, 33]);
  const kernel = pick([1, 2, 3, 3, 5]);
  const stride = pick([1, 1, 2]);
  const beside = { bias: pick([true, true, false]), ...(pick([true, false]) && { padding: around(x, kernel, pick) }) };
  const alike = earlier.filter(({ shape: [h, w] }) => h === x.shape[0] && w === x.shape[1]);
  const tried = pick([
    ...(['conv', 'conv', 'depthwise', 'prelu', 'prelu', 'relu', 'sigmoid'] as const),
    ...(['excite', 'excite', 'concat', 'maxPool', 'maxPool', 'add', 'norm'] as const),
  ]);
  const made: Readonly<Record<typeof tried, () => Value>> = {
    conv: () => b.conv2d(name, x, channels, kernel, stride, beside),
    depthwise: () => b.depthwiseConv2d(name, x, kernel, stride, beside),
    prelu: () => b.prelu(name, x),
    relu: () => b.prelu(name, x, false),
    sigmoid: () => b.sigmoid(name, x),
    excite: () => {
      const factors = b.dense(`${name}_dense`, b.globalAveragePool(`${name}_pool`, x), x.shape[2]);
      return b.multiply(name, x, b.sigmoid(`${name}_factors`, factors));
    },
    concat: () => b.concat(name, x, pick(alike)),
    maxPool: () => b.maxPool(name, x, kernel, stride, around(x, kernel, pick)),
    add: () => b.add(name, x, pick(alike.filter(({ shape }) => shape[2] === x.shape[2]))),
    norm: () => b.batchNorm(name, x),
  };
  return made[tried]();
}

/** Less than a kernel on each side, and enough for one window. */
function around({ shape: [height, width] }: Value, kernel: number, pick: Pick): Padding {
  const some = (side: number) => {
    const before = pick([0, 0, kernel >> 1, kernel - 1]);
    const after = pick([0, 0, kernel >> 1, kernel - 1]);
    return side + before + after < kernel ? [kernel - 1, kernel - 1] : [before, after];
  };
  const [[top, bottom], [left, right]] = [some(height), some(width)] as [number[], number[]];
  return { top: top!, bottom: bottom!, left: left!, right: right! };
}

/** A small network that can be quantized: any shapes, branches and ends. */
export function randomQuantizable(random: Random): Graph {
  const b = new GraphBuilder();
  const pick = <T>(some: readonly T[]): T => some[random.integer(some.length)]!;
  const channels = () => pick([1, 3, 8, 15, 16, 17, 24, 33]);
  let x = b.input(pick([5, 8, 9, 12]), pick([6, 9, 11]), pick([1, 3]), random.integer(4) === 0 ? 'floats' : 'pixels');
  const layer = (name: string, from: Value, to: number) => {
    const conv =
      random.integer(3) === 0 && from.shape[2] > 1
        ? b.depthwiseConv2d(name, from, pick([2, 3, 3, 5]), 1)
        : b.conv2d(name, from, to, pick([1, 1, 2, 3]), 1);
    const normed = random.integer(5) === 0 ? conv : b.batchNorm(`${name}_bn`, conv);
    return random.integer(2) === 0 ? b.relu6(`${name}_relu`, normed) : normed;
  };
  for (let i = 0; i < 2 + random.integer(4); i++) {
    const before = x;
    x = layer(`n${i}`, x, channels());
    if (random.integer(3) === 0) {
      const y = layer(`n${i}y`, x, x.shape[2]);
      if (y.shape.every((n, d) => n === x.shape[d])) x = b.add(`n${i}add`, x, y);
      else x = y;
    }
    if (before.shape.every((n, d) => n === x.shape[d]) && random.integer(2) === 0) x = b.add(`n${i}skip`, before, x);
  }
  x = random.integer(2) === 0 ? b.globalMaxPool('pool', x) : b.globalAveragePool('pool', x);
  const embedding = x;
  if (random.integer(3) === 0) x = b.dropout('dropped', x, 0.3);
  return b.build('random quantizable graph', { embedding, scores: b.dense('logits', x, 2 + random.integer(9)) });
}

/** The same of what face networks are made of and integers compute. */
export function randomQuantizableFace(random: Random, input?: 'pixels' | 'scaled'): Graph {
  const b = new GraphBuilder();
  const pick: Pick = (some) => some[random.integer(some.length)]!;
  const scaling: Scaling = { scale: [1 / 64, 1 / 48, -1 / 72], shift: [-1.5, -1.25, 2] };
  const kind = input ?? pick(['floats', 'pixels', 'scaled'] as const);
  let x =
    kind === 'scaled'
      ? b.input(pick([5, 8, 9]), pick([6, 11]), 3, 'pixels', scaling)
      : b.input(pick([5, 8, 9]), pick([6, 11]), 3, kind);
  const layer = (name: string, from: Value, to: number) => {
    const kernel = pick([1, 2, 3, 3, 5]);
    const bias = pick([true, true, false]);
    const beside = { bias, ...(pick([true, false]) && { padding: around(from, kernel, pick) }) };
    const stride = pick([1, 1, 1, 2]);
    const conv =
      from.shape[2] > 3 && pick([true, false, false])
        ? b.depthwiseConv2d(name, from, kernel, stride, beside)
        : b.conv2d(name, from, to, kernel, stride, beside);
    const normed = !bias && pick([true, false]) ? b.batchNorm(`${name}_bn`, conv) : conv;
    return pick([
      () => b.prelu(`${name}_prelu`, normed),
      () => b.prelu(`${name}_relu`, normed, false),
      () => b.relu6(`${name}_relu6`, normed),
      () => normed,
    ])();
  };
  for (let i = 0; i < 2 + random.integer(4); i++) {
    x = layer(`n${i}`, x, pick([1, 3, 8, 15, 16, 17, 24]));
    if (pick([true, false])) continue;
    const hidden = b.prelu(`n${i}_hidden`, b.dense(`n${i}_squeeze`, b.globalAveragePool(`n${i}_mean`, x), 4));
    const factors = b.sigmoid(`n${i}_factors`, b.dense(`n${i}_excite`, hidden, x.shape[2]));
    const product = b.multiply(`n${i}_scaled`, x, factors);
    x = pick([() => b.add(`n${i}_sum`, x, product), () => b.relu6(`n${i}_clamp`, product), () => product])();
  }
  const pooled = pick([true, false]) ? b.globalAveragePool('pool', x) : b.globalMaxPool('pool', x);
  const embedding = b.dense('embedding', pooled, pick([2, 8, 17]));
  const scores = (from: Value) => b.dense('logits', from, 2 + random.integer(9));
  if (pick([true, false])) return b.build('random face network', { embedding, scores: scores(embedding) });
  const unit = b.l2Normalize('unit', embedding);
  return b.build('random face network', { embedding: unit, scores: scores(unit) });
}

/** Leaves out what leads to no output. */
function withoutDeadEnds(graph: Graph): Graph {
  const live = new Set(Object.values(graph.outputs));
  for (const node of [...graph.nodes].reverse())
    if (live.has(node.name)) for (const input of inputsOf(node)) live.add(input);
  const nodes = graph.nodes.filter((node) => live.has(node.name) || node.op === 'input');
  const used = new Set(nodes.flatMap(parametersOf));
  return { ...graph, nodes, parameters: graph.parameters.filter(({ name }) => used.has(name)) };
}

/** Values around which nothing overflows and batch norms have something to do. */
export function randomValues(graph: Graph, random: Random): Map<string, Float32Array> {
  return new Map(
    graph.parameters.map(({ name, shape, trainable }) => {
      const size = shape.reduce((product, n) => product * n, 1);
      const fan = Math.sqrt(size / shape.at(-1)!);
      const value = /gamma|variance/.test(name)
        ? () => random.between(0.5, 2)
        : /kernel/.test(name)
          ? () => random.between(-1, 1) * (1.7 / fan)
          : trainable || !name.endsWith('/alpha')
            ? () => random.between(-0.5, 0.5)
            : () => 0;
      return [name, Float32Array.from({ length: size }, value)];
    }),
  );
}
