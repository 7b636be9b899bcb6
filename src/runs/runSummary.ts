import * as z from 'zod';
import { isFromOutside } from '../core/isFromOutside.js';
import type { Reached } from '../core/howFar.js';
import { silenceWords, type Words } from '../core/silence.js';
import { bestEpoch, emptyRunState, reduceAll, type RunState } from '../core/runState.js';
import { checkpointFacts } from '../core/checkpoints.js';
import { writeFileAtomically } from '../platform/files.js';
import { readOwnFile } from '../platform/regularFile.js';
import type { RunPhase } from '../protocol/panel.js';
import { distilled, finished, METRICS, type EventOf, type RunEvent } from '../protocol/runEvents.js';
import { verdict } from '../protocol/verdict.js';
import { runVerdict } from '../evaluation/runVerdict.js';
import { checkpointsThere } from './checkpointList.js';
import { hasLastWord } from './lastWord.js';
import { RunFolder } from './runFolder.js';
import { RunReader } from './runReader.js';
import { pulseOf } from './vitalSigns.js';

const share = z.number().min(0).max(1);

/** What `summary.json` holds: what a list of runs shows, so that it need not read their logs. */
export const runSummary = z.object({
  version: z.literal(1),
  startedAt: z.string(),
  /** Absolute path of the pictures. */
  dataset: z.string(),
  quantized: z.boolean(),
  /** Folder of the checkpoint that it goes on from. */
  parent: z.string().optional(),
  pid: z.int(),
  processStart: z.string().optional(),
  /** Whether the first step was made, or is about to be. */
  begun: z.boolean(),
  /** Epochs finished, and asked for. */
  epochs: z.int(),
  plannedEpochs: z.int(),
  best: z
    .object({
      ...{ epoch: z.int(), valAccuracy: share, metric: z.enum(METRICS).optional() },
      distilled: distilled.optional(),
    })
    .optional(),
  verdict: verdict.optional(),
  /** How long a run that has ended took, and what it did meanwhile. */
  took: z
    .object({
      ...{ seconds: z.number().min(0), pictures: z.int().min(1), epochs: z.int().min(1) },
      ...{ recipe: z.string(), backbone: z.string(), size: z.int(), width: z.number(), frozen: z.boolean() },
    })
    .optional(),
  /** That are there, the oldest first. */
  checkpoints: z.array(
    z.object({
      path: z.string(),
      epoch: z.int(),
      step: z.int(),
      bytes: z.int(),
      best: z.boolean(),
      /** Absent inside an epoch: it was not validated. */
      valAccuracy: share.optional(),
    }),
  ),
  failure: z.object({ code: z.string(), message: z.string(), advice: z.string() }).optional(),
  finished: finished.shape.reason.optional(),
});
export type RunSummary = Readonly<z.output<typeof runSummary>>;

const MOST_BYTES = 1 << 22;
/** After these events the summary is another one. */
const TURNS: readonly RunEvent['type'][] = ['run', 'resumed', 'stage', 'checkpoint', 'failure', 'finished'];

export function changesSummary(event: RunEvent): boolean {
  return TURNS.includes(event.type);
}

/** @returns undefined before the run has said who it is */
export function summaryOf(runFolder: string, state: RunState): RunSummary | undefined {
  const { run, failure, finished } = state;
  if (!run) return undefined;
  const best = bestEpoch(state);
  return {
    version: 1,
    startedAt: run.startedAt,
    dataset: run.options.dataset,
    quantized: run.options.quantization !== undefined,
    parent: run.options.parent,
    pid: run.pid,
    processStart: run.processStart,
    begun: state.stages.length > 0 || state.steps.length > 0,
    epochs: state.epochs.length,
    plannedEpochs: run.options.epochs,
    best: best && {
      ...{ epoch: best.epoch, valAccuracy: best.valAccuracy, metric: best.metric },
      distilled: best.distilled,
    },
    verdict: runVerdict(state),
    took: tookOf(state),
    checkpoints: checkpointsThere(runFolder, state.checkpoints).map((checkpoint) => {
      const { best: isBest, validated } = checkpointFacts(state, checkpoint);
      return { ...factsOf(checkpoint), best: isBest, valAccuracy: validated?.valAccuracy };
    }),
    failure: failure && { code: failure.code, message: failure.message, advice: failure.advice },
    finished: finished?.reason,
  };
}

function tookOf({ run, dataset, finished, epochs }: RunState): RunSummary['took'] {
  if (!run || !finished || !dataset || dataset.images === 0 || epochs.length === 0) return undefined;
  const { recipe, backbone, size, width, frozen } = run.options;
  const did = { seconds: finished.elapsedSeconds, pictures: dataset.images, epochs: epochs.length };
  return { ...did, recipe, backbone, size, width, frozen };
}

function factsOf({ path, epoch, step, bytes, best }: EventOf<'checkpoint'>): RunSummary['checkpoints'][number] {
  return { path, epoch, step, bytes, best };
}

/** @throws what the file system says */
export function writeSummary(runFolder: string, state: RunState): void {
  const summary = summaryOf(runFolder, state);
  if (summary) writeFileAtomically(new RunFolder(runFolder).summary, `${JSON.stringify(summary, null, 2)}\n`);
}

/**
 * What a list shows of a run: its summary, or the same from the log of a run that wrote none (0.1.0) or whose disk took its last word
 * and no summary any more. Nothing is thrown, and nothing but regular files is opened.
 *
 * @returns undefined for a run that did not come to say who it is
 */
export function readSummary(runFolder: string): RunSummary | undefined {
  try {
    const text = readOwnFile(new RunFolder(runFolder).summary, MOST_BYTES).toString('utf8');
    const summary = runSummary.parse(JSON.parse(text));
    if (!summary.finished && !summary.failure && hasLastWord(runFolder)) return fromLog(runFolder);
    // Some may have been removed since, and one have come that a kill kept from being told.
    const known = new Map(summary.checkpoints.map((checkpoint) => [checkpoint.path, checkpoint]));
    const told = summary.checkpoints.map((checkpoint) => ({ type: 'checkpoint' as const, ...checkpoint }));
    const there = checkpointsThere(runFolder, told);
    return { ...summary, checkpoints: there.map((checkpoint) => known.get(checkpoint.path) ?? factsOf(checkpoint)) };
  } catch {
    return fromLog(runFolder);
  }
}

function fromLog(runFolder: string): RunSummary | undefined {
  return summaryOf(runFolder, reduceAll(new RunReader(runFolder).readNew(), emptyRunState()));
}

/** What a run is doing, for a list, and what is wrong with it. */
export function standOf(
  runFolder: string,
  summary: RunSummary,
): { readonly phase: RunPhase; readonly trouble?: Words } {
  const { failure, finished, begun } = summary;
  if (failure) return { phase: isFromOutside(failure) ? 'interrupted' : 'failed', trouble: failure };
  if (finished) return { phase: finished };
  const pulse = pulseOf(runFolder, summary);
  const trouble = silenceWords(pulse, reachedBy(summary));
  if (trouble) return { phase: 'silent', trouble };
  if (pulse.state === 'gone') return { phase: 'interrupted' };
  return { phase: begun ? 'training' : 'preparing' };
}

/** What is kept of a run. */
export function reachedBy({ checkpoints, plannedEpochs }: Pick<RunSummary, 'checkpoints' | 'plannedEpochs'>): Reached {
  return { newest: checkpoints.at(-1), epochs: plannedEpochs };
}
