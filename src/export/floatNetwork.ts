import { layerBias, layerKernel } from '../quantization/folding.js';
import type { FakeQuantNode, Graph, Node, Shape } from '../graph/graph.js';
import {
  hasKernel,
  isJoined,
  isPool,
  isSum,
  strideOf,
  type KernelNode,
  type NothingNode,
  type PoolNode,
  type SumNode,
} from '../graph/operations.js';
import type { OutputTensors } from '../quantization/interpreter/integerNetwork.js';

/** float32 values [N, H, W, C]. */
export interface FloatTensor {
  readonly name: string;
  readonly shape: Shape;
}

/** A convolution or dense layer with its batch norm, and its ReLU6 where one follows. */
export interface FloatLayer {
  readonly op: KernelNode['op'];
  readonly name: string;
  readonly input: number;
  readonly output: number;
  readonly stride: number;
  readonly relu6: boolean;
  /** [kH, kW, Cin, Cout], [kH, kW, C, 1] or [Cin, Cout]. */
  readonly kernelShape: readonly number[];
  readonly weights: Float32Array;
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

export interface FloatPool {
  readonly op: PoolNode['op'];
  readonly name: string;
  readonly input: number;
  readonly output: number;
}

export type FloatOperation = FloatLayer | FloatAdd | FloatPool;

/** A network as a float runtime computes it. Numbers point into `tensors`; tensor 0 is the input. */
export interface FloatNetwork {
  readonly name: string;
  readonly tensors: readonly FloatTensor[];
  readonly operations: readonly FloatOperation[];
  readonly outputs: OutputTensors;
}

/**
 * Converts a graph in float, or what quantization made of it with nothing rounded: batch norms by their running statistics
 * are a part of the kernels.
 *
 * @throws RangeError for an operation that stands where no runtime has it (a batch norm behind something else)
 */
export function floatNetwork(graph: Graph, parameters: ReadonlyMap<string, Float32Array>): FloatNetwork {
  const tensors: FloatTensor[] = [];
  const operations: FloatOperation[] = [];
  const numbers = new Map<string, number>();
  const shapes = new Map(graph.parameters.map(({ name, shape }) => [name, shape]));
  const made = new Map<number, number>(); // operation of a tensor
  const add = (node: Node, operation: (output: number) => FloatOperation) => {
    const output = tensors.push({ name: node.name, shape: node.shape }) - 1;
    made.set(output, operations.push(operation(output)) - 1);
    numbers.set(node.name, output);
  };
  for (const node of graph.nodes) {
    if (node.op === 'input') {
      numbers.set(node.name, tensors.push({ name: node.name, shape: node.shape }) - 1);
      continue;
    }
    const input = numbers.get(node.input)!;
    const name = node.name;
    if (hasKernel(node)) {
      const kernel = layerKernel(node, parameters, false, undefined);
      const bias = layerBias(node, kernel, parameters, undefined) ?? new Float32Array(node.shape[2]);
      const kernelShape = shapes.get(node.kernel)!;
      const stride = strideOf(node);
      const { op } = node;
      add(node, (output) => ({
        op,
        name,
        input,
        output,
        stride,
        relu6: false,
        kernelShape,
        weights: kernel.values,
        bias,
      }));
    } else if (isSum(node)) {
      const { op } = node;
      const other = numbers.get(node.other)!;
      add(node, (output) => ({ op, name, input, other, output, relu6: false }));
    } else if (isPool(node)) {
      const { op } = node;
      add(node, (output) => ({ op, name, input, output }));
    } else if (isJoined(node)) {
      const at = made.get(input);
      const before = at === undefined ? undefined : operations[at]!;
      const changed = node.op === 'relu6' ? activated(before) : normalized(before, node, parameters);
      if (!changed) throw new RangeError(`${name} cannot be exported: nothing before it takes it along`);
      operations[at!] = changed;
      tensors[input] = { ...tensors[input]!, name };
      numbers.set(name, input);
    } else {
      const nothing: NothingNode | FakeQuantNode = node;
      numbers.set(nothing.name, input);
    }
  }
  const { embedding, scores } = graph.outputs;
  const outputs = {
    embedding: numbers.get(embedding)!,
    ...(scores !== undefined && { scores: numbers.get(scores)! }),
  };
  return { name: graph.name, tensors, operations, outputs };
}

function activated(before: FloatOperation | undefined): FloatOperation | undefined {
  return before && 'relu6' in before && !before.relu6 ? { ...before, relu6: true } : undefined;
}

function normalized(
  before: FloatOperation | undefined,
  { gamma, beta, movingMean, movingVariance, epsilon }: Extract<Node, { op: 'batchNorm' }>,
  parameters: ReadonlyMap<string, Float32Array>,
): FloatOperation | undefined {
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
