import type { AdamMoments } from '../core/adam.js';
import type {
  Batch,
  BatchResult,
  Engine,
  EvaluationSettings,
  SessionOptions,
  StepSettings,
  TrainingSession,
} from '../engine/engine.js';
import type { Observation, ObservationSettings } from '../quantization/folding.js';
import { sizeOf, type Graph } from '../graph/graph.js';
import type { SessionState } from '../graph/networkState.js';
import { headOf } from '../graph/mobileNetV2.js';

/**
 * Trains the last layer of a network and leaves the rest as it is: the features below it are computed with the running
 * statistics, and a step costs little more than an evaluation. To its owner it is a session of the whole graph; a batch
 * may also hold the features themselves.
 */
export class HeadSession implements TrainingSession {
  private readonly network: TrainingSession;
  private readonly head: TrainingSession;
  private readonly headNames: ReadonlySet<string>;

  constructor(
    engine: Engine,
    private readonly graph: Graph,
    parameters: ReadonlyMap<string, Float32Array>,
    dropout: number,
    options: SessionOptions = {},
  ) {
    const head = headOf(graph, dropout);
    this.headNames = new Set(head.parameters.map(({ name }) => name));
    this.network = engine.createSession(graph, parameters);
    this.head = engine.createSession(head, parameters, options);
  }

  async trainStep(batch: Batch, settings: StepSettings): Promise<BatchResult> {
    return this.head.trainStep(await this.onFeatures(batch), settings);
  }

  async evaluate(batch: Batch, settings?: EvaluationSettings): Promise<BatchResult> {
    const features = await this.onFeatures(batch);
    // What is rounded is so in the network alone.
    return this.head.evaluate(features, settings?.wants && { wants: settings.wants });
  }

  async observe(batch: Batch, settings: ObservationSettings): Promise<readonly (Observation | undefined)[]> {
    return this.network.observe(batch, settings);
  }

  /** [N, channels]: what the last layer reads. */
  async features(batch: Batch): Promise<Float32Array> {
    return (await this.network.evaluate(batch, { wants: ['embedding'] })).outputs.embedding!;
  }

  /** The whole graph's; what is frozen has moments of zero. */
  async readState(): Promise<SessionState> {
    const { step, parameters: head, moments: headMoments } = await this.head.readState();
    const { parameters: network } = await this.network.readState();
    const parameters = new Map<string, Float32Array>();
    const moments = new Map<string, AdamMoments>();
    for (const { name, shape, trainable } of this.graph.parameters) {
      const own = this.headNames.has(name);
      parameters.set(name, (own ? head : network).get(name)!);
      const zeros = () => new Float32Array(sizeOf(shape));
      if (trainable) moments.set(name, own ? headMoments.get(name)! : { first: zeros(), second: zeros() });
    }
    return { step, parameters, moments };
  }

  assign(values: ReadonlyMap<string, Float32Array>): void {
    this.network.assign(values);
    this.head.assign(values);
  }

  dispose(): void {
    this.network.dispose();
    this.head.dispose();
  }

  private async onFeatures(batch: Batch): Promise<Batch> {
    if (batch.images instanceof Float32Array) return batch;
    return { images: await this.features(batch), labels: batch.labels };
  }
}
