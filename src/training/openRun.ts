import path from 'node:path';
import { formatCount, formatList } from '../core/format.js';
import { UserError } from '../core/userError.js';
import { picturesOfRun } from '../dataset/picturesOfRun.js';
import { facesSeenIn } from '../faces/alignJournal.js';
import { diskError, removeIfPossible } from '../platform/files.js';
import { takeFolder } from '../platform/folderLock.js';
import { processStart } from '../platform/isAlive.js';
import type { TrainingOptions } from '../protocol/options.js';
import type { EventOf, ToldEvent } from '../protocol/runEvents.js';
import { removeLeftovers } from '../runs/leftovers.js';
import { clearBeyond, resumePoint, type ResumePoint } from '../runs/resumePoint.js';
import { takeWish } from '../runs/runControl.js';
import { runDisk } from '../runs/runDisk.js';
import { RunFolder } from '../runs/runFolder.js';
import { writeRunRecord, type RunRecord } from '../runs/runRecord.js';
import { ELSEWHERE_MS, here, isOfHere, readVitalSigns } from '../runs/vitalSigns.js';
import { requireWeights } from '../weights/startWeights.js';
import { faceStart } from './faceStart.js';
import { requireTrainable } from './requireTrainable.js';
import type { RunContext, RunSurroundings } from './runContext.js';
import { RunTeller } from './runTeller.js';
import { requireSameTeacher, teacherOf } from './teacher.js';

/** How often a run looks whether somebody wants it to end. */
const LISTEN_MS = 250;

export interface TrainingJob {
  /** Absolute path, absent or empty. */
  readonly runFolder: string;
  readonly options: TrainingOptions;
  /** Of the package, for `run.json`. */
  readonly version: string;
}

export interface ResumeJob {
  /** Absolute path of a run that ended, however it did. */
  readonly runFolder: string;
  /** Epochs of the whole run; as many as were planned when absent. */
  readonly epochs?: number | undefined;
}

/** What is open of a run, for whoever has to close it. */
export interface OpenRun {
  teller?: RunTeller;
  giveBack?: () => Promise<void>;
  /** Somebody counts what is told. */
  told?: () => void;
}

/**
 * Makes the folder of a new run.
 *
 * @throws UserError where the pictures, the weights or the options do not allow a training: no folder is left behind
 */
export async function beginRun(job: TrainingJob, around: RunSurroundings, open: OpenRun): Promise<RunContext> {
  const { options } = job;
  const folder = new RunFolder(job.runFolder);
  const startedAt = around.ports.now().toISOString();
  const scanned = picturesOfRun(options);
  requireTrainable(options);
  const face = faceStart(options);
  if (!face) requireWeights(options);
  const teacher = teacherOf(options);
  const template = face?.template ?? teacher?.template;
  const record: RunRecord = {
    version: 2,
    id: path.basename(job.runFolder),
    startedAt,
    options,
    faces: face || template ? 'aligned' : facesSeenIn(options.dataset),
    ...(template && { template }),
    ...(teacher && { teacher: { name: teacher.name, digest: teacher.digest } }),
    versions: { faceTrainer: job.version, node: process.version, platform: `${process.platform} ${process.arch}` },
  };
  const takeBack = folder.create();
  try {
    await takeRun(folder, around, open);
    writeRunRecord(folder, record);
    const teller = new RunTeller(folder, around.emit);
    open.teller = teller;
    const { tell } = teller;
    tell({ type: 'run', runFolder: folder.path, startedAt, ...thisProcess(), options });
    teller.requireWritten();
    return { ...around, options, face, teacher, folder, record, scanned, teller, tell, from: undefined };
  } catch (error) {
    await open.giveBack?.();
    takeBack();
    throw error;
  }
}

/**
 * Goes on with a run from its newest checkpoint that is whole.
 *
 * @throws UserError `run-busy`, `run-complete`, `run-unreadable`, `run-without-checkpoint`, or where the pictures are gone
 */
export async function goOnWithRun(job: ResumeJob, around: RunSurroundings, open: OpenRun): Promise<RunContext> {
  const folder = new RunFolder(job.runFolder);
  await takeRun(folder, around, open);
  const point = resumePoint(folder.path);
  const { state, ...from } = point;
  const epochs = job.epochs ?? from.record.options.epochs;
  const options = { ...from.record.options, epochs };
  const { epoch } = from.checkpoint.position;
  // Killed between its last checkpoint and its last word, which a disk may have refused as well, it has only that to say.
  const { finished, failure } = state;
  const wordless = job.epochs === undefined && (finished?.reason !== 'completed' || failure !== undefined);
  if (epoch >= epochs && !wordless) {
    // Killed behind its last word, it has left what it would have cleared away.
    removeLeftovers(folder.path);
    removeIfPossible(folder.reserve);
    throw complete(epoch);
  }
  const scanned = picturesOfRun(options);
  const face = faceStart(options);
  const teacher = teacherOf(options);
  requireSameTeacher(teacher, from.record.teacher?.digest);
  const record = { ...from.record, options };
  if (epochs !== from.record.options.epochs) writeRunRecord(folder, record);
  removeLeftovers(folder.path);
  const teller = new RunTeller(folder, around.emit, state);
  open.teller = teller;
  const { tell } = teller;
  tellAgain(tell, point, epochs, around.ports.now());
  teller.requireWritten();
  clearBeyond(folder.path, from);
  const before = { ...from.before, steps: [] };
  const loop = finished?.reason === 'early' ? { ...from.loop, patientSince: epoch } : from.loop;
  return { ...around, options, face, teacher, folder, record, scanned, teller, tell, from: { ...from, loop, before } };
}

/** What went before stands behind it as if nothing had come after. */
function tellAgain(
  tell: (event: ToldEvent) => void,
  { event, loop, before, state, passedOver }: ResumePoint,
  epochs: number,
  now: Date,
): void {
  const { path: checkpoint, epoch, step } = event;
  const isTold = state.checkpoints.some((one) => one.path === checkpoint);
  tell({
    ...{ type: 'resumed', checkpoint, epoch, step, ...loop.told, epochs },
    ...{ resumedAt: now.toISOString(), ...thisProcess() },
  });
  const { calibrated, quantizers, sensitivity } = before;
  for (const newest of [calibrated, quantizers, sensitivity]) if (newest) tell(newest);
  if (!isTold) tell(event);
  if (passedOver.length > 0)
    tell({
      type: 'warning',
      code: 'checkpoint-passed-over',
      message: `${formatList(passedOver)} cannot be read: the run goes on from ${path.posix.basename(checkpoint)}.`,
      advice: 'The disk may be failing, or the machine lost power: the steps after it are trained again.',
    });
}

/** @throws UserError `run-busy` while another process writes it */
async function takeRun({ path: runFolder }: RunFolder, { ports, stop }: RunSurroundings, open: OpenRun): Promise<void> {
  const giveBack = await takeFolder(runFolder, 500).catch((cause: unknown) => {
    const error = diskError(runDisk(runFolder), cause);
    if (error instanceof UserError && error.code === 'disk-full') throw error;
    throw new UserError(
      'run-unreadable',
      `The run folder “${runFolder}” cannot be written to.`,
      'Bring it back, or give yourself the right to write there.',
      { cause },
    );
  });
  if (!giveBack)
    throw new UserError(
      'run-busy',
      `The run “${path.basename(runFolder)}” is training in another process.`,
      'Stop it there first, or watch it: its panel shows every run.',
    );
  try {
    requireNotElsewhere(runFolder);
  } catch (error) {
    giveBack();
    throw error;
  }
  takeWish(runFolder); // of somebody who came too late for the process before
  const since = ports.now();
  const forget = ports.noteRunning?.(runFolder, since);
  const watch = ports.watch?.(runFolder, since, (left) => stop.breakOff({ by: 'shortage', ...left }));
  if (watch) open.told = watch.told;
  const listening = setInterval(() => {
    const wish = takeWish(runFolder);
    if (wish) stop.request(wish);
  }, LISTEN_MS);
  open.giveBack = async () => {
    clearInterval(listening);
    await watch?.close();
    forget?.();
    giveBack();
  };
}

/** Of a folder that machines share: what another one says of its processes cannot be asked for here. @throws UserError `run-busy` */
function requireNotElsewhere(runFolder: string): void {
  const signs = readVitalSigns(runFolder);
  const now = here();
  if (!signs || isOfHere(signs, now) || now.wall - Date.parse(signs.at) > ELSEWHERE_MS) return;
  throw new UserError(
    'run-busy',
    `The run “${path.basename(runFolder)}” is training on another machine, “${signs.host}”.`,
    'Stop it there first, or watch it: its panel shows every run.',
  );
}

function thisProcess(): Pick<EventOf<'run'>, 'pid' | 'processStart'> {
  const { pid } = process;
  return { pid, processStart: processStart(pid) };
}

function complete(epochs: number): UserError {
  return new UserError(
    'run-complete',
    `${formatCount(epochs, 'epoch')} of this run ${epochs === 1 ? 'is' : 'are'} done already.`,
    'Name more than that to train it longer (--epochs).',
  );
}
