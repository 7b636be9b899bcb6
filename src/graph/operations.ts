import type { Node, Nodes, Normalization, Padding } from './graph.js';

/**
 * What a runtime makes of an operation when the network is in use:
 * - `input`: the pictures;
 * - `kernel`: a product with a kernel, which quantization rounds: a convolution or a dense layer;
 * - `sum`, `pool`: what they say;
 * - `float`: a value of its own, which integers compute where `onIntegers` says so;
 * - `joined`: a part of the operation before it, whose output is stored once;
 * - `quantizer`: the scale of the operation before it; nothing in float;
 * - `nothing`: the value that it reads.
 */
type InUse = 'input' | 'kernel' | 'sum' | 'pool' | 'float' | 'joined' | 'quantizer' | 'nothing';

/** What everybody else asks of an operation: a new one needs its row here, and the compiler names the tables without it. */
interface Traits<N> {
  readonly inUse: InUse;
  /** Whether a batch norm behind it can become a part of its kernel. */
  readonly takesNorm?: true;
  /** Of `float`: whether integers compute it, each value by itself or by a table. */
  readonly onIntegers?: true;
  /** What the gradient needs of the way forward. */
  readonly readBackward: readonly ('input' | 'output')[];
  /** The nodes it reads. */
  inputs(node: N): readonly string[];
  /** The same node on other inputs. */
  rewired(node: N, inputOf: (name: string) => string): N;
  parameters(node: N): readonly string[];
}

const readsOne = {
  inputs: ({ input }: { readonly input: string }) => [input],
  rewired: <N extends { readonly input: string }>(node: N, inputOf: (name: string) => string): N => ({
    ...node,
    input: inputOf(node.input),
  }),
};
const readsTwo = {
  inputs: ({ input, other }: { readonly input: string; readonly other: string }) => [input, other],
  rewired: <N extends { readonly input: string; readonly other: string }>(
    node: N,
    inputOf: (name: string) => string,
  ): N => ({ ...node, input: inputOf(node.input), other: inputOf(node.other) }),
  parameters: () => [],
};
const plain = { ...readsOne, parameters: () => [] };
const convolution = {
  ...readsOne,
  parameters: ({ kernel, bias, norm }: Nodes['conv2d' | 'depthwiseConv2d']) => [
    kernel,
    ...(bias === undefined ? [] : [bias]),
    ...(norm ? statisticsOf(norm) : []),
  ],
};

const OPERATIONS = {
  input: { inUse: 'input', readBackward: [], inputs: () => [], rewired: (node) => node, parameters: () => [] },
  conv2d: { inUse: 'kernel', takesNorm: true, readBackward: ['input'], ...convolution },
  depthwiseConv2d: { inUse: 'kernel', takesNorm: true, readBackward: ['input'], ...convolution },
  batchNorm: { inUse: 'joined', readBackward: ['input'], ...readsOne, parameters: statisticsOf },
  // 0 < y < 6 decides, so x is not kept.
  relu6: { inUse: 'joined', readBackward: ['output'], ...plain },
  prelu: {
    ...{ inUse: 'float', onIntegers: true, readBackward: ['input'], ...readsOne },
    parameters: ({ slope }) => [slope],
  },
  // s (1 − s) of the output s.
  sigmoid: { inUse: 'float', onIntegers: true, readBackward: ['output'], ...plain },
  add: { inUse: 'sum', readBackward: [], ...readsTwo },
  multiply: { inUse: 'float', onIntegers: true, readBackward: ['input'], ...readsTwo },
  concat: { inUse: 'float', readBackward: [], ...readsTwo },
  maxPool: { inUse: 'float', readBackward: ['input', 'output'], ...plain },
  globalMaxPool: { inUse: 'pool', readBackward: ['input', 'output'], ...plain },
  globalAveragePool: { inUse: 'pool', readBackward: [], ...plain },
  l2Normalize: { inUse: 'float', onIntegers: true, readBackward: ['input'], ...plain },
  // Its mask is drawn again.
  dropout: { inUse: 'nothing', readBackward: [], ...plain },
  dense: {
    ...{ inUse: 'kernel', readBackward: ['input'], ...readsOne },
    parameters: ({ kernel, bias }) => [kernel, bias],
  },
  // The gradient asks whether a value lay inside the range.
  fakeQuant: { inUse: 'quantizer', readBackward: ['input'], ...readsOne, parameters: ({ range }) => [range] },
} as const satisfies Table;

type Table = { readonly [Op in keyof Nodes]: Traits<Nodes[Op]> };
const TABLE: Table = OPERATIONS;

function traitsOf<Op extends keyof Nodes>(op: Op): Traits<Nodes[Op]> {
  return TABLE[op];
}

function statisticsOf({ gamma, beta, movingMean, movingVariance }: Normalization): readonly string[] {
  return [gamma, beta, movingMean, movingVariance];
}

export function inputsOf(node: Node): readonly string[] {
  return traitsOf(node.op).inputs(node);
}

export function parametersOf(node: Node): readonly string[] {
  return traitsOf(node.op).parameters(node);
}

/** The same node on other inputs. */
export function rewired(node: Node, inputOf: (name: string) => string): Node {
  return traitsOf(node.op).rewired(node, inputOf);
}

/** The outputs that a node's backward pass reads: its inputs where the gradient needs them, its own where that is enough. */
export function readBackward(node: Node): readonly string[] {
  return traitsOf(node.op).readBackward.flatMap((what) => (what === 'input' ? inputsOf(node) : [node.name]));
}

type With<T> = { [Op in keyof Nodes]: (typeof OPERATIONS)[Op] extends T ? Nodes[Op] : never }[keyof Nodes];

export type KernelNode = With<{ inUse: 'kernel' }>;
export type Convolution = With<{ takesNorm: true }>;
export type PoolNode = With<{ inUse: 'pool' }>;
export type SumNode = With<{ inUse: 'sum' }>;
export type FloatNode = With<{ inUse: 'float' }>;
export type JoinedNode = With<{ inUse: 'joined' }>;
export type NothingNode = With<{ inUse: 'nothing' }>;
/** What has an output of its own in use, in float and on integers, but for `ValueNode`. */
export type ComputedNode = KernelNode | SumNode | PoolNode;
/** A `FloatNode` that integers compute as well. */
export type ValueNode = With<{ inUse: 'float'; onIntegers: true }>;

/** A convolution or dense layer. */
export function hasKernel(node: Node): node is KernelNode {
  return traitsOf(node.op).inUse === 'kernel';
}

export function takesNorm(node: Node): node is Convolution {
  return traitsOf(node.op).takesNorm === true;
}

export function isPool(node: Node): node is PoolNode {
  return traitsOf(node.op).inUse === 'pool';
}

export function isSum(node: Node): node is SumNode {
  return traitsOf(node.op).inUse === 'sum';
}

/** What has an output of its own in use, and on integers only if it is a `ValueNode`. */
export function isFloat(node: Node): node is FloatNode {
  return traitsOf(node.op).inUse === 'float';
}

export function isValue(node: Node): node is ValueNode {
  return traitsOf(node.op).onIntegers === true;
}

export function isComputed(node: Node): node is ComputedNode {
  return hasKernel(node) || isSum(node) || isPool(node);
}

/** A batch norm or an activation, which the operation before it takes along. */
export function isJoined(node: Node): node is JoinedNode {
  return traitsOf(node.op).inUse === 'joined';
}

/** Whether a network in use hands on what this node reads. */
export function isNothingInUse(node: Node): node is NothingNode {
  return traitsOf(node.op).inUse === 'nothing';
}

/** The batch norm that is a part of a kernel. */
export function normOf(layer: KernelNode): Normalization | undefined {
  return 'norm' in layer ? layer.norm : undefined;
}

/** None for SAME, and for a dense layer. */
export function paddingOf(layer: KernelNode): Padding | undefined {
  return 'padding' in layer ? layer.padding : undefined;
}

/** 1 for a dense layer. */
export function strideOf(layer: KernelNode): number {
  return 'stride' in layer ? layer.stride : 1;
}
