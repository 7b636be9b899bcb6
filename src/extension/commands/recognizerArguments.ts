import path from 'node:path';
import * as z from 'zod';
import { formatCount } from '../../core/format.js';
import { isRecognizer } from '../../recognizers/recognizerFolder.js';
import type { Editor } from '../editor.js';
import type { Recognizers } from '../recognizers.js';
import { placeOf } from './arguments.js';

// What commands about recognizers are called with: a row of their view, a path, a place of the Explorer, or nothing.

const row = z.object({
  kind: z.enum(['recognizer', 'person', 'enrolledPicture']),
  recognizer: z.string(),
  person: z.string().optional(),
  file: z.string().optional(),
});

/** A recognizer, somebody in it, and one of the pictures. */
export interface Enrolled {
  readonly recognizer: string;
  readonly person?: string | undefined;
  readonly file?: string | undefined;
}

export function enrolledOf(argument: unknown): Enrolled | undefined {
  const data = row.safeParse(argument).data;
  if (data) return data;
  const at = typeof argument === 'string' ? argument : placeOf(argument)?.fsPath;
  const recognizer = [at, at && path.dirname(at)].find((folder) => folder && isRecognizer(folder));
  return recognizer === undefined ? undefined : { recognizer };
}

/** The recognizer of a command, asked for where there are several. @returns undefined when there is none, which the user was told */
export async function recognizerOf(
  editor: Editor,
  recognizers: Recognizers,
  argument: unknown,
  title: string,
): Promise<string | undefined> {
  const given = enrolledOf(argument)?.recognizer;
  if (given !== undefined) return given;
  const all = recognizers.all().flatMap((folder) => {
    const record = recognizers.record(folder);
    const description = record && formatCount(record.people.length, 'person', 'people');
    return record ? [{ label: record.name, ...(description === undefined ? {} : { description }), folder }] : [];
  });
  if (all.length < 2) {
    if (all.length === 0)
      await editor.say(
        'information',
        'There is no recognizer yet: choose Recognize People on a folder with one sub-folder for each person.',
      );
    return all[0]?.folder;
  }
  return (await editor.pick(all, { title }))?.folder;
}

/** Somebody of a recognizer, asked for where the command came without. */
export async function personOf(
  editor: Editor,
  recognizers: Recognizers,
  argument: unknown,
  title: string,
): Promise<{ readonly recognizer: string; readonly person: string } | undefined> {
  const recognizer = await recognizerOf(editor, recognizers, argument, title);
  if (recognizer === undefined) return undefined;
  const given = enrolledOf(argument)?.person;
  const person = given ?? (await pickPerson(editor, recognizers.people(recognizer), title));
  return person === undefined ? undefined : { recognizer, person };
}

export async function pickPerson(
  editor: Editor,
  people: readonly string[],
  title: string,
): Promise<string | undefined> {
  const rows = people.map((label) => ({ label }));
  return (await editor.pick(rows, { title }))?.label;
}
