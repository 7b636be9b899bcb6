import type { Nodes } from '../../graph/graph.js';
import type { FloatNode } from '../../graph/operations.js';
import type { Contribution, Padded, ValueBackwardOperation } from './description.js';
import type { NumberedGraph } from './numberedGraph.js';
import type { Chain, PlanBuilder } from './planBuilder.js';

/** What the planner of a training step does for operations that have a tensor of their own and no kernel. */
export interface Around {
  readonly model: NumberedGraph;
  readonly builder: PlanBuilder;
  /** A node's output, with one reader more. */
  read(name: string): Chain;
  /** The tensor with a chain's gradient; none where nothing behind it leads to the loss. */
  gradientOf(chain: Chain): number | undefined;
  /** A share in the gradient of a chain; none for the pictures. */
  contribution(chain: Chain): Contribution | undefined;
  /** Called when all that is behind has been planned. */
  onTheWayBack(plan: () => void): void;
}

type Share = Pick<ValueBackwardOperation, 'op' | 'out' | 'y' | 'first'>;

/** Plans them forward and backward: what a node's readers read, by what the node does. */
export class ValuePlanner {
  constructor(private readonly around: Around) {}

  private readonly forwards: { readonly [Op in FloatNode['op']]: (node: Nodes[Op]) => Chain } = {
    prelu: (node) => this.prelu(node),
    sigmoid: (node) => {
      const x = this.around.read(node.input);
      const out = this.around.builder.produce(node.shape, (tensor) => ({ op: 'sigmoid', x: x.index, out: tensor }));
      return this.shares(out, [x, { op: 'sigmoidBackward', out: out.tensor }]);
    },
    l2Normalize: (node) => {
      const x = this.around.read(node.input);
      const out = this.around.builder.produce(node.shape, (tensor) => ({ op: 'normalize', x: x.index, out: tensor }));
      return this.shares(out, [x, { op: 'normalizeBackward' }]);
    },
    multiply: (node) => {
      const [x, y] = this.readBoth(node);
      const both = { x: x.index, y: y.index };
      const out = this.around.builder.produce(node.shape, (tensor) => ({ op: 'multiply', ...both, out: tensor }));
      return this.shares(out, [x, { op: 'multiplyBackward', y: y.index }], [y, { op: 'factorsBackward', y: x.index }]);
    },
    concat: (node) => {
      const [x, y] = this.readBoth(node);
      const both = { x: x.index, y: y.index };
      const out = this.around.builder.produce(node.shape, (tensor) => ({ op: 'concat', ...both, out: tensor }));
      const first = this.around.builder.shapeOf(x.tensor)[2];
      return this.shares(out, [x, { op: 'partBackward', first: 0 }], [y, { op: 'partBackward', first }]);
    },
    maxPool: (node) => this.maxPool(node),
  };

  forwardOf<Op extends FloatNode['op']>(op: Op): (node: Nodes[Op]) => Chain {
    return this.forwards[op];
  }

  private readBoth({ input, other }: Nodes['multiply' | 'concat']): [Chain, Chain] {
    return [this.around.read(input), this.around.read(other)];
  }

  /** Each input gets its share of the gradient of what is behind. */
  private shares(out: Chain, ...inputs: readonly (readonly [x: Chain, share: Share])[]): Chain {
    this.around.onTheWayBack(() => {
      const gradient = this.around.gradientOf(out);
      if (gradient === undefined) return;
      for (const [x, share] of inputs) {
        const target = this.around.contribution(x);
        if (!target) continue;
        this.around.builder.backward.push({ ...share, x: x.index, d: out.index, gradient, ...target });
      }
    });
    return out;
  }

  /** Slopes have a gradient where the pictures in front of them need none. */
  private prelu(node: Nodes['prelu']): Chain {
    const { builder, model } = this.around;
    const x = this.around.read(node.input);
    const common = { x: x.index, slope: model.slopeOf(node) };
    const out = builder.produce(node.shape, (tensor) => ({ op: 'add', ...common, out: tensor }));
    this.around.onTheWayBack(() => {
      const gradient = this.around.gradientOf(out);
      if (gradient === undefined) return;
      const target = this.around.contribution(x);
      builder.backward.push({ op: 'preluBackward', ...common, d: out.index, gradient, ...target });
    });
    return out;
  }

  private maxPool(node: Nodes['maxPool']): Chain {
    const { builder } = this.around;
    const x = this.around.read(node.input);
    const window: Padded & { size: number; stride: number } = {
      size: node.kernelSize,
      stride: node.stride,
      ...node.padding,
    };
    const out = builder.produce(node.shape, (tensor) => ({ op: 'maxPool', x: x.index, ...window, out: tensor }));
    this.around.onTheWayBack(() => {
      const gradient = this.around.gradientOf(out);
      const target = gradient === undefined ? undefined : this.around.contribution(x);
      if (gradient === undefined || !target) return;
      builder.backward.push({ op: 'maxPoolBackward', x: x.index, out: out.tensor, ...window, gradient, ...target });
    });
    return out;
  }
}
