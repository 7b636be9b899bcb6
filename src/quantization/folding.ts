import { fakeQuantize, fakeQuantizeValue, quantizerOf, type AffineQuantizer } from '../core/fakeQuantize.js';
import { roundHalfAwayFromZero } from '../core/rounding.js';
import type { FakeQuantNode, Graph, PreluNode } from '../graph/graph.js';
import { hasKernel, inputsOf, isNothingInUse, normOf, type KernelNode } from '../graph/operations.js';
import { quantizersOf } from './quantizers.js';

/** What of a quantized graph is at work in a step. */
export interface QuantizationSettings {
  /** By number of the quantizer (`quantizersOf`): 1 where it rounds. */
  readonly active: Uint8Array;
  /** Weight of the old range where ranges follow what the step sees; absent: they stay. */
  readonly rangeMomentum?: number;
  /** Batch norms by their running statistics, which stay as they are. */
  readonly frozenBatchNorm?: boolean;
}

/** What an evaluation in float has seen where a quantizer of activations stands. Sums are over all values. */
export interface Observation {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  /** Σ x². */
  readonly energy: number;
  /** Σ (x − quantized x)² by the present range, and the values outside of it; 0 where it is empty. */
  readonly noise: number;
  readonly clipped: number;
  /** Counts of values between the limits that were asked for, in bins of equal width; the outermost take what lies beyond. */
  readonly histogram: Float64Array;
  /** [C]: the largest |x| of each channel; empty where there are more than 8192. */
  readonly largest: Float64Array;
}

export interface ObservationSettings {
  readonly active: Uint8Array;
  /** [quantizers, 2]: limits of the histograms; no histogram where both are equal. */
  readonly limits: Float32Array;
  readonly bins: number;
}

/** A range that takes in what a batch has seen, and zero. An empty one becomes the batch's. */
export function followedRange(
  range: readonly [number, number],
  min: number,
  max: number,
  momentum: number,
): [number, number] {
  const [low, high] = [Math.min(0, min), Math.max(0, max)];
  if (range[0] === 0 && range[1] === 0) return [Math.fround(low), Math.fround(high)];
  const mixed = (old: number, seen: number) => Math.fround(old * momentum + seen * (1 - momentum));
  return [mixed(range[0], low), mixed(range[1], high)];
}

/** kMostChannels in native/src/kernels.h. */
const MOST_CHANNELS = 8192;

export function observe(
  values: ArrayLike<number>,
  range: readonly [number, number],
  bits: number,
  limits: readonly [number, number],
  bins: number,
  channels: number,
): Observation {
  const quantizer = quantizerOf(range[0], range[1], bits);
  const known = quantizer.scale > 0;
  const width = limits[1] - limits[0];
  const histogram = new Float64Array(width > 0 ? bins : 0);
  const largest = new Float64Array(channels > MOST_CHANNELS ? 0 : channels);
  let [min, max, energy, noise, clipped] = [Infinity, -Infinity, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    if (x < min) min = x;
    if (x > max) max = x;
    energy += x * x;
    if (largest.length > 0) largest[i % channels] = Math.max(largest[i % channels]!, Math.abs(x));
    if (known) {
      noise += (x - fakeQuantizeValue(x, quantizer)) ** 2;
      if (x < quantizer.minimum || x > quantizer.maximum) clipped++;
    }
    if (width > 0) {
      const bin = Math.max(0, Math.min(bins - 1, Math.floor(((x - limits[0]) / width) * bins)));
      histogram[bin] = histogram[bin]! + 1;
    }
  }
  return { count: values.length, min, max, energy, noise, clipped, histogram, largest };
}

/** What a quantized layer multiplies with, and what it is made of. */
export interface LayerKernel {
  readonly values: Float32Array;
  /** [Cout]: gamma / deviation of the folded batch norm by its running statistics; ones without. */
  readonly factors: Float32Array;
  /** By output channel; undefined while the quantizer is not active. */
  readonly quantizers: readonly AffineQuantizer[] | undefined;
}

type Parameters = ReadonlyMap<string, Float32Array>;

/** A bias has to fit an int32 of input scale times kernel scale, with a bit to spare: no kernel scale is smaller than that. */
const LARGEST_BIAS = 2 ** 30;

/**
 * Every kernel lies with its output channels last, so that value i belongs to channel i mod channels.
 *
 * @param inputScale of what the layer reads; undefined where it is not known
 */
export function layerKernel(
  layer: KernelNode,
  parameters: Parameters,
  active: boolean,
  inputScale: number | undefined,
): LayerKernel {
  const raw = parameters.get(layer.kernel)!;
  const channels = layer.shape[2];
  const norm = normOf(layer);
  const factors = new Float32Array(channels).fill(1);
  if (norm) {
    const [gamma, variance] = [parameters.get(norm.gamma)!, parameters.get(norm.movingVariance)!];
    for (let c = 0; c < channels; c++) factors[c] = gamma[c]! / Math.sqrt(variance[c]! + norm.epsilon);
  }
  const values = new Float32Array(raw.length);
  const largest = new Float32Array(channels);
  for (let i = 0, c = 0; i < raw.length; i++, c = c + 1 === channels ? 0 : c + 1) {
    values[i] = raw[i]! * factors[c]!;
    largest[c] = Math.max(largest[c]!, Math.abs(values[i]!));
  }
  if (!active || layer.weightBits === undefined) return { values, factors, quantizers: undefined };
  const bits = layer.weightBits;
  if (inputScale !== undefined) {
    const step = (LARGEST_BIAS * inputScale) / (2 ** (bits - 1) - 1);
    exactBias(layer, factors, parameters)?.forEach((b, c) => (largest[c] = Math.max(largest[c]!, Math.abs(b) / step)));
  }
  const quantizers = Array.from(largest, (most) => quantizerOf(-most, most, bits, true));
  for (let i = 0, c = 0; i < values.length; i++, c = c + 1 === channels ? 0 : c + 1)
    values[i] = fakeQuantizeValue(values[i]!, quantizers[c]!);
  return { values, factors, quantizers };
}

/** Slopes of a PReLU, and the one quantizer of them all; undefined while it is not active. */
export interface RoundedSlopes {
  readonly values: Float32Array;
  readonly quantizer: AffineQuantizer | undefined;
}

export function roundedSlopes(node: PreluNode, parameters: Parameters, active: boolean): RoundedSlopes {
  const raw = parameters.get(node.slope)!;
  if (!active || node.weightBits === undefined) return { values: raw, quantizer: undefined };
  const largest = raw.reduce((most, slope) => Math.max(most, Math.abs(slope)), 0);
  const quantizer = quantizerOf(-largest, largest, node.weightBits, true);
  return { values: fakeQuantize(raw, quantizer), quantizer };
}

/**
 * From the gradient of the kernel that was multiplied with to that of the parameter, and what the folded batch norm's gamma
 * gets through the kernel. Nothing is clipped: the range is that of the weights themselves.
 *
 * @param gradient changed in place
 * @returns [Cout], to be added to the gradient of gamma; undefined without a batch norm
 */
export function unfoldGradient(
  layer: KernelNode,
  { values, factors }: LayerKernel,
  parameters: Parameters,
  gradient: Float32Array,
  frozenBatchNorm: boolean,
): Float32Array | undefined {
  const norm = normOf(layer);
  if (!norm) return undefined;
  const raw = parameters.get(layer.kernel)!;
  const [gamma, variance] = [parameters.get(norm.gamma)!, parameters.get(norm.movingVariance)!];
  const channels = factors.length;
  const sums = new Float64Array(channels);
  for (let i = 0; i < gradient.length; i++) {
    const c = i % channels;
    const g = gradient[i]!;
    // With the batch's own statistics the factor is divided out again behind the product.
    if (factors[c] !== 0) sums[c]! += g * (raw[i]! - (frozenBatchNorm ? 0 : values[i]! / factors[c]!));
    gradient[i] = g * factors[c]!;
  }
  return Float32Array.from(gamma, (_, c) => sums[c]! / Math.sqrt(variance[c]! + norm.epsilon));
}

/**
 * The bias of a layer in use: batch norm by its running statistics, and on the grid that its integer has at run time (input
 * scale times kernel scale) once both are quantized.
 */
export function layerBias(
  layer: KernelNode,
  kernel: LayerKernel,
  parameters: Parameters,
  inputScale: number | undefined,
): Float32Array | undefined {
  const bias = exactBias(layer, kernel.factors, parameters);
  if (!bias) return undefined;
  const { quantizers } = kernel;
  if (!quantizers || inputScale === undefined) return Float32Array.from(bias);
  return Float32Array.from(bias, (b, c) => {
    const step = inputScale * quantizers[c]!.scale;
    return step === 0 ? b : roundHalfAwayFromZero(b / step) * step;
  });
}

/** Batch norm by its running statistics, or the layer's own bias: quantization gives none both. */
function exactBias(layer: KernelNode, factors: Float32Array, parameters: Parameters): Float64Array | undefined {
  if (layer.bias !== undefined) return Float64Array.from(parameters.get(layer.bias)!);
  const norm = normOf(layer);
  if (!norm) return undefined;
  const mean = parameters.get(norm.movingMean)!;
  return Float64Array.from(parameters.get(norm.beta)!, (b, c) => b - mean[c]! * factors[c]!);
}

/** A graph's quantizers by what they belong to: the parameters of kernels and ranges. */
export class QuantizerNumbers {
  private readonly numbers: ReadonlyMap<string, number>;
  private readonly inputs: ReadonlyMap<string, FakeQuantNode>;

  constructor(graph: Graph) {
    this.numbers = new Map(quantizersOf(graph).map(({ parameter }, i) => [parameter, i]));
    const quantized = new Map<string, FakeQuantNode>();
    const inputs = new Map<string, FakeQuantNode>();
    for (const node of graph.nodes) {
      if (node.op === 'fakeQuant') quantized.set(node.name, node);
      const before = quantized.get(inputsOf(node)[0] ?? '');
      if (before && isNothingInUse(node)) quantized.set(node.name, before);
      if (before && hasKernel(node)) inputs.set(node.name, before);
    }
    this.inputs = inputs;
  }

  of(parameter: string): number | undefined {
    return this.numbers.get(parameter);
  }

  isActive(parameter: string, active: Uint8Array | undefined): boolean {
    const number = this.numbers.get(parameter);
    return number !== undefined && active?.[number] === 1;
  }

  /** Scale of what a layer reads, whether it is rounded or not; undefined while nothing was seen there. */
  inputScaleOf(layer: string, parameters: Parameters): number | undefined {
    const input = this.inputs.get(layer);
    const [min = 0, max = 0] = (input && parameters.get(input.range)) ?? [];
    return input && min < max ? quantizerOf(min, max, input.bits).scale : undefined;
  }

  /** The quantizer of what a layer reads. */
  inputOf(layer: string): FakeQuantNode | undefined {
    return this.inputs.get(layer);
  }
}

/** @throws RangeError when there is not one flag for each quantizer */
export function checkActive(graph: Graph, active: Uint8Array | undefined): void {
  const count = quantizersOf(graph).length;
  if (active && active.length !== count)
    throw new RangeError(`${active.length} switches for the ${count} quantizers of ${graph.name}`);
}
