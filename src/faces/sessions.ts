import type { Engine, TrainingSession } from '../engine/engine.js';
import type { Graph } from '../graph/graph.js';
import type { ParameterValues } from '../graph/networkState.js';

interface Network {
  readonly graph: Graph;
  readonly parameters: ParameterValues;
}

/**
 * Networks at work on single pictures, as many at a time as there are lanes: a session computes one batch after the other. Those
 * that rest are kept for the next picture, up to a number; the one that rested longest goes first.
 */
export class Sessions {
  private readonly resting: { readonly key: string; readonly session: TrainingSession }[] = [];
  private readonly waiting: (() => void)[] = [];
  private free: number;
  private isClosed = false;

  /**
   * @param lanes that compute at the same time
   * @param kept sessions that may rest
   */
  constructor(
    private readonly engine: Engine,
    lanes: number,
    private readonly kept: number,
  ) {
    this.free = lanes;
  }

  /**
   * @param key of the network: sessions of the same key are the same
   * @param image [H, W, 3] RGB bytes, as the network takes it
   * @returns its embedding, which is a map or a list of numbers
   */
  async run(key: string, network: () => Network, image: Uint8Array): Promise<Float32Array> {
    await this.lane();
    try {
      const session = this.take(key) ?? this.start(network());
      try {
        const batch = { images: image, labels: new Int32Array(1) };
        return (await session.evaluate(batch, { wants: ['embedding'] })).outputs.embedding!;
      } finally {
        this.rest(key, session);
      }
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free++;
    }
  }

  /** When nothing runs any more. */
  close(): void {
    this.isClosed = true;
    for (const { session } of this.resting.splice(0)) session.dispose();
  }

  private async lane(): Promise<void> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private take(key: string): TrainingSession | undefined {
    const at = this.resting.findLastIndex((one) => one.key === key);
    return at < 0 ? undefined : this.resting.splice(at, 1)[0]!.session;
  }

  private start({ graph, parameters }: Network): TrainingSession {
    return this.engine.createSession(graph, parameters);
  }

  private rest(key: string, session: TrainingSession): void {
    this.resting.push({ key, session });
    while (this.resting.length > (this.isClosed ? 0 : this.kept)) this.resting.shift()!.session.dispose();
  }
}
