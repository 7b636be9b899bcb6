import { inputOf, type FakeQuantNode, type Graph, type Node, type Nodes } from '../../graph/graph.js';
import {
  hasKernel,
  inputsOf,
  isComputed,
  isNothingInUse,
  isValue,
  paddingOf,
  strideOf,
  type ComputedNode,
  type KernelNode,
  type PoolNode,
  type ValueNode,
} from '../../graph/operations.js';
import type { Padded, PlanDescription, Producer } from './description.js';
import { TAKES_MAXIMUM, type NumberedGraph } from './numberedGraph.js';
import { PlanBuilder, type Chain } from './planBuilder.js';

/** The quantizer behind a node's output, with a ReLU6 between them or not. */
interface Ending {
  readonly quantizer: FakeQuantNode;
  readonly relu6: boolean;
}

function endingOf(node: Node, onlyReaderOf: (name: string) => Node | undefined): Ending | undefined {
  const next = onlyReaderOf(node.name);
  if (next?.op === 'fakeQuant') return { quantizer: next, relu6: false };
  const after = next?.op === 'relu6' ? onlyReaderOf(next.name) : undefined;
  return after?.op === 'fakeQuant' ? { quantizer: after, relu6: true } : undefined;
}

/** Whether every operation of a network has an int8 form: all is quantized, nothing is left in float. */
export function supportsIntegers(graph: Graph, onlyReaderOf: (name: string) => Node | undefined): boolean {
  if (inputOf(graph).values !== 'pixels') return false;
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const isRounded = (name: string): boolean => {
    const node = nodes.get(name)!;
    return node.op === 'fakeQuant' || (isNothingInUse(node) && isRounded(node.input));
  };
  // The pictures are no tensor: only convolutions read their bytes.
  const ofPictures = graph.nodes.find((node) => node.op === 'fakeQuant' && nodes.get(node.input)!.op === 'input')?.name;
  if (graph.nodes.some((node) => node.op !== 'conv2d' && inputsOf(node).some((name) => name === ofPictures)))
    return false;
  if (!Object.values(graph.outputs).every(isRounded)) return false;
  return graph.nodes.every((node) => {
    if (node.op === 'input') return onlyReaderOf(node.name)?.op === 'fakeQuant';
    if (!isComputed(node) && !isValue(node))
      return isNothingInUse(node) || node.op === 'relu6' || node.op === 'fakeQuant';
    const ending = endingOf(node, onlyReaderOf);
    if (!ending || !inputsOf(node).every(isRounded)) return false;
    if (hasKernel(node)) return node.weightBits !== undefined;
    if (node.op === 'prelu' && node.weightBits === undefined) return false;
    return !ending.relu6 || node.op === 'add' || node.op === 'multiply';
  });
}

/**
 * Forward as an int8 runtime computes: tensors hold whole numbers, differences from the zero point, and every rounding is
 * that of the integer interpreter. The sums of a convolution are exact in float32 as long as they stay below 2²⁴.
 */
export function planIntegers(model: NumberedGraph, batch: number): PlanDescription {
  return new IntegerPlanner(model, batch).plan();
}

/** A tensor of integers, and the quantizer that says what they stand for. */
interface Integers {
  readonly chain: Chain;
  readonly quantizer: number;
}

/** What operations of all kinds have. */
interface Common {
  readonly quantizer: number;
  readonly relu6?: boolean;
  readonly out: number;
}

class IntegerPlanner {
  private readonly builder: PlanBuilder;
  private readonly values = new Map<string, Integers>();

  constructor(
    private readonly model: NumberedGraph,
    batch: number,
  ) {
    this.builder = new PlanBuilder(model, batch);
  }

  plan(): PlanDescription {
    for (const node of this.model.graph.nodes) {
      const before = isNothingInUse(node) ? this.values.get(node.input) : undefined;
      if (before) this.values.set(node.name, before);
      if (isComputed(node) || isValue(node)) this.add(node);
    }
    const outputs = this.model.outputs.map(([output, node]) => {
      const { chain, quantizer } = this.read(node);
      return { output, tensor: chain.tensor, quantizer };
    });
    return { ...this.builder.build(false, outputs), integers: true };
  }

  private read(name: string): Integers {
    return this.values.get(name)!;
  }

  private add(node: ComputedNode | ValueNode): void {
    const { quantizer: ending, relu6 } = endingOf(node, (name) => this.model.onlyConsumerOf(name))!;
    const quantizer = this.model.quantizerOf(ending);
    const chain = this.builder.produce(node.shape, (out) =>
      this.operationOf(node.op)(node, { quantizer, ...(relu6 ? { relu6 } : {}), out }),
    );
    this.values.set(ending.name, { chain, quantizer });
  }

  /** What a node becomes, by what it does. */
  private readonly operations: {
    readonly [Op in (ComputedNode | ValueNode)['op']]: (node: Nodes[Op], common: Common) => Producer;
  } = {
    conv2d: (node, common) => ({ op: 'conv', ...this.layer(node), ...common }),
    dense: (node, common) => ({ op: 'conv', ...this.layer(node), ...common }),
    depthwiseConv2d: (node, common) => ({
      op: 'depthwise',
      x: this.read(node.input).chain.index,
      ...this.layer(node),
      ...common,
    }),
    add: (node, common) => ({ op: 'add', ...this.two(node), ...common }),
    globalAveragePool: (node, common) => this.pool(node, common),
    globalMaxPool: (node, common) => this.pool(node, common),
    prelu: (node, common) => ({ op: 'add', ...this.one(node), slope: this.model.slopeOf(node), ...common }),
    sigmoid: (node, common) => ({ op: 'sigmoid', ...this.one(node), ...common }),
    multiply: (node, common) => ({ op: 'multiply', ...this.two(node), ...common }),
    l2Normalize: (node, common) => ({ op: 'normalize', ...this.one(node), ...common }),
  };

  private one({ input }: { readonly input: string }): { x: number; xQuantizer: number } {
    const { chain, quantizer } = this.read(input);
    return { x: chain.index, xQuantizer: quantizer };
  }

  private two({ input, other }: Nodes['add' | 'multiply']): {
    x: number;
    xQuantizer: number;
    y: number;
    yQuantizer: number;
  } {
    const { chain, quantizer } = this.read(other);
    return { ...this.one({ input }), y: chain.index, yQuantizer: quantizer };
  }

  private operationOf<Op extends (ComputedNode | ValueNode)['op']>(
    op: Op,
  ): (node: Nodes[Op], common: Common) => Producer {
    return this.operations[op];
  }

  private layer(node: KernelNode): Padded & { x?: number; kernel: number; stride: number } {
    const x = this.model.readsPictures(node) ? {} : { x: this.read(node.input).chain.index };
    return { ...x, kernel: this.model.kernelOf(node), stride: strideOf(node), ...paddingOf(node) };
  }

  /** No ReLU6 follows one (`supportsIntegers`). */
  private pool(node: PoolNode, { quantizer, out }: Common): Producer {
    return { op: 'pool', x: this.read(node.input).chain.index, max: TAKES_MAXIMUM[node.op], quantizer, out };
  }
}
