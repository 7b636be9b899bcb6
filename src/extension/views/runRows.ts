import path from 'node:path';
import { formatPercent } from '../../core/format.js';
import { verdictWords } from '../../core/verdictWords.js';
import { dayAndTime } from '../runName.js';
import { mayGoOn, type CheckpointRow, type RunFacts } from './runsCatalog.js';

/** A row of a tree, in words and with the names of the editor's own icons and colours. */
export interface Row {
  readonly label: string;
  readonly description: string;
  readonly icon: string;
  readonly colour?: string;
  /** For a screen reader, in the place of label, description and tooltip. */
  readonly spoken: string;
  /** The tooltip: a line, and a path below it. */
  readonly hint: string;
  readonly path: string;
  /** What menus ask for. */
  readonly kind: string;
}

const ICONS: Record<RunFacts['phase'], readonly [icon: string, colour?: string]> = {
  preparing: ['loading~spin'],
  training: ['loading~spin'],
  silent: ['warning', 'editorWarning.foreground'],
  stopping: ['loading~spin'],
  completed: ['pass', 'testing.iconPassed'],
  early: ['pass', 'testing.iconPassed'],
  stopped: ['debug-stop'],
  paused: ['debug-pause'],
  failed: ['error', 'errorForeground'],
  interrupted: ['warning', 'editorWarning.foreground'],
  unreadable: ['warning', 'editorWarning.foreground'],
};

/** @param now to say "today" against */
export function runRow(
  { runFolder, title, name, startedAt, phase, trouble, quantized, best, verdict, checkpoints }: RunFacts,
  now: Date,
): Row {
  const began = startedAt && dayAndTime(startedAt, now);
  const [icon, colour] = ICONS[phase];
  const doing = phase === 'silent' ? 'not answering' : phase;
  const accuracy = best === undefined ? undefined : formatPercent(best);
  return {
    label: name,
    description: inOneLine('  ·  ', quantized && 'int8', phase === 'silent' ? doing : (accuracy ?? doing), began),
    icon,
    ...(colour === undefined ? {} : { colour }),
    spoken: inOneLine(', ', title, quantized && 'int8', doing, accuracy && `best ${accuracy}`, began),
    hint: inOneLine(
      '. ',
      inOneLine(', ', name, quantized && 'int8', doing, accuracy && `best validation accuracy ${accuracy}`),
      verdict && verdictWords(verdict),
      trouble,
    ),
    path: runFolder,
    kind: mayGoOn({ phase, checkpoints }) ? 'run.rests' : 'run',
  };
}

export function checkpointRow(run: RunFacts, { path: folder, title, accuracy, best }: CheckpointRow): Row {
  const reached = accuracy === undefined ? 'not validated' : formatPercent(accuracy);
  const spoken = accuracy === undefined ? reached : `validation accuracy ${reached}`;
  return {
    label: title,
    description: inOneLine('  ·  ', reached, best && 'best'),
    icon: best ? 'star-full' : 'archive',
    spoken: inOneLine(', ', title, spoken, best && 'best'),
    hint: inOneLine(', ', run.name, path.basename(folder), spoken, best && 'best'),
    path: folder,
    kind: run.quantized ? 'checkpoint.quantized' : 'checkpoint.float',
  };
}

export function inOneLine(separator: string, ...parts: readonly (string | false | undefined)[]): string {
  return parts.filter(Boolean).join(separator);
}
