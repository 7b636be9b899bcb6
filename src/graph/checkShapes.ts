import { sizeOf, type Graph, type Node, type Nodes, type Normalization, type Padding, type Shape } from './graph.js';
import { windowed } from './graphBuilder.js';
import { parametersOf } from './operations.js';

/** Values of all activations of one picture together: half a gigabyte, some sixty times what MobileNetV2 has at 224 x 224. */
const MOST_VALUES = 1 << 27;

/**
 * Whether every node has the shape that its inputs and parameters give it, so that an engine computes inside of what it has.
 *
 * @param graph one that `checkGraph` has let pass
 * @throws RangeError naming the node or the parameter that does not fit, and for a network too large for any machine
 */
export function checkShapes(graph: Graph): void {
  const known = new Known(graph);
  let values = 0;
  for (const node of graph.nodes) {
    known.require(node.name, node.shape, shapeOf(node.op, node, known));
    known.take(node);
    values += sizeOf(node.shape);
  }
  if (values > MOST_VALUES) throw new RangeError(`${graph.name} has ${values} values for each picture`);
  if (graph.nodes.some(({ op }, i) => (op === 'input') !== (i === 0)))
    throw new RangeError(`${graph.name} does not begin with its one input`);
  const used = new Set(graph.nodes.flatMap(parametersOf));
  const names = new Set<string>();
  for (const { name } of graph.parameters) {
    if (!used.has(name)) throw new RangeError(`nothing reads the parameter ${name}`);
    if (names.has(name)) throw new RangeError(`two parameters are named ${name}`);
    names.add(name);
  }
}

/** The shapes seen so far. */
class Known {
  private readonly nodes = new Map<string, Shape>();
  private readonly parameters: ReadonlyMap<string, readonly number[]>;

  constructor(graph: Graph) {
    this.parameters = new Map(graph.parameters.map(({ name, shape }) => [name, shape]));
  }

  take({ name, shape }: Node): void {
    this.nodes.set(name, shape);
  }

  of(node: string): Shape {
    return this.nodes.get(node)!;
  }

  ofParameter(name: string): readonly number[] {
    return this.parameters.get(name)!;
  }

  vectors(length: number, ...parameters: readonly (string | undefined)[]): void {
    for (const name of parameters) if (name !== undefined) this.require(name, this.ofParameter(name), [length]);
  }

  /** A vector [1, 1, C]. @returns its C */
  lengthOf(node: string): number {
    const [height, width, channels] = this.of(node);
    this.require(node, [height, width], [1, 1]);
    return channels;
  }

  require(what: string, found: readonly number[], wanted: readonly number[]): void {
    if (found.length !== wanted.length || found.some((n, i) => n !== wanted[i]))
      throw new RangeError(`${what} is [${found.join()}], expected [${wanted.join()}]`);
  }
}

const SHAPES: { readonly [Op in keyof Nodes]: (node: Nodes[Op], known: Known) => Shape } = {
  input({ name, shape, values, scaling }, known) {
    if (values === 'pixels' && scaling) known.require(name, shape.slice(2), [3]);
    return shape;
  },
  conv2d(node, known) {
    const shape = known.of(node.input);
    const [height = 0, width = 0, , filters = 0] = known.ofParameter(node.kernel);
    known.require(node.kernel, known.ofParameter(node.kernel), [height, width, shape[2], filters]);
    return convolved(node, [height, width], filters, known);
  },
  depthwiseConv2d(node, known) {
    const channels = known.of(node.input)[2];
    const [height = 0, width = 0] = known.ofParameter(node.kernel);
    known.require(node.kernel, known.ofParameter(node.kernel), [height, width, channels, 1]);
    return convolved(node, [height, width], channels, known);
  },
  batchNorm: (node, known) => normalized(node, known.of(node.input), known),
  relu6: ({ input }, known) => known.of(input),
  prelu({ input, slope }, known) {
    known.vectors(known.of(input)[2], slope);
    return known.of(input);
  },
  sigmoid: ({ input }, known) => known.of(input),
  add({ input, other }, known) {
    known.require(other, known.of(other), known.of(input));
    return known.of(input);
  },
  multiply({ input, other }, known) {
    known.require(other, known.of(other), [1, 1, known.of(input)[2]]);
    return known.of(input);
  },
  concat({ input, other }, known) {
    const [height, width, channels] = known.of(input);
    const [, , others] = known.of(other);
    known.require(other, known.of(other), [height, width, others]);
    return [height, width, channels + others];
  },
  maxPool({ input, kernelSize, stride, padding }, known) {
    const shape = known.of(input);
    const kernel = [kernelSize, kernelSize] as const;
    return windowed(shape, checkedWindow(input, shape, kernel, padding), stride, shape[2], padding);
  },
  globalMaxPool: ({ input }, known) => [1, 1, known.of(input)[2]],
  globalAveragePool: ({ input }, known) => [1, 1, known.of(input)[2]],
  l2Normalize: ({ input }, known) => [1, 1, known.lengthOf(input)],
  dropout: ({ input }, known) => known.of(input),
  dense({ input, kernel, bias }, known) {
    const [, units = 0] = known.ofParameter(kernel);
    known.require(kernel, known.ofParameter(kernel), [known.lengthOf(input), units]);
    known.vectors(units, bias);
    return [1, 1, units];
  },
  fakeQuant({ input, range }, known) {
    known.vectors(2, range);
    return known.of(input);
  },
};

function shapeOf<Op extends keyof Nodes>(op: Op, node: Nodes[Op], known: Known): Shape {
  return SHAPES[op](node, known);
}

function convolved(
  { input, stride, bias, padding, norm }: Nodes['conv2d' | 'depthwiseConv2d'],
  kernel: readonly [number, number],
  channels: number,
  known: Known,
): Shape {
  known.vectors(channels, bias);
  const shape = windowed(
    known.of(input),
    padding ? checkedWindow(input, known.of(input), kernel, padding) : kernel,
    stride,
    channels,
    padding,
  );
  return norm ? normalized(norm, shape, known) : shape;
}

function normalized({ gamma, beta, movingMean, movingVariance }: Normalization, shape: Shape, known: Known): Shape {
  known.vectors(shape[2], gamma, beta, movingMean, movingVariance);
  return shape;
}

/** Every window has some of the map in it: a maximum of nothing is no number. */
export function checkedWindow(
  input: string,
  [height, width]: Shape,
  kernel: readonly [number, number],
  { top, bottom, left, right }: Padding,
): readonly [number, number] {
  const [kernelHeight, kernelWidth] = kernel;
  const inside = Math.max(top, bottom) < kernelHeight && Math.max(left, right) < kernelWidth;
  if (!inside || height + top + bottom < kernelHeight || width + left + right < kernelWidth)
    throw new RangeError(
      `a window of ${kernel.join(' x ')} does not fit ${input} with a rim of ${[top, bottom, left, right].join()}`,
    );
  return kernel;
}
