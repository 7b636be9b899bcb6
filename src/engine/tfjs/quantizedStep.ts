import * as tf from '@tensorflow/tfjs-core';
import { quantizerOf } from '../../core/fakeQuantize.js';
import type { FakeQuantNode, Graph } from '../../graph/graph.js';
import { hasKernel, normOf, type Convolution, type KernelNode } from '../../graph/operations.js';
import {
  followedRange,
  layerBias,
  layerKernel,
  QuantizerNumbers,
  roundedSlopes,
  unfoldGradient,
  type LayerKernel,
  type QuantizationSettings,
} from '../../quantization/folding.js';
import type { BatchNormForward, FusedKernels } from './kernels.js';
import type { GradientSink } from './pass.js';

type Range = readonly [number, number];

/**
 * What quantization adds to one step: kernels that are folded and rounded before they are uploaded, batch norms behind
 * them, quantizers of activations, and ranges that follow what is seen.
 */
export class QuantizedStep {
  /** By the name of the kernel's parameter. */
  readonly kernels = new Map<string, LayerKernel>();
  /** Slopes that are rounded, by parameter. */
  readonly slopes = new Map<string, Float32Array>();
  /** Ranges after this step, by parameter. */
  readonly ranges = new Map<string, Range>();
  /** This batch's mean and variance, by the running statistic that takes them. */
  readonly statistics = new Map<string, tf.Tensor1D>();
  private readonly norms = new Map<
    string,
    { x: tf.Tensor4D; factors: tf.Tensor1D; saved: BatchNormForward['saved'] }
  >();
  private readonly layers: ReadonlyMap<string, KernelNode>;

  constructor(
    graph: Graph,
    private readonly numbers: QuantizerNumbers,
    private readonly values: ReadonlyMap<string, Float32Array>,
    private readonly functions: FusedKernels,
    private readonly settings: QuantizationSettings,
  ) {
    for (const node of graph.nodes)
      if (node.op === 'prelu' && numbers.isActive(node.slope, settings.active))
        this.slopes.set(node.slope, roundedSlopes(node, values, true).values);
    const layers = graph.nodes.filter(hasKernel);
    this.layers = new Map(layers.map((layer) => [layer.kernel, layer]));
    for (const layer of layers)
      if (layer.weightBits !== undefined || normOf(layer))
        this.kernels.set(
          layer.kernel,
          layerKernel(
            layer,
            values,
            numbers.isActive(layer.kernel, settings.active),
            numbers.inputScaleOf(layer.name, values),
          ),
        );
  }

  private rangeOf(parameter: string): Range {
    const [min = 0, max = 0] = this.values.get(parameter)!;
    return this.ranges.get(parameter) ?? [min, max];
  }

  private isActive({ range }: FakeQuantNode): boolean {
    return this.numbers.isActive(range, this.settings.active);
  }

  fakeQuant(node: FakeQuantNode, x: tf.Tensor4D): tf.Tensor4D {
    const { rangeMomentum } = this.settings;
    if (node.observed && rangeMomentum !== undefined) {
      const [min, max] = tf.tidy(() => [tf.min(x).dataSync()[0]!, tf.max(x).dataSync()[0]!]);
      this.ranges.set(node.range, followedRange(this.rangeOf(node.range), min, max, rangeMomentum));
    }
    return this.isActive(node) ? this.functions.fakeQuant(x, this.rangeOf(node.range), node.bits) : x.clone();
  }

  fakeQuantGradient(node: FakeQuantNode, dy: tf.Tensor4D, x: tf.Tensor4D): tf.Tensor4D {
    if (!this.isActive(node)) return dy.clone();
    return this.functions.fakeQuantGradient(dy, x, this.rangeOf(node.range), node.bits);
  }

  /** In training by the batch's own statistics, until they are frozen. */
  trainingNorm(node: Convolution, product: tf.Tensor4D): tf.Tensor4D {
    if (this.settings.frozenBatchNorm) return this.bias(node, product, false);
    const norm = node.norm!;
    const given = this.kernels.get(node.kernel)!.factors;
    const factors = tf.tensor1d(given.map((factor) => (factor === 0 ? 1 : factor)));
    const x = tf.div<tf.Tensor4D>(product, factors);
    product.dispose();
    const [gamma, beta] = [norm.gamma, norm.beta].map((name) => tf.tensor1d(this.values.get(name)!.slice()));
    const { y, mean, variance, saved } = this.functions.batchNorm(x, gamma!, beta!, norm.epsilon);
    tf.dispose([gamma!, beta!]);
    this.norms.set(node.name, { x, factors, saved });
    this.statistics.set(norm.movingMean, mean).set(norm.movingVariance, variance);
    return y;
  }

  trainingNormGradient(node: Convolution, dy: tf.Tensor4D, emit: GradientSink): tf.Tensor4D {
    const norm = node.norm!;
    const kept = this.norms.get(node.name);
    if (!kept) {
      // y = product + beta − gamma mean / deviation.
      const sum = tf.sum<tf.Tensor1D>(dy, [0, 1, 2]);
      const [mean, variance] = [this.values.get(norm.movingMean)!, this.values.get(norm.movingVariance)!];
      const share = tf.tensor1d(mean.map((m, c) => -m / Math.sqrt(variance[c]! + norm.epsilon)));
      emit(norm.gamma, tf.mul(sum, share));
      emit(norm.beta, sum);
      share.dispose();
      return dy.clone();
    }
    const gamma = tf.tensor1d(this.values.get(norm.gamma)!.slice());
    const { dx, dGamma, dBeta } = this.functions.batchNormGradient(dy, kept.x, gamma, kept.saved, norm.epsilon);
    emit(norm.gamma, dGamma);
    emit(norm.beta, dBeta);
    const dProduct = tf.div<tf.Tensor4D>(dx, kept.factors);
    tf.dispose([dx, gamma, kept.x, kept.factors, ...kept.saved]);
    this.norms.delete(node.name);
    return dProduct;
  }

  /** In use: by the running statistics, on the grid of the integers. */
  bias(node: Convolution, product: tf.Tensor4D, onGrid = true): tf.Tensor4D {
    const scale = onGrid ? this.inputScaleOf(node.name) : undefined;
    const bias = tf.tensor1d(layerBias(node, this.kernels.get(node.kernel)!, this.values, scale)!);
    const y = tf.add<tf.Tensor4D>(product, bias);
    tf.dispose([product, bias]);
    return y;
  }

  /** Of layers without a batch norm, by parameter. */
  ownBiases(): Map<string, Float32Array> {
    const biases = new Map<string, Float32Array>();
    for (const [name, kernel] of this.kernels) {
      const layer = this.layers.get(name)!;
      if (layer.bias === undefined) continue;
      const bias = layerBias(layer, kernel, this.values, this.inputScaleOf(layer.name));
      if (bias) biases.set(layer.bias, bias);
    }
    return biases;
  }

  private inputScaleOf(layer: string): number | undefined {
    const input = this.numbers.inputOf(layer);
    return input && this.isActive(input) ? quantizerOf(...this.rangeOf(input.range), input.bits).scale : undefined;
  }

  /** What the gradients of the kernels that were multiplied with mean for the parameters. */
  unfold(gradients: Map<string, Float32Array>): void {
    for (const [name, kernel] of this.kernels) {
      const layer = this.layers.get(name)!;
      const given = gradients.get(name);
      if (!given) continue; // the loss does not see it
      const gradient = given.slice();
      const gamma = unfoldGradient(layer, kernel, this.values, gradient, this.settings.frozenBatchNorm === true);
      gradients.set(name, gradient);
      const norm = normOf(layer);
      if (!gamma || !norm) continue;
      const sum = gradients.get(norm.gamma)!;
      gradients.set(
        norm.gamma,
        sum.map((g, c) => g + gamma[c]!),
      );
    }
  }

  dispose(): void {
    for (const { x, factors, saved } of this.norms.values()) tf.dispose([x, factors, ...saved]);
    tf.dispose([...this.statistics.values()]);
  }
}
