import fs from 'node:fs';
import { replaceErased } from '../platform/erase.js';
import { PRIVATE_FILE } from '../platform/rights.js';
import type { PersonalKind } from '../protocol/personalData.js';
import { runEvent } from '../protocol/runEvents.js';
import type { Looking } from './found.js';
import type { PersonPictures } from './personPictures.js';
import { scrubJson } from './scrubJson.js';

/** Beyond it a text is nothing that the product writes, bytes. */
const MOST_BYTES = 1 << 29;

/** A text file without the person, in its own format; nothing happens where they are not in it. */
export function forgetText(file: string, looking: Looking, kind: PersonalKind, mode = PRIVATE_FILE): void {
  const text = textOf(file);
  const scrubbed = text === undefined ? undefined : scrubbedText(file, text, looking.person);
  if (text === undefined || scrubbed === undefined || scrubbed === text) return;
  if (looking.change) replaceErased(file, scrubbed, mode);
  looking.trace({ kind, path: file, found: 'the name, or pictures by their path', bytes: Buffer.byteLength(text) });
}

/** Whether a file says anything of the person; a folder does not. */
export function mentions(file: string, person: PersonPictures): boolean {
  const text = textOf(file);
  return text !== undefined && scrubbedText(file, text, person) !== text;
}

function textOf(file: string): string | undefined {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  return stat?.isFile() && stat.size <= MOST_BYTES ? fs.readFileSync(file, 'utf8') : undefined;
}

function scrubbedText(file: string, text: string, person: PersonPictures): string {
  if (file.endsWith('.ndjson'))
    return text
      .split('\n')
      .map((line) => scrubbedLine(line, person))
      .join('\n');
  if (file.endsWith('.json')) return scrubbedJson(text, person) ?? plainly(text, person);
  return plainly(text, person);
}

/** An event stays one: where a name is a word of the log itself, the line is left as it is. */
function scrubbedLine(line: string, person: PersonPictures): string {
  const scrubbed = scrubbedJson(line, person);
  if (scrubbed === undefined) return plainly(line, person);
  if (scrubbed === line) return line;
  const wasEvent = runEvent.safeParse(JSON.parse(line)).success;
  return wasEvent && !runEvent.safeParse(JSON.parse(scrubbed)).success ? line : scrubbed;
}

/** In the format of before; undefined for what is no JSON. */
function scrubbedJson(text: string, person: PersonPictures): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const scrubbed = scrubJson(value, person);
  if (JSON.stringify(scrubbed) === JSON.stringify(value)) return text;
  const indent = /^[[{]\n( +)/.exec(text)?.[1]?.length;
  return `${JSON.stringify(scrubbed, null, indent)}${text.endsWith('\n') ? '\n' : ''}`;
}

/** What is no JSON, in whatever way it writes a name. */
function plainly(text: string, person: PersonPictures): string {
  return person.name.written.reduce((left, name) => name.without(left), text);
}
