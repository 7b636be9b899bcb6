import type {
  Batch,
  BatchResult,
  Columns,
  EvaluationSettings,
  StepSettings,
  TrainingSession,
} from '../engine/engine.js';
import type { SessionState } from '../graph/networkState.js';
import type { ObservationSettings } from '../quantization/folding.js';

/** A session around another one, which does whatever is not done otherwise. */
export class SessionAround implements TrainingSession {
  constructor(protected readonly inner: TrainingSession) {}

  trainStep(batch: Batch, settings: StepSettings): Promise<BatchResult> {
    return this.inner.trainStep(batch, settings);
  }

  evaluate(batch: Batch, settings?: EvaluationSettings): Promise<BatchResult> {
    return this.inner.evaluate(batch, settings);
  }

  observe(batch: Batch, settings: ObservationSettings): ReturnType<TrainingSession['observe']> {
    return this.inner.observe(batch, settings);
  }

  readState(): Promise<SessionState> {
    return this.inner.readState();
  }

  readColumns(parameter: string, into: Columns): Promise<void> {
    return this.inner.readColumns(parameter, into);
  }

  writeColumns(parameter: string, columns: Columns): void {
    this.inner.writeColumns(parameter, columns);
  }

  averageInto(average: ReadonlyMap<string, Float32Array>, share: number): Promise<void> {
    return this.inner.averageInto(average, share);
  }

  assign(values: ReadonlyMap<string, Float32Array>): void {
    this.inner.assign(values);
  }

  dispose(): void {
    this.inner.dispose();
  }
}
