import { setImmediate } from 'node:timers/promises';
import fs from 'node:fs';
import type { Validated } from '../core/best.js';
import type { Random, RandomState } from '../core/random.js';
import type { EventOf, ToldEvent, Warning } from '../protocol/runEvents.js';
import type { TrainingOptions } from '../protocol/options.js';
import { batchCount, cutBatches } from '../dataset/batches.js';
import { datasetVanished, type Dataset } from '../dataset/dataset.js';
import { drawBatches, peopleBatchCount } from '../dataset/sampler.js';
import type { BatchResult, TrainingSession } from '../engine/engine.js';
import type { BatchReader, ReadBatch } from './batchReader.js';
import { batchNormMomentum } from './batchNormMomentum.js';
import { learningRateAt } from './learningRate.js';
import type { QuantizationControl, QuantizationPorts } from './quantization/quantizationControl.js';
import { nearestNeighbourHits } from '../evaluation/nearestNeighbour.js';
import type { CheckpointKeeper } from '../runs/checkpointKeeper.js';
import { Speedometer } from './speedometer.js';
import type { StageStrangers } from './strangers.js';
import { Tally } from './tally.js';
import type { StopSignal } from './stopSignal.js';

/** How many times a step of the head alone one of every layer takes. */
const WHOLE_STEP = 3;

type Outcome = 'done' | 'stopped';

/** What trains, and where its batches come from; one stage of a run follows the other. */
export interface Stage {
  readonly name: EventOf<'stage'>['name'];
  readonly session: TrainingSession;
  readonly reader: BatchReader;
  /** Where strangers can be measured beside it. */
  readonly strangers?: StageStrangers;
  /** Keeps for the next run what it need not compute again. */
  readonly save?: () => void;
}

function leave({ session, strangers, save }: Stage): void {
  session.dispose();
  strangers?.dispose();
  save?.();
}

/** Steps from first to last: what `stepsPerEpoch` of a run's log says. */
export function stepsPerEpoch(dataset: Dataset, { batchSize, sampler }: TrainingOptions): number {
  const pictures = dataset.split.train.length;
  return sampler === 'shuffle' ? batchCount(pictures, batchSize) : peopleBatchCount(pictures, sampler);
}

/** What a loop is made of. */
export interface LoopParts {
  readonly options: TrainingOptions;
  readonly dataset: Dataset;
  /** The stage that an epoch belongs to, made from the one before; the same one as long as it lasts. */
  readonly stageOf: (epoch: number, before: Stage | undefined) => Promise<Stage>;
  readonly checkpoints: Pick<CheckpointKeeper, 'write' | 'forgetBest'>;
  readonly tell: (event: ToldEvent) => void;
  readonly stop: StopSignal;
  /** Of the order of the pictures. */
  readonly random: Random;
  readonly quantization: QuantizationControl | undefined;
}

/** The batches of an epoch, and where the generator stood before they were drawn. */
interface Drawn {
  readonly batches: readonly (readonly number[])[];
  readonly shuffle: RandomState;
}

/** What an epoch's batches came to. */
interface Trained {
  readonly tally: Tally;
  readonly pictures: number;
  /** Without what went into something else than training. */
  readonly seconds: number;
  /** Of these, waiting for pictures. */
  readonly waitedSeconds: number;
}

/** Epoch after epoch: draw batches, train, validate, write a checkpoint. Between two batches it listens for the stop. */
export class TrainingLoop {
  private readonly speed = new Speedometer();
  private readonly options: TrainingOptions;
  private readonly dataset: Dataset;
  private readonly stepsPerEpoch: number;
  private readonly started = performance.now();
  private step = 0;
  private best: { readonly epoch: number; readonly valAccuracy: number } | undefined;
  private bestIsWhole = false;
  /** Milliseconds of an epoch that went into something else than training. */
  private aside = 0;
  /** Codes of the warnings that are told once. */
  private readonly warned = new Set<string>();
  private stage!: Stage;
  /** Steps of the stages before. */
  private stageBegan = 0;

  constructor(private readonly parts: LoopParts) {
    this.options = parts.options;
    this.dataset = parts.dataset;
    this.stepsPerEpoch = stepsPerEpoch(parts.dataset, parts.options);
  }

  async run(): Promise<EventOf<'finished'>> {
    let stage: Stage | undefined;
    try {
      for (let epoch = 1; epoch <= this.options.epochs; epoch++) {
        const before: Stage | undefined = stage;
        stage = await this.parts.stageOf(epoch, before);
        if (stage !== before) {
          if (before) leave(before);
          this.enter(stage, epoch);
        }
        if ((await this.runEpoch(epoch)) === 'stopped') return this.finished('stopped', epoch - 1);
      }
      return this.finished('completed', this.options.epochs);
    } finally {
      if (stage) leave(stage);
    }
  }

  private enter(stage: Stage, epoch: number): void {
    this.stage = stage;
    this.stageBegan = this.step;
    this.speed.forgetSteps();
    this.parts.tell({ type: 'stage', name: stage.name, epoch, step: this.step });
  }

  private get session(): TrainingSession {
    return this.stage.session;
  }

  private get ports(): QuantizationPorts {
    const { session, reader } = this.stage;
    return { session, reader, validate: async (active) => (await this.validate(active))?.accuracy };
  }

  /** While the head trains alone there is nothing to quantize. */
  private get quantizing(): QuantizationControl | undefined {
    return this.stage.name === 'all' ? this.parts.quantization : undefined;
  }

  /** @returns false when stopped on the way */
  private async switchOnDue(epoch: number): Promise<boolean> {
    const { quantizing } = this;
    if (!quantizing) return true;
    const started = performance.now();
    const done = await quantizing.switchOnDue(this.step, epoch, this.ports);
    this.aside += performance.now() - started;
    return done;
  }

  private async runEpoch(epoch: number): Promise<Outcome> {
    const { random } = this.parts;
    const shuffle = random.state;
    const { split, labels } = this.dataset;
    const batches = drawBatches(split.train, labels, this.options.sampler, this.options.batchSize, random);
    const drawn = { batches, shuffle };
    const trained = await this.trainBatches(epoch, drawn);
    return trained ? this.closeEpoch(epoch, drawn, trained) : 'stopped';
  }

  /** @returns undefined when stopped on the way */
  private async trainBatches(epoch: number, { batches, shuffle }: Drawn): Promise<Trained | undefined> {
    const read = (pictures: readonly number[]) => {
      const batch = this.stage.reader.read(pictures, epoch);
      batch.catch(() => undefined); // it is awaited later, and its failure met there
      return batch;
    };
    const tally = new Tally();
    const started = performance.now();
    let done = 0;
    let waited = 0;
    let next = read(batches[0]!);
    for (const [i, pictures] of batches.entries()) {
      if (this.parts.stop.requested || !(await this.switchOnDue(epoch))) {
        await this.stopInside(epoch, i, shuffle, next);
        return undefined;
      }
      const begin = performance.now();
      const batch = await next;
      // With a frozen network the features are computed here: work, not waiting.
      if (i > 0 && !this.options.frozen) waited += performance.now() - begin; // the first one of an epoch has nothing to hide behind
      // The following batch is read by another thread while this one trains.
      if (i + 1 < batches.length) next = read(batches[i + 1]!);
      if (batch.labels.length === 0) continue;
      tally.add(await this.trainStep(batch, begin, { epoch, left: batches.length - i - 1 }), batch.labels.length);
      done += pictures.length;
      await setImmediate(); // a turn of the event loop: a stop can arrive
    }
    const seconds = (performance.now() - started - this.aside) / 1000;
    this.aside = 0;
    return { tally, pictures: done, seconds, waitedSeconds: waited / 1000 };
  }

  /**
   * @param begin when waiting for the batch began, ms
   * @param left batches of the epoch that follow
   */
  private async trainStep(
    batch: ReadBatch,
    begin: number,
    { epoch, left }: { readonly epoch: number; readonly left: number },
  ): Promise<BatchResult> {
    const learningRate = this.learningRateAt(this.step);
    const { quantizing } = this;
    const active = quantizing?.activeCount(this.step);
    const settings = {
      learningRate,
      batchNormMomentum: this.batchNormMomentum,
      seed: this.options.seed,
      ...(quantizing ? { quantization: quantizing.settingsAt(this.step) } : {}),
    };
    const result = await this.session.trainStep(batch, settings);
    await this.stage.strangers?.trainStep(batch, settings);
    this.step++;
    const seconds = (performance.now() - begin) / 1000;
    this.speed.addStep(seconds);
    this.parts.tell({
      type: 'step',
      epoch,
      step: this.step,
      loss: result.lossSum / batch.labels.length,
      accuracy: result.correct / batch.labels.length,
      learningRate,
      imagesPerSecond: batch.labels.length / seconds,
      etaSeconds: this.eta(epoch, left),
      ...(active === undefined ? {} : { activeQuantizers: active }),
    });
    return result;
  }

  private async closeEpoch(epoch: number, { batches, shuffle }: Drawn, trained: Trained): Promise<Outcome> {
    // What begins with the next epoch is not validated yet, but for a run that ends here.
    const isLast = epoch === this.options.epochs;
    if (isLast) await this.switchOnDue(epoch);
    const step = Math.max(0, isLast ? this.step : this.step - 1);
    const validation = await this.validate(this.quantizing?.activeAt(step));
    if (!validation) return await this.stopInside(epoch, batches.length, shuffle);
    this.noticeVanished();
    this.noticeWhole(step);
    const strangers = await this.stage.strangers?.measure();
    const validated = { ...this.validatedBy(validation, epoch), ...(strangers && { strangers }) };
    const active = this.quantizing?.activeCount(step);
    this.parts.tell({
      type: 'epoch',
      epoch,
      step: this.step,
      loss: trained.tally.meanLoss,
      accuracy: trained.tally.accuracy,
      ...validated,
      metric: this.dataset.openSet ? 'nearestNeighbour' : 'accuracy',
      imagesPerSecond: trained.pictures / trained.seconds,
      waitingShare: Math.min(1, trained.waitedSeconds / trained.seconds),
      learningRate: this.learningRateAt(Math.max(0, this.step - 1)),
      elapsedSeconds: (performance.now() - this.started) / 1000,
      ...(active === undefined ? {} : { activeQuantizers: active }),
    });
    await this.quantizing?.tellTable(this.step, epoch, this.ports);
    const position = { epoch, batch: 0, shuffle: this.parts.random.state };
    const state = await this.session.readState();
    if (this.parts.checkpoints.write(position, state, validated)) this.best = { epoch, ...validated };
    return 'done';
  }

  /** The best of a network for int8 is one that was validated as one. */
  private noticeWhole(step: number): void {
    const whole = this.quantizing?.isWhole(step) === true;
    if (whole && !this.bestIsWhole) {
      this.best = undefined;
      this.parts.checkpoints.forgetBest();
    }
    this.bestIsWhole ||= whole;
  }

  /** A loss that is no number is no line of a log: it is left out, with a warning. */
  private validatedBy({ accuracy, meanLoss }: Tally, epoch: number): Validated {
    // The loss is that of classes which strangers do not have.
    if (this.dataset.openSet) return { valAccuracy: accuracy };
    if (Number.isFinite(meanLoss)) return { valLoss: meanLoss, valAccuracy: accuracy };
    this.warnOnce({
      code: 'validation-not-finite',
      message: `The validation loss after epoch ${epoch} is not a finite number, and is left out.`,
      advice: 'The training is about to diverge: lower the learning rate, or take an earlier checkpoint.',
    });
    return { valAccuracy: accuracy };
  }

  private warnOnce(warning: Warning): void {
    if (this.warned.has(warning.code)) return;
    this.warned.add(warning.code);
    this.parts.tell({ type: 'warning', ...warning });
  }

  /** @returns undefined when stopped on the way */
  private async validate(active?: Uint8Array): Promise<Tally | undefined> {
    const started = performance.now();
    const tally = new Tally();
    const { openSet, owners, split } = this.dataset;
    const embeddings: Float32Array[] = [];
    const people: number[] = [];
    for (const pictures of cutBatches(split.validation, this.options.batchSize)) {
      if (this.parts.stop.requested) return undefined;
      const batch = await this.stage.reader.read(pictures);
      if (batch.labels.length === 0) continue;
      const quantization = active ? { quantization: { active } } : {};
      const result = await this.session.evaluate(batch, { wants: openSet ? ['embedding'] : [], ...quantization });
      if (openSet) {
        embeddings.push(result.outputs.embedding!);
        people.push(...batch.pictures.map((picture) => owners[picture]!));
      } else tally.add(result, batch.labels.length);
      await setImmediate();
    }
    if (openSet) tally.add({ lossSum: 0, correct: nearestNeighbourHits(embeddings, people) }, people.length);
    this.speed.addValidation((performance.now() - started) / 1000);
    return tally;
  }

  private async stopInside(
    epoch: number,
    batch: number,
    shuffle: RandomState,
    pending?: Promise<ReadBatch>,
  ): Promise<Outcome> {
    await pending; // its decoding must not outlive the run
    if (this.step > 0) {
      const state = await this.session.readState();
      this.parts.checkpoints.write({ epoch: epoch - 1, batch, shuffle }, state, undefined);
    }
    return 'stopped';
  }

  /** With every picture in the cache training can go on without its folder; whoever unplugged the disk should know. */
  private noticeVanished(): void {
    if (fs.existsSync(this.dataset.root)) return;
    const { message } = datasetVanished(this.dataset.root);
    const advice = 'Training continues with the pictures in the cache; bring the folder back before you train again.';
    this.warnOnce({ code: 'dataset-vanished', message, advice });
  }

  /** @param step updates before the one that is meant */
  private learningRateAt(step: number): number {
    const factor = this.quantizing?.rateFactor(step) ?? 1;
    return learningRateAt(this.options, step + 1, this.stepsPerEpoch) * factor;
  }

  private get batchNormMomentum(): number {
    // A parent's statistics hold from the first step on; without one they have yet to be gathered.
    const gathered = this.options.parent === undefined ? this.step + 1 - this.stageBegan : Infinity;
    return batchNormMomentum(this.options.batchNormMomentum, gathered, this.stepsPerEpoch);
  }

  private eta(epoch: number, stepsLeftInEpoch: number): number {
    const { epochs, headEpochs } = this.options;
    const epochsLeft = epochs - epoch;
    // Of the epochs that follow, those in which every layer trains, while now the head trains alone.
    const slower =
      this.stage.name === 'head' && !this.options.frozen ? Math.max(0, epochs - Math.max(epoch, headEpochs)) : 0;
    const steps = stepsLeftInEpoch + (epochsLeft + slower * (WHOLE_STEP - 1)) * this.stepsPerEpoch;
    const { train, validation } = this.dataset.split;
    // Forward alone costs about a third of a training step.
    const validationSteps = (this.stepsPerEpoch * validation.length) / train.length / 3;
    return this.speed.etaSeconds(steps, epochsLeft + 1, validationSteps);
  }

  private finished(reason: 'completed' | 'stopped', epochs: number): EventOf<'finished'> {
    const elapsedSeconds = (performance.now() - this.started) / 1000;
    const best = this.best ? { bestEpoch: this.best.epoch, bestValAccuracy: this.best.valAccuracy } : {};
    return { type: 'finished', reason, epochs, steps: this.step, elapsedSeconds, ...best };
  }
}
