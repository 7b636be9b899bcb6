import { classesOf, inputOf, type Shape } from '../../graph/graph.js';
import { placeBuffers, type Lifetime } from './arena.js';
import type { ChainDescription, Operation, PlanDescription, TensorDescription } from './description.js';
import type { Model } from './model.js';

const CHANNEL_STEP = 16;

/** Floats that a tensor takes: each pixel's channels are padded to a multiple of 16. */
export function tensorFloats({ n, h, w, c }: Omit<TensorDescription, 'offset'>): number {
  return n * h * w * Math.ceil(c / CHANNEL_STEP) * CHANNEL_STEP;
}

/** A chain while its plan is made; `producer` is the operation that writes its tensor. */
export interface Chain {
  readonly index: number;
  readonly tensor: number;
  readonly producer: Operation;
  batchNorm?: number;
  relu6?: boolean;
  quantizer?: number;
}

/** Collects the operations of a plan, and places its tensors when all are known. */
export class PlanBuilder {
  readonly forward: Operation[] = [];
  readonly backward: Operation[] = [];
  readonly chains: Chain[] = [];
  private readonly shapes: Omit<TensorDescription, 'offset'>[] = [];

  constructor(
    readonly model: Model,
    readonly batch: number,
  ) {}

  /** A tensor of one value a pixel and channel of every picture. */
  tensor([h, w, c]: Shape): number {
    return this.shapes.push({ n: this.batch, h, w, c }) - 1;
  }

  /** The input as a tensor. */
  input(): Chain {
    const { shape, values } = inputOf(this.model.graph);
    return this.produce(shape, { op: values === 'pixels' ? 'loadPixels' : 'loadFloats' });
  }

  shapeOf(tensor: number): Shape {
    const { h, w, c } = this.shapes[tensor]!;
    return [h, w, c];
  }

  chain(tensor: number, producer: Operation): Chain {
    const chain: Chain = { index: this.chains.length, tensor, producer };
    this.chains.push(chain);
    return chain;
  }

  /** Runs `operation` forward into a new tensor. */
  produce(shape: Shape, operation: Omit<Operation, 'out'>): Chain {
    const out = this.tensor(shape);
    const whole: Operation = { ...operation, out };
    this.forward.push(whole);
    return this.chain(out, whole);
  }

  /** @param ends what is read after the last operation, and the loss's gradient */
  build(ends: Pick<PlanDescription, 'training' | 'logits' | 'logitsGradient' | 'embeddings'>): PlanDescription {
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
    // The loss stands between the two passes.
    const loss = this.forward.length;
    const end = loss + this.backward.length + 1;
    this.forward.forEach((operation, i) => this.tensorsOf(operation).forEach((tensor) => touch(tensor, i)));
    this.backward.forEach((operation, i) => this.tensorsOf(operation).forEach((tensor) => touch(tensor, loss + 1 + i)));
    for (const kept of [ends.logits, ends.embeddings]) {
      if (kept === undefined) continue;
      touch(kept, loss);
      touch(kept, end);
    }
    if (ends.logitsGradient !== undefined) touch(ends.logitsGradient, loss);
    const { offsets, floats } = placeBuffers(buffers);
    const input = inputOf(this.model.graph);
    const [height, width, channels] = input.shape;
    return {
      ...ends,
      batch: this.batch,
      height,
      width,
      channels,
      classes: classesOf(this.model.graph),
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
    };
  }

  private tensorsOf({ x, y, d, out, residual, gradient, target, dense }: Operation): number[] {
    const chains = [x, y, d].filter((chain) => chain !== undefined).map((chain) => this.chains[chain]!.tensor);
    return [...chains, ...[out, residual, gradient, target, dense].filter((tensor) => tensor !== undefined)];
  }
}
