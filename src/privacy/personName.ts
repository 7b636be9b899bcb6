import { escapeHtml, escapeRegExp } from '../core/format.js';
import { cString } from '../export/microcontroller/header.js';

/** What stands wherever a name stood. */
export const NEUTRAL = 'a forgotten person';

const BEFORE = '(?<![\\p{L}\\p{N}\\p{M}])';
const AFTER = '(?![\\p{L}\\p{N}\\p{M}])';
/** Where a name that is a number or a letter can be a name at all: as a whole, as a part of a path, in quotation marks. */
const BEGINS = '(?<=^|[/\\\\“"\'])';
const ENDS = '(?=$|[/\\\\”"\'])';
/** And in a sentence where a file follows: "such as 1/07.jpg", but not "1/50". */
const FOLDER_ENDS = '(?=[/\\\\]\\S*\\.[A-Za-z])';

/**
 * A name as it stands in texts: as a whole word, never inside another word, and never as a part of what stays, such as the name of
 * somebody else ("Anna Maria" while "Anna" is forgotten) or the path of the folder of pictures.
 */
export class PersonName {
  /** The ways in which one name is composed of characters: macOS takes an accent apart. */
  private readonly forms: readonly string[];
  private readonly pattern: RegExp;

  /** @param stays texts that may hold the name */
  constructor(
    readonly name: string,
    readonly stays: readonly string[] = [],
  ) {
    this.forms = [...new Set([name, name.normalize('NFC'), name.normalize('NFD')])];
    const isWord = /\p{L}/u.test(name) && Array.from(name).length > 1;
    const stand = (form: string) =>
      isWord
        ? `${BEFORE}${escapeRegExp(form)}${AFTER}`
        : `${BEGINS}${escapeRegExp(form)}${ENDS}|${BEFORE}${escapeRegExp(form)}${FOLDER_ENDS}`;
    const own = this.forms.map((form) => ({ form, text: stand(form) }));
    const others = stays
      .filter((text) => text !== name && this.forms.some((form) => text.includes(form)))
      .map((form) => ({ form, text: `${BEFORE}${escapeRegExp(form)}${AFTER}` }));
    const all = [...own, ...others].sort((a, b) => b.form.length - a.form.length);
    this.pattern = new RegExp(all.map(({ text }) => text).join('|'), 'gu');
  }

  is(text: string): boolean {
    return this.forms.includes(text);
  }

  stands(text: string): boolean {
    return [...text.matchAll(this.pattern)].some(([found]) => this.is(found));
  }

  /** The text with something neutral in the place of the name. */
  without(text: string): string {
    return text.replace(this.pattern, (found) => (this.is(found) ? NEUTRAL : found));
  }

  /** The same name as JSON, pages, C and addresses write it. */
  get written(): PersonName[] {
    return WRITTEN.map((write) => new PersonName(write(this.name), this.stays.map(write))).filter(
      ({ name }, i, all) => all.findIndex((other) => other.name === name) === i,
    );
  }

  /** The bytes of every way to write it, for a search in what is no text. */
  get bytes(): Buffer[] {
    const texts = new Set(this.written.flatMap(({ forms }) => forms));
    return [...[...texts].map((text) => Buffer.from(text)), ...this.forms.map((form) => Buffer.from(form, 'utf16le'))];
  }
}

/** How a name is written: as it is, in JSON with and without other letters than those of English, in pages, in C, in addresses. */
const WRITTEN: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => JSON.stringify(text).slice(1, -1),
  (text) =>
    JSON.stringify(text)
      .slice(1, -1)
      .replace(/[^\0-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
  escapeHtml,
  (text) => cString(text).slice(1, -1),
  (text) => encodeURIComponent(text.replace(/\p{Cs}/gu, '')),
];
