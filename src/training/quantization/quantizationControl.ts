import { setImmediate } from 'node:timers/promises';
import { UserError } from '../../core/userError.js';
import { formatCount, formatList } from '../../core/format.js';
import { cutBatches } from '../../dataset/batches.js';
import type { Dataset } from '../../dataset/dataset.js';
import type { Batch, TrainingSession } from '../../engine/engine.js';
import type { QuantizationSettings } from '../../quantization/folding.js';
import type { Graph } from '../../graph/graph.js';
import type { ParameterValues } from '../../graph/networkState.js';
import { quantizersOf } from '../../quantization/quantizers.js';
import type { ToldEvent } from '../../protocol/runEvents.js';
import type { TrainingOptions } from '../../protocol/options.js';
import { calibrate, measureActivations, RANGE_MOMENTUM, type Batches } from './calibrate.js';
import { equalizeSession } from './equalizeSession.js';
import { layerSensitivity } from './sensitivity.js';
import { notFiniteParameters, quantizerTable, troubleOf } from '../../quantization/quantizerTable.js';
import type { LoopState } from '../../runs/loopState.js';
import type { BatchReader } from '../batchReader.js';
import { quantizationSchedule, type QuantizationSchedule } from './quantizationSchedule.js';

type LoopQuantization = NonNullable<LoopState['quantization']>;

const MARKS = ['calibration', 'weights', 'activations', 'batchNormFrozen', 'rangesFrozen'] as const;
/** While training ranges follow slowly: one unusual batch moves them by a hundredth. */
const TRAINING_MOMENTUM = 1 - (1 - RANGE_MOMENTUM) / 10;

/** What the loop lends: the session at work, where its pictures come from, and a validation. */
export interface QuantizationPorts {
  readonly session: TrainingSession;
  readonly reader: BatchReader;
  /** Accuracy on the validation pictures; undefined when stopped on the way. */
  validate(active: Uint8Array): Promise<number | undefined>;
}

/** Switches the parts of quantization on as their steps come, and tells each. */
export class QuantizationControl {
  readonly schedule: QuantizationSchedule;
  private readonly quantizers: ReturnType<typeof quantizersOf>;
  private readonly passed: LoopQuantization['passed'];

  constructor(
    private readonly options: TrainingOptions,
    private readonly graph: Graph,
    private readonly dataset: Dataset,
    stepsPerEpoch: number,
    private readonly tell: (event: ToldEvent) => void,
    /** Of a run that goes on: its marks stay where they were, also if it goes on for longer than it was planned to. */
    from?: LoopQuantization,
  ) {
    this.quantizers = quantizersOf(graph);
    this.schedule = from?.schedule ?? quantizationSchedule(this.own, stepsPerEpoch, stepsPerEpoch * options.epochs);
    this.passed = [...(from?.passed ?? [])];
  }

  get state(): LoopQuantization {
    return { schedule: { ...this.schedule }, passed: [...this.passed] };
  }

  private get own(): NonNullable<TrainingOptions['quantization']> {
    return this.options.quantization!;
  }

  /**
   * Before an update, or a validation.
   *
   * @param step updates so far
   * @returns false when stopped on the way
   */
  async switchOnDue(step: number, epoch: number, ports: QuantizationPorts): Promise<boolean> {
    for (const name of MARKS) {
      if (step < this.schedule[name] || this.passed.includes(name)) continue;
      this.tell({ type: 'mark', name, epoch, step });
      // Stopped in the middle of it, it is not behind the run: whoever goes on calibrates.
      if (name === 'calibration' && !(await this.begin(step, epoch, ports))) return false;
      this.passed.push(name);
    }
    return true;
  }

  /** What the learning rate is multiplied by in an update. */
  rateFactor(step: number): number {
    return step >= this.schedule.calibration ? this.own.learningRateFactor : 1;
  }

  settingsAt(step: number): QuantizationSettings {
    const begun = step >= this.schedule.calibration;
    return {
      active: this.activeAt(step),
      // Ranges that were searched for stay as they were found.
      ...(begun && step < this.schedule.rangesFrozen && this.own.observer === 'movingAverage'
        ? { rangeMomentum: TRAINING_MOMENTUM }
        : {}),
      frozenBatchNorm: begun && step >= this.schedule.batchNormFrozen,
    };
  }

  activeAt(step: number): Uint8Array {
    const since = (kind: 'weights' | 'activations') => step >= this.schedule[kind];
    return Uint8Array.from(this.quantizers, ({ kind }) => Number(since(kind)));
  }

  activeCount(step: number): number {
    return this.activeAt(step).reduce((sum, flag) => sum + flag, 0);
  }

  /** Whether everything that will be quantized is. */
  isWhole(step: number): boolean {
    return step >= Math.max(this.schedule.weights, this.schedule.activations);
  }

  /** The table of all quantizers, measured on the calibration pictures. */
  async tellTable(step: number, epoch: number, { session, reader }: QuantizationPorts): Promise<void> {
    if (step < this.schedule.calibration) return;
    const measured = await measureActivations(this.graph, session, this.batches(reader));
    const rows = quantizerTable(this.graph, (await session.readState()).parameters, measured);
    const quantizers = rows.map((row) => ({
      ...row,
      ...{ scale: [...row.scale] as [number, number], range: [...row.range] as [number, number] },
      ...(step >= this.schedule[row.kind] ? { activeSince: this.schedule[row.kind] } : {}),
    }));
    this.tell({ type: 'quantizers', epoch, step, quantizers });
  }

  private async begin(step: number, epoch: number, ports: QuantizationPorts): Promise<boolean> {
    const { session, reader } = ports;
    const broken = notFiniteParameters((await session.readState()).parameters);
    if (broken.length > 0) throw notFiniteWeights(broken);
    const { observer, sensitivityPictures } = this.own;
    await equalizeSession(this.graph, session, this.batches(reader));
    const ranges = await calibrate(this.graph, session, this.batches(reader), observer);
    session.assign(new Map([...ranges].map(([name, range]) => [name, Float32Array.from(range)])));
    this.warn();
    this.warnAbout((await session.readState()).parameters);
    const floatValAccuracy = await ports.validate(new Uint8Array(this.quantizers.length));
    if (floatValAccuracy === undefined) return false;
    const postTrainingValAccuracy = await ports.validate(new Uint8Array(this.quantizers.length).fill(1));
    if (postTrainingValAccuracy === undefined) return false;
    const pictures = this.calibrationPictures.length;
    this.tell({ type: 'calibrated', step, pictures, observer, floatValAccuracy, postTrainingValAccuracy });
    await this.tellTable(step, epoch, ports);
    if (sensitivityPictures > 0 && !this.dataset.openSet) await this.tellSensitivity(step, ports);
    return true;
  }

  private async tellSensitivity(step: number, { session, reader }: QuantizationPorts): Promise<void> {
    const some = spread(this.dataset.split.validation, this.own.sensitivityPictures);
    const batches: Batch[] = [];
    for (const pictures of cutBatches(some, this.options.batchSize)) batches.push(await reader.read(pictures));
    const { floatLoss, layers } = await layerSensitivity(this.graph, session, batches, () => setImmediate());
    this.tell({ type: 'sensitivity', step, pictures: some.length, floatLoss, layers });
  }

  /** The same pictures every time, of many people. */
  private get calibrationPictures(): number[] {
    return spread(this.dataset.split.train, this.own.calibrationPictures);
  }

  private batches(reader: BatchReader): Batches {
    const pictures = this.calibrationPictures;
    const { batchSize } = this.options;
    return async function* () {
      for (const some of cutBatches(pictures, batchSize)) {
        const batch = await reader.read(some);
        if (batch.labels.length > 0) yield batch;
      }
    };
  }

  private warn(): void {
    const { calibration } = this.schedule;
    const floats = this.own.floatLayers;
    if (floats.length > 0)
      this.tell({
        type: 'warning',
        code: 'layers-in-float',
        message: `${formatCount(floats.length, 'layer')} left in float from step ${calibration} on: ${formatList(floats)}.`,
        advice: 'A network for int8 hardware needs every layer quantized.',
      });
  }

  private warnAbout(parameters: ParameterValues): void {
    const { emptyRanges, deadChannels } = troubleOf(this.graph, parameters);
    if (emptyRanges.length > 0)
      this.tell({
        type: 'warning',
        code: 'range-empty',
        message: `${formatCount(emptyRanges.length, 'quantizer')} saw nothing but zeros: ${formatList(emptyRanges)}.`,
        advice: 'These layers always output zero: train the network longer, or calibrate with more pictures.',
      });
    if (deadChannels.length > 0)
      this.tell({
        type: 'warning',
        code: 'channels-dead',
        message: `Channels without a weight: ${formatList(deadChannels.map(({ layer, channels }) => `${channels} of ${layer}`))}.`,
        advice:
          'They output the same whatever the picture shows, and are quantized to zeros. A narrower network would do.',
      });
  }
}

/** So many of them, evenly. */
function spread(pictures: readonly number[], wanted: number): number[] {
  const count = Math.min(wanted, pictures.length);
  return Array.from({ length: count }, (_, i) => pictures[Math.floor((i * pictures.length) / count)]!);
}

function notFiniteWeights(names: readonly string[]): UserError {
  return new UserError(
    'not-finite',
    `The network cannot be quantized: ${formatList(names)} ${names.length === 1 ? 'holds' : 'hold'} numbers that are not finite.`,
    'Take an earlier checkpoint, or train again with a lower learning rate.',
  );
}

/** Of a run in which quantization never begins. */
export function neverBegins(schedule: QuantizationSchedule, totalSteps: number): ToldEvent | undefined {
  if (schedule.calibration < totalSteps) return undefined;
  return {
    type: 'warning',
    code: 'quantization-never',
    message: `Quantization would begin after step ${schedule.calibration}, but the run has only ${formatCount(totalSteps, 'step')}.`,
    advice: 'Start it earlier, or train longer.',
  };
}
