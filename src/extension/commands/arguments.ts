import path from 'node:path';
import * as z from 'zod';
import type { Editor, Place } from '../editor.js';
import { isCheckpointFolder } from '../isCheckpointFolder.js';

// What commands are called with: by the Explorer with a place, by the Runs view with a row, by pages and other commands with a
// path, by the palette with nothing.

const place = z.object({ scheme: z.string(), fsPath: z.string() });
const runRow = z.object({ kind: z.literal('run'), runFolder: z.string() });
const checkpointRow = z.object({ kind: z.literal('checkpoint'), path: z.string() });

const waitingRow = z.object({ kind: z.literal('waiting'), id: z.string() });

/** A training that waits, by its name in the queue. */
export function waitingOf(argument: unknown): string | undefined {
  return waitingRow.safeParse(argument).data?.id;
}

/** A folder or file of the Explorer. */
export function placeOf(argument: unknown): Place | undefined {
  return place.safeParse(argument).data;
}

/** A run's folder. */
export function runFolderOf(argument: unknown): string | undefined {
  return typeof argument === 'string' ? argument : runRow.safeParse(argument).data?.runFolder;
}

/** A file that was exported. */
export function exportedFileOf(argument: unknown): string | undefined {
  const file = placeOf(argument)?.fsPath;
  return file !== undefined && /\.(tflite|onnx|h5)$|[\\/]model\.json$/i.test(file) ? file : undefined;
}

/** A checkpoint's folder: of a row, a path, or a file or folder of the Explorer, which need not be in one: then null. */
export function checkpointFolderOf(argument: unknown): string | null | undefined {
  if (typeof argument === 'string') return argument;
  const at = placeOf(argument)?.fsPath;
  if (at === undefined) return checkpointRow.safeParse(argument).data?.path;
  return [at, path.dirname(at)].find(isCheckpointFolder) ?? null;
}

/** The folder of a command, asked for when it came without one. @returns undefined when there is none to be had */
export async function localFolder(editor: Editor, argument: unknown, openLabel: string): Promise<string | undefined> {
  const folder = placeOf(argument) ?? (await askForFolder(editor, openLabel));
  if (!folder || folder.scheme === 'file') return folder?.fsPath;
  await editor.say('error', 'Face Trainer reads pictures from a disk: this folder is on a virtual file system.');
  return undefined;
}

async function askForFolder(editor: Editor, openLabel: string): Promise<Place | undefined> {
  const [chosen] = await editor.chooseFiles({
    title: 'Folder with one sub-folder for each person',
    openLabel,
    what: 'folder',
  });
  return chosen;
}
