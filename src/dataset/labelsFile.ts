import { parse } from 'csv-parse/sync';
import { UserError } from '../core/userError.js';
import { readRegularFile } from '../platform/regularFile.js';

export const LABELS_FILE = 'labels.csv';
/** A million lines take some 50 MB. */
const MOST_BYTES = 1 << 28;

/** What a dataset with a split of its own uses a picture for. */
export type Side = 'train' | 'validation' | 'test';

export interface Label {
  /** Relative to the dataset, with forward slashes. */
  readonly file: string;
  readonly person: string;
  readonly side: Side | undefined;
  /** Why the line cannot be used. */
  readonly problem?: string;
}

const COLUMNS = {
  file: /^(path|file|filename|file_name|image|picture)$/i,
  person: /^(person|label|name|identity|class|who)$/i,
  side: /^(split|set|subset|side)$/i,
};
const SIDE_OF: Record<string, Side> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
  testing: 'test',
};

/**
 * Reads a table of pictures and people: comma, semicolon or tab between the columns, quotes as in RFC 4180. A first line
 * of known column names (path, person, split) says which is which; without one the first column is the path and the
 * second the person.
 *
 * @throws UserError `dataset-labels` when it is no such table
 */
export function readLabels(file: string): Label[] {
  const text = textOf(file).replace(/^\ufeff/, '');
  const firstLine = text.split(/\r?\n/, 1)[0]!;
  const delimiter = [',', ';', '\t'].reduce((best, c) =>
    firstLine.split(c).length > firstLine.split(best).length ? c : best,
  );
  let rows: string[][];
  try {
    rows = parse(text, { delimiter, relax_column_count: true, skip_empty_lines: true, trim: true });
  } catch (cause) {
    throw unreadable((cause as Error).message, cause);
  }
  const header = rows[0] ?? [];
  const column = (pattern: RegExp) => header.findIndex((name) => pattern.test(name));
  let [path, person, side] = [column(COLUMNS.file), column(COLUMNS.person), column(COLUMNS.side)];
  if (path >= 0 && person >= 0) rows.shift();
  else [path, person, side] = [0, 1, -1];
  if (rows.length === 0 || rows[0]!.length < 2) throw unreadable('it has fewer than two columns');
  return rows.map((row) => label(row[path] ?? '', row[person] ?? '', side < 0 ? '' : (row[side] ?? '')));
}

function textOf(file: string): string {
  try {
    return readRegularFile(file, MOST_BYTES).toString();
  } catch (cause) {
    throw unreadable((cause as Error).message, cause);
  }
}

function label(path: string, person: string, side: string): Label {
  const file = path.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
  const known = side === '' ? undefined : SIDE_OF[side.toLowerCase()];
  const problem = !file
    ? 'has no path'
    : !person
      ? `has no person in ${LABELS_FILE}`
      : /^\/|^[a-z]:|(^|\/)\.\.(\/|$)/i.test(file)
        ? 'leads out of the folder'
        : side !== '' && !known
          ? `names an unknown side of the split, “${side}”`
          : undefined;
  return {
    file: file || '(a line without a path)',
    person,
    side: known,
    ...(problem === undefined ? {} : { problem }),
  };
}

function unreadable(what: string, cause?: unknown): UserError {
  return new UserError(
    'dataset-labels',
    `The file ${LABELS_FILE} cannot be read: ${what}.`,
    'It needs a line for each picture with its path and person, such as “pictures/1.jpg,Anna”.',
    { cause },
  );
}
