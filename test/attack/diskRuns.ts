import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { RunModel } from '../../src/client/runModel.js';
import type { Random } from '../../src/core/random.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import type { TrainerMessage } from '../../src/protocol/jobs.js';
import { trainingOptions, type TrainingOptionsInput } from '../../src/protocol/options.js';
import type { EventOf } from '../../src/protocol/runEvents.js';
import { renderReport } from '../../src/report/report.js';
import { readCheckpoint } from '../../src/runs/checkpoint.js';
import { WRITER_HERE } from '../../src/runs/checkpointWriter.js';
import { readSummary } from '../../src/runs/runSummary.js';
import { StopSignal } from '../../src/training/stopSignal.js';
import { resumeRun, trainRun } from '../../src/training/trainRun.js';
import { lastResultOf } from '../support/smallRuns.js';
import { watchingDisk, type DiskOperation } from './diskSeam.js';

// A disk that fails at each of the things it is asked for, and what a run is worth afterwards.

export interface Ran {
  readonly ok: boolean;
  readonly messages: readonly TrainerMessage[];
}

export interface SmallDisk {
  readonly dataset: string;
  readonly cache: string;
  readonly options: Partial<TrainingOptionsInput>;
}

interface Watched {
  /** Stops it behind so many steps. */
  readonly stopAt?: number;
  readonly onMessage?: (message: TrainerMessage) => void;
}

/** Trains, or goes on with a run, in this process: its writes are this process's. Each step has a checkpoint. */
export async function runHere(
  how: SmallDisk,
  runFolder: string,
  goesOn = false,
  { stopAt, onMessage }: Watched = {},
): Promise<Ran> {
  const messages: TrainerMessage[] = [];
  const stop = new StopSignal();
  const emit = (message: TrainerMessage) => {
    messages.push(message);
    onMessage?.(message);
    if (message.type === 'step' && message.step === stopAt) stop.request();
  };
  const ports = {
    ...{ now: () => new Date(0), pixelCache: how.cache, selectEngine, writer: WRITER_HERE },
    patience: { retryMs: 5, endMs: 10, endRetryMs: 2 },
  };
  const options = trainingOptions.parse({ dataset: how.dataset, checkpointMinutes: 1e-9, ...how.options });
  const ok = goesOn
    ? await resumeRun({ runFolder }, emit, stop, ports)
    : await trainRun({ runFolder, version: '0', options }, emit, stop, ports);
  return { ok, messages };
}

/** What a disk does to what it is asked for. */
export const FAULTS = ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'ENOENT', 'short', 'slow'] as const;
/** One operation alone; a few; all until the process ends. */
export const SPANS = [1, 12, Infinity] as const;

export interface Fault {
  /** Number of the operation, from 0. */
  readonly at: number;
  readonly kind: (typeof FAULTS)[number];
  readonly span: number;
}

/** What may fail without a word: it costs room, or is done once more. */
const HARMLESS = /(^|\/)\.(?:old|reserve|lock)|^control|\.tmp-/;

/** What a run does with a disk that has a fault. */
export interface Faulted {
  /** What it met first; undefined where the run ended before. */
  readonly met: DiskOperation | undefined;
  readonly ok: boolean;
  readonly wentOn: boolean;
}

function faultyDisk(
  { at, kind, span }: Fault,
  met: (operation: DiskOperation) => void,
): (operation: DiskOperation) => number | undefined {
  let n = 0;
  return (operation) => {
    const i = n++;
    if (i < at || i >= at + span) return undefined;
    if (i === at) met(operation);
    if (kind === 'short') return operation.call === 'write' ? Math.max(1, operation.bytes.length >> 1) : undefined;
    if (kind === 'slow') {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, span === 1 ? 40 : 1);
      return undefined;
    }
    throw Object.assign(new Error(`${kind}: made up`), { code: kind, syscall: operation.call });
  };
}

/**
 * A run on a disk with a fault, and then on a sound one.
 *
 * @param expected what a run comes to on a sound disk
 * @throws AssertionError where it cannot be opened, nothing was said, a checkpoint that was told is not there, or its bits are others
 */
export async function faultRun(how: SmallDisk, runFolder: string, fault: Fault, expected: unknown): Promise<Faulted> {
  const told = JSON.stringify(fault);
  let met: DiskOperation | undefined;
  const before = faultyDisk(fault, (operation) => (met = operation));
  const silence = console.error;
  console.error = () => undefined;
  try {
    const ran = await watchingDisk(runFolder, { before }, () => runHere(how, runFolder));
    requireSaid(ran, met, fault, told);
    if (!fs.existsSync(runFolder)) return { met, ok: ran.ok, wentOn: false };
    requireOpen(runFolder, ran, told);
    // The process that held it is this one, which lives on.
    for (const name of fs.readdirSync(runFolder)) if (name.startsWith('.lock-')) fs.rmSync(path.join(runFolder, name));
    if (ran.ok) {
      assert.deepEqual(lastResultOf(runFolder), expected, told);
      return { met, ok: true, wentOn: false };
    }
    const again = await runHere(how, runFolder, true);
    const refused = again.messages.find(({ type }) => type === 'failure') as EventOf<'failure'> | undefined;
    if (refused && ['run-without-checkpoint', 'run-unreadable'].includes(refused.code)) {
      assert.equal(newestTold(ran), undefined, `${told}: ${refused.message}`);
      return { met, ok: false, wentOn: false };
    }
    // The last line was written, and only its sync failed.
    const isThere = refused?.code === 'run-complete';
    assert.ok(again.ok || isThere, `${told}: ${JSON.stringify(again.messages.at(-1))}`);
    assert.deepEqual(lastResultOf(runFolder), expected, told);
    return { met, ok: false, wentOn: true };
  } finally {
    console.error = silence;
  }
}

const newestTold = ({ messages }: Ran) =>
  messages.findLast((message): message is EventOf<'checkpoint'> => message.type === 'checkpoint');

function requireSaid({ ok, messages }: Ran, met: DiskOperation | undefined, { kind }: Fault, told: string): void {
  const last = messages.at(-1)!;
  assert.equal(last.type, ok ? 'finished' : 'failure', told);
  if (last.type === 'failure') {
    assert.notEqual(last.code, 'internal', `${told}: ${last.message}`);
    return;
  }
  if (!met || kind === 'short' || kind === 'slow') return;
  const said = messages.some(({ type }) => type === 'warning');
  assert.ok(
    said || HARMLESS.test('to' in met ? `${met.at} ${met.to}` : met.at) || isSummary(met),
    `${told}: silence about ${JSON.stringify(met)}`,
  );
}

/** It is written anew; that it says what the log says is asked below. */
const isSummary = ({ at }: DiskOperation) => at === '' || at.startsWith('summary.json');

function requireOpen(runFolder: string, ran: Ran, told: string): void {
  const model = new RunModel(runFolder);
  renderReport(model.state);
  const summary = readSummary(runFolder);
  // The disk may have taken neither the first line nor its folder back.
  assert.ok(model.state.run ?? (!ran.ok && !newestTold(ran)), `${told}: nothing of the run is there`);
  if (ran.ok) {
    assert.equal(model.phase, 'completed', `${told}: the log`);
    assert.equal(summary?.finished, 'completed', `${told}: the summary`);
  }
  const newest = newestTold(ran);
  if (newest) assert.equal(readCheckpoint(path.join(runFolder, newest.path)).session.step, newest.step, told);
}

/** What a run asks a sound disk for. */
export async function operationsOf(how: SmallDisk, runFolder: string): Promise<DiskOperation[]> {
  const operations: DiskOperation[] = [];
  const ran = await watchingDisk(runFolder, { after: (one) => void operations.push(one) }, () =>
    runHere(how, runFolder),
  );
  assert.ok(ran.ok);
  return operations;
}

/** So many different faults, of all there are: each operation, kind and span. */
export function someFaults(operations: number, count: number, random: Random): Fault[] {
  const all = Array.from({ length: operations }, (_, at) =>
    FAULTS.flatMap((kind) => SPANS.map((span): Fault => ({ at, kind, span }))),
  ).flat();
  for (let i = all.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all.slice(0, count);
}
