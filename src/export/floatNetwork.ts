import { layerBias, layerKernel } from '../quantization/folding.js';
import type { BatchNormNode, FakeQuantNode, Graph, Node, Padding, Shape } from '../graph/graph.js';
import {
  hasKernel,
  isFloat,
  isJoined,
  isPool,
  isSum,
  strideOf,
  type ComputedNode,
  type FloatNode,
  type JoinedNode,
  type KernelNode,
  type NothingNode,
  type PoolNode,
  type SumNode,
} from '../graph/operations.js';
import type { OutputTensors } from '../quantization/interpreter/integerNetwork.js';
import { readAsMaps } from '../quantization/interpreter/readAsMaps.js';

/** float32 values [N, H, W, C]. */
export interface FloatTensor {
  readonly name: string;
  /** [H, W, C]; each format adds N. */
  readonly shape: Shape;
}

/** A convolution or dense layer with its batch norm, and its ReLU6 where one follows. */
export interface FloatLayer {
  readonly op: KernelNode['op'];
  readonly name: string;
  readonly input: number;
  readonly output: number;
  /** Of rows and columns alike; 1 for a dense layer. */
  readonly stride: number;
  /** SAME when absent. */
  readonly padding?: Padding;
  readonly relu6: boolean;
  /** [kH, kW, Cin, Cout], [kH, kW, C, 1] or [Cin, Cout]. */
  readonly kernelShape: readonly number[];
  /** Row-major, the output channel last: weight i is of channel i mod Cout. */
  readonly weights: Float32Array;
  /** [Cout]; zeros where the graph has none. */
  readonly bias: Float32Array;
}

export interface FloatAdd {
  readonly op: SumNode['op'];
  readonly name: string;
  readonly input: number;
  readonly other: number;
  readonly output: number;
  readonly relu6: boolean;
}

/** Over the whole map: [N, H, W, C] → [N, 1, 1, C]. */
export interface FloatPool {
  readonly op: PoolNode['op'];
  readonly name: string;
  readonly input: number;
  readonly output: number;
}

/** What reads one map, and has numbers of its own in `FloatPrelu` and `FloatMaxPool` only. */
interface FloatSingle<Op extends FloatNode['op']> {
  readonly op: Op;
  readonly name: string;
  readonly input: number;
  readonly output: number;
}
export interface FloatPrelu extends FloatSingle<'prelu'> {
  /** [C]. */
  readonly slopes: Float32Array;
}
export interface FloatMaxPool extends FloatSingle<'maxPool'> {
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: Padding;
}
/** A product with [1, 1, C], or maps side by side. */
interface FloatDouble<Op extends FloatNode['op']> extends FloatSingle<Op> {
  readonly other: number;
}
/** What integers do not compute, as the graph says it (`src/graph/graph.ts`). */
interface FloatOnly {
  readonly prelu: FloatPrelu;
  readonly sigmoid: FloatSingle<'sigmoid'>;
  readonly multiply: FloatDouble<'multiply'>;
  readonly concat: FloatDouble<'concat'>;
  readonly maxPool: FloatMaxPool;
  readonly l2Normalize: FloatSingle<'l2Normalize'>;
}

/** By what they do. */
export type FloatOperations = { readonly [Op in KernelNode['op']]: FloatLayer } & {
  readonly [Op in SumNode['op']]: FloatAdd;
} & { readonly [Op in PoolNode['op']]: FloatPool } & FloatOnly;
export type FloatOperation = FloatOperations[(ComputedNode | FloatNode)['op']];

const FLOAT_ONLY: Readonly<Record<FloatNode['op'], true>> = {
  prelu: true,
  sigmoid: true,
  multiply: true,
  concat: true,
  maxPool: true,
  l2Normalize: true,
};

/** Whether integers do not compute an operation. */
export function isFloatOnly(operation: FloatOperation): operation is FloatOperations[FloatNode['op']] {
  return operation.op in FLOAT_ONLY;
}

/** A network as a float runtime computes it. Numbers point into `tensors`; tensor 0 is the input. */
export interface FloatNetwork {
  readonly name: string;
  readonly tensors: readonly FloatTensor[];
  readonly operations: readonly FloatOperation[];
  readonly outputs: OutputTensors;
}

/**
 * Converts a graph in float, or what quantization made of it with nothing rounded: batch norms by their running
 * statistics are a part of the kernels. Nothing else may read what a batch norm or ReLU6 reads: that value is not
 * stored.
 *
 * @throws RangeError for an operation that stands where no runtime has it (a ReLU6 behind a pooling), and for a value that
 *   is read but not stored
 */
export function floatNetwork(graph: Graph, parameters: ReadonlyMap<string, Float32Array>): FloatNetwork {
  const conversion = new Conversion(graph, parameters);
  for (const node of graph.nodes) conversion.take(node);
  return conversion.result();
}

class Conversion {
  private readonly tensors: FloatTensor[] = [];
  private readonly operations: FloatOperation[] = [];
  /** Of the tensor with a node's output, by the node's name. */
  private readonly numbers = new Map<string, number>();
  /** Nodes whose output is nowhere any more: what read it has become a part of the operation that made it. */
  private readonly overwritten = new Set<string>();
  /** Of the operation that makes a tensor, by the tensor's number. */
  private readonly makers = new Map<number, number>();
  private readonly shapes: ReadonlyMap<string, readonly number[]>;

  constructor(
    private readonly graph: Graph,
    private readonly parameters: ReadonlyMap<string, Float32Array>,
  ) {
    this.shapes = new Map(graph.parameters.map(({ name, shape }) => [name, shape]));
  }

  take(node: Node): void {
    if (node.op === 'input') {
      this.numbers.set(node.name, this.tensors.push({ name: node.name, shape: node.shape }) - 1);
      return;
    }
    const input = this.numberOf(node.input);
    const { name } = node;
    if (hasKernel(node)) this.add(node, this.layer(node, input));
    else if (isSum(node)) {
      const { op } = node;
      const other = this.numberOf(node.other);
      this.add(node, (output) => ({ op, name, input, other, output, relu6: false }));
    } else if (isPool(node)) {
      const { op } = node;
      this.add(node, (output) => ({ op, name, input, output }));
    } else if (isJoined(node)) this.join(node, input);
    else if (isFloat(node)) this.add(node, this.floatOnly(node, input));
    else {
      const nothing: NothingNode | FakeQuantNode = node;
      this.numbers.set(nothing.name, input);
    }
  }

  result(): FloatNetwork {
    const { embedding, scores } = this.graph.outputs;
    const outputs = {
      embedding: this.numberOf(embedding),
      ...(scores !== undefined && { scores: this.numberOf(scores) }),
    };
    return { name: this.graph.name, tensors: this.tensors, operations: withMaps(this.operations), outputs };
  }

  private numberOf(name: string): number {
    if (this.overwritten.has(name))
      throw new RangeError(`${name} cannot be exported: it is read after it was taken along`);
    return this.numbers.get(name)!;
  }

  private add(node: Node, operation: (output: number) => FloatOperation): void {
    const output = this.tensors.push({ name: node.name, shape: node.shape }) - 1;
    this.makers.set(output, this.operations.push(operation(output)) - 1);
    this.numbers.set(node.name, output);
  }

  private floatOnly(node: FloatNode, input: number): (output: number) => FloatOperation {
    const { name } = node;
    switch (node.op) {
      case 'prelu': {
        const slopes = this.parameters.get(node.slope)!;
        return (output) => ({ op: node.op, name, input, output, slopes });
      }
      case 'maxPool': {
        const { op, kernelSize, stride, padding } = node;
        return (output) => ({ op, name, input, output, kernelSize, stride, padding });
      }
      case 'multiply':
      case 'concat': {
        const other = this.numberOf(node.other);
        return (output) => ({ op: node.op, name, input, other, output });
      }
      default:
        return (output) => ({ op: node.op, name, input, output });
    }
  }

  private layer(node: KernelNode, input: number): (output: number) => FloatLayer {
    const kernel = layerKernel(node, this.parameters, false, undefined);
    const bias = layerBias(node, kernel, this.parameters, undefined) ?? new Float32Array(node.shape[2]);
    const { op, name } = node;
    const padding = 'padding' in node ? node.padding : undefined;
    const shape = { stride: strideOf(node), ...(padding && { padding }), kernelShape: this.shapes.get(node.kernel)! };
    return (output) => ({ op, name, input, output, ...shape, relu6: false, weights: kernel.values, bias });
  }

  /** A batch norm behind anything but a convolution: one of a single place, of each channel by itself. */
  private alone(node: BatchNormNode, input: number): (output: number) => FloatLayer {
    const channels = node.shape[2];
    const [weights, bias] = [new Float32Array(channels).fill(1), new Float32Array(channels)];
    const shape = { stride: 1, kernelShape: [1, 1, channels, 1], relu6: false };
    return (output) =>
      normalized(
        { op: 'depthwiseConv2d', name: node.name, input, output, ...shape, weights, bias },
        node,
        this.parameters,
      )!;
  }

  /** A batch norm or ReLU6 becomes a part of the operation before it, whose tensor takes its name. */
  private join(node: JoinedNode, input: number): void {
    const { name } = node;
    const at = this.makers.get(input);
    const before = at === undefined ? undefined : this.operations[at]!;
    const changed = node.op === 'relu6' ? activated(before) : normalized(before, node, this.parameters);
    if (!changed && node.op === 'batchNorm') {
      this.add(node, this.alone(node, input));
      return;
    }
    if (!changed) throw new RangeError(`${name} cannot be exported: nothing before it takes it along`);
    this.operations[at!] = changed;
    this.tensors[input] = { ...this.tensors[input]!, name };
    for (const [earlier, number] of this.numbers) if (number === input) this.overwritten.add(earlier);
    this.numbers.set(name, input);
  }
}

function withMaps(operations: readonly FloatOperation[]): FloatOperation[] {
  const maps = readAsMaps(operations);
  return operations.map((operation) =>
    operation.op === 'dense' && maps.has(operation.output)
      ? { ...operation, op: 'conv2d', kernelShape: [1, 1, ...operation.kernelShape] }
      : operation,
  );
}

/** An operation has one activation, at its end; a pooling here has none. */
function activated(before: FloatOperation | undefined): FloatOperation | undefined {
  return before && 'relu6' in before && !before.relu6 ? { ...before, relu6: true } : undefined;
}

/**
 * gamma · (x − mean) / √(variance + epsilon) + beta of x = Σ weight · input + bias, as a convolution: weights times a
 * factor for each channel, and what is left over as bias. Not behind a ReLU6, which does not commute with it.
 */
function normalized(
  before: FloatOperation | undefined,
  { gamma, beta, movingMean, movingVariance, epsilon }: BatchNormNode,
  parameters: ReadonlyMap<string, Float32Array>,
): FloatLayer | undefined {
  if (!before || !('weights' in before) || before.relu6) return undefined;
  const [g, b, mean, variance] = [gamma, beta, movingMean, movingVariance].map((name) => parameters.get(name)!) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const factors = Float64Array.from(g, (value, c) => value / Math.sqrt(variance[c]! + epsilon));
  const channels = factors.length;
  return {
    ...before,
    weights: before.weights.map((w, i) => w * factors[i % channels]!),
    bias: before.bias.map((value, c) => b[c]! + (value - mean[c]!) * factors[c]!),
  };
}
