import type { FakeQuantNode, Node, Nodes } from '../../graph/graph.js';
import {
  hasKernel,
  isFloat,
  isJoined,
  isPool,
  isSum,
  normOf,
  paddingOf,
  strideOf,
  takesNorm,
  type FloatNode,
  type JoinedNode,
  type KernelNode,
  type NothingNode,
  type PoolNode,
  type SumNode,
} from '../../graph/operations.js';
import type { ConvOperation, PlanDescription, Producer, ValueOperation } from './description.js';
import { PRODUCTS, TAKES_MAXIMUM, type NumberedGraph } from './numberedGraph.js';
import { CHANNEL_STEP, PlanBuilder, type Chain } from './planBuilder.js';

/**
 * Forward by the running statistics for one batch size. A convolution takes the batch norm, ReLU6 and residual sum that
 * follow it along, and the quantizers between and behind them: they are applied to its output before it is stored.
 *
 * @param observing looks at every tensor before it is rounded; such a plan runs with no quantizer of activations active
 */
export function planInference(model: NumberedGraph, batch: number, observing = false): PlanDescription {
  return new InferencePlanner(model, batch, observing).plan();
}

/** Nodes after a kernel that are part of it, and what they make of its output. */
interface Tail {
  readonly names: readonly string[];
  readonly quantizer: FakeQuantNode | undefined;
  readonly epilogue: Pick<ConvOperation, 'foldedBatchNorm' | 'relu6' | 'slope' | 'quantizer'>;
  readonly sum: Pick<ConvOperation, 'residual' | 'sumQuantizer'>;
}

class InferencePlanner {
  private readonly builder: PlanBuilder;
  /** What a node's readers read; nothing for the pictures themselves. */
  private readonly values = new Map<string, Chain>();
  private pictures: Chain | undefined;
  /** Tensors of concatenations whose first convolution is there, by name. */
  private readonly parts = new Map<string, number>();

  constructor(
    private readonly model: NumberedGraph,
    batch: number,
    private readonly observing: boolean,
  ) {
    this.builder = new PlanBuilder(model, batch);
  }

  plan(): PlanDescription {
    const { nodes } = this.model.graph;
    for (const node of nodes) if (!this.values.has(node.name)) this.add(node);
    const outputs = this.model.outputs.map(([output, node]) => ({ output, tensor: this.read(node).tensor }));
    return this.builder.build(false, outputs);
  }

  private add(node: Node): void {
    if (node.op === 'input') return;
    if (hasKernel(node)) this.kernel(node);
    else if (isJoined(node)) this.view(node);
    else if (isSum(node)) this.sum(node);
    else if (isPool(node)) this.pool(node);
    else if (node.op === 'fakeQuant') this.fakeQuant(node);
    else if (isFloat(node)) this.values.set(node.name, this.floatOf(node.op)(node));
    else this.handOn(node);
  }

  private handOn({ name, input }: NothingNode): void {
    this.values.set(name, this.read(input));
  }

  /** A node's output; the pictures become a tensor when somebody asks. */
  private read(name: string): Chain {
    return this.values.get(name) ?? (this.pictures ??= this.builder.input());
  }

  private kernel(node: KernelNode): void {
    const tail = this.tail(node);
    const { names, epilogue, sum, quantizer } = tail;
    if (node.op === 'conv2d') {
      const beside = this.besideOf(tail);
      if (beside) {
        this.part(node, tail, beside);
        return;
      }
    }
    const common = { kernel: this.model.kernelOf(node), stride: strideOf(node), ...paddingOf(node), ...epilogue };
    const x = this.model.readsPictures(node) ? undefined : this.read(node.input).index;
    const chain = this.builder.produce(node.shape, (out) =>
      PRODUCTS[node.op] === 'depthwise'
        ? { op: 'depthwise', x: x!, ...common, out }
        : { op: 'conv', ...(x === undefined ? {} : { x }), ...common, ...sum, out },
    );
    if (quantizer) this.observe(chain.tensor, quantizer);
    for (const name of names) this.values.set(name, chain);
  }

  /** The concatenation that a convolution writes its part of: when both parts come from convolutions, of whole vectors first. */
  private besideOf({ names, quantizer, sum }: Tail): Nodes['concat'] | undefined {
    if (quantizer || sum.residual !== undefined) return undefined;
    const next = this.model.onlyConsumerOf(names.at(-1)!);
    if (next?.op !== 'concat' || next.input === next.other) return undefined;
    const [first, second] = [next.input, next.other].map((name) => this.convolutionOf(name));
    return first && second && first.shape[2] % CHANNEL_STEP === 0 ? next : undefined;
  }

  /** The convolution whose tail ends in a value that one reader has. */
  private convolutionOf(name: string): Nodes['conv2d'] | undefined {
    let node = this.model.nodeOf(name);
    while (node.op === 'prelu' || node.op === 'relu6' || node.op === 'batchNorm') node = this.model.nodeOf(node.input);
    if (node.op !== 'conv2d' || !this.model.onlyConsumerOf(name)) return undefined;
    const { names, quantizer, sum } = this.tail(node);
    return names.at(-1) === name && !quantizer && sum.residual === undefined ? node : undefined;
  }

  private part(node: Nodes['conv2d'], { names, epilogue }: Tail, beside: Nodes['concat']): void {
    const first = names.at(-1) === beside.input ? 0 : beside.shape[2] - node.shape[2];
    const whole = this.parts.get(beside.name);
    const x = this.model.readsPictures(node) ? {} : { x: this.read(node.input).index };
    const out = whole ?? this.builder.tensor(beside.shape);
    const common = { kernel: this.model.kernelOf(node), stride: node.stride, ...node.padding, ...epilogue };
    const chain = this.builder.write(out, { op: 'conv', ...x, ...common, out, first });
    this.parts.set(beside.name, out);
    for (const name of names) this.values.set(name, chain);
    if (whole !== undefined) this.values.set(beside.name, chain);
  }

  private tail(node: KernelNode): Tail {
    const { model } = this;
    const names = [node.name];
    let next = model.onlyConsumerOf(node.name);
    const take = <T extends Node>(taken: T): T => {
      names.push(taken.name);
      next = model.onlyConsumerOf(taken.name);
      return taken;
    };
    let foldedBatchNorm = takesNorm(node) && normOf(node) ? model.batchNormOf(node) : undefined;
    // A bias takes the place of the shift.
    if (next?.op === 'batchNorm' && takesNorm(node) && node.bias === undefined)
      foldedBatchNorm = model.batchNormOf(take(next));
    const relu6 = next?.op === 'relu6';
    if (next?.op === 'relu6') take(next);
    const slope = next?.op === 'prelu' && !relu6 ? model.slopeOf(take(next)) : undefined;
    // What is observed has to be stored first.
    const quantizer = next?.op === 'fakeQuant' ? take(next) : undefined;
    const other = next?.op === 'add' && node.op === 'conv2d' && !this.observing ? next : undefined;
    const residual = other && this.values.get(other.input === names.at(-1) ? other.other : other.input);
    if (residual) take(other);
    const sumQuantizer = residual && next?.op === 'fakeQuant' ? take(next) : undefined;
    return {
      names,
      quantizer,
      epilogue: {
        ...(foldedBatchNorm === undefined ? {} : { foldedBatchNorm }),
        ...(relu6 ? { relu6 } : {}),
        ...(slope === undefined ? {} : { slope }),
        ...(quantizer ? { quantizer: model.quantizerOf(quantizer) } : {}),
      },
      sum: {
        ...(residual ? { residual: residual.tensor } : {}),
        ...(sumQuantizer ? { sumQuantizer: model.quantizerOf(sumQuantizer) } : {}),
      },
    };
  }

  /** A batch norm or a ReLU6 that no kernel took along: a view of its own on the tensor, read once. */
  private view(node: JoinedNode): void {
    const x = this.read(node.input);
    const view = this.builder.chain(x.tensor, x.producer);
    if (node.op === 'relu6') view.relu6 = true;
    else view.batchNorm = this.model.batchNormOf(node);
    this.values.set(node.name, this.copy(view));
  }

  private sum(node: SumNode): void {
    const [x, y] = [this.read(node.input).index, this.read(node.other).index];
    this.values.set(
      node.name,
      this.builder.produce(node.shape, (out) => ({ op: 'add', x, y, out })),
    );
  }

  private pool(node: PoolNode): void {
    const x = this.read(node.input).index;
    const max = TAKES_MAXIMUM[node.op];
    this.values.set(
      node.name,
      this.builder.produce(node.shape, (out) => ({ op: 'pool', x, out, max })),
    );
  }

  private readonly floats: { readonly [Op in FloatNode['op']]: (node: Nodes[Op]) => Chain } = {
    prelu: (node) => {
      const x = this.read(node.input).index;
      // What is observed has to be stored first.
      const next = this.observing ? undefined : this.model.onlyConsumerOf(node.name);
      const quantizer = next?.op === 'fakeQuant' ? { quantizer: this.model.quantizerOf(next) } : {};
      const chain = this.produce(node, (out) => ({ op: 'add', x, slope: this.model.slopeOf(node), ...quantizer, out }));
      if (next?.op === 'fakeQuant') this.values.set(next.name, chain);
      return chain;
    },
    sigmoid: (node) => this.value('sigmoid', node),
    l2Normalize: (node) => this.value('normalize', node),
    multiply: (node) => {
      const [x, y] = [this.read(node.input).index, this.read(node.other).index];
      return this.produce(node, (out) => ({ op: 'multiply', x, y, out }));
    },
    concat: (node) => {
      const [x, y] = [this.read(node.input).index, this.read(node.other).index];
      return this.produce(node, (out) => ({ op: 'concat', x, y, out }));
    },
    maxPool: (node) => {
      const window = { size: node.kernelSize, stride: node.stride, ...node.padding };
      const x = this.read(node.input).index;
      return this.produce(node, (out) => ({ op: 'maxPool', x, ...window, out }));
    },
  };

  private floatOf<Op extends FloatNode['op']>(op: Op): (node: Nodes[Op]) => Chain {
    return this.floats[op];
  }

  private produce({ shape }: Node, operation: (out: number) => Producer): Chain {
    return this.builder.produce(shape, operation);
  }

  private value(op: ValueOperation['op'], node: Nodes['sigmoid' | 'l2Normalize']): Chain {
    const x = this.read(node.input).index;
    return this.produce(node, (out) => ({ op, x, out }));
  }

  private fakeQuant(node: FakeQuantNode): void {
    // Convolutions round the pictures' bytes themselves.
    const readsPictures = (other: Node) => this.model.readsPictures(other);
    if (!this.values.has(node.input) && this.model.consumersOf(node.name).every(readsPictures)) return;
    const x = this.read(node.input);
    this.observe(x.tensor, node);
    this.values.set(node.name, this.copy(x, this.model.quantizerOf(node)));
  }

  private copy(x: Chain, quantizer?: number): Chain {
    const rounded = quantizer === undefined ? {} : { quantizer };
    return this.builder.produce(this.builder.shapeOf(x.tensor), (out) => ({ op: 'add', x: x.index, ...rounded, out }));
  }

  private observe(tensor: number, node: FakeQuantNode): void {
    if (!this.observing || !node.observed) return;
    this.builder.forward.push({ op: 'observe', out: tensor, quantizer: this.model.quantizerOf(node) });
  }
}
