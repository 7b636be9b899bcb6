import { inputOf, inputsOf, type Graph, type Node } from '../../graph/graph.js';
import { hasKernel } from '../../quantization/quantizers.js';
import type { PlanDescription, Producer } from './description.js';
import type { NumberedGraph } from './numberedGraph.js';
import { PlanBuilder, type Chain } from './planBuilder.js';

/** What computes on integers; the rest is part of these, or nothing in use. */
type IntegerOp = 'conv2d' | 'depthwiseConv2d' | 'dense' | 'add' | 'globalAveragePool' | 'globalMaxPool';
type FakeQuant = Extract<Node, { op: 'fakeQuant' }>;

/** The quantizer behind a node's output, with a ReLU6 between them or not. */
interface Ending {
  readonly quantizer: FakeQuant;
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
    return node.op === 'fakeQuant' || (node.op === 'dropout' && isRounded(node.input));
  };
  // The pictures are no tensor: only convolutions read their bytes.
  const ofPictures = graph.nodes.find((node) => node.op === 'fakeQuant' && nodes.get(node.input)!.op === 'input')?.name;
  if (graph.nodes.some((node) => node.op !== 'conv2d' && inputsOf(node).some((name) => name === ofPictures)))
    return false;
  if (!Object.values(graph.outputs).every(isRounded)) return false;
  return graph.nodes.every((node) => {
    switch (node.op) {
      case 'conv2d':
      case 'depthwiseConv2d':
      case 'dense':
        return node.weightBits !== undefined && isRounded(node.input) && endingOf(node, onlyReaderOf) !== undefined;
      case 'add':
        return isRounded(node.input) && isRounded(node.other) && endingOf(node, onlyReaderOf) !== undefined;
      case 'globalAveragePool':
      case 'globalMaxPool':
        return isRounded(node.input) && endingOf(node, onlyReaderOf)?.relu6 === false;
      case 'batchNorm':
        return false;
      case 'input':
        return onlyReaderOf(node.name)?.op === 'fakeQuant';
      case 'dropout':
      case 'relu6':
      case 'fakeQuant':
        return true;
    }
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
      const before = node.op === 'dropout' ? this.values.get(node.input) : undefined;
      if (before) this.values.set(node.name, before);
      if (hasKernel(node) || node.op === 'add' || node.op === 'globalAveragePool' || node.op === 'globalMaxPool')
        this.add(node);
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

  private add(node: Extract<Node, { op: IntegerOp }>): void {
    const { quantizer: ending, relu6 } = endingOf(node, (name) => this.model.onlyConsumerOf(name))!;
    const quantizer = this.model.quantizerOf(ending);
    const chain = this.builder.produce(node.shape, (out) => this.operation(node, { quantizer, relu6, out }));
    this.values.set(ending.name, { chain, quantizer });
  }

  private operation(
    node: Extract<Node, { op: IntegerOp }>,
    { quantizer, relu6, out }: { quantizer: number; relu6: boolean; out: number },
  ): Producer {
    const common = { quantizer, ...(relu6 ? { relu6 } : {}), out };
    switch (node.op) {
      case 'conv2d':
      case 'dense': {
        const x = this.model.readsPictures(node) ? {} : { x: this.read(node.input).chain.index };
        const stride = node.op === 'dense' ? 1 : node.stride;
        return { op: 'conv', ...x, kernel: this.model.kernelOf(node), stride, ...common };
      }
      case 'depthwiseConv2d': {
        const x = this.read(node.input).chain.index;
        return { op: 'depthwise', x, kernel: this.model.kernelOf(node), stride: node.stride, ...common };
      }
      case 'add': {
        const [x, y] = [this.read(node.input), this.read(node.other)];
        const summands = { x: x.chain.index, y: y.chain.index, xQuantizer: x.quantizer, yQuantizer: y.quantizer };
        return { op: 'add', ...summands, ...common };
      }
      case 'globalAveragePool':
      case 'globalMaxPool': {
        const x = this.read(node.input).chain.index;
        return { op: 'pool', x, max: node.op === 'globalMaxPool', quantizer, out };
      }
    }
  }
}
