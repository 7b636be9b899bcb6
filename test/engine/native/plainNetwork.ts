import { dropoutMask } from '../../../src/core/dropout.js';
import { fakeQuantizeValue, quantizerOf, type AffineQuantizer } from '../../../src/core/fakeQuantize.js';
import { sizeOf, type Graph, type Node, type Normalization, type Shape } from '../../../src/graph/graph.js';

// A graph computed as its definitions read, in float64: one loop for each index, nothing clever. The twin of every kernel.

export interface PlainResult {
  readonly lossSum: number;
  readonly logits: Float64Array;
  /** By trainable parameter, of the mean loss. */
  readonly gradients: ReadonlyMap<string, Float64Array>;
  /** Mean and variance (with Bessel's correction) of the batch, by the name of the running statistic. */
  readonly statistics: ReadonlyMap<string, Float64Array>;
}

type WithKernel = Extract<Node, { op: 'conv2d' | 'depthwiseConv2d' | 'dense' }>;

interface Tensor {
  readonly shape: Shape;
  readonly values: Float64Array;
}

/** What is switched on in a quantized graph: quantizers by their parameter; batch norms by their running statistics. */
export interface PlainQuantization {
  readonly active: ReadonlySet<string>;
  readonly frozen: boolean;
}
const NOTHING: PlainQuantization = { active: new Set(), frozen: false };

type Values = ReadonlyMap<string, ArrayLike<number>>;

/** A training step's loss, gradients and statistics. */
export function plainStep(
  graph: Graph,
  parameters: Values,
  images: ArrayLike<number>,
  labels: Int32Array,
  labelSmoothing = 0,
  seed = 0,
  quantization = NOTHING,
): PlainResult {
  return new PlainNetwork(graph, parameters, labels.length, seed, quantization).step(images, labels, labelSmoothing);
}

/** Logits by the running statistics. */
export function plainEvaluate(
  graph: Graph,
  parameters: Values,
  images: ArrayLike<number>,
  count: number,
  quantization = NOTHING,
): Float64Array {
  return new PlainNetwork(graph, parameters, count, 0, quantization).forward(images, false);
}

class PlainNetwork {
  private readonly outputs = new Map<string, Tensor>();
  private readonly normalized = new Map<string, { x: Float64Array; inverse: Float64Array }>();
  private readonly statistics = new Map<string, Float64Array>();

  constructor(
    private readonly graph: Graph,
    private readonly parameters: Values,
    private readonly n: number,
    private readonly seed: number,
    private readonly quantization: PlainQuantization,
  ) {}

  forward(images: ArrayLike<number>, training: boolean): Float64Array {
    for (const node of this.graph.nodes)
      this.outputs.set(node.name, { shape: node.shape, values: this.node(node, images, training) });
    return this.outputs.get(this.graph.nodes.at(-1)!.name)!.values;
  }

  step(images: ArrayLike<number>, labels: Int32Array, smoothing: number): PlainResult {
    const logits = this.forward(images, true);
    const classes = this.graph.nodes.at(-1)!.shape[2];
    const gradient = new Float64Array(logits.length);
    let lossSum = 0;
    labels.forEach((label, row) => {
      const z = logits.subarray(row * classes, (row + 1) * classes);
      const maximum = Math.max(...z);
      const sum = z.reduce((total, v) => total + Math.exp(v - maximum), 0);
      lossSum += Math.log(sum) + maximum - z[label]!;
      z.forEach(
        (v, c) =>
          (gradient[row * classes + c] =
            (Math.exp(v - maximum) / sum - (c === label ? 1 - smoothing : 0) - smoothing / classes) / this.n),
      );
    });
    return { lossSum, logits, gradients: this.backward(gradient), statistics: this.statistics };
  }

  private out(name: string): Tensor {
    return this.outputs.get(name)!;
  }

  private parameter(name: string): ArrayLike<number> {
    return this.parameters.get(name)!;
  }

  private node(node: Node, images: ArrayLike<number>, training: boolean): Float64Array {
    const y = new Float64Array(this.n * sizeOf(node.shape));
    const [, , channels] = node.shape;
    switch (node.op) {
      case 'input':
        return y.map((_, i) => (node.values === 'pixels' ? images[i]! / 127.5 - 1 : images[i]!));
      case 'conv2d': {
        const kernel = this.kernelOf(node).values;
        this.taps(node, (out, x, tap, inC) => {
          for (let ci = 0; ci < inC; ci++)
            for (let co = 0; co < channels; co++)
              y[out + co]! += this.out(node.input).values[x + ci]! * kernel[(tap * inC + ci) * channels + co]!;
        });
        return node.norm ? this.foldedNorm(node, node.norm, y, training) : y;
      }
      case 'depthwiseConv2d': {
        const kernel = this.kernelOf(node).values;
        this.taps(node, (out, x, tap) => {
          for (let c = 0; c < channels; c++)
            y[out + c]! += this.out(node.input).values[x + c]! * kernel[tap * channels + c]!;
        });
        return node.norm ? this.foldedNorm(node, node.norm, y, training) : y;
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
  private mask(node: Extract<Node, { op: 'dropout' }>): Float32Array {
    return dropoutMask(this.n * sizeOf(node.shape), node.rate, this.seed, 1, this.graph.nodes.indexOf(node));
  }

  /** Every (output pixel, input pixel, tap) of a SAME convolution, as offsets of their first channels. */
  private taps(
    node: Extract<Node, { op: 'conv2d' | 'depthwiseConv2d' }>,
    visit: (out: number, x: number, tap: number, inChannels: number) => void,
  ): void {
    const [h, w, inC] = this.out(node.input).shape;
    const [outH, outW, outC] = node.shape;
    const [kH, kW] = this.graph.parameters.find(({ name }) => name === node.kernel)!.shape as [number, number];
    const before = (size: number, outSize: number, k: number) =>
      Math.floor(Math.max(0, (outSize - 1) * node.stride + k - size) / 2);
    const [top, left] = [before(h, outH, kH), before(w, outW, kW)];
    for (let image = 0; image < this.n; image++)
      for (let oy = 0; oy < outH; oy++)
        for (let ox = 0; ox < outW; ox++)
          for (let i = 0; i < kH; i++)
            for (let j = 0; j < kW; j++) {
              const [iy, ix] = [oy * node.stride - top + i, ox * node.stride - left + j];
              if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
              visit(((image * outH + oy) * outW + ox) * outC, ((image * h + iy) * w + ix) * inC, i * kW + j, inC);
            }
  }

  private activationQuantizer({ range, bits }: Extract<Node, { op: 'fakeQuant' }>): AffineQuantizer | undefined {
    if (!this.quantization.active.has(range)) return undefined;
    const [min, max] = Array.from(this.parameter(range)) as [number, number];
    return quantizerOf(min, max, bits);
  }

  /** The kernel that a layer multiplies with: times gamma / deviation where a batch norm is folded in, then quantized. */
  private kernelOf(node: WithKernel): {
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

  private largestLevel({ weightBits }: WithKernel): number {
    return 2 ** (weightBits! - 1) - 1;
  }

  private exactBias(node: WithKernel, factors: Float64Array, c: number): number {
    if (node.op === 'dense') return this.parameter(node.bias)[c]!;
    return node.norm ? this.parameter(node.norm.beta)[c]! - this.parameter(node.norm.movingMean)[c]! * factors[c]! : 0;
  }

  /** Infinite while nothing is known of it. */
  private inputScale(node: WithKernel): number {
    let before = this.graph.nodes.find(({ name }) => name === node.input);
    if (before?.op === 'dropout')
      before = this.graph.nodes.find(({ name }) => name === (before as { input: string }).input);
    if (before?.op !== 'fakeQuant') return Infinity;
    const [min, max] = Array.from(this.parameter(before.range)) as [number, number];
    return min < max ? quantizerOf(min, max, before.bits).scale : Infinity;
  }

  /** In use a bias is an integer of input scale times kernel scale. */
  private onGrid(node: WithKernel, bias: ArrayLike<number>, training: boolean): Float64Array {
    const before = this.graph.nodes.find(({ name }) => name === node.input);
    const { scales } = this.kernelOf(node);
    const input = before?.op === 'fakeQuant' ? this.activationQuantizer(before) : undefined;
    if (training || !scales || !input?.scale) return Float64Array.from(bias);
    return Float64Array.from(bias, (b, c) =>
      scales[c] === 0 ? b : Math.round(b / (input.scale * scales[c]!)) * input.scale * scales[c]!,
    );
  }

  private foldedNorm(
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

  private batchNorm(node: Extract<Node, { op: 'batchNorm' }>, training: boolean): Float64Array {
    return this.normalize(node.name, node, this.out(node.input).values, node.shape[2], training);
  }

  private normalize(
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

  private backward(dLogits: Float64Array): Map<string, Float64Array> {
    const gradients = new Map(
      this.graph.parameters
        .filter(({ trainable }) => trainable)
        .map(({ name, shape }) => [name, new Float64Array(sizeOf(shape))]),
    );
    const flowing = new Map([[this.graph.nodes.at(-1)!.name, dLogits]]);
    const into = (name: string) => {
      if (!flowing.has(name)) flowing.set(name, new Float64Array(this.out(name).values.length));
      return flowing.get(name)!;
    };
    for (const node of [...this.graph.nodes].reverse()) {
      const dy = flowing.get(node.name);
      if (!dy || node.op === 'input') continue;
      const x = this.out(node.input).values;
      const channels = node.shape[2];
      const dx = into(node.input);
      switch (node.op) {
        case 'conv2d': {
          const [kernel, dKernel] = [this.kernelOf(node).values, gradients.get(node.kernel)!];
          const dy = this.behindFoldedNorm(node, flowing.get(node.name)!, gradients);
          this.taps(node, (out, from, tap, inC) => {
            for (let ci = 0; ci < inC; ci++)
              for (let co = 0; co < channels; co++) {
                const k = (tap * inC + ci) * channels + co;
                dKernel[k]! += x[from + ci]! * dy[out + co]!;
                dx[from + ci]! += kernel[k]! * dy[out + co]!;
              }
          });
          this.unfold(node, gradients);
          break;
        }
        case 'depthwiseConv2d': {
          const [kernel, dKernel] = [this.kernelOf(node).values, gradients.get(node.kernel)!];
          const dy = this.behindFoldedNorm(node, flowing.get(node.name)!, gradients);
          this.taps(node, (out, from, tap) => {
            for (let c = 0; c < channels; c++) {
              dKernel[tap * channels + c]! += x[from + c]! * dy[out + c]!;
              dx[from + c]! += kernel[tap * channels + c]! * dy[out + c]!;
            }
          });
          this.unfold(node, gradients);
          break;
        }
        case 'batchNorm': {
          const d = this.normBackward(node.name, node, dy, channels, gradients);
          d.forEach((g, i) => (dx[i]! += g));
          break;
        }
        case 'fakeQuant': {
          const quantizer = this.activationQuantizer(node);
          dy.forEach(
            (g, i) => (dx[i]! += !quantizer || (x[i]! >= quantizer.minimum && x[i]! <= quantizer.maximum) ? g : 0),
          );
          break;
        }
        case 'relu6':
          dy.forEach((g, i) => {
            if (x[i]! > 0 && x[i]! < 6) dx[i]! += g;
          });
          break;
        case 'add': {
          dy.forEach((g, i) => (dx[i]! += g));
          const other = into(node.other);
          dy.forEach((g, i) => (other[i]! += g));
          break;
        }
        case 'globalMaxPool': {
          const y = this.out(node.name).values;
          const pixels = x.length / y.length;
          dy.forEach((g, i) => {
            const [image, c] = [Math.floor(i / channels), i % channels];
            const at = (p: number) => (image * pixels + p) * channels + c;
            const winners = Array.from({ length: pixels }, (_, p) => at(p)).filter((k) => x[k] === y[i]);
            for (const k of winners) dx[k]! += g / winners.length;
          });
          break;
        }
        case 'globalAveragePool': {
          const pixels = x.length / dy.length;
          dx.forEach(
            (_, i) => (dx[i]! += dy[Math.floor(i / (pixels * channels)) * channels + (i % channels)]! / pixels),
          );
          break;
        }
        case 'dropout': {
          const mask = this.mask(node);
          dy.forEach((g, i) => (dx[i]! += g * mask[i]!));
          break;
        }
        case 'dense': {
          const [kernel, dKernel, dBias] = [
            this.kernelOf(node).values,
            gradients.get(node.kernel)!,
            gradients.get(node.bias)!,
          ];
          const inC = this.out(node.input).shape[2];
          dy.forEach((g, i) => {
            const [image, c] = [Math.floor(i / channels), i % channels];
            dBias[c]! += g;
            for (let k = 0; k < inC; k++) {
              dKernel[k * channels + c]! += x[image * inC + k]! * g;
              dx[image * inC + k]! += kernel[k * channels + c]! * g;
            }
          });
        }
      }
    }
    return gradients;
  }

  private normBackward(
    name: string,
    norm: Normalization,
    dy: Float64Array,
    channels: number,
    gradients: ReadonlyMap<string, Float64Array>,
  ): Float64Array {
    const { x: hat, inverse } = this.normalized.get(name)!;
    const gamma = this.parameter(norm.gamma);
    const [dGamma, dBeta] = [gradients.get(norm.gamma)!, gradients.get(norm.beta)!];
    const count = dy.length / channels;
    const [sum, product] = [new Float64Array(channels), new Float64Array(channels)];
    dy.forEach((g, i) => {
      sum[i % channels]! += g;
      product[i % channels]! += g * hat[i]!;
    });
    for (let c = 0; c < channels; c++) {
      dBeta[c]! += sum[c]!;
      dGamma[c]! += product[c]!;
    }
    return dy.map((g, i) => {
      const c = i % channels;
      return gamma[c]! * inverse[c]! * (g - sum[c]! / count - (hat[i]! * product[c]!) / count);
    });
  }

  /** From the gradient of a folded convolution's output to that of its product; the batch norm's own on the way. */
  private behindFoldedNorm(
    node: Extract<WithKernel, { op: 'conv2d' | 'depthwiseConv2d' }>,
    dy: Float64Array,
    gradients: ReadonlyMap<string, Float64Array>,
  ): Float64Array {
    const { norm } = node;
    if (!norm) return dy;
    const channels = node.shape[2];
    const { factors } = this.kernelOf(node);
    if (!this.quantization.frozen)
      return this.normBackward(node.name, norm, dy, channels, gradients).map((g, i) => g / factors[i % channels]!);
    const [gamma, mean] = [this.parameter(norm.gamma), this.parameter(norm.movingMean)];
    dy.forEach((g, i) => {
      const c = i % channels;
      gradients.get(norm.beta)![c]! += g;
      gradients.get(norm.gamma)![c]! -= (g * mean[c]! * factors[c]!) / gamma[c]!;
    });
    return dy;
  }

  /** From the gradient of the kernel that was multiplied with to those of the parameters it is made of. */
  private unfold(
    node: Extract<WithKernel, { op: 'conv2d' | 'depthwiseConv2d' }>,
    gradients: ReadonlyMap<string, Float64Array>,
  ): void {
    const { norm } = node;
    if (!norm) return;
    const channels = node.shape[2];
    const { values, factors } = this.kernelOf(node);
    const [raw, gamma] = [this.parameter(node.kernel), this.parameter(norm.gamma)];
    const dKernel = gradients.get(node.kernel)!;
    const dGamma = gradients.get(norm.gamma)!;
    dKernel.forEach((g, i) => {
      const c = i % channels;
      const dFactor = g * raw[i]! - (this.quantization.frozen ? 0 : (g * values[i]!) / factors[c]!);
      dGamma[c]! += (dFactor * factors[c]!) / gamma[c]!;
      dKernel[i] = g * factors[c]!;
    });
  }
}
