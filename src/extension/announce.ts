import { closeRun } from '../client/closeRun.js';
import { RunModel } from '../client/runModel.js';
import { smallerBatch } from '../core/batchSize.js';
import { bestWords } from '../core/metricWords.js';
import type { RunState } from '../core/runState.js';
import { verdictWords } from '../core/verdictWords.js';
import { runVerdict } from '../evaluation/runVerdict.js';
import type { MessageOf } from '../protocol/jobs.js';
import type { RunEnd, RunInProgress } from './activeRun.js';
import { recoveryFor } from './commands/fineTuneAgain.js';
import { nextStepFor } from './commands/nextStep.js';
import type { Editor } from './editor.js';
import { factsOf } from './views/runsCatalog.js';

// Read when a run has ended.

/** Says of a run whose process ended while no window was there why it did, here and in its folder. */
export async function announceGone(editor: Editor, runFolder: string): Promise<void> {
  const end = await closeRun(runFolder);
  if (end?.type !== 'failure') return;
  const { title } = factsOf(editor, runFolder);
  await announce(editor, { order: undefined, name: title, runFolder }, end);
}

/** One notification at the end of a run. */
export async function announce(
  editor: Editor,
  run: Pick<RunInProgress, 'order' | 'name' | 'runFolder'>,
  end: RunEnd,
): Promise<void> {
  const model = new RunModel(run.runFolder);
  const [openRun, openReport, showLog] = ['Open Run', 'Open Report', 'Show Log'];
  const offered =
    end.type === 'failure'
      ? [recoveryFor(editor, run, end.code), withSmallerBatch(editor, model.state, end.code)]
      : [nextStepFor(editor, model)];
  const steps = offered.filter((one) => one !== undefined);
  const buttons = [
    ...steps.map(({ title }) => title),
    // A folder that was refused before the run began has nothing to open.
    ...(model.hasReport ? [openReport] : []),
    ...(model.events.length > 0 ? [openRun] : []),
  ];
  const chosen =
    end.type === 'failure'
      ? await editor.say('error', `${end.message} ${end.advice}`, ...buttons, showLog)
      : await editor.say('information', success(run.name, model.state, end), ...buttons);
  await steps.find(({ title }) => title === chosen)?.run();
  if (chosen === openRun) await editor.execute('faceTrainer.openRun', run.runFolder);
  if (chosen === openReport) await editor.execute('faceTrainer.openReport', run.runFolder);
  if (chosen === showLog) editor.log.show();
}

/** Of a run that was short of memory. */
function withSmallerBatch(editor: Editor, { run }: RunState, code: string): ReturnType<typeof recoveryFor> {
  const batchSize = run && smallerBatch(run.options);
  if (batchSize === undefined || (code !== 'memory-low' && code !== 'out-of-memory')) return undefined;
  const place = { scheme: 'file', fsPath: run!.options.dataset };
  return {
    title: `Train with Batches of ${batchSize}…`,
    run: async () => {
      await editor.execute('faceTrainer.trainModel', place, { batchSize });
    },
  };
}

const ENDS = {
  completed: 'Training has finished',
  early: 'Training ended early, as nothing became better',
  stopped: 'Training was stopped',
  paused: 'Training was paused',
} as const;

function success(name: string, state: RunState, end: MessageOf<'finished'>): string {
  const how = ENDS[end.reason];
  const verdict = runVerdict(state);
  if (verdict) return `${name}: ${how}. ${verdictWords(verdict)}`;
  const reached =
    end.bestEpoch === undefined
      ? 'no epoch was finished'
      : `best ${bestWords(state, end.bestValAccuracy)} after epoch ${end.bestEpoch}`;
  return `${name}: ${how}, ${reached}.`;
}
