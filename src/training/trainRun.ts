import { formatCount } from '../core/format.js';
import { Random } from '../core/random.js';
import { datasetFingerprint } from '../dataset/fingerprint.js';
import { openDataset, type Dataset } from '../dataset/dataset.js';
import type { Engine } from '../engine/engine.js';
import { withPeople } from '../graph/cosineHead.js';
import { parameterCount, type Graph } from '../graph/graph.js';
import { networkOf } from '../graph/network.js';
import { givenNetwork } from '../graph/networkOptions.js';
import { failureOf } from '../platform/failureOf.js';
import { writeFileAtomically, withDiskErrors } from '../platform/files.js';
import { throttled } from '../platform/throttled.js';
import { JOBS, type TrainerMessage } from '../protocol/jobs.js';
import type { EventOf, ToldEvent } from '../protocol/runEvents.js';
import { initialRanges, quantizeGraph } from '../quantization/quantizeGraph.js';
import { CheckpointKeeper } from '../runs/checkpointKeeper.js';
import { requireSameData, requireUnchanged, runToFineTune } from '../runs/checkpointRun.js';
import { CheckpointThread, type CheckpointWriter } from '../runs/checkpointWriter.js';
import { removeLeftovers } from '../runs/leftovers.js';
import { runDisk } from '../runs/runDisk.js';
import { runFolderOf, type RunFolder } from '../runs/runFolder.js';
import { writeRunRecord } from '../runs/runRecord.js';
import { startWeights } from '../weights/startWeights.js';
import type { AlignedDataset } from './alignedDataset.js';
import { whyBrokenOff } from './brokenOff.js';
import { builtNetwork } from './builtNetwork.js';
import { Checkpointing } from './checkpointing.js';
import { sampledColumns } from './classes/sampledClasses.js';
import { DISK_PATIENCE, patienceAtEnd } from './diskPatience.js';
import { requireRoom } from './diskRoom.js';
import { faceNetworkFor, openFacesFor, type FaceStart } from './faceStart.js';
import { fewPeople } from './fewPeople.js';
import { memoryWarning } from './memoryWarning.js';
import { beginRun, goOnWithRun, type OpenRun, type ResumeJob, type TrainingJob } from './openRun.js';
import { neverBegins, QuantizationControl } from './quantization/quantizationControl.js';
import { PORTS, type RunContext, type TrainingPorts } from './runContext.js';
import type { RunTeller } from './runTeller.js';
import { scheduleWarning } from './scheduleWarning.js';
import { seenThroughFaces } from './seenThroughFaces.js';
import type { StopSignal } from './stopSignal.js';
import { stagesOf } from './stages.js';
import { stepsPerEpoch } from './stepsPerEpoch.js';
import { looksOf } from './teacher.js';
import { TrainingLoop } from './trainingLoop.js';

/**
 * A training run from the folder of pictures to the report. Everything it tells goes to `emit`, what belongs to the run
 * into its log as well. A failure is told the same way and ends the run; nothing is thrown for what the outside world
 * can cause.
 *
 * @returns whether the run ended well
 */
export function trainRun(
  job: TrainingJob,
  emit: (message: TrainerMessage) => void,
  stop: StopSignal,
  ports: TrainingPorts = PORTS,
): Promise<boolean> {
  return toTheEnd(emit, (open) => beginRun(job, { emit: heard(emit, open), stop, ports }, open));
}

/** {@link trainRun} for a run that ended before its last epoch, or that shall have more: it goes on to the same bits. */
export function resumeRun(
  job: ResumeJob,
  emit: (message: TrainerMessage) => void,
  stop: StopSignal,
  ports: TrainingPorts = PORTS,
): Promise<boolean> {
  return toTheEnd(emit, (open) => goOnWithRun(job, { emit: heard(emit, open), stop, ports }, open));
}

function heard(emit: (message: TrainerMessage) => void, open: OpenRun): typeof emit {
  return (message) => {
    open.told?.();
    emit(message);
  };
}

async function toTheEnd(
  emit: (message: TrainerMessage) => void,
  begin: (open: OpenRun) => Promise<RunContext>,
): Promise<boolean> {
  const open: OpenRun = {};
  try {
    const started = performance.now();
    const context = await begin(open);
    const finished = await run(context);
    const broken = ['completed', 'early'].includes(finished.reason) ? undefined : whyBrokenOff(context);
    if (broken) throw broken;
    const before = context.from?.loop.elapsedSeconds ?? 0;
    const elapsedSeconds = before + (performance.now() - started) / 1000;
    await context.teller.tellLast({ ...finished, elapsedSeconds }, isPatientIn(context));
    return true;
  } catch (error) {
    const failure: EventOf<'failure'> = { type: 'failure', ...failureOf(error, JOBS.train) };
    if (open.teller) tellFailure(failure, open.teller, emit);
    else emit(failure);
    return false;
  } finally {
    open.teller?.close();
    await open.giveBack?.();
  }
}

function isPatientIn({ ports, stop }: RunContext): () => Promise<boolean> {
  return patienceAtEnd({ ...DISK_PATIENCE, ...ports.patience }, stop);
}

function tellFailure(failure: EventOf<'failure'>, teller: RunTeller, emit: (message: TrainerMessage) => void): void {
  try {
    teller.tell(failure);
  } catch {
    emit(failure); // The log itself is what failed.
  }
}

async function run(context: RunContext): Promise<EventOf<'finished'>> {
  const writer = context.ports.writer ?? new CheckpointThread();
  try {
    return await runWith(context, writer);
  } finally {
    await writer.close();
  }
}

async function runWith(context: RunContext, writer: CheckpointWriter): Promise<EventOf<'finished'>> {
  const { options, face, teacher, scanned, tell, emit, stop, ports, from } = context;
  const { engine, warning } = await ports.selectEngine(options);
  tell({ type: 'engine', name: engine.name, detail: engine.detail });
  if (warning) tell({ type: 'warning', code: 'engine-slow', ...warning });
  if (from && from.loop.arithmetic !== engine.arithmetic)
    tell(goesOnElsewhere(from.loop.arithmetic, engine.arithmetic));

  const opened = await openDataset(
    scanned,
    { ...options, cacheFolder: ports.pixelCache, cacheBytes: options.pixelCacheMiB * 2 ** 20 },
    throttled((done, total) => emit({ type: 'preparing', done, total })),
    () => stop.requested,
  );
  const looks = looksOf(options, face, teacher);
  const dataset = opened && looks ? await throughFaces(context, opened, engine, looks) : opened;
  if (!dataset) return stoppedBefore(stop, from);
  try {
    return await train(context, dataset, engine, writer);
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

/** Stopped before its first step. */
function stoppedBefore({ reason }: StopSignal, from: RunContext['from']): EventOf<'finished'> {
  const { best } = from?.kept ?? {};
  return {
    ...{ type: 'finished', reason, elapsedSeconds: 0 },
    ...{ epochs: from?.checkpoint.position.epoch ?? 0, steps: from?.checkpoint.session.step ?? 0 },
    ...(best && { bestEpoch: best.epoch, bestValAccuracy: best.valAccuracy }),
  };
}

function goesOnElsewhere(before: string, now: string): ToldEvent {
  return {
    type: 'warning',
    code: 'resumed-elsewhere',
    message: `The run was trained with ${before} until now, and goes on with ${now}.`,
    advice: 'It is trained just as well; the last bits differ from those of a run that was never moved.',
  };
}

async function train(
  context: RunContext,
  dataset: Dataset | AlignedDataset,
  engine: Engine,
  writer: CheckpointWriter,
): Promise<EventOf<'finished'>> {
  const { options, tell } = context;
  const { quantization } = options;
  const { float, values } = await startingNetwork(context, dataset);
  const graph = quantization ? quantizeGraph(float, quantization) : float;
  writeFacts(context, dataset, engine, graph);
  tellDataset(context, dataset);
  const unreached = context.from ? undefined : scheduleWarning(options);
  if (unreached) tell(unreached);
  const few = context.from || !context.teacher ? undefined : fewPeople(dataset);
  if (few) tell(few);
  // A frozen face network keeps nothing for a way back.
  const columns = sampledColumns(dataset.people.length, options);
  const trained = columns ? withPeople(graph, columns) : graph;
  const memory = context.face && options.frozen ? undefined : memoryWarning(engine, trained, options);
  if (memory) tell({ type: 'warning', code: 'memory-low', ...memory });

  requireRoom(context, graph);
  return (await loopOf(context, dataset, engine, { float, graph, values }, writer)).run();
}

async function loopOf(
  context: RunContext,
  dataset: Dataset | AlignedDataset,
  engine: Engine,
  { float, graph, values }: { float: Graph; graph: Graph; values: ReadonlyMap<string, Float32Array> },
  writer: CheckpointWriter,
): Promise<TrainingLoop> {
  const { options, teacher, folder, teller, tell, stop, ports, from } = context;
  const { quantization } = options;
  const keeper = new CheckpointKeeper(folder, graph, options.keepCheckpoints, teller, writer, context.face && float);
  if (from) await keeper.goOn(from.event, from.kept);
  const start = quantization ? new Map([...values, ...initialRanges(graph)]) : values;
  const { inMemoryBytes } = ports;
  const place = { checkpoints: folder.checkpoints, ...(inMemoryBytes !== undefined && { inMemoryBytes }) };
  const stageOf = stagesOf(
    options,
    dataset,
    engine,
    { float, trainedGraph: graph, teacher },
    start,
    from?.checkpoint,
    place,
  );
  const shuffle = from?.checkpoint.position.shuffle;
  const random = shuffle ? Random.fromState(shuffle) : Random.forPurpose(options.seed, 'shuffle');
  const steps = stepsPerEpoch(dataset, options);
  const control =
    quantization && new QuantizationControl(options, graph, dataset, steps, tell, from?.loop.quantization);
  const never = control && neverBegins(control.schedule, steps * options.epochs);
  if (never && !from) tell(never);
  const patience = { ...DISK_PATIENCE, ...ports.patience };
  const { presence, requireThere } = teller;
  const lent = {
    tell,
    presence,
    requireThere,
    patience,
    minutes: options.checkpointMinutes,
    now: () => performance.now(),
  };
  const checkpoints = new Checkpointing(keeper, lent, from?.checkpoint.session.step ?? 0);
  return new TrainingLoop({
    ...{ options, dataset, stageOf, checkpoints, tell, stop, random, quantization: control },
    ...{ arithmetic: engine.arithmetic, isPatient: isPatientIn(context) },
    ...(from && { from: { position: from.checkpoint.position, step: from.checkpoint.session.step, loop: from.loop } }),
  });
}

/** The network in float, and what it starts with; where a run goes on, its checkpoint says that. */
export async function startingNetwork(
  { options, face, teacher, from }: Pick<RunContext, 'options' | 'face' | 'teacher' | 'from'>,
  { people }: Dataset,
): Promise<{ readonly float: Graph; readonly values: ReadonlyMap<string, Float32Array> }> {
  if (face) {
    const { graph, values } = faceNetworkFor(face, people.length, options);
    return { float: graph, values };
  }
  const float = networkOf(builtNetwork(options, teacher), people.length);
  if (from) return { float, values: from.checkpoint.session.parameters };
  const weights = options.parent ?? options.weights;
  // A head of very many people is in no session, and its values nowhere but in a store.
  const columns = sampledColumns(people.length, options);
  const trained = columns ? withPeople(float, columns) : float;
  return { float, values: await startWeights(trained, { ...options, weights, people }) };
}

/** @throws UserError where the pictures are not those of the run that this one goes on from */
function writeFacts(
  { options, face, teacher, folder, record, from }: RunContext,
  dataset: Dataset | AlignedDataset,
  engine: Engine,
  graph: Graph,
): void {
  const fingerprint = datasetFingerprint(dataset);
  const { parent } = options;
  if (from) {
    if (from.record.data) requireUnchanged(from.record.data, dataset.people, fingerprint);
    return;
  }
  if (parent !== undefined) {
    requireSameData(runToFineTune(parent), dataset.people, fingerprint, options.changedData);
    removeLeftovers(runFolderOf(parent));
  }
  writeRunRecord(folder, {
    ...record,
    engine: { name: engine.name, detail: engine.detail },
    network: {
      ...(face ? givenNetwork(face.network.size) : builtNetwork(options, teacher)),
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

function tellDataset({ options, folder, tell, from }: RunContext, dataset: Dataset | AlignedDataset): void {
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
  const told = new Set(from?.before.warnings.map(({ message }) => message));
  for (const warning of dataset.warnings) if (!told.has(warning.message)) tell({ type: 'warning', ...warning });
  if ('severalFaces' in dataset && !from) tellSeveralFaces(folder, dataset.severalFaces, tell);
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
