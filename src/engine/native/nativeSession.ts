import type { AdamMoments } from '../../core/adam.js';
import { formatCount } from '../../core/format.js';
import { DEFAULT_LOSS } from '../../core/losses/losses.js';
import { LossSum } from '../../core/losses/lossSum.js';
import { UserError } from '../../core/userError.js';
import { parameterCount, sizeOf, type Graph } from '../../graph/graph.js';
import type { SessionState } from '../../graph/networkState.js';
import { checkBatch, checkClipNorm, checkColumns, checkedValues, checkStep } from '../checks.js';
import { DEFAULT_OPTIMIZER } from '../engine.js';
import { notFinite } from '../notFinite.js';
import type {
  Batch,
  BatchResult,
  Columns,
  EvaluationSettings,
  SessionOptions,
  StepSettings,
  TrainingSession,
} from '../engine.js';
import { quantizersOf } from '../../quantization/quantizers.js';
import type { Observation, ObservationSettings } from '../../quantization/folding.js';
import type { NativeAddon, NotFinite, RunSettings, SessionHandle, StepOutcome } from './addon.js';
import { planIntegers, supportsIntegers } from './integerPlan.js';
import { planInference } from './inferencePlan.js';
import { NumberedGraph } from './numberedGraph.js';
import { planTraining } from './trainingPlan.js';
import type { PlanDescription } from './description.js';

/** Native memory of a weight: itself, its gradient and two moments, and the packed kernels of both passes. */
const BYTES_PER_WEIGHT = 24;

type Mode = 'training' | 'inference' | 'observation' | 'integers';

export interface NativeOptions {
  /** Threads that compute, at least one. */
  readonly threads: number;
  /** One of the addon's instruction sets; the best one when absent. */
  readonly instructionSet?: string;
}

/** Trains a graph in native memory. Steps run on other threads than this one, one after the other. */
export class NativeSession implements TrainingSession {
  readonly model: NumberedGraph;
  readonly handle: SessionHandle;
  private readonly loss: LossSum;
  private readonly hasIntegers: boolean;
  private readonly plans = new Map<string, { readonly index: number; readonly description: PlanDescription }>();
  /** Settles when the last step that was asked for is done. */
  private queue: Promise<unknown> = Promise.resolve();
  private disposed = false;

  constructor(
    private readonly addon: NativeAddon,
    private readonly graph: Graph,
    parameters: ReadonlyMap<string, Float32Array>,
    { threads, instructionSet = '' }: NativeOptions,
    {
      optimizer = DEFAULT_OPTIMIZER,
      clipNorm = 0,
      learningRateFactors,
      resume,
      loss = DEFAULT_LOSS,
    }: SessionOptions = {},
  ) {
    checkClipNorm(clipNorm);
    this.loss = new LossSum(loss);
    this.model = new NumberedGraph(graph, {
      reads: this.loss.reads,
      ...(learningRateFactors && { learningRateFactors }),
    });
    this.hasIntegers = supportsIntegers(graph, (name) => this.model.onlyConsumerOf(name));
    const flat = this.flatten((name, size) => checkedValues(name, parameters.get(name), size));
    const moment = (which: keyof AdamMoments) =>
      this.flatten((name, size, trainable) =>
        resume && trainable ? checkedValues(name, resume.moments.get(name)?.[which], size) : undefined,
      );
    this.handle = withMemoryErrors(
      () =>
        addon.createSession({
          ...this.model.description,
          threads,
          instructionSet,
          loss: this.loss.terms,
          optimizer: { ...(optimizer.kind === 'adam' ? { weightDecay: 0, ...optimizer } : optimizer), clipNorm },
        }),
      () => `A network of ${formatCount(flat.length, 'weight')}`,
      BYTES_PER_WEIGHT * flat.length,
      'Choose a narrower network, or train with fewer people.',
    );
    addon.write(this.handle, flat, moment('first'), moment('second'), resume?.step ?? 0);
  }

  /** Copies of what native memory holds at the moment. */
  async readState(): Promise<SessionState> {
    await this.queue;
    const { parameters, first, second, step } = this.addon.read(this.handle);
    const moments = new Map<string, AdamMoments>();
    const values = new Map<string, Float32Array>();
    this.eachParameter((name, from, to, trainable) => {
      values.set(name, parameters.subarray(from, to));
      if (trainable) moments.set(name, { first: first.subarray(from, to), second: second.subarray(from, to) });
    });
    return { step, parameters: values, moments };
  }

  assign(values: ReadonlyMap<string, Float32Array>): void {
    const { parameters, first, second, step } = this.addon.read(this.handle);
    this.eachParameter((name, from, to) => {
      const value = values.get(name);
      if (value) parameters.set(checkedValues(name, value, to - from), from);
    });
    this.addon.write(this.handle, parameters, first, second, step);
  }

  async readColumns(parameter: string, { values, first, second }: Columns): Promise<void> {
    await this.queue;
    const { index, rows } = checkColumns(this.graph, parameter, { values, first, second });
    this.addon.readColumns(this.handle, index, rows, values, first, second);
  }

  writeColumns(parameter: string, { values, first, second }: Columns): void {
    const { index, rows } = checkColumns(this.graph, parameter, { values, first, second });
    this.addon.writeColumns(this.handle, index, rows, values, first, second);
  }

  async averageInto(average: ReadonlyMap<string, Float32Array>, share: number): Promise<void> {
    await this.queue;
    const averages = this.graph.parameters.map(({ name, shape }) =>
      checkedValues(name, average.get(name), sizeOf(shape)),
    );
    this.addon.averageInto(this.handle, averages, share);
  }

  /** Of the last training step, by trainable parameter. */
  get gradients(): ReadonlyMap<string, Float32Array> {
    const { gradients } = this.addon.read(this.handle);
    const values = new Map<string, Float32Array>();
    this.eachParameter((name, from, to, trainable) => {
      if (trainable) values.set(name, gradients.subarray(from, to));
    });
    return values;
  }

  async trainStep(batch: Batch, settings: StepSettings): Promise<BatchResult> {
    const { quantization, ramp = { scale: 1, margin: 1 }, ...rest } = settings;
    const { active = this.none, rangeMomentum = -1, frozenBatchNorm = false } = quantization ?? {};
    const { reads } = this.model;
    const wants = { scores: reads.includes('scores'), embedding: reads.includes('embedding') };
    const run = { seed: 0, ...rest, ramp, ...wants, train: true, active, rangeMomentum, frozenBatchNorm } as const;
    const outcome = await this.run('training', batch, run);
    if (outcome.notFinite) throw this.explain(outcome.notFinite, this.addon.read(this.handle).step + 1);
    return resultOf(outcome);
  }

  async evaluate(batch: Batch, { wants = ['scores'], quantization }: EvaluationSettings = {}): Promise<BatchResult> {
    const active = quantization?.active ?? this.none;
    // A network that is rounded throughout computes as an int8 runtime does, to the bit.
    const mode = this.hasIntegers && active.every((flag) => flag === 1) ? 'integers' : 'inference';
    const wanted = { scores: wants.includes('scores'), embedding: wants.includes('embedding') };
    const outcome = await this.run(mode, batch, { train: false, ...wanted, active });
    if (outcome.notFinite) throw this.explain(outcome.notFinite, this.addon.read(this.handle).step);
    return resultOf(outcome);
  }

  async observe(batch: Batch, settings: ObservationSettings): Promise<readonly (Observation | undefined)[]> {
    const quantizers = quantizersOf(this.graph);
    const active = settings.active.map((flag, i) => (quantizers[i]!.kind === 'weights' ? flag : 0));
    const outcome = await this.run('observation', batch, { train: false, observe: true, ...settings, active });
    if (outcome.notFinite) throw this.explain(outcome.notFinite, this.addon.read(this.handle).step);
    return outcome.observations!.map((seen) => (seen.count > 0 ? seen : undefined));
  }

  /** The plan that steps of a batch size follow; made when it is first asked for. */
  plan(mode: Mode, batch: number): { readonly index: number; readonly description: PlanDescription } {
    const key = `${mode} ${batch}`;
    let plan = this.plans.get(key);
    if (!plan) {
      const description = this.describe(mode, batch);
      plan = { index: this.addPlan(description), description };
      this.plans.set(key, plan);
    }
    return plan;
  }

  private describe(mode: Mode, batch: number): PlanDescription {
    switch (mode) {
      case 'training':
        return planTraining(this.model, batch);
      case 'inference':
      case 'observation':
        return planInference(this.model, batch, mode === 'observation');
      case 'integers':
        return planIntegers(this.model, batch);
    }
  }

  private addPlan(description: PlanDescription): number {
    return withMemoryErrors(
      () => this.addon.addPlan(this.handle, description),
      () => `A batch of ${formatCount(description.batch, 'picture')}`,
      4 * description.arenaFloats,
      'Train with a smaller batch, or with smaller pictures.',
    );
  }

  /** Seconds that each operation of a plan has taken so far. */
  times(mode: Mode, batch: number): number[] {
    return this.addon.times(this.handle, this.plan(mode, batch).index);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.addon.dispose(this.handle);
  }

  /** The switches of a step in which nothing rounds. */
  private get none(): Uint8Array {
    return new Uint8Array(this.model.description.quantizers.length);
  }

  private run(mode: Mode, batch: Batch, settings: RunSettings): Promise<StepOutcome> {
    const step = this.queue.then(() => {
      checkBatch(this.graph, batch);
      if (settings.train) checkStep(this.graph, this.loss, batch, settings);
      return this.addon.run(
        this.handle,
        this.plan(mode, batch.labels.length).index,
        batch.images,
        batch.labels,
        this.loss.needsTargets && batch.targets ? { ...settings, targets: batch.targets } : settings,
      );
    });
    this.queue = step.catch(() => undefined);
    return step;
  }

  private explain({ where, index }: NonNullable<StepOutcome['notFinite']>, step: number): Error {
    switch (where) {
      case 'parameter':
        return notFinite(`the parameter ${this.graph.parameters[index]!.name}`, step);
      case 'gradient':
        return notFinite(`the gradient of ${this.graph.parameters[index]!.name}`, step);
      case 'statistics':
        return notFinite(`what ${this.model.batchNormName(index)} reads`, step);
      case 'loss':
        return notFinite('the loss', step);
    }
  }

  private eachParameter(visit: (name: string, from: number, to: number, trainable: boolean) => void): void {
    let from = 0;
    for (const { name, shape, trainable } of this.graph.parameters) {
      visit(name, from, from + sizeOf(shape), trainable);
      from += sizeOf(shape);
    }
  }

  /** All parameters end to end; zeros where there is nothing. */
  private flatten(read: (name: string, size: number, trainable: boolean) => Float32Array | undefined): Float32Array {
    const flat = new Float32Array(parameterCount(this.graph));
    this.eachParameter((name, from, to, trainable) => {
      const values = read(name, to - from, trainable);
      if (values) flat.set(values, from);
    });
    return flat;
  }
}

/** @throws UserError `out-of-memory` when `allocate` finds too little memory for what needs so many bytes */
function withMemoryErrors<T>(allocate: () => T, what: () => string, bytes: number, advice: string): T {
  try {
    return allocate();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MEMORY_ALLOCATION_FAILED') throw cause;
    const message = `${what()} needs ${(bytes / 1e9).toFixed(1)} GB of memory, more than the system gives.`;
    throw new UserError('out-of-memory', message, advice, { cause });
  }
}

function resultOf({
  lossSum,
  correct,
  scores,
  embedding,
}: Exclude<StepOutcome, { notFinite: NotFinite }>): BatchResult {
  return { lossSum, correct, outputs: { ...(scores && { scores }), ...(embedding && { embedding }) } };
}
