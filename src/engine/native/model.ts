import { UserError } from '../../core/userError.js';
import { formatCount } from '../../core/format.js';
import { decays } from '../engine.js';
import { checkGraph } from '../../graph/checkGraph.js';
import { inputOf, inputsOf, sizeOf, type Graph, type Node, type Normalization } from '../../graph/graph.js';
import { hasKernel, quantizersOf } from '../../quantization/quantizers.js';
import { QuantizerNumbers } from '../../quantization/folding.js';
import type { BatchNormDescription, KernelDescription, ModelDescription } from './description.js';

/** kMostChannels and kMostOutputs in native/src/kernels.h. */
const MOST_CHANNELS = 8192;
const MOST_OUTPUTS = 2 ** 20;

/** A graph's kernels and batch norms as the native engine numbers them. */
export class Model {
  readonly description: ModelDescription;
  private readonly kernels = new Map<string, number>();
  private readonly batchNorms = new Map<string, number>();
  private readonly consumers = new Map<string, Node[]>();
  private readonly quantizers: QuantizerNumbers;

  constructor(
    readonly graph: Graph,
    learningRateFactors: ReadonlyMap<string, number> = new Map(),
  ) {
    checkGraph(graph);
    requireWidths(graph);
    const index = new Map(graph.parameters.map(({ name }, i) => [name, i]));
    const shapes = new Map(graph.parameters.map(({ name, shape }) => [name, shape]));
    const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
    const kernels: KernelDescription[] = [];
    const batchNorms: BatchNormDescription[] = [];
    const quantizers = new QuantizerNumbers(graph);
    this.quantizers = quantizers;
    const addBatchNorm = (name: string, channels: number, norm: Normalization): number => {
      this.batchNorms.set(name, batchNorms.length);
      batchNorms.push({
        channels,
        epsilon: norm.epsilon,
        gamma: index.get(norm.gamma)!,
        beta: index.get(norm.beta)!,
        mean: index.get(norm.movingMean)!,
        variance: index.get(norm.movingVariance)!,
      });
      return batchNorms.length - 1;
    };
    for (const node of graph.nodes) {
      for (const input of inputsOf(node)) this.consumers.set(input, [...(this.consumers.get(input) ?? []), node]);
      if (hasKernel(node)) {
        const shape = shapes.get(node.kernel)!;
        const [height, width, inChannels, last] =
          node.op === 'dense' ? [1, 1, shape[0]!, shape[1]!] : (shape as [number, number, number, number]);
        const fromInput = this.isInput(nodes, node.input);
        const norm = node.op === 'dense' ? undefined : node.norm;
        const quantizer = quantizers.of(node.kernel);
        const inputRange = quantizers.inputOf(node.name)?.range;
        this.kernels.set(node.name, kernels.length);
        kernels.push({
          kind: node.op === 'conv2d' ? 'conv' : node.op === 'dense' ? 'dense' : 'depthwise',
          weights: index.get(node.kernel)!,
          ...(node.op === 'dense' ? { bias: index.get(node.bias)! } : {}),
          height,
          width,
          inChannels,
          outChannels: node.op === 'depthwiseConv2d' ? inChannels : last,
          pixels: fromInput && node.op === 'conv2d' && inputOf(graph).values === 'pixels',
          backward: !fromInput,
          ...(norm ? { batchNorm: addBatchNorm(node.name, node.shape[2], norm) } : {}),
          ...(quantizer === undefined ? {} : { quantizer }),
          ...(inputRange === undefined ? {} : { inputQuantizer: quantizers.of(inputRange)! }),
        });
      } else if (node.op === 'batchNorm') addBatchNorm(node.name, node.shape[2], node);
    }
    this.description = {
      parameters: graph.parameters.map((spec) => ({
        size: sizeOf(spec.shape),
        trainable: spec.trainable,
        rate: learningRateFactors.get(spec.name) ?? 1,
        decay: decays(spec),
      })),
      kernels,
      batchNorms,
      quantizers: quantizersOf(graph).map(({ kind, parameter, bits, observed }) => ({
        bits,
        observed,
        ...(kind === 'activations' ? { range: index.get(parameter)! } : {}),
      })),
    };
  }

  /** The pictures, rounded or not. */
  private isInput(nodes: ReadonlyMap<string, Node>, name: string): boolean {
    const node = nodes.get(name)!;
    return node.op === 'input' || (node.op === 'fakeQuant' && nodes.get(node.input)!.op === 'input');
  }

  /** Whether a node reads the pictures' bytes. */
  readsPictures(node: Node): boolean {
    const kernel = this.kernels.get(node.name);
    return kernel !== undefined && this.description.kernels[kernel]!.pixels;
  }

  quantizerOf(node: Extract<Node, { op: 'fakeQuant' }>): number {
    return this.quantizers.of(node.range)!;
  }

  kernelOf(node: Node): number {
    return this.kernels.get(node.name)!;
  }

  batchNormOf(node: Node): number {
    return this.batchNorms.get(node.name)!;
  }

  /** Name of the node of a batch norm, or of the convolution that it is folded into. */
  batchNormName(index: number): string {
    return [...this.batchNorms].find(([, i]) => i === index)![0];
  }

  consumersOf(name: string): readonly Node[] {
    return this.consumers.get(name) ?? [];
  }

  /** The one reader of a node's output, or undefined when there are none or several. */
  onlyConsumerOf(name: string): Node | undefined {
    const consumers = this.consumers.get(name);
    return consumers?.length === 1 ? consumers[0] : undefined;
  }
}

/** @throws UserError `network-too-wide` where a layer has, or reads, more channels than the kernels compute */
function requireWidths(graph: Graph): void {
  const widths = new Map(graph.nodes.map(({ name, shape }) => [name, shape[2]]));
  const refuse = (node: Node, verb: string, channels: number, most: number) => {
    if (channels <= most) return;
    throw new UserError(
      'network-too-wide',
      `The layer ${node.name} ${verb} ${formatCount(channels, 'channel')}. The native engine computes at most ${formatCount(most, 'channel')} there.`,
      'Choose a narrower network, or the engine tensorflow.',
    );
  };
  for (const node of graph.nodes) {
    if (node.op === 'batchNorm' || node.op === 'input') refuse(node, 'has', node.shape[2], MOST_CHANNELS);
    else if (hasKernel(node)) {
      refuse(node, 'reads', widths.get(node.input)!, MOST_CHANNELS);
      refuse(node, 'has', node.shape[2], node.op === 'dense' ? MOST_OUTPUTS : MOST_CHANNELS);
    }
  }
}
