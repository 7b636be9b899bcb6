import type { PersonPictures } from './personPictures.js';
import { NEUTRAL } from './personName.js';

/** What stands at these keys is never somebody's name: names of events and settings, numbers of versions. */
const SETTINGS: ReadonlySet<string> = new Set(['type', 'code', 'severity', 'layout', 'options', 'versions', 'engine']);
/** Whose an entry of a list is: a person's name, or the path of a picture. */
const WHOSE = ['file', 'person', 'picture', 'nearestPerson', 'nearestPicture'] as const;

/**
 * JSON without a person. Entries of lists that are about the person or a picture of theirs go; a name in a list of names is replaced,
 * since what stands at its place counts; so is it in sentences.
 */
export function scrubJson(value: unknown, person: PersonPictures): unknown {
  if (typeof value === 'string') return scrubText(value, person);
  if (Array.isArray(value)) {
    const entries: readonly unknown[] = value;
    return entries.filter((entry) => !isAbout(entry, person)).map((entry) => scrubJson(entry, person));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      person.name.is(key) ? NEUTRAL : key,
      SETTINGS.has(key) ? inner : scrubJson(inner, person),
    ]),
  );
}

/** A text of one word, a path or a sentence. */
export function scrubText(text: string, person: PersonPictures): string {
  return person.name.without(text);
}

function isAbout(entry: unknown, person: PersonPictures): boolean {
  if (typeof entry === 'string') return !person.name.is(entry) && !entry.includes('\n') && person.owns(entry);
  if (typeof entry !== 'object' || entry === null) return false;
  const fields = entry as Readonly<Record<string, unknown>>;
  return WHOSE.some((key) => {
    const value = fields[key];
    return typeof value === 'string' && (person.name.is(value) || person.owns(value));
  });
}
