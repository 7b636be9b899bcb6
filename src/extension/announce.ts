import { closeRun } from '../client/closeRun.js';
import { RunModel } from '../client/runModel.js';
import { formatPercent } from '../core/format.js';
import type { MessageOf } from '../protocol/jobs.js';
import type { RunEnd, RunInProgress } from './activeRun.js';
import { recoveryFor } from './commands/fineTuneAgain.js';
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
  const recovery = end.type === 'failure' ? recoveryFor(editor, run, end.code) : undefined;
  const buttons = [
    ...(recovery ? [recovery.title] : []),
    // A folder that was refused before the run began has nothing to open.
    ...(model.hasReport ? [openReport] : []),
    ...(model.events.length > 0 ? [openRun] : []),
  ];
  const chosen =
    end.type === 'failure'
      ? await editor.say('error', `${end.message} ${end.advice}`, ...buttons, showLog)
      : await editor.say('information', success(run.name, end), ...buttons);
  if (recovery && chosen === recovery.title) await recovery.run();
  if (chosen === openRun) await editor.execute('faceTrainer.openRun', run.runFolder);
  if (chosen === openReport) await editor.execute('faceTrainer.openReport', run.runFolder);
  if (chosen === showLog) editor.log.show();
}

const ENDS = {
  completed: 'Training has finished',
  stopped: 'Training was stopped',
  paused: 'Training was paused',
} as const;

function success(name: string, end: MessageOf<'finished'>): string {
  const how = ENDS[end.reason];
  const reached =
    end.bestEpoch === undefined
      ? 'no epoch was finished'
      : `best validation accuracy ${formatPercent(end.bestValAccuracy)} after epoch ${end.bestEpoch}`;
  return `${name}: ${how}, ${reached}.`;
}
