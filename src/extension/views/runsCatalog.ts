import fs from 'node:fs';
import path from 'node:path';
import { RunModel } from '../../client/runModel.js';
import { checkpointFacts } from '../../core/checkpoints.js';
import { bestEpoch } from '../../core/runState.js';
import type { RunPhase } from '../../protocol/panel.js';
import type { Editor } from '../editor.js';
import { runName } from '../runName.js';
import { runsFolderFor } from '../runsFolders.js';

/** What lists show of a run. */
export interface RunFacts {
  readonly runFolder: string;
  /** "orl", and "orl – 23:48". */
  readonly title: string;
  readonly name: string;
  readonly startedAt: Date | undefined;
  /** `unreadable`: what is in the folder is not what a run writes. */
  readonly phase: RunPhase | 'unreadable';
  readonly quantized: boolean;
  /** Validation accuracy. */
  readonly best: number | undefined;
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

/** The runs of the open workspace folders, the newest first. */
export function allRuns(editor: Editor): RunFacts[] {
  const runs = editor.workspaceFolders.flatMap((folder) => runFolders(runsFolderFor(editor, folder)));
  return [...new Set(runs)]
    .sort((a, b) => path.basename(b).localeCompare(path.basename(a)))
    .map((folder) => factsOf(editor, folder));
}

/** One run that is broken must not hide the others. */
export function factsOf(editor: Editor, runFolder: string): RunFacts {
  try {
    return readFacts(runFolder);
  } catch (error) {
    editor.log.warn(`the run ${runFolder} cannot be read: ${String(error)}`);
    const title = path.basename(runFolder);
    const nothing = { startedAt: undefined, quantized: false, best: undefined, checkpoints: [] };
    return { runFolder, title, name: title, phase: 'unreadable', ...nothing };
  }
}

function readFacts(runFolder: string): RunFacts {
  const model = new RunModel(runFolder);
  const { state, title, phase } = model;
  const startedAt = state.run && new Date(state.run.startedAt);
  return {
    runFolder,
    title,
    name: runName(model),
    startedAt: startedAt && !Number.isNaN(startedAt.valueOf()) ? startedAt : undefined,
    phase,
    quantized: state.run?.options.quantization !== undefined,
    best: bestEpoch(state)?.valAccuracy,
    checkpoints: model.checkpoints.map((checkpoint) => {
      const { title: words, validated, best } = checkpointFacts(state, checkpoint);
      const folder = path.join(runFolder, ...checkpoint.path.split('/'));
      return { path: folder, title: words, accuracy: validated?.valAccuracy, best };
    }),
  };
}

function runFolders(runs: string): string[] {
  try {
    return fs
      .readdirSync(runs)
      .map((name) => path.join(runs, name))
      .filter((folder) => fs.existsSync(path.join(folder, 'run.json')));
  } catch {
    return [];
  }
}
