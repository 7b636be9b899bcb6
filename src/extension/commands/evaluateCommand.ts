import fs from 'node:fs';
import path from 'node:path';
import { RunModel } from '../../client/runModel.js';
import { formatCount } from '../../core/format.js';
import { peopleOfRun } from '../../runs/runRecord.js';
import type { Editor } from '../editor.js';
import type { Evaluated } from '../panels/startEvaluation.js';
import type { Recognizers } from '../recognizers.js';
import { exportedFileOf } from './arguments.js';
import { checkpointOf } from './pickCheckpoint.js';
import { enrolledOf } from './recognizerArguments.js';

/** What is to be evaluated, asked for where the command came without: a recognizer, or a network with a folder of people. */
export async function evaluatedOf(
  editor: Editor,
  recognizers: Recognizers,
  argument: unknown,
): Promise<Evaluated | undefined> {
  const recognizer = enrolledOf(argument)?.recognizer;
  if (recognizer !== undefined) return { target: recognizer };
  const file = exportedFileOf(argument);
  if (file !== undefined) return withPeople(editor, file);
  const picked = argument === undefined ? await pick(editor, recognizers) : 'checkpoint';
  if (picked !== 'checkpoint') return picked === undefined ? undefined : { target: picked };
  const checkpoint = await checkpointOf(editor, argument, { title: 'Evaluate a checkpoint' });
  if (checkpoint === undefined) return undefined;
  const runFolder = path.resolve(checkpoint, '..', '..');
  const dataset = new RunModel(runFolder).state.run?.options.dataset;
  if (dataset === undefined || !fs.existsSync(dataset)) return withPeople(editor, checkpoint);
  // Who was trained on is asked about by the pictures that were held out, and by none that the network has seen.
  const names = peopleOfRun(runFolder) ?? [];
  return names.length > 1 ? { target: checkpoint } : { target: checkpoint, probes: dataset };
}

async function pick(editor: Editor, recognizers: Recognizers): Promise<string | undefined> {
  const all = recognizers.all().flatMap((folder) => {
    const record = recognizers.record(folder);
    if (!record) return [];
    return [{ label: record.name, description: formatCount(record.people.length, 'person', 'people'), folder }];
  });
  if (all.length === 0) return 'checkpoint';
  const checkpoint = { label: '$(archive) A checkpoint…', folder: 'checkpoint' };
  return (await editor.pick([...all, checkpoint], { title: 'Evaluate' }))?.folder;
}

/** A network holds no people to be recognized: a folder has some. */
async function withPeople(editor: Editor, target: string): Promise<Evaluated | undefined> {
  const [chosen] = await editor.chooseFiles({
    title: 'Folder of people to be recognized, one sub-folder for each',
    openLabel: 'Evaluate on These People',
    what: 'folder',
  });
  return chosen && { target, probes: chosen.fsPath };
}
