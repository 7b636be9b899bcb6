import os from 'node:os';
import path from 'node:path';
import { scrubbed } from '../../core/scrubbed.js';
import { cacheFolder } from '../../platform/cacheFolder.js';
import { peopleOfRun } from '../../runs/runRecord.js';
import { readSummary } from '../../runs/runSummary.js';
import type { Editor } from '../editor.js';
import type { Recognizers } from '../recognizers.js';
import { allRuns } from '../views/runsCatalog.js';
import { version } from '../../../package.json';

/** Settings whose values name nothing of the user's. */
const SETTINGS = ['recipe', 'engine', 'threads', 'pixelCacheMiB', 'whenWindowCloses'];

/** Puts what a report of a problem needs on the clipboard, without names and paths, and says so. */
export async function copyDiagnostics(editor: Editor, recognizers: Recognizers, program: string): Promise<void> {
  await editor.copy(diagnostics(editor, recognizers, program));
  await editor.say(
    'information',
    'Version, system, settings and the last lines of the log were copied, without names and paths. Look through them before you send them.',
  );
}

/** @param program the folder of the extension */
export function diagnostics(editor: Editor, recognizers: Recognizers, program: string): string {
  const runs = allRuns(editor).map(({ runFolder }) => runFolder);
  const datasets = runs.flatMap((run) => readSummary(run)?.dataset ?? []);
  const words = {
    folders: [...editor.workspaceFolders, ...runs, ...datasets, os.homedir(), os.tmpdir(), cacheFolder()],
    names: [
      ...recognizers.all().flatMap((one) => recognizers.people(one)),
      ...runs.flatMap((run) => peopleOfRun(run) ?? []),
    ],
    program,
  };
  const settings = SETTINGS.map((name) => `${name} ${String(editor.setting(name))}`);
  return [
    `Face Trainer ${version}, ${editor.version}, ${process.platform}-${process.arch}, Node ${process.versions.node}`,
    `${os.availableParallelism()} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${editor.workspaceFolders.length} folders open, ${runs.length} runs`,
    settings.join(', '),
    '',
    ...editor.log.lines.map((line) => scrubbed(line, words)),
    '',
  ].join('\n');
}

/** Where the extension lies, from its command line in `dist`. */
export function programOf(cli: string): string {
  return path.dirname(path.dirname(cli));
}
