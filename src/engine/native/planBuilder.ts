import { inputOf, type Shape } from '../../graph/graph.js';
import { placeBuffers, type Lifetime } from './arena.js';
import type {
  BackwardOperation,
  ChainDescription,
  ForwardOperation,
  Operands,
  Operation,
  OutputDescription,
  PlanDescription,
  Producer,
  TensorDescription,
} from './description.js';
import type { NumberedGraph } from './numberedGraph.js';

/** Channels that a row of a tensor is padded to a multiple of. */
export const CHANNEL_STEP = 16;

/** Floats that a tensor takes: each pixel's channels are padded to a multiple of 16. */
export function tensorFloats({ n, h, w, c }: Omit<TensorDescription, 'offset'>): number {
  return n * h * w * Math.ceil(c / CHANNEL_STEP) * CHANNEL_STEP;
}

/** A chain while its plan is made; `producer` is the operation that writes its tensor. */
export interface Chain {
  readonly index: number;
  readonly tensor: number;
  readonly producer: Producer;
  batchNorm?: number;
  relu6?: boolean;
  quantizer?: number;
}

/** Collects the operations of a plan, and places its tensors when all are known. */
export class PlanBuilder {
  readonly forward: ForwardOperation[] = [];
  readonly backward: BackwardOperation[] = [];
  readonly chains: Chain[] = [];
  private readonly shapes: Omit<TensorDescription, 'offset'>[] = [];

  constructor(
    readonly model: NumberedGraph,
    readonly batch: number,
  ) {}

  /** A tensor of one value a pixel and channel of every picture. */
  tensor([h, w, c]: Shape): number {
    return this.shapes.push({ n: this.batch, h, w, c }) - 1;
  }

  /** The input as a tensor. */
  input(): Chain {
    const { shape, values } = inputOf(this.model.graph);
    return this.produce(shape, (out) => ({ op: values === 'pixels' ? 'loadPixels' : 'loadFloats', out }));
  }

  shapeOf(tensor: number): Shape {
    const { h, w, c } = this.shapes[tensor]!;
    return [h, w, c];
  }

  chain(tensor: number, producer: Producer): Chain {
    const chain: Chain = { index: this.chains.length, tensor, producer };
    this.chains.push(chain);
    return chain;
  }

  /** Runs an operation forward into a new tensor. */
  produce(shape: Shape, operation: (out: number) => Producer): Chain {
    const out = this.tensor(shape);
    return this.write(out, operation(out));
  }

  /** Runs an operation forward into a tensor that is there. */
  write(out: number, producer: Producer): Chain {
    this.forward.push(producer);
    return this.chain(out, producer);
  }

  build(training: boolean, outputs: readonly OutputDescription[]): PlanDescription {
    const { offsets, floats } = placeBuffers(this.lifetimes(outputs));
    const input = inputOf(this.model.graph);
    const [height, width, channels] = input.shape;
    return {
      batch: this.batch,
      height,
      width,
      channels,
      training,
      floats: input.values === 'floats',
      arenaFloats: floats,
      tensors: this.shapes.map((shape, i) => ({ ...shape, offset: offsets[i]! })),
      chains: this.chains.map(({ tensor, batchNorm, relu6, quantizer }): ChainDescription => ({
        tensor,
        ...(batchNorm === undefined ? {} : { batchNorm }),
        ...(relu6 ? { relu6 } : {}),
        ...(quantizer === undefined ? {} : { quantizer }),
      })),
      forward: this.forward,
      backward: this.backward,
      outputs,
    };
  }

  /** Between which operations each tensor holds something; the loss stands between the two passes. */
  private lifetimes(outputs: readonly OutputDescription[]): Lifetime[] {
    const buffers: Lifetime[] = this.shapes.map((shape) => ({
      floats: tensorFloats(shape),
      first: Infinity,
      last: -Infinity,
    }));
    const touch = (tensor: number, at: number) => {
      const life = buffers[tensor]!;
      life.first = Math.min(life.first, at);
      life.last = Math.max(life.last, at);
    };
    const loss = this.forward.length;
    const end = loss + this.backward.length + 1;
    this.forward.forEach((operation, i) => this.tensorsOf(operation).forEach((tensor) => touch(tensor, i)));
    this.backward.forEach((operation, i) => this.tensorsOf(operation).forEach((tensor) => touch(tensor, loss + 1 + i)));
    for (const { tensor, gradient } of outputs) {
      touch(tensor, loss);
      touch(tensor, end);
      if (gradient !== undefined) touch(gradient, loss);
    }
    return buffers;
  }

  private tensorsOf(operation: Operation): number[] {
    const { x, y, d, out, residual, gradient, target, dense }: Operands = operation;
    const chains = [x, y, d].filter((chain) => chain !== undefined).map((chain) => this.chains[chain]!.tensor);
    return [...chains, ...[out, residual, gradient, target, dense].filter((tensor) => tensor !== undefined)];
  }
}
