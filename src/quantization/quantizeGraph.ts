import type { FakeQuantNode, Graph, Node, ParameterSpec } from '../graph/graph.js';
import {
  hasKernel,
  inputsOf,
  isFloat,
  isJoined,
  isNothingInUse,
  isPool,
  isValue,
  rewired,
  takesNorm,
} from '../graph/operations.js';
import { notQuantizable } from '../core/notQuantizable.js';
import { UserError } from '../core/userError.js';
import { fixedRange } from './fixedRange.js';

export interface QuantizeOptions {
  /** Of the kernels: 8, or 4 for a simulation of what that would cost. */
  readonly weightBits: 4 | 8;
  /** Layers that stay as they are, by the name of their convolution or dense layer. */
  readonly floatLayers: readonly string[];
}

export const QUANTIZE_DEFAULTS: QuantizeOptions = { weightBits: 8, floatLayers: [] };

const ACTIVATION_BITS = 8;

/** Name of the parameter that holds the range of a node's output. */
export function rangeOf(node: string): string {
  return `${node}/range`;
}

export function isQuantized(graph: Graph): boolean {
  return graph.nodes.some(({ op }) => op === 'fakeQuant');
}

/**
 * Whether integers compute all that a network is made of; asked before anything starts. They do not put maps side by side, whose
 * scales would have to be one, nor take maxima of windows, nor clamp what is no layer, a sum or a product.
 *
 * @throws UserError `not-quantizable`
 */
export function requireQuantizable(graph: Graph): void {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const computed = graph.nodes.every((node) => {
    if (isFloat(node)) return isValue(node);
    if (!isJoined(node)) return true;
    const before = nodes.get(node.input)!;
    if (node.op === 'batchNorm') return !takesNorm(before) || before.bias === undefined;
    return !isPool(before) && (!isFloat(before) || before.op === 'multiply');
  });
  if (!computed) throw notQuantizable(graph.name);
}

/**
 * Rewrites a network for int8: every batch norm becomes a part of the convolution before it, every kernel gets a
 * quantizer, and so does whatever is a tensor at run time: the input, the output of each layer with its ReLU6, sums, the
 * pooled features and the logits. A pooling shares the quantizer of what it reads, as TFLite's does. Parameters keep
 * their names; ranges are new ones.
 *
 * No runtime joins a PReLU to the layer before it: what it reads is a tensor of its own, with a range of its own, and its slopes
 * are int8 with one scale. Negative sides are often stretched by slopes beyond 1, so that the two ranges have little in common.
 * What TFLite's specification fixes is fixed here (`fixedRange`).
 *
 * @throws UserError `not-quantizable`, or `quantize-layer` for a layer that does not exist
 * @throws RangeError for a network that is quantized already, or has a batch norm that no convolution stands before
 */
export function quantizeGraph(graph: Graph, { weightBits, floatLayers }: QuantizeOptions = QUANTIZE_DEFAULTS): Graph {
  if (isQuantized(graph)) throw new RangeError(`${graph.name} is quantized already`);
  requireQuantizable(graph);
  const unknown = floatLayers.find((name) => !graph.nodes.some((node) => node.name === name && hasKernel(node)));
  if (unknown !== undefined)
    throw new UserError(
      'quantize-layer',
      `${graph.name} has no layer “${unknown}”.`,
      'The quantization table of a run names them.',
    );
  return new Rewriting(graph, weightBits, new Set(floatLayers)).run();
}

class Rewriting {
  private readonly readers = new Map<string, Node[]>();
  private readonly nodes: Node[] = [];
  private readonly ranges: ParameterSpec[] = [];
  /** What now stands for the output of a node of the original. */
  private readonly outputs = new Map<string, string>();
  /** The layer that an output belongs to: of a batch norm, a ReLU6 and a PReLU the convolution before them. */
  private readonly layers = new Map<string, string>();

  constructor(
    private readonly graph: Graph,
    private readonly weightBits: number,
    private readonly inFloat: ReadonlySet<string>,
  ) {
    for (const node of graph.nodes)
      for (const input of inputsOf(node)) this.readers.set(input, [...(this.readers.get(input) ?? []), node]);
  }

  run(): Graph {
    for (const node of this.graph.nodes) {
      const joined = isJoined(node) || node.op === 'prelu';
      this.layers.set(node.name, joined ? this.layers.get(node.input)! : node.name);
      const output = node.op === 'batchNorm' ? this.fold(node) : this.push(this.rewired(node));
      const quantizer = this.isStored(node) ? this.quantizerBehind(node, output) : undefined;
      this.outputs.set(node.name, quantizer ? this.push(quantizer) : output);
    }
    const { name, parameters, outputs } = this.graph;
    const embedding = this.outputs.get(outputs.embedding)!;
    return {
      name: `${name} int${this.weightBits}`,
      nodes: this.nodes,
      parameters: [...parameters, ...this.ranges],
      outputs: { embedding, ...(outputs.scores !== undefined && { scores: this.outputs.get(outputs.scores)! }) },
    };
  }

  private push(node: Node): string {
    this.nodes.push(node);
    return node.name;
  }

  private rewired(node: Node): Node {
    const moved = rewired(node, (name) => this.outputs.get(name)!);
    const rounds = hasKernel(moved) || moved.op === 'prelu';
    return rounds && !this.inFloat.has(this.layers.get(node.name)!) ? { ...moved, weightBits: this.weightBits } : moved;
  }

  /** @returns the convolution's name */
  private fold(node: Extract<Node, { op: 'batchNorm' }>): string {
    const { epsilon, gamma, beta, movingMean, movingVariance } = node;
    const at = this.nodes.findIndex(({ name }) => name === node.input);
    const before = this.nodes[at];
    if (!before || !takesNorm(before) || this.readers.get(node.input)!.length > 1)
      throw new RangeError(`${node.name} cannot be folded: no convolution of its own stands before it`);
    this.nodes[at] = { ...before, norm: { epsilon, gamma, beta, movingMean, movingVariance } };
    return before.name;
  }

  /** Whether a node's output is a tensor at run time: neither taken along by the next node nor nothing. */
  private isStored(node: Node): boolean {
    const next = this.readers.get(node.name) ?? [];
    const takenAlong = next.length === 1 && isJoined(next[0]!);
    return !takenAlong && !isNothingInUse(node) && !this.inFloat.has(this.layers.get(node.name)!);
  }

  private quantizerBehind(node: Node, output: string): FakeQuantNode | undefined {
    const pools = isPool(node);
    const before = pools ? this.nodes.find(({ name }) => name === this.outputs.get(node.input)) : undefined;
    if (pools && before?.op !== 'fakeQuant') return undefined;
    const range = before?.op === 'fakeQuant' ? before.range : rangeOf(output);
    if (!pools) this.ranges.push({ name: range, shape: [2], initializer: 'zeros', trainable: false });
    return {
      op: 'fakeQuant',
      name: `${output}/quantized`,
      input: output,
      shape: node.shape,
      bits: ACTIVATION_BITS,
      range,
      observed: !pools && !fixedRange(node),
    };
  }
}

/** The ranges that are known before anything is seen; zero where observers find them. By parameter. */
export function initialRanges(graph: Graph): Map<string, Float32Array> {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const ranges = new Map<string, Float32Array>();
  for (const node of graph.nodes)
    // Of those that share a range the first one knows it: a pooling stands behind it.
    if (node.op === 'fakeQuant' && !ranges.has(node.range))
      ranges.set(node.range, Float32Array.from(fixedRange(nodes.get(node.input)!) ?? [0, 0]));
  return ranges;
}
