import type {
  Batch,
  BatchResult,
  Columns,
  EvaluationSettings,
  StepSettings,
  TrainingSession,
} from '../engine/engine.js';
import type { SessionState } from '../graph/networkState.js';
import type { Observation, ObservationSettings } from '../quantization/folding.js';

/** Where an average stood. */
export interface AverageState {
  /** Steps that went into it. */
  readonly count: number;
  readonly average: ReadonlyMap<string, Float32Array>;
}

/**
 * Trains a network, and is to its owner the exponential moving average of what trains (Polyak and Juditsky 1992; the decay as in Tan
 * and Le 2019): that is validated and kept. Running statistics are averaged like weights. Without the bias towards a start of
 * zero (Kingma and Ba 2015, section 3): the t-th step counts (1 − d) / (1 − dᵗ), so that the average of the first step is what that
 * step gave, and the first ones are all but a plain mean.
 */
export class AveragedSession implements TrainingSession {
  private count: number;
  private average: ReadonlyMap<string, Float32Array> | undefined;
  /** What trains, while the average stands in its place. */
  private trained: ReadonlyMap<string, Float32Array> | undefined;

  constructor(
    private readonly inner: TrainingSession,
    private readonly decay: number,
    from?: AverageState,
    /** What the average is to be as well as what trains, such as columns of one length: works in place, after every step. */
    private readonly settle: (average: ReadonlyMap<string, Float32Array>) => void = () => undefined,
  ) {
    this.count = from?.count ?? 0;
    this.average = from && from.count > 0 ? copyOf(from.average) : undefined;
  }

  async trainStep(batch: Batch, settings: StepSettings): Promise<BatchResult> {
    this.bringBack();
    const result = await this.inner.trainStep(batch, settings);
    this.count++;
    if (this.average) {
      await this.inner.averageInto(this.average, (1 - this.decay) / (1 - this.decay ** this.count));
      this.settle(this.average);
    } else this.average = copyOf((await this.inner.readState()).parameters);
    return result;
  }

  /** With the average. */
  async evaluate(batch: Batch, settings?: EvaluationSettings): Promise<BatchResult> {
    if (this.average && !this.trained) {
      this.trained = copyOf((await this.inner.readState()).parameters);
      this.inner.assign(this.average);
    }
    return this.inner.evaluate(batch, settings);
  }

  /** Ranges are those of what trains: it rounds by them in the next step. */
  observe(batch: Batch, settings: ObservationSettings): Promise<readonly (Observation | undefined)[]> {
    this.bringBack();
    return this.inner.observe(batch, settings);
  }

  /** Of what trains. */
  readColumns(parameter: string, into: Columns): Promise<void> {
    this.bringBack();
    return this.inner.readColumns(parameter, into);
  }

  writeColumns(parameter: string, columns: Columns): void {
    this.bringBack();
    this.inner.writeColumns(parameter, columns);
  }

  averageInto(average: ReadonlyMap<string, Float32Array>, share: number): Promise<void> {
    this.bringBack();
    return this.inner.averageInto(average, share);
  }

  /** The average, where a step was made, with the moments of what trains. */
  async readState(): Promise<SessionState> {
    const state = await this.inner.readState();
    return { ...state, parameters: this.average ?? state.parameters };
  }

  /** What trains. */
  async readTrained(): Promise<SessionState & Pick<AverageState, 'count'>> {
    const state = await this.inner.readState();
    return { ...state, parameters: this.trained ?? state.parameters, count: this.count };
  }

  /** Of what trains and of the average: what is set, such as a range, was not trained. */
  assign(values: ReadonlyMap<string, Float32Array>): void {
    this.inner.assign(values);
    for (const parameters of [this.average, this.trained])
      for (const [name, value] of values) parameters?.get(name)?.set(value);
  }

  dispose(): void {
    this.inner.dispose();
  }

  private bringBack(): void {
    if (this.trained) this.inner.assign(this.trained);
    this.trained = undefined;
  }
}

function copyOf(parameters: ReadonlyMap<string, Float32Array>): Map<string, Float32Array> {
  return new Map([...parameters].map(([name, values]) => [name, values.slice()]));
}
