import { quantizeValue, quantizerOf, type AffineQuantizer } from '../../core/fakeQuantize.js';
import { roundHalfAwayFromZero } from '../../core/rounding.js';
import { UserError } from '../../core/userError.js';
import { layerBias, layerKernel, roundedSlopes } from '../folding.js';
import type { Graph, Node, Nodes, Outputs, Padding, Scaling, Shape } from '../../graph/graph.js';
import {
  hasKernel,
  inputsOf,
  isNothingInUse,
  isPool,
  isSum,
  isValue,
  paddingOf,
  strideOf,
  type ComputedNode,
  type KernelNode,
  type PoolNode,
  type SumNode,
  type ValueNode,
} from '../../graph/operations.js';
import { fixedMultiplier, type FixedMultiplier } from './fixedPoint.js';
import { readAsMaps } from './readAsMaps.js';

/** int8 values [N, H, W, C] that stand for scale · (q − zeroPoint). */
export interface IntegerTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Output integers below and above which nothing goes: the type's own, or those of a ReLU6. */
export interface Clamp {
  readonly lowest: number;
  readonly highest: number;
  readonly relu6: boolean;
}

/**
 * A convolution or dense layer: int8 weights with the output channel last, int32 bias of input scale times kernel scale, and
 * for each output channel the factor from there to the output's scale.
 */
export interface IntegerLayer extends Clamp {
  readonly op: KernelNode['op'];
  readonly name: string;
  readonly input: number;
  readonly output: number;
  readonly stride: number;
  /** Rows and columns of real zeros, which is the zero point; SAME when absent. */
  readonly padding?: Padding;
  /** [kH, kW, Cin, Cout], [kH, kW, C, 1] or [Cin, Cout]. */
  readonly kernelShape: readonly number[];
  readonly weights: Int8Array;
  readonly weightScales: Float32Array;
  readonly bias: Int32Array;
  readonly multipliers: readonly FixedMultiplier[];
}

/** Both inputs are brought to one scale with 20 more bits, added, and brought to the output's. */
export interface IntegerAdd extends Clamp {
  readonly op: SumNode['op'];
  readonly name: string;
  readonly input: number;
  readonly other: number;
  readonly output: number;
  readonly inputMultiplier: FixedMultiplier;
  readonly otherMultiplier: FixedMultiplier;
  readonly outputMultiplier: FixedMultiplier;
}

/** Over the whole map. Input and output have the same scale. */
export interface IntegerPool {
  readonly op: PoolNode['op'];
  readonly name: string;
  readonly input: number;
  readonly output: number;
}

/** int8 slopes with one scale and no zero point. A step from the input's zero point upwards and one downwards become other steps. */
export interface IntegerPrelu {
  readonly op: 'prelu';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  /** [C]. */
  readonly slopes: Int8Array;
  readonly slopeScale: number;
  /** From the input's scale to the output's. */
  readonly multiplier: FixedMultiplier;
  /** From input scale times slope scale to the output's. */
  readonly slopeMultiplier: FixedMultiplier;
}

/** Scale and zero point of the output are fixed (`fixedRange`): sigmoid 1 / 256 and −128, a unit vector 1 / 128 and 0. */
export interface IntegerFixed<Op extends 'sigmoid' | 'l2Normalize'> {
  readonly op: Op;
  readonly name: string;
  readonly input: number;
  readonly output: number;
}

/** Of a map [H, W, C] and factors [1, 1, C]; products are in input scale times other scale. */
export interface IntegerMultiply extends Clamp {
  readonly op: 'multiply';
  readonly name: string;
  readonly input: number;
  readonly other: number;
  readonly output: number;
  readonly multiplier: FixedMultiplier;
}

/** What is computed value by value. */
export interface IntegerValues {
  readonly prelu: IntegerPrelu;
  readonly sigmoid: IntegerFixed<'sigmoid'>;
  readonly multiply: IntegerMultiply;
  readonly l2Normalize: IntegerFixed<'l2Normalize'>;
}

/** By what they do. */
export type IntegerOperations = { readonly [Op in KernelNode['op']]: IntegerLayer } & {
  readonly [Op in SumNode['op']]: IntegerAdd;
} & { readonly [Op in PoolNode['op']]: IntegerPool } & IntegerValues;
export type IntegerOperation = IntegerOperations[(ComputedNode | ValueNode)['op']];

const VALUES: Readonly<Record<ValueNode['op'], true>> = {
  prelu: true,
  sigmoid: true,
  multiply: true,
  l2Normalize: true,
};

export function isIntegerValue(operation: IntegerOperation): operation is IntegerValues[ValueNode['op']] {
  return operation.op in VALUES;
}

/** The tensors that hold a network's outputs; one of them at least. */
export type OutputTensors = { readonly [Output in keyof Outputs]?: number };

/** The tensor that a file answers with: the scores, or the embedding of a network that names nobody. */
export function answerOf({ outputs, name }: { readonly name: string; readonly outputs: OutputTensors }): number {
  const answer = outputs.scores ?? outputs.embedding;
  if (answer === undefined) throw new RangeError(`${name} has no output`);
  return answer;
}

/** A network as an int8 runtime computes it. Numbers point into `tensors`; tensor 0 is the input. */
export interface IntegerNetwork {
  readonly name: string;
  readonly input: AffineQuantizer;
  /** How bytes are read before they are quantized; x / 127.5 − 1 when absent. */
  readonly scaling?: Scaling;
  readonly tensors: readonly IntegerTensor[];
  readonly operations: readonly IntegerOperation[];
  readonly outputs: OutputTensors;
}

/** Bits that TFLite adds to the summands of an addition. */
export const ADD_SHIFT = 20;

/**
 * Converts a quantized graph with its parameters.
 *
 * @throws UserError `not-integer` for what has no int8 form: a layer left in float, 4-bit kernels, an empty range
 */
export function integerNetwork(graph: Graph, parameters: ReadonlyMap<string, Float32Array>): IntegerNetwork {
  return new Conversion(graph, parameters).run();
}

class Conversion {
  private readonly tensors: IntegerTensor[] = [];
  private readonly quantizers: AffineQuantizer[] = [];
  private readonly operations: IntegerOperation[] = [];
  private readonly nodes: ReadonlyMap<string, Node>;
  /** By the node that stands for a tensor at run time. */
  private readonly numbers = new Map<string, number>();

  constructor(
    private readonly graph: Graph,
    private readonly parameters: ReadonlyMap<string, Float32Array>,
  ) {
    this.nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  }

  run(): IntegerNetwork {
    for (const node of this.graph.nodes) {
      if (node.op === 'fakeQuant') this.tensorBehind(node);
      else if (isNothingInUse(node)) this.numbers.set(node.name, this.numberOf(node.input));
    }
    const { name } = this.graph;
    const { tensors } = this;
    const maps = readAsMaps(this.operations);
    const operations = this.operations.map((operation): IntegerOperation =>
      operation.op === 'dense' && maps.has(operation.output)
        ? { ...operation, op: 'conv2d', kernelShape: [1, 1, ...operation.kernelShape] }
        : operation,
    );
    const { embedding, scores } = this.graph.outputs;
    const outputs = {
      embedding: this.numberOf(embedding),
      ...(scores !== undefined && { scores: this.numberOf(scores) }),
    };
    const first = this.graph.nodes[0];
    const scaling = first?.op === 'input' && first.scaling ? { scaling: first.scaling } : {};
    return { name, input: this.quantizers[0]!, ...scaling, tensors, operations, outputs };
  }

  private tensorBehind(node: Extract<Node, { op: 'fakeQuant' }>): void {
    const [min = 0, max = 0] = this.parameters.get(node.range)!;
    if (node.bits !== 8) throw notInteger(node.input, `its output has ${node.bits} bits`);
    if (min === max) throw notInteger(node.input, 'its range has seen nothing but zeros');
    const quantizer = quantizerOf(min, max, node.bits);
    const number = this.tensors.length;
    const { scale, zeroPoint } = quantizer;
    let made = this.nodes.get(node.input)!;
    this.tensors.push({ name: made.name, shape: node.shape, scale, zeroPoint });
    this.quantizers.push(quantizer);
    this.numbers.set(node.name, number);
    const relu6 = made.op === 'relu6';
    if (made.op === 'relu6') made = this.nodes.get(made.input)!;
    const clamp = relu6 ? reluClamp(quantizer) : { lowest: -128, highest: 127, relu6: false };
    if (made.op === 'input') return;
    if (hasKernel(made)) this.operations.push(this.layer(made, number, clamp));
    else if (isSum(made)) this.operations.push(this.add(made, number, clamp));
    else if (isPool(made))
      this.operations.push({ op: made.op, name: made.name, input: this.numberOf(made.input), output: number });
    else if (isValue(made) && (!relu6 || made.op === 'multiply'))
      this.operations.push(this.makerOf(made.op)(made, number, clamp));
    else throw notInteger(made.name, `${made.op} has no int8 form of its own`);
  }

  private numberOf(name: string): number {
    const number = this.numbers.get(name);
    if (number === undefined) throw notInteger(name, 'it is left in float');
    return number;
  }

  private layer(node: KernelNode, output: number, clamp: Clamp): IntegerLayer {
    if (node.weightBits !== 8)
      throw notInteger(
        node.name,
        node.weightBits ? `its kernel has ${node.weightBits} bits` : 'its kernel is left in float',
      );
    const input = this.numberOf(inputsOf(node)[0]!);
    const { scale } = this.tensors[input]!;
    const exact = layerKernel(node, this.parameters, false, undefined);
    const kernel = layerKernel(node, this.parameters, true, scale);
    const channels = node.shape[2];
    // A channel of zeros has no scale: any does.
    const scales = Float32Array.from(kernel.quantizers!, (quantizer) => quantizer.scale || this.tensors[output]!.scale);
    const weights = Int8Array.from(exact.values, (w, i) => wholeOf(w, kernel.quantizers![i % channels]!));
    const biases = layerBias(node, kernel, this.parameters, scale) ?? new Float32Array(channels);
    const step = (c: number) => scale * scales[c]!;
    const padding = paddingOf(node);
    return {
      ...{ op: node.op, name: node.name, input, output, weights, weightScales: scales, ...clamp },
      ...{ stride: strideOf(node), ...(padding && { padding }) },
      kernelShape: this.graph.parameters.find((spec) => spec.name === node.kernel)!.shape,
      bias: Int32Array.from(biases, (b, c) => roundHalfAwayFromZero(b / step(c))),
      multipliers: Array.from(scales, (_, c) => fixedMultiplier(step(c) / this.tensors[output]!.scale)),
    };
  }

  private add(node: SumNode, output: number, clamp: Clamp): IntegerAdd {
    const [input, other] = [this.numberOf(node.input), this.numberOf(node.other)];
    const [a, b, y] = [input, other, output].map((tensor) => this.tensors[tensor]!.scale) as [number, number, number];
    return { op: node.op, name: node.name, input, other, output, ...clamp, ...addMultipliers(a, b, y) };
  }

  private readonly values: {
    readonly [Op in ValueNode['op']]: (node: Nodes[Op], output: number, clamp: Clamp) => IntegerValues[Op];
  } = {
    prelu: (node, output) => this.prelu(node, output),
    sigmoid: ({ op, name, input }, output) => ({ op, name, input: this.numberOf(input), output }),
    l2Normalize: ({ op, name, input }, output) => ({ op, name, input: this.numberOf(input), output }),
    multiply: (node, output, clamp) => {
      const [input, other] = [this.numberOf(node.input), this.numberOf(node.other)];
      const [a, b, y] = [input, other, output].map((tensor) => this.tensors[tensor]!.scale) as [number, number, number];
      return { op: node.op, name: node.name, input, other, output, ...clamp, multiplier: fixedMultiplier((a * b) / y) };
    },
  };

  private makerOf<Op extends ValueNode['op']>(
    op: Op,
  ): (node: Nodes[Op], output: number, clamp: Clamp) => IntegerValues[Op] {
    return this.values[op];
  }

  private prelu(node: Nodes['prelu'], output: number): IntegerPrelu {
    const { op, name } = node;
    const input = this.numberOf(node.input);
    if (node.weightBits !== 8)
      throw notInteger(
        name,
        node.weightBits ? `its slopes have ${node.weightBits} bits` : 'its slopes are left in float',
      );
    const quantizer = roundedSlopes(node, this.parameters, true).quantizer!;
    const slopes = Int8Array.from(this.parameters.get(node.slope)!, (slope) => wholeOf(slope, quantizer));
    // Slopes of zero have no scale: any does.
    const slopeScale = quantizer.scale || 1;
    const [x, y] = [this.tensors[input]!.scale, this.tensors[output]!.scale];
    return { op, name, input, output, slopes, slopeScale, ...preluMultipliers(x, slopeScale, y) };
  }
}

/** Of a symmetric quantizer: where it has seen nothing but zeros they are zeros. */
function wholeOf(x: number, quantizer: AffineQuantizer): number {
  return quantizer.scale === 0 ? 0 : quantizeValue(x, quantizer);
}

/** Of the scales of input, slopes and output. */
export function preluMultipliers(
  input: number,
  slope: number,
  output: number,
): Pick<IntegerPrelu, 'multiplier' | 'slopeMultiplier'> {
  return { multiplier: fixedMultiplier(input / output), slopeMultiplier: fixedMultiplier((input * slope) / output) };
}

/** Of the scales of the two summands and the sum. */
export function addMultipliers(
  input: number,
  other: number,
  output: number,
): Pick<IntegerAdd, 'inputMultiplier' | 'otherMultiplier' | 'outputMultiplier'> {
  const twice = 2 * Math.max(input, other);
  return {
    inputMultiplier: fixedMultiplier(input / twice),
    otherMultiplier: fixedMultiplier(other / twice),
    outputMultiplier: fixedMultiplier(twice / (2 ** ADD_SHIFT * output)),
  };
}

/** TFLite's `CalculateActivationRangeQuantized`. */
export function reluClamp({ scale, zeroPoint }: Pick<AffineQuantizer, 'scale' | 'zeroPoint'>): Clamp {
  return {
    relu6: true,
    lowest: Math.max(-128, zeroPoint),
    highest: Math.min(127, zeroPoint + roundHalfAwayFromZero(Math.fround(6 / scale))),
  };
}

function notInteger(name: string, why: string): UserError {
  return new UserError(
    'not-integer',
    `The network has no int8 form at ${name}: ${why}.`,
    'Fine-tune it with every layer quantized to 8 bits.',
  );
}
