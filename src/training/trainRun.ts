import path from 'node:path';
import { formatCount } from '../core/format.js';
import { Random } from '../core/random.js';
import { JOBS, type TrainerMessage } from '../protocol/jobs.js';
import type { EventOf, ToldEvent } from '../protocol/runEvents.js';
import type { TrainingOptions } from '../protocol/options.js';
import { openDataset, type Dataset } from '../dataset/dataset.js';
import { withoutExcluded } from '../dataset/checkDataset.js';
import { scanDataset, type ScannedDataset } from '../dataset/scanDataset.js';
import type { Engine } from '../engine/engine.js';
import { selectEngine, type SelectedEngine } from '../engine/selectEngine.js';
import { parameterCount, type Graph } from '../graph/graph.js';
import { facesSeenIn } from '../faces/alignJournal.js';
import { networkOf } from '../graph/network.js';
import { givenNetwork, networkOptionsOf } from '../graph/networkOptions.js';
import { initialRanges, quantizeGraph } from '../quantization/quantizeGraph.js';
import type { AlignedDataset, FacesOf } from './alignedDataset.js';
import { memoryWarning } from './memoryWarning.js';
import { writeFileAtomically, withDiskErrors } from '../platform/files.js';
import { CheckpointKeeper } from '../runs/checkpointKeeper.js';
import { datasetFingerprint } from '../dataset/fingerprint.js';
import { removeLeftovers } from '../runs/leftovers.js';
import { RunFolder, runFolderOf } from '../runs/runFolder.js';
import { writeRunRecord, type RunRecord } from '../runs/runRecord.js';
import { runDisk } from '../runs/runDisk.js';
import { requireWeights, startWeights } from '../weights/startWeights.js';
import { runToFineTune, requireSameData } from '../runs/checkpointRun.js';
import { processStart } from '../platform/isAlive.js';
import { throttled } from '../platform/throttled.js';
import { faceNetworkFor, faceStart, openFacesFor, type FaceStart } from './faceStart.js';
import { seenThroughFaces } from './seenThroughFaces.js';
import { neverBegins, QuantizationControl } from './quantization/quantizationControl.js';
import { RunTeller } from './runTeller.js';
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
export interface TrainingPorts {
  readonly now: () => Date;
  readonly pixelCache: string;
  /** What finds faces for a face network when absent. */
  readonly openFaces?: (face: FaceStart) => Promise<FacesOf>;
  readonly selectEngine: (options: Pick<TrainingOptions, 'engine' | 'threads'>) => Promise<SelectedEngine>;
}

const PORTS: TrainingPorts = {
  now: () => new Date(),
  pixelCache: pixelCacheFolder(),
  selectEngine: (options) => selectEngine(options),
};

/** What the parts of a run share. */
interface RunContext {
  readonly options: TrainingOptions;
  /** Of a run that starts from the face network. */
  readonly face: FaceStart | undefined;
  readonly folder: RunFolder;
  readonly record: RunRecord;
  readonly teller: RunTeller;
  readonly tell: (event: ToldEvent) => void;
  readonly emit: (message: TrainerMessage) => void;
  readonly stop: StopSignal;
  readonly ports: TrainingPorts;
}

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
  ports: TrainingPorts = PORTS,
): Promise<boolean> {
  const { options } = job;
  const folder = new RunFolder(job.runFolder);
  const startedAt = ports.now().toISOString();
  let teller: RunTeller | undefined;
  try {
    // A folder that cannot be trained with leaves no run behind.
    const scanned = withoutExcluded(scanDataset(options.dataset), options.exclude);
    const face = faceStart(options);
    if (!face) requireWeights(options);
    requireTrainable(options);
    const record: RunRecord = {
      version: 2,
      id: path.basename(job.runFolder),
      startedAt,
      options,
      faces: face ? 'aligned' : facesSeenIn(options.dataset),
      ...(face?.template && { template: face.template }),
      versions: { faceTrainer: job.version, node: process.version, platform: `${process.platform} ${process.arch}` },
    };
    folder.create();
    writeRunRecord(folder, record);
    teller = new RunTeller(folder, emit);
    const { tell } = teller;
    const { pid } = process;
    tell({ type: 'run', runFolder: folder.path, startedAt, pid, processStart: processStart(pid), options });
    const started = performance.now();
    const finished = await run({ options, face, folder, record, teller, tell, emit, stop, ports }, scanned);
    teller.requireThere();
    tell({ ...finished, elapsedSeconds: (performance.now() - started) / 1000 });
    return true;
  } catch (error) {
    const failure: EventOf<'failure'> = { type: 'failure', ...failureOf(error, JOBS.train) };
    if (teller) tellFailure(failure, teller, emit);
    else emit(failure);
    return false;
  } finally {
    teller?.close();
  }
}

function tellFailure(failure: EventOf<'failure'>, teller: RunTeller, emit: (message: TrainerMessage) => void): void {
  try {
    teller.tell(failure);
  } catch {
    emit(failure); // The log itself is what failed.
  }
}

async function run(context: RunContext, scanned: ScannedDataset): Promise<EventOf<'finished'>> {
  const { options, face, tell, emit, stop, ports } = context;
  const { engine, warning } = await ports.selectEngine(options);
  tell({ type: 'engine', name: engine.name, detail: engine.detail });
  if (warning) tell({ type: 'warning', code: 'engine-slow', ...warning });

  const opened = await openDataset(
    scanned,
    { ...options, cacheFolder: ports.pixelCache, cacheBytes: options.pixelCacheMiB * 2 ** 20 },
    throttled((done, total) => emit({ type: 'preparing', done, total })),
    () => stop.requested,
  );
  const dataset = opened && face && options.faces === 'on' ? await throughFaces(context, opened, engine, face) : opened;
  if (!dataset) return { type: 'finished', reason: 'stopped', epochs: 0, steps: 0, elapsedSeconds: 0 };
  try {
    return await train(context, dataset, engine);
  } finally {
    await dataset.source.close();
  }
}

function throughFaces(
  { emit, stop, ports }: RunContext,
  dataset: Dataset,
  engine: Engine,
  face: FaceStart,
): Promise<AlignedDataset | undefined> {
  const progress = throttled((done, total) => emit({ type: 'preparing', done, total }));
  const open = () => (ports.openFaces ?? openFacesFor)(face);
  return seenThroughFaces(dataset, engine, face.network, open, progress, () => stop.requested);
}

async function train(
  context: RunContext,
  dataset: Dataset | AlignedDataset,
  engine: Engine,
): Promise<EventOf<'finished'>> {
  const { options, folder, teller, tell, stop } = context;
  const { quantization } = options;
  const { float, values } = await startingNetwork(context, dataset);
  const graph = quantization ? quantizeGraph(float, quantization) : float;
  writeFacts(context, dataset, engine, graph);
  tellDataset(context, dataset);
  // A frozen face network keeps nothing for a way back.
  const memory = context.face ? undefined : memoryWarning(engine, graph, options);
  if (memory) tell({ type: 'warning', code: 'memory-low', ...memory });

  const checkpoints = new CheckpointKeeper(folder, graph, options.keepCheckpoints, teller, context.face !== undefined);
  const start = quantization ? new Map([...values, ...initialRanges(graph)]) : values;
  const stageOf = stagesOf(options, dataset, engine, { float, trainedGraph: graph }, start);
  const random = Random.forPurpose(options.seed, 'shuffle');
  const steps = stepsPerEpoch(dataset, options);
  const control = quantization && new QuantizationControl(options, graph, dataset, steps, tell);
  const never = control && neverBegins(control.schedule, steps * options.epochs);
  if (never) tell(never);
  return new TrainingLoop({ options, dataset, stageOf, checkpoints, tell, stop, random, quantization: control }).run();
}

/** The network in float, and what it starts with. */
async function startingNetwork(
  { options, face }: RunContext,
  { people }: Dataset,
): Promise<{ readonly float: Graph; readonly values: ReadonlyMap<string, Float32Array> }> {
  if (face) {
    const { graph, values } = faceNetworkFor(face, people.length, options.seed);
    return { float: graph, values };
  }
  const float = networkOf(networkOptionsOf(options), people.length);
  const weights = options.parent ?? options.weights;
  return { float, values: await startWeights(float, { ...options, weights, people }) };
}

/** @throws UserError where the pictures are not those of the run that this one goes on from */
function writeFacts(
  { options, face, folder, record }: RunContext,
  dataset: Dataset | AlignedDataset,
  engine: Engine,
  graph: Graph,
): void {
  const fingerprint = datasetFingerprint(dataset);
  const { parent } = options;
  if (parent !== undefined) {
    requireSameData(runToFineTune(parent), dataset.people, fingerprint, options.changedData);
    removeLeftovers(runFolderOf(parent));
  }
  writeRunRecord(folder, {
    ...record,
    engine: { name: engine.name, detail: engine.detail },
    network: {
      ...(face ? givenNetwork(face.network.size) : networkOptionsOf(options)),
      name: graph.name,
      parameters: parameterCount(graph),
    },
    data: {
      people: [...dataset.people],
      images: dataset.usable,
      trainImages: dataset.split.train.length,
      validationImages: dataset.split.validation.length,
      fingerprint,
      ...('withoutFace' in dataset && { withoutFace: [...dataset.withoutFace] }),
    },
  });
}

/** @throws UserError `invalid-options` where quantization would have nothing to train */
function requireTrainable({ quantization, frozen }: TrainingOptions): void {
  if (quantization && frozen)
    throw new UserError(
      'invalid-options',
      'A network that stays frozen cannot be trained for int8.',
      'Train it without quantization, then fine-tune its checkpoint: that trains every layer.',
    );
}

function tellDataset({ options, folder, tell }: RunContext, dataset: Dataset | AlignedDataset): void {
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
  if ('severalFaces' in dataset) tellSeveralFaces(folder, dataset.severalFaces, tell);
}

function tellSeveralFaces(folder: RunFolder, several: AlignedDataset['severalFaces'], tell: RunTeller['tell']): void {
  const [first] = several;
  if (!first) return;
  withDiskErrors(runDisk(folder.path), () =>
    writeFileAtomically(folder.severalFaces, `${JSON.stringify(several, null, 2)}\n`),
  );
  tell({
    type: 'warning',
    code: 'faces-several',
    message: `${formatCount(several.length, 'picture shows', 'pictures show')} several faces, such as ${first.file} with ${first.faces}: the one most like the others of its folder was taken, else the largest.`,
    advice:
      'All of them are listed in several-faces.json of the run folder; leave out those where it may be somebody else.',
  });
}
