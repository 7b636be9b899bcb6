import { sizeOf, type Graph, type Normalization } from '../../../src/graph/graph.js';
import { isFloat } from '../../../src/graph/operations.js';
import { floatOperation, type AroundBackward } from './plainFloat.js';
import { PlainForward, type PlainQuantization, type Values, type WithKernel } from './plainForward.js';

// A graph computed as its definitions read, in float64: the twin of every kernel. This is the way back.

export interface PlainResult {
  readonly lossSum: number;
  readonly logits: Float64Array;
  /** By trainable parameter, of the mean loss. */
  readonly gradients: ReadonlyMap<string, Float64Array>;
  /** Mean and variance (with Bessel's correction) of the batch, by the name of the running statistic. */
  readonly statistics: ReadonlyMap<string, Float64Array>;
}

const NOTHING: PlainQuantization = { active: new Set(), frozen: false };

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

/** Logits by the running statistics; the embedding of a network that gives none. */
export function plainEvaluate(
  graph: Graph,
  parameters: Values,
  images: ArrayLike<number>,
  count: number,
  quantization = NOTHING,
): Float64Array {
  return new PlainNetwork(graph, parameters, count, 0, quantization).forward(images, false);
}

/**
 * A loss that is a sum of outputs, each times a number of its own.
 *
 * @param ends these numbers, by the node of an output: [count, channels]
 */
export function plainLinear(
  graph: Graph,
  parameters: Values,
  images: ArrayLike<number>,
  count: number,
  ends: ReadonlyMap<string, ArrayLike<number>>,
): { readonly loss: number; readonly gradients: ReadonlyMap<string, Float64Array> } {
  return new PlainNetwork(graph, parameters, count, 0, NOTHING).linear(images, ends);
}

class PlainNetwork extends PlainForward {
  step(images: ArrayLike<number>, labels: Int32Array, smoothing: number): PlainResult {
    const logits = this.forward(images, true);
    const classes = logits.length / this.n;
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
    return {
      lossSum,
      logits,
      gradients: this.backward(new Map([[this.graph.outputs.scores!, gradient]])),
      statistics: this.statistics,
    };
  }

  linear(images: ArrayLike<number>, ends: ReadonlyMap<string, ArrayLike<number>>) {
    this.forward(images, true);
    let loss = 0;
    for (const [node, factors] of ends) this.out(node).values.forEach((v, i) => (loss += v * factors[i]!));
    const gradients = this.backward(new Map([...ends].map(([node, factors]) => [node, Float64Array.from(factors)])));
    return { loss, gradients };
  }

  /** @param ends the gradients of some nodes, added to what flows into them. @returns those of the trainable parameters */
  private backward(ends: ReadonlyMap<string, Float64Array>): Map<string, Float64Array> {
    const gradients = new Map(
      this.graph.parameters
        .filter(({ trainable }) => trainable)
        .map(({ name, shape }) => [name, new Float64Array(sizeOf(shape))]),
    );
    const flowing = new Map([...ends].map(([name, gradient]) => [name, gradient.slice()]));
    const into = (name: string) => {
      if (!flowing.has(name)) flowing.set(name, new Float64Array(this.out(name).values.length));
      return flowing.get(name)!;
    };
    const around: AroundBackward = { ...this.around, into, gradient: (name) => gradients.get(name) };
    for (const node of [...this.graph.nodes].reverse()) {
      const dy = flowing.get(node.name);
      if (!dy || node.op === 'input') continue;
      if (isFloat(node)) {
        floatOperation(node.op).backward(node, dy, around);
        continue;
      }
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
          this.intoBias(node, dy, gradients);
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
          this.intoBias(node, dy, gradients);
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

  private intoBias(
    { bias, shape }: Extract<WithKernel, { op: 'conv2d' | 'depthwiseConv2d' }>,
    dy: Float64Array,
    gradients: ReadonlyMap<string, Float64Array>,
  ): void {
    const dBias = bias === undefined ? undefined : gradients.get(bias);
    if (dBias) dy.forEach((g, i) => (dBias[i % shape[2]]! += g));
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
