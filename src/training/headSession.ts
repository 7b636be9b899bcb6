import type { AdamMoments } from '../core/adam.js';
import type {
  Batch,
  BatchResult,
  Columns,
  Engine,
  EvaluationSettings,
  SessionOptions,
  StepSettings,
  TrainingSession,
} from '../engine/engine.js';
import { sizeOf, type Graph } from '../graph/graph.js';
import { splitAt } from '../graph/subgraph.js';
import type { SessionState } from '../graph/networkState.js';
import type { Observation } from '../quantization/folding.js';
import { isQuantized } from '../quantization/quantizeGraph.js';

/**
 * Trains what lies above a node and leaves the rest as it is: the features below it are computed with the running statistics,
 * and a step costs little more than an evaluation. To its owner it is a session of the whole graph; a batch may also hold the
 * features themselves.
 */
export class HeadSession implements TrainingSession {
  private readonly body: TrainingSession;
  protected readonly head: TrainingSession;
  private readonly headNames: ReadonlySet<string>;

  /** @throws RangeError for a graph that cannot be split at the node, or that is quantized: its body would round nothing */
  constructor(
    engine: Engine,
    private readonly graph: Graph,
    node: string,
    parameters: ReadonlyMap<string, Float32Array>,
    options: SessionOptions = {},
  ) {
    if (isQuantized(graph)) throw new RangeError(`${graph.name} is quantized: its head does not train alone`);
    const { below, above } = splitAt(graph, node);
    this.headNames = new Set(above.parameters.map(({ name }) => name));
    // The embedding is an output of the whole network as well.
    this.body = engine.createSession(node === graph.outputs.embedding ? graph : below, parameters);
    this.head = engine.createSession(above, parameters, options);
  }

  async trainStep(batch: Batch, settings: StepSettings): Promise<BatchResult> {
    return this.head.trainStep(await this.onFeatures(batch), settings);
  }

  async evaluate(batch: Batch, settings?: EvaluationSettings): Promise<BatchResult> {
    return this.head.evaluate(await this.onFeatures(batch), settings);
  }

  /** A network in float has no quantizers. */
  observe(): Promise<readonly (Observation | undefined)[]> {
    return Promise.resolve([]);
  }

  /** [N, E]: what the node gives. */
  async features({ images, labels }: Batch): Promise<Float32Array> {
    return (await this.body.evaluate({ images, labels }, { wants: ['embedding'] })).outputs.embedding!;
  }

  /** The whole graph's; what is frozen has moments of zero. */
  async readState(): Promise<SessionState> {
    const { step, parameters: head, moments: headMoments } = await this.head.readState();
    const { parameters: body } = await this.body.readState();
    const parameters = new Map<string, Float32Array>();
    const moments = new Map<string, AdamMoments>();
    for (const { name, shape, trainable } of this.graph.parameters) {
      const own = this.headNames.has(name);
      parameters.set(name, (own ? head : body).get(name)!);
      const zeros = () => new Float32Array(sizeOf(shape));
      if (trainable) moments.set(name, own ? headMoments.get(name)! : { first: zeros(), second: zeros() });
    }
    return { step, parameters, moments };
  }

  readColumns(parameter: string, into: Columns): Promise<void> {
    return this.head.readColumns(parameter, into);
  }

  writeColumns(parameter: string, columns: Columns): void {
    this.head.writeColumns(parameter, columns);
  }

  /** What is frozen stays as it is in the average as well. */
  averageInto(average: ReadonlyMap<string, Float32Array>, share: number): Promise<void> {
    return this.head.averageInto(average, share);
  }

  assign(values: ReadonlyMap<string, Float32Array>): void {
    this.body.assign(values);
    this.head.assign(values);
  }

  dispose(): void {
    this.body.dispose();
    this.head.dispose();
  }

  private async onFeatures(batch: Batch): Promise<Batch> {
    if (batch.images instanceof Float32Array) return batch;
    return { ...batch, images: await this.features(batch) };
  }
}
