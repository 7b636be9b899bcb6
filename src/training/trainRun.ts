import path from 'node:path';
import { Random } from '../core/random.js';
import { JOBS, type TrainerMessage } from '../protocol/jobs.js';
import type { EventOf, RunEvent } from '../protocol/runEvents.js';
import type { TrainingOptions } from '../protocol/options.js';
import { openDataset, type Dataset } from '../dataset/dataset.js';
import { withoutExcluded } from '../dataset/checkDataset.js';
import { scanDataset, type ScannedDataset } from '../dataset/scanDataset.js';
import { selectEngine, type SelectedEngine } from '../engine/selectEngine.js';
import { parameterCount } from '../graph/graph.js';
import { mobileNetV2 } from '../graph/mobileNetV2.js';
import { initialRanges, quantizeGraph } from '../quantization/quantizeGraph.js';
import { reduceRun, emptyRunState } from '../core/runState.js';
import { memoryWarning } from './memoryWarning.js';
import { writeFileAtomically, withDiskErrors } from '../platform/files.js';
import { CheckpointKeeper } from '../runs/checkpointKeeper.js';
import { renderReport } from '../report/report.js';
import { datasetFingerprint } from '../dataset/fingerprint.js';
import { RunFolder, type RunRecord } from '../runs/runFolder.js';
import { runDisk } from '../runs/runDisk.js';
import { RunLog } from '../runs/runLog.js';
import { requireWeights, startWeights } from '../weights/startWeights.js';
import { runToFineTune, requireSameData } from '../runs/checkpointRun.js';
import { throttled } from '../platform/throttled.js';
import { neverBegins, QuantizationControl } from './quantization/quantizationControl.js';
import type { StopSignal } from './stopSignal.js';
import { stepsPerEpoch, TrainingLoop } from './trainingLoop.js';
import { stagesOf } from './stages.js';
import { pixelCacheFolder } from '../platform/cacheFolder.js';
import { failureOf } from '../platform/failureOf.js';
import { UserError } from '../core/userError.js';

export interface TrainingJob {
  /** Absolute path, absent or empty. */
  readonly runFolder: string;
  readonly options: TrainingOptions;
  /** Of the package, for `run.json`. */
  readonly version: string;
}

/** What a test replaces. */
export interface TrainingSurroundings {
  readonly now: () => Date;
  readonly pixelCache: string;
  readonly selectEngine: (options: Pick<TrainingOptions, 'engine' | 'threads'>) => Promise<SelectedEngine>;
}

const SURROUNDINGS: TrainingSurroundings = {
  now: () => new Date(),
  pixelCache: pixelCacheFolder(),
  selectEngine: (options) => selectEngine(options),
};

/**
 * A training run from the folder of pictures to the report. Everything it tells goes to `emit`, what belongs to the run
 * into its log as well. A failure is told the same way and ends the run; nothing is thrown for what the outside world
 * can cause.
 *
 * @returns whether the run ended well
 */
export async function trainRun(
  job: TrainingJob,
  emit: (message: TrainerMessage) => void,
  stop: StopSignal,
  surroundings: TrainingSurroundings = SURROUNDINGS,
): Promise<boolean> {
  const folder = new RunFolder(job.runFolder);
  let log: RunLog | undefined;
  let state = emptyRunState();
  const tell = (event: RunEvent) => {
    log?.append(event);
    state = reduceRun(state, event);
    emit(event);
    // A crash later leaves the report of the last epoch.
    if (event.type === 'checkpoint') writeReport(folder, () => renderReport(state), emit);
  };
  const startedAt = surroundings.now().toISOString();
  try {
    // A folder that cannot be trained with leaves no run behind.
    const scanned = withoutExcluded(scanDataset(job.options.dataset), job.options.exclude);
    requireWeights(job.options);
    requireTrainable(job.options);
    const record: RunRecord = {
      version: 1,
      id: path.basename(job.runFolder),
      startedAt,
      options: job.options,
      versions: { faceTrainer: job.version, node: process.version, platform: `${process.platform} ${process.arch}` },
    };
    folder.create(record);
    log = new RunLog(folder.path, folder.metrics);
    tell({ type: 'run', runFolder: folder.path, startedAt, pid: process.pid, options: job.options });
    const started = performance.now();
    const finished = await run(job.options, scanned, folder, record, emit, tell, stop, surroundings);
    tell({ ...finished, elapsedSeconds: (performance.now() - started) / 1000 });
    return true;
  } catch (error) {
    const failure: EventOf<'failure'> = { type: 'failure', ...failureOf(error, JOBS.train) };
    try {
      tell(failure);
    } catch {
      emit(failure); // The log itself is what failed.
    }
    return false;
  } finally {
    log?.close();
    // A report also of a run that failed: it says why, and shows what was reached.
    if (log) writeReport(folder, () => renderReport(state), emit);
  }
}

async function run(
  options: TrainingOptions,
  scanned: ScannedDataset,
  folder: RunFolder,
  record: RunRecord,
  emit: (message: TrainerMessage) => void,
  tell: (event: RunEvent) => void,
  stop: StopSignal,
  surroundings: TrainingSurroundings,
): Promise<EventOf<'finished'>> {
  const { engine, warning } = await surroundings.selectEngine(options);
  tell({ type: 'engine', name: engine.name, detail: engine.detail });
  if (warning) tell({ type: 'warning', code: 'engine-slow', ...warning });

  const dataset = await openDataset(
    scanned,
    { ...options, cacheFolder: surroundings.pixelCache, cacheBytes: options.pixelCacheMiB * 2 ** 20 },
    throttled((done, total) => emit({ type: 'preparing', done, total })),
    () => stop.requested,
  );
  if (!dataset) return { type: 'finished', reason: 'stopped', epochs: 0, steps: 0, elapsedSeconds: 0 };
  try {
    return await train(options, dataset, engine, folder, record, tell, stop);
  } finally {
    await dataset.source.close();
  }
}

async function train(
  options: TrainingOptions,
  dataset: Dataset,
  engine: SelectedEngine['engine'],
  folder: RunFolder,
  record: RunRecord,
  tell: (event: RunEvent) => void,
  stop: StopSignal,
): Promise<EventOf<'finished'>> {
  const float = mobileNetV2({ ...options, classes: dataset.people.length });
  const { quantization } = options;
  const graph = quantization ? quantizeGraph(float, quantization) : float;
  const fingerprint = datasetFingerprint(dataset);
  const parent = options.parent === undefined ? undefined : runToFineTune(options.parent);
  if (parent) requireSameData(parent, dataset.people, fingerprint, options.changedData);
  folder.writeRecord({
    ...record,
    engine: { name: engine.name, detail: engine.detail },
    network: { name: graph.name, parameters: parameterCount(graph) },
    data: {
      people: dataset.people,
      images: dataset.usable,
      trainImages: dataset.split.train.length,
      validationImages: dataset.split.validation.length,
      fingerprint,
    },
  });
  tellDataset(dataset, options, folder, tell);
  const memory = memoryWarning(engine, graph, options.batchSize);
  if (memory) tell({ type: 'warning', code: 'memory-low', ...memory });

  const keeper = new CheckpointKeeper(folder, graph, options.keepCheckpoints, tell);
  const weights = options.parent ?? options.weights;
  const values = await startWeights(float, { ...options, weights, people: dataset.people });
  const start = quantization ? new Map([...values, ...initialRanges(graph)]) : values;
  const stages = stagesOf(options, dataset, engine, { float, whole: graph }, start);
  const random = Random.forPurpose(options.seed, 'shuffle');
  const steps = stepsPerEpoch(dataset, options);
  const control = quantization && new QuantizationControl(options, graph, dataset, steps, tell);
  const never = control && neverBegins(control.schedule, steps * options.epochs);
  if (never) tell(never);
  return new TrainingLoop(options, dataset, stages, keeper, tell, stop, random, control).run();
}

/** @throws UserError `invalid-options` where quantization would have nothing to train */
function requireTrainable({ quantization, frozen }: TrainingOptions): void {
  if (quantization && frozen)
    throw new UserError(
      'invalid-options',
      'A network that stays frozen cannot be trained for int8.',
      'Train it without quantization, and fine-tune its checkpoint then: every layer takes part.',
    );
}

function tellDataset(
  dataset: Dataset,
  options: TrainingOptions,
  folder: RunFolder,
  tell: (event: RunEvent) => void,
): void {
  const { split, skipped } = dataset;
  if (skipped.length > 0)
    withDiskErrors(runDisk(folder.path), () =>
      writeFileAtomically(folder.skipped, `${JSON.stringify(skipped, null, 2)}\n`),
    );
  withDiskErrors(runDisk(folder.path), () =>
    writeFileAtomically(folder.check, `${JSON.stringify(dataset.report, null, 2)}\n`),
  );
  tell({
    type: 'dataset',
    people: dataset.people.length,
    images: dataset.usable,
    trainImages: split.train.length,
    validationImages: split.validation.length,
    stepsPerEpoch: stepsPerEpoch(dataset, options),
    skippedCount: skipped.length,
    skipped: skipped.slice(0, 100),
  });
  for (const warning of dataset.warnings) tell({ type: 'warning', ...warning });
}

function writeReport(folder: RunFolder, render: () => string, emit: (message: TrainerMessage) => void): void {
  try {
    withDiskErrors(runDisk(folder.path), () => writeFileAtomically(folder.report, render()));
  } catch (error) {
    const { message, advice } = failureOf(error, JOBS.train);
    emit({ type: 'warning', code: 'report-unwritten', message: `The report was not written: ${message}`, advice });
  }
}
