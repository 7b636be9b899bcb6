import fs from 'node:fs';
import path from 'node:path';
import { checkpointTitle } from '../../core/checkpoints.js';
import { namesIn } from '../../platform/namesIn.js';
import type { RunPhase } from '../../protocol/panel.js';
import type { Verdict } from '../../protocol/verdict.js';
import { readSummary, standOf, type RunSummary } from '../../runs/runSummary.js';
import type { Editor } from '../editor.js';
import { dateOf, nameOf } from '../runName.js';
import { drawnFaces, runsFolderFor } from '../runsFolders.js';

/** What lists show of a run. */
export interface RunFacts {
  readonly runFolder: string;
  /** "orl", and "orl – 23:48". */
  readonly title: string;
  readonly name: string;
  readonly startedAt: Date | undefined;
  /** `unreadable`: the folder does not say whose run it is. */
  readonly phase: RunPhase | 'unreadable';
  /** What is wrong with it, and what to do, in sentences. */
  readonly trouble?: string;
  readonly quantized: boolean;
  /** Validation accuracy. */
  readonly best: number | undefined;
  readonly verdict?: Verdict;
  /** Those that are still there; the newest first. */
  readonly checkpoints: readonly CheckpointRow[];
}

export interface CheckpointRow {
  /** Folder. */
  readonly path: string;
  /** "Epoch 4". */
  readonly title: string;
  /** In its validation; undefined where it had none. */
  readonly accuracy: number | undefined;
  readonly best: boolean;
}

const RESTING: ReadonlySet<RunFacts['phase']> = new Set([
  'completed',
  'early',
  'stopped',
  'paused',
  'failed',
  'interrupted',
]);

/** Not those that train, and those that have nothing to go on from. */
export function mayGoOn({ phase, checkpoints }: Pick<RunFacts, 'phase' | 'checkpoints'>): boolean {
  return RESTING.has(phase) && checkpoints.length > 0;
}

/** The runs of the open workspace folders, the newest first. */
export function allRuns(editor: Editor): RunFacts[] {
  return runsFolders(editor)
    .flatMap(runFolders)
    .sort((a, b) => path.basename(b).localeCompare(path.basename(a)))
    .map((folder) => factsOf(editor, folder));
}

/** Where the runs of the open workspace folders are; several may have one together. Where nothing is open, those on drawn faces are shown. */
export function runsFolders(editor: Editor): string[] {
  const { workspaceFolders } = editor;
  if (workspaceFolders.length === 0) return [runsFolderFor(editor, drawnFaces(editor))];
  return [...new Set(workspaceFolders.map((folder) => runsFolderFor(editor, folder)))];
}

/** By the summary that the run keeps, so that a list costs the same however long its runs were. */
export function factsOf(editor: Editor, runFolder: string): RunFacts {
  const summary = readSummary(runFolder);
  if (summary) return factsIn(summary, runFolder);
  editor.log.warn(`the run ${runFolder} cannot be read`);
  const title = path.basename(runFolder);
  const nothing = { startedAt: undefined, quantized: false, best: undefined, checkpoints: [] };
  return { runFolder, title, name: title, phase: 'unreadable', ...nothing };
}

function factsIn(summary: RunSummary, runFolder: string): RunFacts {
  const title = path.basename(summary.dataset);
  const startedAt = dateOf(summary.startedAt);
  const { phase, trouble } = standOf(runFolder, summary);
  return {
    runFolder,
    title,
    name: nameOf(title, startedAt),
    startedAt,
    phase,
    ...(trouble && { trouble: `${trouble.message} ${trouble.advice}` }),
    quantized: summary.quantized,
    best: summary.best?.valAccuracy,
    ...(summary.verdict && { verdict: summary.verdict }),
    checkpoints: summary.checkpoints
      .map((checkpoint) => ({
        path: path.join(runFolder, ...checkpoint.path.split('/')),
        title: checkpointTitle(checkpoint),
        accuracy: checkpoint.valAccuracy,
        best: checkpoint.best,
      }))
      .reverse(),
  };
}

/** Of a folder of runs. */
export function runFolders(runs: string): string[] {
  return namesIn(runs)
    .map((name) => path.join(runs, name))
    .filter((folder) => fs.existsSync(path.join(folder, 'run.json')));
}
