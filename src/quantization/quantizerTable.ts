import { quantizerOf } from '../core/fakeQuantize.js';
import { layerKernel, QuantizerNumbers, roundedSlopes, type Observation } from './folding.js';
import type { Graph } from '../graph/graph.js';
import { hasKernel } from '../graph/operations.js';
import { quantizersOf } from './quantizers.js';

/** One quantizer as a table shows it. Of a kernel or slopes scale, range and ratio are those of all its channels together. */
export interface QuantizerRow {
  readonly name: string;
  readonly kind: 'weights' | 'activations';
  readonly bits: number;
  /** Scales of its own. */
  readonly channels: number;
  /** The smallest and the largest of them. */
  readonly scale: readonly [number, number];
  readonly zeroPoint: number;
  readonly range: readonly [number, number];
  /** Share of the values outside of the range; undefined where nothing was measured. */
  readonly clipped?: number;
  /** Signal-to-quantization-noise ratio, dB; undefined where nothing was measured or nothing is there. */
  readonly sqnr?: number;
}

type Values = ReadonlyMap<string, Float32Array>;
export type Measured = ReadonlyMap<string, Pick<Observation, 'count' | 'energy' | 'noise' | 'clipped'>>;

/** All quantizers of a network with the parameters that it has now. */
export function quantizerTable(graph: Graph, parameters: Values, measured: Measured = new Map()): QuantizerRow[] {
  const weights = weightsOf(graph, parameters);
  return quantizersOf(graph).map(({ kind, parameter, bits, channels }) => {
    if (kind === 'activations') {
      const [min = 0, max = 0] = parameters.get(parameter)!;
      const { scale, zeroPoint } = quantizerOf(min, max, bits);
      const seen = measured.get(parameter);
      return {
        ...{ name: parameter.replace(/\/range$/, ''), kind, bits, channels, scale: [scale, scale], zeroPoint },
        range: [min, max],
        ...(seen ? { clipped: seen.clipped / Math.max(1, seen.count), ...ratio(seen.energy, seen.noise) } : {}),
      };
    }
    const { name, exact, values, scales } = weights.get(parameter)!();
    let [energy, noise, largest] = [0, 0, 0];
    exact.forEach((w, i) => {
      energy += w * w;
      noise += (w - values[i]!) ** 2;
      largest = Math.max(largest, Math.abs(w));
    });
    return {
      ...{ name, kind, bits, channels, zeroPoint: 0, range: [-largest, largest], clipped: 0 },
      scale: [Math.min(...scales), Math.max(...scales)],
      ...ratio(energy, noise),
    };
  });
}

interface Weights {
  readonly name: string;
  readonly exact: Float32Array;
  /** Rounded. */
  readonly values: Float32Array;
  readonly scales: readonly number[];
}

/** Kernels and slopes, by parameter. */
function weightsOf(graph: Graph, parameters: Values): ReadonlyMap<string, () => Weights> {
  const numbers = new QuantizerNumbers(graph);
  const found = new Map<string, () => Weights>();
  for (const node of graph.nodes) {
    const { name } = node;
    if (hasKernel(node))
      found.set(node.kernel, () => {
        const exact = layerKernel(node, parameters, false, undefined).values;
        const { values, quantizers } = layerKernel(node, parameters, true, numbers.inputScaleOf(name, parameters));
        return { name, exact, values, scales: quantizers!.map(({ scale }) => scale) };
      });
    else if (node.op === 'prelu')
      found.set(node.slope, () => {
        const { values, quantizer } = roundedSlopes(node, parameters, true);
        return { name, exact: parameters.get(node.slope)!, values, scales: [quantizer!.scale] };
      });
  }
  return found;
}

function ratio(energy: number, noise: number): { sqnr?: number } {
  return energy > 0 && noise > 0 ? { sqnr: 10 * Math.log10(energy / noise) } : {};
}

export interface NetworkTrouble {
  /** Quantizers that have seen nothing but zeros. */
  readonly emptyRanges: readonly string[];
  /** Layers with output channels that give the same whatever they read: every weight is zero. */
  readonly deadChannels: readonly { readonly layer: string; readonly channels: number }[];
}

/** What quantizes badly and should be known by name. */
export function troubleOf(graph: Graph, parameters: Values): NetworkTrouble {
  const emptyRanges = quantizersOf(graph)
    .filter(({ kind }) => kind === 'activations')
    .filter(({ parameter }) => parameters.get(parameter)!.every((end) => end === 0))
    .map(({ parameter }) => parameter.replace(/\/range$/, ''));
  const deadChannels = graph.nodes.filter(hasKernel).flatMap((layer) => {
    const { values } = layerKernel(layer, parameters, false, undefined);
    const channels = layer.shape[2];
    const alive = new Uint8Array(channels);
    values.forEach((w, i) => (alive[i % channels] = alive[i % channels]! | Number(Math.abs(w) > 1e-12)));
    const dead = channels - alive.reduce((sum, flag) => sum + flag, 0);
    return dead > 0 ? [{ layer: layer.name, channels: dead }] : [];
  });
  return { emptyRanges, deadChannels };
}

/** Names of the parameters with a value that is not finite. */
export function notFiniteParameters(parameters: Values): string[] {
  return [...parameters].filter(([, values]) => !values.every(Number.isFinite)).map(([name]) => name);
}
