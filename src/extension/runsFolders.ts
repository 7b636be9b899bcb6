import path from 'node:path';
import { defaultRunsFolder } from '../runs/runLocation.js';
import type { Editor } from './editor.js';

/** Where people are drawn: where `train --sample` draws them in a terminal of the workspace. */
export function drawnFaces({ workspaceFolders: [first], storage }: Editor): string {
  return path.join(first === undefined ? storage : path.join(first, '.face-trainer'), 'synthetic-faces');
}

/** The setting, else beside the pictures: in the workspace folder that holds them, or in the folder around them. */
export function runsFolderFor(editor: Editor, dataset: string): string {
  const set = editor.setting('runFolder');
  const around = editor.workspaceFolderOf(dataset) ?? path.dirname(dataset);
  if (typeof set === 'string' && set.trim() !== '') return path.resolve(around, set.trim());
  return defaultRunsFolder(around);
}
