import assert from 'node:assert/strict';
import type * as z from 'zod';

type Fields = Readonly<Record<string, unknown>>;

/** An object that a schema takes, with every field that may be there, and what each field may not be. */
export interface SchemaCases {
  readonly schema: z.ZodType;
  readonly good: Fields;
  /** Fields that may be left out. */
  readonly mayLack?: readonly string[];
  /** Values at the edge of what a field takes. */
  readonly edge?: Readonly<Record<string, readonly unknown[]>>;
  /** For every field values that it does not take. */
  readonly bad: Readonly<Record<string, readonly unknown[]>>;
}

/** What is wrong with a value first: the path of the field, or undefined where nothing is. */
function firstWrong(schema: z.ZodType, value: unknown): string | undefined {
  return schema.safeParse(value).error?.issues[0]?.path.join('.');
}

const without = (whole: Fields, part: string) =>
  Object.fromEntries(Object.entries(whole).filter(([name]) => name !== part));

/** Holds a schema against its cases, also after a way through JSON, as a pipe or a file makes it. */
export function checkSchema({ schema, good, mayLack = [], edge = {}, bad }: SchemaCases): void {
  assert.deepEqual(schema.parse(JSON.parse(JSON.stringify(good))), good, 'comes through unchanged');
  assert.deepEqual(schema.parse({ ...good, ofTheFuture: 1 }), good, 'without what is not known');
  const fields = Object.keys(good).filter((name) => name !== 'type');
  assert.deepEqual(Object.keys(bad).sort(), fields.sort(), 'every field has its bad values');
  for (const field of fields) {
    const lacks = firstWrong(schema, without(good, field));
    assert.equal(lacks, mayLack.includes(field) ? undefined : field, `without ${field}`);
    for (const value of edge[field] ?? [])
      assert.equal(firstWrong(schema, { ...good, [field]: value }), undefined, `${field}: ${JSON.stringify(value)}`);
    for (const value of bad[field]!) {
      const at = firstWrong(schema, { ...good, [field]: value });
      assert.ok(at === field || at?.startsWith(`${field}.`), `${field}: ${JSON.stringify(value)}, told of ${at}`);
    }
  }
}
