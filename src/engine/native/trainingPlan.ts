import type { OutputName } from '../../core/losses/loss.js';
import type { Node, Nodes } from '../../graph/graph.js';
import { normOf, paddingOf, strideOf, takesNorm, type FloatNode, type PoolNode } from '../../graph/operations.js';
import type {
  Contribution,
  DropoutOperation,
  ForwardOperation,
  Operands,
  OutputDescription,
  PlanDescription,
} from './description.js';
import { TAKES_MAXIMUM, type NumberedGraph } from './numberedGraph.js';
import { PlanBuilder, type Chain } from './planBuilder.js';
import { ValuePlanner } from './trainingValues.js';

/**
 * A training step of a graph for one batch size. Only convolutions, sums, poolings and dense layers store something: a
 * batch norm and a ReLU6 become part of the chain of the tensor that they read and are computed again by each of its
 * readers, forward and backward. Where that cannot be (a tensor with another reader before the batch norm, a batch norm
 * behind a ReLU6) a copy starts a chain of its own.
 *
 * The way back starts at the outputs that the loss reads (`model.reads`); what leads to none of them is not computed.
 */
export function planTraining(model: NumberedGraph, batch: number): PlanDescription {
  return new TrainingPlanner(model, batch).plan();
}

/** Whether readers see the tensor itself. */
function isRaw({ batchNorm, relu6, quantizer }: Chain): boolean {
  return batchNorm === undefined && !relu6 && quantizer === undefined;
}

function readsChain(operation: ForwardOperation, chain: number): boolean {
  const { x, y }: Operands = operation;
  return x === chain || y === chain;
}

class TrainingPlanner {
  private readonly builder: PlanBuilder;
  private readonly floats: ValuePlanner;
  /** What a node's readers read; undefined for the pictures themselves. */
  private readonly values = new Map<string, Chain | undefined>();
  private readonly backwardOf: (() => void)[] = [];
  private input: Chain | undefined;
  /** The input as a tensor, rounded or not: nobody needs its gradient. */
  private readonly inputs = new Set<Chain>();

  /** By chain: the tensor that holds its gradient, and how many readers have yet to contribute. */
  private readonly gradients = new Map<Chain, number>();
  private readonly pending = new Map<Chain, number>();

  constructor(
    private readonly model: NumberedGraph,
    batch: number,
  ) {
    this.builder = new PlanBuilder(model, batch);
    this.floats = new ValuePlanner({
      model,
      builder: this.builder,
      read: (name) => this.read(name),
      gradientOf: (chain) => this.gradients.get(chain),
      contribution: (chain) => this.contribution(chain),
      onTheWayBack: (plan) => this.backwardOf.push(plan),
    });
  }

  plan(): PlanDescription {
    const { graph, reads } = this.model;
    for (const node of graph.nodes)
      if (this.model.isTrained(node)) this.values.set(node.name, this.forwardOf(node.op)(node));
    const outputs = reads.map((name) => this.output(name));
    for (const backward of this.backwardOf.reverse()) backward();
    return this.builder.build(true, outputs);
  }

  /** A tensor that the loss can read, and one for its gradient, which stands there before the way back begins. */
  private output(output: OutputName): OutputDescription {
    const node = this.model.graph.outputs[output];
    if (node === undefined) throw new RangeError(`${this.model.graph.name} has no ${output}`);
    const value = this.values.get(node) ?? this.pictures();
    const chain = isRaw(value) && !this.gradients.has(value) ? value : this.copy(this.read(node));
    const gradient = this.builder.tensor(this.builder.shapeOf(chain.tensor));
    this.gradients.set(chain, gradient);
    return { output, tensor: chain.tensor, gradient };
  }

  // Forward ---------------------------------------------------------------------------------------------------------

  /** What a node's readers read, by what the node does. */
  private readonly forwards: { readonly [Op in keyof Nodes]: (node: Nodes[Op]) => Chain | undefined } = {
    input: () => undefined,
    conv2d: (node) => this.conv(node, this.model.readsPictures(node) ? undefined : this.read(node.input)),
    depthwiseConv2d: (node) => this.depthwise(node, this.read(node.input)),
    dense: (node) => this.conv(node, this.read(node.input)),
    batchNorm: (node) => this.batchNorm(node),
    relu6: (node) => this.relu6(node),
    add: (node) => this.add(this.read(node.input), this.read(node.other)),
    globalMaxPool: (node) => this.pool(node, this.read(node.input)),
    globalAveragePool: (node) => this.pool(node, this.read(node.input)),
    dropout: (node) => this.dropout(node, this.read(node.input)),
    fakeQuant: (node) => this.fakeQuant(node),
    prelu: (node) => this.float(node),
    sigmoid: (node) => this.float(node),
    multiply: (node) => this.float(node),
    concat: (node) => this.float(node),
    maxPool: (node) => this.float(node),
    l2Normalize: (node) => this.float(node),
  };

  private float(node: FloatNode): Chain {
    return this.floats.forwardOf(node.op)(node);
  }

  private forwardOf<Op extends keyof Nodes>(op: Op): (node: Nodes[Op]) => Chain | undefined {
    return this.forwards[op];
  }

  /** A node's output as a chain, with one reader more; the pictures become a tensor when somebody asks. */
  private read(name: string): Chain {
    const chain = this.values.get(name) ?? this.pictures();
    this.pending.set(chain, (this.pending.get(chain) ?? 0) + 1);
    return chain;
  }

  private pictures(): Chain {
    this.input ??= this.builder.input();
    this.inputs.add(this.input);
    return this.input;
  }

  private conv(node: Extract<Node, { op: 'conv2d' | 'dense' }>, x: Chain | undefined): Chain {
    const common = {
      ...(x ? { x: x.index } : {}),
      ...{ kernel: this.model.kernelOf(node), stride: strideOf(node), ...paddingOf(node) },
    };
    const chain = this.builder.produce(node.shape, (out) => ({ op: 'conv', ...common, out }));
    if (takesNorm(node) && normOf(node)) this.normalize(chain, this.model.batchNormOf(node));
    this.backwardOf.push(() => {
      const gradient = this.gradients.get(chain);
      if (gradient === undefined) return;
      const dense = this.builder.tensor(node.shape);
      const target = x && this.contribution(x);
      this.builder.backward.push({ op: 'convBackward', ...common, d: chain.index, gradient, ...target, dense });
    });
    return chain;
  }

  private depthwise(node: Extract<Node, { op: 'depthwiseConv2d' }>, x: Chain): Chain {
    const common = { x: x.index, kernel: this.model.kernelOf(node), stride: node.stride, ...node.padding };
    const chain = this.builder.produce(node.shape, (out) => ({ op: 'depthwise', ...common, out }));
    if (node.norm) this.normalize(chain, this.model.batchNormOf(node));
    this.backwardOf.push(() => {
      const gradient = this.gradients.get(chain);
      if (gradient === undefined) return;
      const target = this.contribution(x);
      this.builder.backward.push({ op: 'depthwiseBackward', ...common, d: chain.index, gradient, ...target });
    });
    return chain;
  }

  /** Whether a chain's producer can tell the statistics of what it writes; a bias is added after its product. */
  private hasStatistics({ producer }: Chain): boolean {
    if (producer.op === 'conv' || producer.op === 'depthwise')
      return this.model.description.kernels[producer.kernel]!.bias === undefined;
    return producer.op === 'add';
  }

  private normalize(chain: Chain, batchNorm: number): void {
    const { producer } = chain;
    if (producer.op !== 'conv' && producer.op !== 'depthwise' && producer.op !== 'add')
      throw new Error(`a batch norm behind ${producer.op}`);
    chain.batchNorm = producer.statistics = batchNorm;
  }

  private batchNorm(node: Extract<Node, { op: 'batchNorm' }>): Chain {
    const x = this.values.get(node.input);
    const joins = x && this.hasStatistics(x) && isRaw(x) && this.model.onlyConsumerOf(node.input);
    const chain = joins ? x : this.copy(this.read(node.input));
    this.normalize(chain, this.model.batchNormOf(node));
    return chain;
  }

  private relu6(node: Extract<Node, { op: 'relu6' }>): Chain {
    const x = this.values.get(node.input);
    const joins = x && x.quantizer === undefined && this.model.onlyConsumerOf(node.input);
    const chain = joins ? x : this.copy(this.read(node.input));
    chain.relu6 = true;
    return chain;
  }

  private fakeQuant(node: Extract<Node, { op: 'fakeQuant' }>): Chain | undefined {
    const x = this.values.get(node.input);
    // Convolutions round the pictures' bytes themselves.
    if (!x && this.model.consumersOf(node.name).every((reader) => this.model.readsPictures(reader))) return undefined;
    const joins = x && x.quantizer === undefined && this.model.onlyConsumerOf(node.input);
    const chain = joins ? x : x ? this.copy(this.read(node.input)) : this.roundedInput();
    chain.quantizer = this.model.quantizerOf(node);
    // A dropout changes the tensor after its producer: nothing follows the range of what was there before.
    if (node.observed && chain.producer.op !== 'dropout') chain.producer.ranged = chain.index;
    return chain;
  }

  private roundedInput(): Chain {
    const { tensor, producer } = this.pictures();
    const chain = this.builder.chain(tensor, producer);
    this.inputs.add(chain);
    return chain;
  }

  private copy(x: Chain): Chain {
    const out = this.builder.produce(this.builder.shapeOf(x.tensor), (tensor) => ({
      op: 'add',
      x: x.index,
      out: tensor,
    }));
    this.backwardOf.push(() => {
      const gradient = this.gradients.get(out);
      if (gradient !== undefined) this.pass(out, gradient, x);
    });
    return out;
  }

  private add(x: Chain, y: Chain): Chain {
    const out = this.builder.produce(this.builder.shapeOf(x.tensor), (tensor) => ({
      op: 'add',
      x: x.index,
      y: y.index,
      out: tensor,
    }));
    const position = this.builder.forward.length - 1;
    this.backwardOf.push(() => {
      const gradient = this.gradients.get(out);
      if (gradient === undefined) return;
      if (out.batchNorm === undefined && x !== y && this.mayShare(x, y, position)) {
        this.share(gradient, x);
        this.share(gradient, y);
      } else {
        this.pass(out, gradient, x);
        this.pass(out, gradient, y);
      }
    });
    return out;
  }

  private dropout(node: Extract<Node, { op: 'dropout' }>, x: Chain): Chain {
    const raw = this.builder.produce(node.shape, (out) => ({ op: 'add', x: x.index, out }));
    const mask = { op: 'dropout', rate: node.rate, node: this.model.graph.nodes.indexOf(node) } as const;
    const operation: DropoutOperation = { ...mask, out: raw.tensor };
    this.builder.forward.push(operation);
    // A chain of its own: a batch norm behind it may not take the statistics of what was there before.
    const out = this.builder.chain(raw.tensor, operation);
    this.backwardOf.push(() => {
      const gradient = this.gradients.get(out);
      if (gradient === undefined) return;
      this.builder.backward.push({ ...mask, out: gradient });
      this.pass(out, gradient, x);
    });
    return out;
  }

  private pool(node: PoolNode, x: Chain): Chain {
    const max = TAKES_MAXIMUM[node.op];
    const out = this.builder.produce(node.shape, (tensor) => ({ op: 'pool', x: x.index, out: tensor, max }));
    this.backwardOf.push(() => {
      const gradient = this.gradients.get(out);
      const target = gradient === undefined ? undefined : this.contribution(x);
      if (gradient !== undefined && target)
        this.builder.backward.push({ op: 'poolBackward', x: x.index, out: out.tensor, max, gradient, ...target });
    });
    return out;
  }

  // Backward --------------------------------------------------------------------------------------------------------

  /** Takes part in the gradient of a chain; undefined for the pictures, which need none. */
  private contribution(x: Chain): Contribution | undefined {
    if (this.inputs.has(x)) return undefined;
    const left = this.pending.get(x)! - 1;
    this.pending.set(x, left);
    const earlier = this.gradients.get(x);
    const target = earlier ?? this.builder.tensor(this.builder.shapeOf(x.tensor));
    this.gradients.set(x, target);
    const finish = left === 0 && !isRaw(x);
    return { target, accumulate: earlier !== undefined, finish };
  }

  /** The gradient of a sum or a copy goes on as it is. */
  private pass(from: Chain, gradient: number, to: Chain): void {
    const target = this.contribution(to);
    if (target) this.builder.backward.push({ op: 'contribute', x: to.index, d: from.index, gradient, ...target });
  }

  /** The same without copying: both summands' gradients are the tensor of the sum's. */
  private share(gradient: number, to: Chain): void {
    this.gradients.set(to, gradient);
    const target = this.contribution(to);
    if (target?.finish) this.builder.backward.push({ op: 'contribute', x: to.index, ...target, accumulate: false });
  }

  /**
   * Whether the summands x and y can share the gradient of their sum. The first may get further contributions, which
   * are added in place, when the second has been used: by then its producer must have run backward.
   */
  private mayShare(x: Chain, y: Chain, position: number): boolean {
    if (this.inputs.has(x) || this.inputs.has(y) || this.gradients.has(x) || this.gradients.has(y)) return false;
    // A ReLU6 or a quantizer masks in place what the other still needs.
    if (x.relu6 || y.relu6 || x.quantizer !== undefined || y.quantizer !== undefined || this.pending.get(y) !== 1)
      return false;
    const producer = this.builder.forward.indexOf(y.producer);
    return !this.builder.forward.some(
      (operation, i) => i < position && i >= producer && readsChain(operation, x.index),
    );
  }
}
