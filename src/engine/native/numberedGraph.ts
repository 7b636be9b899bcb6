import type { OutputName } from '../../core/losses/loss.js';
import { UserError } from '../../core/userError.js';
import { formatCount } from '../../core/format.js';
import { decays } from '../engine.js';
import { checkGraph } from '../../graph/checkGraph.js';
import {
  inputOf,
  sizeOf,
  type BatchNormNode,
  type FakeQuantNode,
  type Graph,
  type Node,
  type Normalization,
  type PreluNode,
} from '../../graph/graph.js';
import {
  hasKernel,
  inputsOf,
  isFloat,
  normOf,
  parametersOf,
  type Convolution,
  type KernelNode,
  type PoolNode,
} from '../../graph/operations.js';
import { quantizersOf } from '../../quantization/quantizers.js';
import { QuantizerNumbers } from '../../quantization/folding.js';
import type { BatchNormDescription, KernelDescription, ModelDescription, Producer } from './description.js';

/** The native engine's names. */
const KINDS: Readonly<Record<KernelNode['op'], KernelDescription['kind']>> = {
  conv2d: 'conv',
  depthwiseConv2d: 'depthwise',
  dense: 'dense',
};

/** What computes the product with a kernel: a dense layer is a convolution of one pixel. */
export const PRODUCTS = {
  conv2d: 'conv',
  depthwiseConv2d: 'depthwise',
  dense: 'conv',
} as const satisfies Readonly<Record<KernelNode['op'], Producer['op']>>;

/** A pooling takes the maximum or the mean. */
export const TAKES_MAXIMUM: Readonly<Record<PoolNode['op'], boolean>> = {
  globalMaxPool: true,
  globalAveragePool: false,
};

/** kMostChannels and kMostOutputs in native/src/kernels.h. */
const MOST_CHANNELS = 8192;
const MOST_OUTPUTS = 2 ** 20;

export interface Training {
  /** The outputs that the loss reads; those that the network has. */
  readonly reads?: readonly OutputName[];
  /** What the learning rate is multiplied by, by parameter name. */
  readonly learningRateFactors?: ReadonlyMap<string, number>;
}

/** A graph's kernels, batch norms, quantizers and parameters as the native engine numbers them. */
export class NumberedGraph {
  readonly description: ModelDescription;
  readonly reads: readonly OutputName[];
  private readonly nodes: ReadonlyMap<string, Node>;
  private readonly trained: ReadonlySet<string>;
  private readonly kernels = new Map<string, number>();
  private readonly batchNorms = new Map<string, number>();
  private readonly consumers = new Map<string, Node[]>();
  private readonly quantizers: QuantizerNumbers;
  private readonly parameterIndex: ReadonlyMap<string, number>;

  constructor(
    readonly graph: Graph,
    { reads = ['scores'], learningRateFactors = new Map() }: Training = {},
  ) {
    checkGraph(graph);
    requireWidths(graph);
    this.reads = reads;
    this.nodes = new Map(graph.nodes.map((node) => [node.name, node]));
    this.trained = leadingTo(graph, reads);
    this.quantizers = new QuantizerNumbers(graph);
    const index = new Map(graph.parameters.map(({ name }, i) => [name, i]));
    this.parameterIndex = index;
    const slopes = new Set(graph.nodes.flatMap((node) => (node.op === 'prelu' ? [node.slope] : [])));
    const kernels: KernelDescription[] = [];
    const batchNorms: BatchNormDescription[] = [];
    for (const node of graph.nodes) {
      for (const input of inputsOf(node)) this.consumers.set(input, [...(this.consumers.get(input) ?? []), node]);
      const norm = node.op === 'batchNorm' ? node : hasKernel(node) ? normOf(node) : undefined;
      if (norm) {
        this.batchNorms.set(node.name, batchNorms.length);
        batchNorms.push(describeBatchNorm(node, norm, index));
      }
      if (!hasKernel(node)) continue;
      this.kernels.set(node.name, kernels.length);
      kernels.push(this.describeKernel(node, index));
    }
    this.description = {
      parameters: this.describeParameters(learningRateFactors),
      colours: coloursOf(graph),
      kernels,
      batchNorms,
      quantizers: quantizersOf(graph).map(({ kind, parameter, bits, observed }) => ({
        bits,
        observed,
        ...(kind === 'activations' ? { range: index.get(parameter)! } : {}),
        ...(slopes.has(parameter) ? { slope: index.get(parameter)! } : {}),
      })),
    };
  }

  private describeParameters(learningRateFactors: ReadonlyMap<string, number>): ModelDescription['parameters'] {
    const trained = new Set(this.graph.nodes.filter((node) => this.isTrained(node)).flatMap(parametersOf));
    return this.graph.parameters.map((spec) => ({
      size: sizeOf(spec.shape),
      trainable: spec.trainable && trained.has(spec.name),
      rate: learningRateFactors.get(spec.name) ?? 1,
      decay: decays(spec),
    }));
  }

  private describeKernel(node: KernelNode, index: ReadonlyMap<string, number>): KernelDescription {
    const { shape } = this.graph.parameters[index.get(node.kernel)!]!;
    const [height, width, inChannels, last] =
      node.op === 'dense' ? [1, 1, shape[0]!, shape[1]!] : (shape as [number, number, number, number]);
    const batchNorm = this.batchNorms.get(node.name);
    const quantizer = this.quantizers.of(node.kernel);
    const inputRange = this.quantizers.inputOf(node.name)?.range;
    const readsInput = this.isInput(node.input);
    return {
      kind: KINDS[node.op],
      weights: index.get(node.kernel)!,
      ...(node.bias === undefined ? {} : { bias: index.get(node.bias)! }),
      height,
      width,
      inChannels,
      outChannels: node.op === 'depthwiseConv2d' ? inChannels : last,
      pixels: readsInput && node.op === 'conv2d' && inputOf(this.graph).values === 'pixels',
      backward: !readsInput,
      ...(batchNorm === undefined ? {} : { batchNorm }),
      ...(quantizer === undefined ? {} : { quantizer }),
      ...(inputRange === undefined ? {} : { inputQuantizer: this.quantizers.of(inputRange)! }),
    };
  }

  /** The pictures, rounded or not. */
  private isInput(name: string): boolean {
    const node = this.nodes.get(name)!;
    return node.op === 'input' || (node.op === 'fakeQuant' && this.nodes.get(node.input)!.op === 'input');
  }

  /** Whether a node leads to what the loss reads. */
  isTrained(node: Node): boolean {
    return this.trained.has(node.name);
  }

  /** The outputs that there are, and their nodes. */
  get outputs(): readonly (readonly [output: OutputName, node: string])[] {
    const { embedding, scores } = this.graph.outputs;
    return [['embedding', embedding], ...(scores === undefined ? [] : [['scores', scores] as const])];
  }

  /** Whether a node reads the pictures' bytes. */
  readsPictures(node: Node): boolean {
    const kernel = this.kernels.get(node.name);
    return kernel !== undefined && this.description.kernels[kernel]!.pixels;
  }

  quantizerOf(node: FakeQuantNode): number {
    return this.quantizers.of(node.range)!;
  }

  nodeOf(name: string): Node {
    return this.nodes.get(name)!;
  }

  slopeOf(node: PreluNode): number {
    return this.parameterIndex.get(node.slope)!;
  }

  kernelOf(node: KernelNode): number {
    return this.kernels.get(node.name)!;
  }

  batchNormOf(node: BatchNormNode | Convolution): number {
    return this.batchNorms.get(node.name)!;
  }

  /** Name of the node of a batch norm, or of the convolution that it is folded into. */
  batchNormName(index: number): string {
    return [...this.batchNorms].find(([, i]) => i === index)![0];
  }

  consumersOf(name: string): readonly Node[] {
    return this.consumers.get(name) ?? [];
  }

  /** The one reader of a node's value; undefined when there are none or several, and for an output, which is read as it is. */
  onlyConsumerOf(name: string): Node | undefined {
    const consumers = this.consumers.get(name);
    const isOutput = this.outputs.some(([, node]) => node === name);
    return consumers?.length === 1 && !isOutput ? consumers[0] : undefined;
  }
}

/** The nodes that lead to some of the outputs. */
function leadingTo(graph: Graph, outputs: readonly OutputName[]): ReadonlySet<string> {
  const names = new Set(outputs.map((output) => graph.outputs[output]).filter((name) => name !== undefined));
  for (const node of [...graph.nodes].reverse())
    if (names.has(node.name)) for (const input of inputsOf(node)) names.add(input);
  return names;
}

function coloursOf(graph: Graph): ModelDescription['colours'] {
  const { scaling, values, shape } = inputOf(graph);
  if (!scaling || values !== 'pixels') return [];
  return scaling.scale.slice(0, shape[2]).map((scale, c) => ({ scale, shift: scaling.shift[c]! }));
}

function describeBatchNorm(
  { shape }: Node,
  norm: Normalization,
  index: ReadonlyMap<string, number>,
): BatchNormDescription {
  return {
    channels: shape[2],
    epsilon: norm.epsilon,
    gamma: index.get(norm.gamma)!,
    beta: index.get(norm.beta)!,
    mean: index.get(norm.movingMean)!,
    variance: index.get(norm.movingVariance)!,
  };
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
    if (node.op === 'batchNorm' || node.op === 'input' || isFloat(node))
      refuse(node, 'has', node.shape[2], MOST_CHANNELS);
    else if (hasKernel(node)) {
      refuse(node, 'reads', widths.get(node.input)!, MOST_CHANNELS);
      refuse(node, 'has', node.shape[2], node.op === 'dense' ? MOST_OUTPUTS : MOST_CHANNELS);
    }
  }
}
