import { setImmediate } from 'node:timers/promises';
import fs from 'node:fs';
import type { Validated } from '../core/best.js';
import type { RandomState } from '../core/random.js';
import type { EventOf, Warning } from '../protocol/runEvents.js';
import type { TrainingOptions } from '../protocol/options.js';
import { datasetVanished, type Dataset } from '../dataset/dataset.js';
import { drawBatches } from '../dataset/sampler.js';
import type { BatchResult, TrainingSession } from '../engine/engine.js';
import type { ReadBatch } from './batchReader.js';
import { batchNormMomentum } from './batchNormMomentum.js';
import { COLLAPSED, collapseOf, collapseWarning } from './collapse.js';
import { etaSeconds } from './expectedEnd.js';
import { learningRateAt } from './learningRate.js';
import type { LoopParts, LoopStart } from './loopParts.js';
import { lossRampAt } from './lossRamp.js';
import type { QuantizationControl, QuantizationPorts } from './quantization/quantizationControl.js';
import type { TrainingPosition } from '../runs/checkpoint.js';
import type { LoopState } from '../runs/loopState.js';
import { isOutOfPatience } from './patience.js';
import { Speedometer } from './speedometer.js';
import { readStage, type Stage } from './stage.js';
import { stepsPerEpoch } from './stepsPerEpoch.js';
import { Tally } from './tally.js';
import { nothingTrained } from './trained.js';
import { countedOf, lossNotFinite, metricOf, validate, validatedOf, type Validation } from './validation.js';

type Outcome = 'done' | 'stopped';

function leave({ session, tally, strangers, teacher, save }: Stage): void {
  session.dispose();
  tally?.dispose();
  strangers?.dispose();
  teacher?.dispose();
  save?.();
}

/** The batches of an epoch, and where the generator stood before they were drawn. */
interface Drawn {
  readonly batches: readonly (readonly number[])[];
  readonly shuffle: RandomState;
}

/** Epoch after epoch: draw batches, train, validate, write a checkpoint. Between two batches it listens for the stop. */
export class TrainingLoop {
  private readonly speed = new Speedometer();
  private readonly options: TrainingOptions;
  private readonly dataset: Dataset;
  private readonly stepsPerEpoch: number;
  private readonly started = performance.now();
  private step = 0;
  private bestIsWhole = false;
  /** Milliseconds of an epoch that went into something else than training. */
  private aside = 0;
  /** Codes of the warnings that are told once. */
  private readonly warned = new Set<string>();
  private stage!: Stage;
  /** Steps of the stages before. */
  private stageBegan = 0;
  private stagesTold = 0;
  private trained = nothingTrained();
  /** Writes the last checkpoint once more. */
  private writeAgain = () => Promise.resolve();

  constructor(private readonly parts: LoopParts) {
    this.options = parts.options;
    this.dataset = parts.dataset;
    this.stepsPerEpoch = stepsPerEpoch(parts.dataset, parts.options);
    if (parts.from) this.goOn(parts.from);
  }

  private goOn({ step, loop }: LoopStart): void {
    const { unfinished, bestIsWhole, told, warned } = loop;
    this.step = step;
    this.bestIsWhole = bestIsWhole;
    this.stagesTold = told.stages;
    for (const code of warned) this.warned.add(code);
    this.trained = { ...unfinished, tally: new Tally(unfinished.sums) };
  }

  async run(): Promise<EventOf<'finished'>> {
    let stage: Stage | undefined;
    try {
      for (let epoch = this.firstEpoch; epoch <= this.options.epochs; epoch++) {
        if (await this.isOutOfPatience(epoch - 1)) return await this.finished('early', epoch - 1);
        const before: Stage | undefined = stage;
        stage = await this.parts.stageOf(epoch, before);
        if (stage !== before) {
          if (before) leave(before);
          this.enter(stage, epoch);
        }
        if ((await this.runEpoch(epoch)) === 'stopped') return await this.finished(this.parts.stop.reason, epoch - 1);
      }
      return await this.finished('completed', this.options.epochs);
    } finally {
      await this.parts.checkpoints.settled();
      if (stage) leave(stage);
    }
  }

  private async isOutOfPatience(epoch: number): Promise<boolean> {
    if (this.options.patience === 0 || (this.parts.quantization && !this.bestIsWhole)) return false;
    await this.parts.checkpoints.settled();
    return isOutOfPatience(this.options, epoch, this.parts.checkpoints.best, this.patientSince);
  }

  private get patientSince(): number {
    return this.parts.from?.loop.patientSince ?? 0;
  }

  private get firstEpoch(): number {
    return (this.parts.from?.position.epoch ?? 0) + 1;
  }

  private enter(stage: Stage, epoch: number): void {
    this.stage = stage;
    this.speed.forgetSteps();
    const before = this.parts.from?.loop.stage;
    if (epoch === this.firstEpoch && stage.name === before?.name) {
      this.stageBegan = before.began;
      return;
    }
    this.stageBegan = this.step;
    this.stagesTold++;
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
    const done = epoch === this.firstEpoch ? (this.parts.from?.position.batch ?? 0) : 0;
    if ((await this.trainBatches(epoch, drawn, done)) === 'stopped') return 'stopped';
    return this.closeEpoch(epoch, drawn);
  }

  /** @param done batches of the epoch that were trained on before */
  private async trainBatches(epoch: number, { batches, shuffle }: Drawn, done: number): Promise<Outcome> {
    if (done === batches.length) return 'done';
    const read = (pictures: readonly number[]) => {
      const batch = this.stage.reader.read(pictures, epoch);
      batch.catch(() => undefined); // it is awaited later, and its failure met there
      return batch;
    };
    const { trained } = this;
    let since = performance.now();
    const count = () => {
      trained.seconds += (performance.now() - since - this.aside) / 1000;
      this.aside = 0;
      since = performance.now();
    };
    let next = read(batches[done]!);
    for (let i = done; i < batches.length; i++) {
      const pictures = batches[i]!;
      if (this.parts.stop.requested || !(await this.switchOnDue(epoch))) {
        count();
        await this.stopInside(epoch, i, shuffle, next);
        return 'stopped';
      }
      if (this.parts.checkpoints.isDue(this.step)) {
        count();
        await this.writeInside(epoch, i, shuffle);
        since = performance.now();
      }
      const begin = performance.now();
      const batch = await next;
      // With a frozen network the features are computed here: work, not waiting. The first batch has nothing to hide behind.
      if (i > done && !this.options.frozen) trained.waitedSeconds += (performance.now() - begin) / 1000;
      // The following batch is read by another thread while this one trains.
      if (i + 1 < batches.length) next = read(batches[i + 1]!);
      if (batch.labels.length === 0) continue;
      const result = await this.trainStep(batch, begin, { epoch, left: batches.length - i - 1 });
      trained.tally.add(result, batch.labels.length);
      trained.pictures += pictures.length;
      await setImmediate(); // a turn of the event loop: a stop can arrive
    }
    count();
    return 'done';
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
    const steps = this.options.epochs * this.stepsPerEpoch;
    const ramp = lossRampAt(this.options, this.dataset.people.length, this.step, steps);
    const settings = {
      learningRate,
      batchNormMomentum: this.batchNormMomentum,
      seed: this.options.seed,
      ...(ramp && { ramp }),
      ...(quantizing ? { quantization: quantizing.settingsAt(this.step) } : {}),
    };
    const result = await this.session.trainStep(batch, settings);
    await this.stage.strangers?.trainStep(batch, settings);
    this.step++;
    const seconds = (performance.now() - begin) / 1000;
    this.speed.addStep(seconds);
    const rows = batch.labels.length;
    this.parts.tell({
      type: 'step',
      epoch,
      step: this.step,
      loss: result.lossSum / rows,
      accuracy: this.accuracyOf(result.lossSum / rows, result.correct / rows),
      learningRate,
      imagesPerSecond: batch.labels.length / seconds,
      etaSeconds: etaSeconds(this.speed, this.options, this.dataset.split, {
        ...{ stage: this.stage.name, epoch, left, stepsPerEpoch: this.stepsPerEpoch },
      }),
      ...(active === undefined ? {} : { activeQuantizers: active }),
    });
    return result;
  }

  private async closeEpoch(epoch: number, { batches, shuffle }: Drawn): Promise<Outcome> {
    const { trained } = this;
    // What begins with the next epoch is not validated yet, but for a run that ends here.
    const isLast = epoch === this.options.epochs;
    if (isLast) await this.switchOnDue(epoch);
    const step = Math.max(0, isLast ? this.step : this.step - 1);
    const validation = await this.validate(this.quantizing?.activeAt(step));
    if (!validation) return await this.stopInside(epoch, batches.length, shuffle);
    this.noticeVanished();
    this.noticeWhole(step);
    await this.noticeCollapse(epoch, this.quantizing?.activeAt(step));
    const strangers = await this.stage.strangers?.measure();
    const validated = { ...validatedOf(validation, this.dataset), ...(strangers && { strangers }) };
    if (!Number.isFinite(validation.meanLoss)) this.warnOnce(lossNotFinite(epoch));
    const active = this.quantizing?.activeCount(step);
    this.parts.tell({
      type: 'epoch',
      epoch,
      step: this.step,
      loss: trained.tally.meanLoss,
      accuracy: this.accuracyOf(trained.tally.meanLoss, trained.tally.accuracy),
      ...validated,
      ...countedOf(validation),
      metric: metricOf(validation, this.dataset),
      imagesPerSecond: trained.pictures / trained.seconds,
      waitingShare: Math.min(1, trained.waitedSeconds / trained.seconds),
      learningRate: this.learningRateAt(Math.max(0, this.step - 1)),
      elapsedSeconds: this.elapsedSeconds,
      ...(active === undefined ? {} : { activeQuantizers: active }),
    });
    await this.quantizing?.tellTable(this.step, epoch, this.ports);
    this.trained = nothingTrained();
    await this.write({ epoch, batch: 0, shuffle: this.parts.random.state }, validated);
    return 'done';
  }

  /** @param validated undefined inside an epoch */
  private async write(position: TrainingPosition, validated: Validated | undefined): Promise<void> {
    this.writeAgain = async () => {
      const checkpoint = { position, loop: this.loopState, ...(await readStage(this.stage)) };
      await this.parts.checkpoints.write(checkpoint, validated);
    };
    await this.writeAgain();
  }

  private get loopState(): LoopState {
    const { quantization, arithmetic } = this.parts;
    const { tally, ...trained } = this.trained;
    return {
      stage: { name: this.stage.name, began: this.stageBegan },
      unfinished: { ...trained, sums: tally.sums },
      bestIsWhole: this.bestIsWhole,
      ...(this.patientSince > 0 && { patientSince: this.patientSince }),
      ...(quantization && { quantization: quantization.state }),
      told: { stages: this.stagesTold, marks: quantization?.state.passed.length ?? 0 },
      warned: [...this.warned],
      elapsedSeconds: this.elapsedSeconds,
      arithmetic,
    };
  }

  /** Of all processes of the run. */
  private get elapsedSeconds(): number {
    return (this.parts.from?.loop.elapsedSeconds ?? 0) + (performance.now() - this.started) / 1000;
  }

  private async writeInside(epoch: number, batch: number, shuffle: RandomState): Promise<void> {
    await this.write({ epoch: epoch - 1, batch, shuffle }, undefined);
  }

  /** The best of a network for int8 is one that was validated as one. */
  private noticeWhole(step: number): void {
    const whole = this.quantizing?.isWhole(step) === true;
    if (whole && !this.bestIsWhole) {
      this.parts.checkpoints.forgetBest();
    }
    this.bestIsWhole ||= whole;
  }

  /** Of a student that learns from its teacher alone: the cosine, which its loss is 1 less. */
  private accuracyOf(meanLoss: number, accuracy: number): number {
    const isCosine = this.stage.isStudent && this.options.loss === 'distillation';
    return isCosine ? Math.min(1, Math.max(0, 1 - meanLoss)) : accuracy;
  }

  /** Told again where a network that had come back collapses once more. */
  private async noticeCollapse(epoch: number, active?: Uint8Array): Promise<void> {
    const collapse = await collapseOf(this.stage, this.dataset, this.options, active);
    if (collapse) this.warnOnce(collapseWarning(collapse, this.options, epoch));
    else this.warned.delete(COLLAPSED);
  }

  private warnOnce(warning: Warning): void {
    if (this.warned.has(warning.code)) return;
    this.warned.add(warning.code);
    this.parts.tell({ type: 'warning', ...warning });
  }

  /** @returns undefined when stopped on the way */
  private async validate(active?: Uint8Array): Promise<Validation | undefined> {
    const started = performance.now();
    const { dataset, options, stage } = this;
    const validation = await validate(stage, dataset, options.batchSize, active, this.parts.stop);
    if (validation) this.speed.addValidation((performance.now() - started) / 1000);
    return validation;
  }

  private async stopInside(
    epoch: number,
    batch: number,
    shuffle: RandomState,
    pending?: Promise<ReadBatch>,
  ): Promise<Outcome> {
    await pending; // its decoding must not outlive the run
    // Where nothing was trained since the last one, that holds all there is.
    if (await this.parts.checkpoints.isBehind(this.step)) await this.writeInside(epoch, batch, shuffle);
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

  /** @throws UserError where the last checkpoint could not be written */
  private async finished(reason: EventOf<'finished'>['reason'], epochs: number): Promise<EventOf<'finished'>> {
    await this.parts.checkpoints.finish(this.writeAgain, this.parts.isPatient);
    const { best } = this.parts.checkpoints;
    return {
      ...{ type: 'finished', reason, epochs, steps: this.step, elapsedSeconds: this.elapsedSeconds },
      ...(best && { bestEpoch: best.epoch, bestValAccuracy: best.valAccuracy }),
    };
  }
}
