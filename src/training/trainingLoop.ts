import { setImmediate } from 'node:timers/promises';
import fs from 'node:fs';
import type { Random, RandomState } from '../core/random.js';
import type { MessageOf, RunEvent } from '../protocol/messages.js';
import type { TrainingOptions } from '../protocol/options.js';
import { batchCount, cutBatches } from '../dataset/batches.js';
import { datasetVanished, type Dataset } from '../dataset/dataset.js';
import type { Batch, TrainingSession } from '../engine/engine.js';
import { batchNormMomentum } from './batchNormMomentum.js';
import type { CheckpointKeeper } from './checkpointKeeper.js';
import { Speedometer } from './speedometer.js';
import type { StopSignal } from './stopSignal.js';

/** Sums over pictures, so that batches of different size weigh right. */
class Tally {
  private loss = 0;
  private correct = 0;
  private images = 0;

  add(result: { lossSum: number; correct: number }, images: number): void {
    this.loss += result.lossSum;
    this.correct += result.correct;
    this.images += images;
  }
  get meanLoss(): number {
    return this.loss / Math.max(1, this.images);
  }
  get accuracy(): number {
    return this.correct / Math.max(1, this.images);
  }
}

type Outcome = 'done' | 'stopped';

/** Epoch after epoch: shuffle, train, validate, write a checkpoint. Between two batches it listens for the stop. */
export class TrainingLoop {
  private readonly speed = new Speedometer();
  private readonly stepsPerEpoch: number;
  private readonly started = performance.now();
  private step = 0;
  private best: { epoch: number; accuracy: number } | undefined;
  private warnedVanished = false;

  constructor(
    private readonly options: TrainingOptions,
    private readonly dataset: Dataset,
    private readonly session: TrainingSession,
    private readonly checkpoints: CheckpointKeeper,
    private readonly tell: (event: RunEvent) => void,
    private readonly stop: StopSignal,
    private readonly random: Random,
  ) {
    this.stepsPerEpoch = batchCount(dataset.split.train.length, options.batchSize);
  }

  async run(): Promise<MessageOf<'finished'>> {
    for (let epoch = 1; epoch <= this.options.epochs; epoch++)
      if ((await this.runEpoch(epoch)) === 'stopped') return this.finished('stopped', epoch - 1);
    return this.finished('completed', this.options.epochs);
  }

  private async runEpoch(epoch: number): Promise<Outcome> {
    const shuffle = this.random.state;
    const batches = cutBatches(this.random.shuffle([...this.dataset.split.train]), this.options.batchSize);
    const training = new Tally();
    const started = performance.now();
    let images = 0;
    let next = this.read(batches[0]!);
    for (const [i, pictures] of batches.entries()) {
      if (this.stop.requested) return await this.stopInside(epoch, i, shuffle, next);
      const begin = performance.now();
      const batch = await next;
      // The following batch is decoded by sharp's threads while this one trains.
      if (i + 1 < batches.length) next = this.read(batches[i + 1]!);
      if (batch.labels.length === 0) continue;
      const result = await this.session.trainStep(batch, {
        learningRate: this.options.learningRate,
        batchNormMomentum: batchNormMomentum(this.options.batchNormMomentum, this.step + 1, this.stepsPerEpoch),
      });
      this.step++;
      training.add(result, batch.labels.length);
      images += pictures.length;
      const seconds = (performance.now() - begin) / 1000;
      this.speed.addStep(seconds);
      this.tell({
        type: 'step',
        epoch,
        step: this.step,
        loss: result.lossSum / batch.labels.length,
        accuracy: result.correct / batch.labels.length,
        learningRate: this.options.learningRate,
        imagesPerSecond: batch.labels.length / seconds,
        etaSeconds: this.eta(epoch, batches.length - i - 1),
      });
      await setImmediate(); // a turn of the event loop: a stop can arrive
    }
    const trainingSeconds = (performance.now() - started) / 1000;

    const validation = await this.validate();
    if (!validation) return await this.stopInside(epoch, batches.length, shuffle);
    this.noticeVanished();
    const accuracy = validation.accuracy;
    if (!this.best || accuracy > this.best.accuracy) this.best = { epoch, accuracy };
    this.tell({
      type: 'epoch',
      epoch,
      step: this.step,
      loss: training.meanLoss,
      accuracy: training.accuracy,
      valLoss: validation.meanLoss,
      valAccuracy: accuracy,
      imagesPerSecond: images / trainingSeconds,
      learningRate: this.options.learningRate,
      elapsedSeconds: (performance.now() - this.started) / 1000,
    });
    this.tell(this.checkpoints.write({ epoch, batch: 0, shuffle: this.random.state }, this.session.state, accuracy));
    return 'done';
  }

  /** @returns undefined when stopped on the way */
  private async validate(): Promise<Tally | undefined> {
    const started = performance.now();
    const tally = new Tally();
    const batches = cutBatches(this.dataset.split.validation, this.options.batchSize);
    for (const pictures of batches) {
      if (this.stop.requested) return undefined;
      const batch = await this.read(pictures);
      if (batch.labels.length > 0) tally.add(await this.session.evaluate(batch), batch.labels.length);
      await setImmediate();
    }
    this.speed.addValidation((performance.now() - started) / 1000);
    return tally;
  }

  private async stopInside(
    epoch: number,
    batch: number,
    shuffle: RandomState,
    pending?: Promise<Batch>,
  ): Promise<Outcome> {
    await pending; // its decoding must not outlive the run
    if (this.step > 0)
      this.tell(this.checkpoints.write({ epoch: epoch - 1, batch, shuffle }, this.session.state, undefined));
    return 'stopped';
  }

  private async read(pictures: readonly number[]): Promise<Batch> {
    const { pixels, kept } = await this.dataset.store.read(pictures);
    if (kept.length < pictures.length && !fs.existsSync(this.dataset.root)) throw datasetVanished(this.dataset.root);
    return { images: pixels, labels: Int32Array.from(kept, (picture) => this.dataset.labels[picture]!) };
  }

  /** With every picture in memory training can go on without its folder; whoever unplugged the disk should know. */
  private noticeVanished(): void {
    if (this.warnedVanished || fs.existsSync(this.dataset.root)) return;
    this.warnedVanished = true;
    const { code, message } = datasetVanished(this.dataset.root);
    const advice = 'Training goes on with the pictures in memory; bring the folder back before you train again.';
    this.tell({ type: 'warning', code, message, advice });
  }

  private eta(epoch: number, stepsLeftInEpoch: number): number {
    const epochsLeft = this.options.epochs - epoch;
    const { train, validation } = this.dataset.split;
    // Forward alone costs about a third of a training step.
    const validationSteps = (this.stepsPerEpoch * validation.length) / train.length / 3;
    return this.speed.etaSeconds(stepsLeftInEpoch + epochsLeft * this.stepsPerEpoch, epochsLeft + 1, validationSteps);
  }

  private finished(reason: 'completed' | 'stopped', epochs: number): MessageOf<'finished'> {
    const elapsedSeconds = (performance.now() - this.started) / 1000;
    const best = this.best ? { bestEpoch: this.best.epoch, bestValAccuracy: this.best.accuracy } : {};
    return { type: 'finished', reason, epochs, steps: this.step, elapsedSeconds, ...best };
  }
}
