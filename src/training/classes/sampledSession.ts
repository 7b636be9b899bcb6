import type {
  Batch,
  BatchResult,
  Columns,
  EvaluationSettings,
  StepSettings,
  TrainingSession,
} from '../../engine/engine.js';
import { transpose } from '../../core/transpose.js';
import { COSINE_HEAD } from '../../graph/cosineHead.js';
import type { SessionState } from '../../graph/networkState.js';
import { SessionAround } from '../sessionAround.js';
import { drawClasses, placesOf } from './classSample.js';
import { emptyColumns, MemoryClasses, type ClassStore } from './classStore.js';
import { fitRows } from './columns.js';

export interface SampledSettings {
  /** Columns of the session's head. */
  readonly columns: number;
  /** How long they are after every update. */
  readonly logitScale: number;
  readonly seed: number;
  /** Updates behind the session. */
  readonly step: number;
}

/**
 * Trains a network with a cosine head that has room for some of many people: before each step the columns of the batch's people and of
 * others, drawn by lot, come out of a store with their moments, and go back after it, as long as the scale again. So neither the time
 * of a step nor the memory of the session depends on how many people there are. With room for everybody it computes what a head of
 * everybody does, to the bit. It cannot say scores: whoever validates asks for embeddings and looks into the store (`classTally.ts`).
 */
export class SampledSession extends SessionAround {
  private readonly held: Columns;
  private step: number;

  /** @param inner trains the head as it stands: nothing else fits its columns */
  constructor(
    inner: TrainingSession,
    readonly store: ClassStore,
    private readonly settings: SampledSettings,
  ) {
    super(inner);
    this.held = emptyColumns(settings.columns, store.length);
    this.step = settings.step;
  }

  override async trainStep(batch: Batch, settings: StepSettings): Promise<BatchResult> {
    const { store, held } = this;
    const { columns, logitScale, seed } = this.settings;
    const classes = drawClasses(batch.labels, columns, store.classes, seed, this.step);
    store.read(classes, held);
    this.inner.writeColumns(COSINE_HEAD.kernel, held);
    const result = await this.inner.trainStep({ ...batch, labels: placesOf(batch.labels, classes) }, settings);
    await this.inner.readColumns(COSINE_HEAD.kernel, held);
    fitRows(held.values, store.length, logitScale);
    store.write(classes, held, ++this.step);
    return result;
  }

  /** What the network gives but for the scores, and with them the loss: people may have labels beyond its columns. */
  override async evaluate(batch: Batch, { wants = [], ...settings }: EvaluationSettings = {}): Promise<BatchResult> {
    if (wants.includes('scores')) throw new RangeError('a head of some people has no scores of all of them');
    const { outputs } = await this.inner.evaluate(
      { ...batch, labels: new Int32Array(batch.labels.length) },
      { ...settings, wants },
    );
    return { lossSum: NaN, correct: 0, outputs };
  }

  /** With the columns of everybody where they are in memory, as a head of everybody says them; else without any. */
  override async readState(): Promise<SessionState> {
    const { step, parameters, moments } = await this.inner.readState();
    const { kernel, bias } = COSINE_HEAD;
    const values = new Map(parameters);
    const remembered = new Map(moments);
    for (const name of [kernel, bias]) {
      values.delete(name);
      remembered.delete(name);
    }
    if (this.store instanceof MemoryClasses) {
      const { classes, all } = this.store;
      const zeros = new Float32Array(classes);
      const across = (rows: Float32Array) => transpose(rows, classes);
      values.set(kernel, across(all.values)).set(bias, zeros);
      remembered.set(kernel, { first: across(all.first), second: across(all.second) });
      remembered.set(bias, { first: zeros, second: zeros });
    }
    return { step, parameters: values, moments: remembered };
  }

  override dispose(): void {
    super.dispose();
    this.store.dispose();
  }
}
