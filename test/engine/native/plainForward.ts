import { dropoutMask } from '../../../src/core/dropout.js';
import { fakeQuantizeValue, quantizerOf, type AffineQuantizer } from '../../../src/core/fakeQuantize.js';
import { sizeOf, type Graph, type Node, type Normalization } from '../../../src/graph/graph.js';
import { isFloat } from '../../../src/graph/operations.js';
import { eachTap, floatOperation, type Around, type Tensor } from './plainFloat.js';

// The forward pass of the plain network, in float64: one loop for each index, nothing clever.

export type WithKernel = Extract<Node, { op: 'conv2d' | 'depthwiseConv2d' | 'dense' }>;

/** What is switched on in a quantized graph: quantizers by their parameter; batch norms by their running statistics. */
export interface PlainQuantization {
  readonly active: ReadonlySet<string>;
  readonly frozen: boolean;
}

/** Parameters by name. */
export type Values = ReadonlyMap<string, ArrayLike<number>>;

/** Forward. */
export class PlainForward {
  protected readonly outputs = new Map<string, Tensor>();
  protected readonly normalized = new Map<string, { x: Float64Array; inverse: Float64Array }>();
  protected readonly statistics = new Map<string, Float64Array>();

  constructor(
    protected readonly graph: Graph,
    protected readonly parameters: Values,
    protected readonly n: number,
    protected readonly seed: number,
    protected readonly quantization: PlainQuantization,
  ) {}

  /** @returns the scores, or the embedding of a network without any */
  forward(images: ArrayLike<number>, training: boolean): Float64Array {
    for (const node of this.graph.nodes)
      this.outputs.set(node.name, { shape: node.shape, values: this.node(node, images, training) });
    const { embedding, scores = embedding } = this.graph.outputs;
    return this.out(scores).values;
  }

  protected get around(): Around {
    return { n: this.n, out: (name) => this.out(name), parameter: (name) => this.slopesOf(name) };
  }

  protected out(name: string): Tensor {
    return this.outputs.get(name)!;
  }

  protected parameter(name: string): ArrayLike<number> {
    return this.parameters.get(name)!;
  }

  /** Rounded with one quantizer where that is active. */
  private slopesOf(name: string): ArrayLike<number> {
    const raw = this.parameter(name);
    const prelu = this.graph.nodes.find((node) => node.op === 'prelu' && node.slope === name);
    if (prelu?.op !== 'prelu' || prelu.weightBits === undefined || !this.quantization.active.has(name)) return raw;
    const largest = Math.max(...Array.from(raw, (slope) => Math.abs(Math.fround(slope))));
    const quantizer = quantizerOf(-largest, largest, prelu.weightBits, true);
    return Float64Array.from(raw, (slope) => fakeQuantizeValue(Math.fround(slope), quantizer));
  }

  protected node(node: Node, images: ArrayLike<number>, training: boolean): Float64Array {
    if (isFloat(node)) return floatOperation(node.op).forward(node, this.around);
    const y = new Float64Array(this.n * sizeOf(node.shape));
    const [, , channels] = node.shape;
    switch (node.op) {
      case 'input': {
        const { values, scaling } = node;
        if (values === 'floats') return Float64Array.from(images);
        return y.map((_, i) =>
          scaling ? images[i]! * scaling.scale[i % channels]! + scaling.shift[i % channels]! : images[i]! / 127.5 - 1,
        );
      }
      case 'conv2d': {
        const kernel = this.kernelOf(node).values;
        this.taps(node, (out, x, tap, inC) => {
          for (let ci = 0; ci < inC; ci++)
            for (let co = 0; co < channels; co++)
              y[out + co]! += this.out(node.input).values[x + ci]! * kernel[(tap * inC + ci) * channels + co]!;
        });
        return this.behindProduct(node, y, training);
      }
      case 'depthwiseConv2d': {
        const kernel = this.kernelOf(node).values;
        this.taps(node, (out, x, tap) => {
          for (let c = 0; c < channels; c++)
            y[out + c]! += this.out(node.input).values[x + c]! * kernel[tap * channels + c]!;
        });
        return this.behindProduct(node, y, training);
      }
      case 'fakeQuant': {
        const quantizer = this.activationQuantizer(node);
        return quantizer
          ? y.map((_, i) => fakeQuantizeValue(this.out(node.input).values[i]!, quantizer))
          : y.map((_, i) => this.out(node.input).values[i]!);
      }
      case 'batchNorm':
        return this.batchNorm(node, training);
      case 'relu6':
        return y.map((_, i) => Math.min(6, Math.max(0, this.out(node.input).values[i]!)));
      case 'add':
        return y.map((_, i) => this.out(node.input).values[i]! + this.out(node.other).values[i]!);
      case 'globalMaxPool': {
        const { shape, values } = this.out(node.input);
        const pixels = shape[0] * shape[1];
        return y.map((_, i) => {
          const [image, c] = [Math.floor(i / channels), i % channels];
          return Math.max(...Array.from({ length: pixels }, (__, p) => values[(image * pixels + p) * channels + c]!));
        });
      }
      case 'globalAveragePool': {
        const { shape, values } = this.out(node.input);
        const pixels = shape[0] * shape[1];
        values.forEach((v, i) => (y[Math.floor(i / (pixels * channels)) * channels + (i % channels)]! += v / pixels));
        return y;
      }
      case 'dropout': {
        const mask = training ? this.mask(node) : undefined;
        return y.map((_, i) => this.out(node.input).values[i]! * (mask ? mask[i]! : 1));
      }
      case 'dense': {
        const kernel = this.kernelOf(node).values;
        const bias = this.onGrid(node, this.parameter(node.bias), training);
        const x = this.out(node.input);
        const inC = x.shape[2];
        return y.map((_, i) => {
          const [image, c] = [Math.floor(i / channels), i % channels];
          let sum = bias[c]!;
          for (let k = 0; k < inC; k++) sum += x.values[image * inC + k]! * kernel[k * channels + c]!;
          return sum;
        });
      }
    }
  }

  /** Of the first step. */
  protected mask(node: Extract<Node, { op: 'dropout' }>): Float32Array {
    return dropoutMask(this.n * sizeOf(node.shape), node.rate, this.seed, 1, this.graph.nodes.indexOf(node));
  }

  /** Every (output pixel, input pixel, tap) of a convolution, as offsets of their first channels. */
  protected taps(
    node: Extract<Node, { op: 'conv2d' | 'depthwiseConv2d' }>,
    visit: (out: number, x: number, tap: number, inChannels: number) => void,
  ): void {
    const { shape } = this.out(node.input);
    const kernel = this.graph.parameters.find(({ name }) => name === node.kernel)!.shape as [number, number];
    eachTap(this.n, shape, node.shape, { kernel, stride: node.stride, padding: node.padding }, (out, x, tap) =>
      visit(out, x, tap, shape[2]),
    );
  }

  /** A bias is added before a batch norm that was folded in; quantization gives a layer only one of the two. */
  private behindProduct(
    node: Extract<WithKernel, { op: 'conv2d' | 'depthwiseConv2d' }>,
    product: Float64Array,
    training: boolean,
  ): Float64Array {
    if (node.norm) return this.foldedNorm(node, node.norm, product, training);
    if (node.bias === undefined) return product;
    const bias = this.onGrid(node, this.parameter(node.bias), training);
    return product.map((v, i) => v + bias[i % node.shape[2]]!);
  }

  protected activationQuantizer({ range, bits }: Extract<Node, { op: 'fakeQuant' }>): AffineQuantizer | undefined {
    if (!this.quantization.active.has(range)) return undefined;
    const [min, max] = Array.from(this.parameter(range)) as [number, number];
    return quantizerOf(min, max, bits);
  }

  /** The kernel that a layer multiplies with: times gamma / deviation where a batch norm is folded in, then quantized. */
  protected kernelOf(node: WithKernel): {
    values: Float64Array;
    factors: Float64Array;
    scales: Float64Array | undefined;
  } {
    const channels = node.shape[2];
    const raw = this.parameter(node.kernel);
    const norm = node.op === 'dense' ? undefined : node.norm;
    const factors = Float64Array.from({ length: channels }, (_, c) =>
      norm ? this.parameter(norm.gamma)[c]! / Math.sqrt(this.parameter(norm.movingVariance)[c]! + norm.epsilon) : 1,
    );
    const values = Float64Array.from(raw, (w, i) => w * factors[i % channels]!);
    if (node.weightBits === undefined || !this.quantization.active.has(node.kernel))
      return { values, factors, scales: undefined };
    const quantizers = Array.from({ length: channels }, (_, c) => {
      const own = values.reduce(
        (most, w, i) => (i % channels === c ? Math.max(most, Math.abs(Math.fround(w))) : most),
        0,
      );
      // The integer of a bias has to fit.
      const largest = Math.max(
        own,
        Math.fround(
          (this.largestLevel(node) * Math.abs(this.exactBias(node, factors, c))) / 2 ** 30 / this.inputScale(node),
        ),
      );
      return quantizerOf(-largest, largest, node.weightBits!, true);
    });
    return {
      values: values.map((w, i) => fakeQuantizeValue(Math.fround(w), quantizers[i % channels]!)),
      factors,
      scales: Float64Array.from(quantizers, ({ scale }) => scale),
    };
  }

  protected largestLevel({ weightBits }: WithKernel): number {
    return 2 ** (weightBits! - 1) - 1;
  }

  protected exactBias(node: WithKernel, factors: Float64Array, c: number): number {
    if (node.bias !== undefined) return this.parameter(node.bias)[c]!;
    return node.op !== 'dense' && node.norm
      ? this.parameter(node.norm.beta)[c]! - this.parameter(node.norm.movingMean)[c]! * factors[c]!
      : 0;
  }

  /** Infinite while nothing is known of it. */
  protected inputScale(node: WithKernel): number {
    let before = this.graph.nodes.find(({ name }) => name === node.input);
    if (before?.op === 'dropout')
      before = this.graph.nodes.find(({ name }) => name === (before as { input: string }).input);
    if (before?.op !== 'fakeQuant') return Infinity;
    const [min, max] = Array.from(this.parameter(before.range)) as [number, number];
    return min < max ? quantizerOf(min, max, before.bits).scale : Infinity;
  }

  /** In use a bias is an integer of input scale times kernel scale. */
  protected onGrid(node: WithKernel, bias: ArrayLike<number>, training: boolean): Float64Array {
    const before = this.graph.nodes.find(({ name }) => name === node.input);
    const { scales } = this.kernelOf(node);
    const input = before?.op === 'fakeQuant' ? this.activationQuantizer(before) : undefined;
    if (training || !scales || !input?.scale) return Float64Array.from(bias);
    return Float64Array.from(bias, (b, c) =>
      scales[c] === 0 ? b : Math.round(b / (input.scale * scales[c]!)) * input.scale * scales[c]!,
    );
  }

  protected foldedNorm(
    node: Extract<WithKernel, { op: 'conv2d' | 'depthwiseConv2d' }>,
    norm: Normalization,
    z: Float64Array,
    training: boolean,
  ): Float64Array {
    const channels = node.shape[2];
    const { factors } = this.kernelOf(node);
    const [beta, mean] = [this.parameter(norm.beta), this.parameter(norm.movingMean)];
    if (!training || this.quantization.frozen) {
      const bias = this.onGrid(
        node,
        Float64Array.from(beta, (b, c) => b - factors[c]! * mean[c]!),
        training,
      );
      return z.map((v, i) => v + bias[i % channels]!);
    }
    return this.normalize(
      node.name,
      norm,
      z.map((v, i) => v / factors[i % channels]!),
      channels,
      true,
    );
  }

  protected batchNorm(node: Extract<Node, { op: 'batchNorm' }>, training: boolean): Float64Array {
    return this.normalize(node.name, node, this.out(node.input).values, node.shape[2], training);
  }

  protected normalize(
    name: string,
    node: Normalization,
    values: Float64Array,
    channels: number,
    training: boolean,
  ): Float64Array {
    const count = values.length / channels;
    const [gamma, beta] = [this.parameter(node.gamma), this.parameter(node.beta)];
    const mean = Float64Array.from(this.parameter(node.movingMean));
    const variance = Float64Array.from(this.parameter(node.movingVariance));
    if (training) {
      mean.fill(0);
      variance.fill(0);
      values.forEach((v, i) => (mean[i % channels]! += v / count));
      values.forEach((v, i) => (variance[i % channels]! += (v - mean[i % channels]!) ** 2 / count));
      this.statistics.set(node.movingMean, mean);
      this.statistics.set(
        node.movingVariance,
        variance.map((v) => (v * count) / Math.max(1, count - 1)),
      );
    }
    const inverse = variance.map((v) => 1 / Math.sqrt(v + node.epsilon));
    const x = values.map((v, i) => (v - mean[i % channels]!) * inverse[i % channels]!);
    this.normalized.set(name, { x, inverse });
    return x.map((v, i) => v * gamma[i % channels]! + beta[i % channels]!);
  }
}
