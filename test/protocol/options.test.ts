import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { FINE_TUNING_EPOCHS, qatOverrides } from '../../src/protocol/fineTuning.js';
import { JOBS } from '../../src/protocol/jobs.js';
import { optionsOf } from '../../src/protocol/optionInfo.js';
import { augmentation, trainingOptions } from '../../src/protocol/options.js';
import { quantization } from '../../src/protocol/quantizationOptions.js';
import { withRecipe } from '../../src/protocol/recipes.js';
import { cellsOf, optionsTable } from '../support/optionsTable.js';
import { QUANTIZATION_VALUES, VALUES } from './optionValues.js';

describe('the options of a training', () => {
  it('have values to try, each of them', () => {
    const names = (schema: z.ZodObject) => Object.keys(schema.shape).sort();
    assert.deepEqual(Object.keys(VALUES).sort(), names(trainingOptions), 'test/protocol/optionValues.ts');
    assert.deepEqual(Object.keys(QUANTIZATION_VALUES).sort(), names(quantization), 'test/protocol/optionValues.ts');
  });

  for (const [name, { good, bad }] of Object.entries(VALUES))
    it(`${name} takes what it is for, and nothing beyond`, () => {
      for (const value of good)
        assert.ok(trainingOptions.safeParse({ dataset: '/d', [name]: value }).success, JSON.stringify(value));
      for (const value of bad) {
        const { error } = trainingOptions.safeParse({ dataset: '/d', [name]: value });
        assert.equal(error?.issues[0]?.path[0], name, JSON.stringify(value));
      }
    });

  for (const [name, { good, bad }] of Object.entries(QUANTIZATION_VALUES))
    it(`${name} of quantization takes what it is for, and nothing beyond`, () => {
      for (const value of good) assert.ok(quantization.safeParse({ [name]: value }).success, JSON.stringify(value));
      for (const value of bad)
        assert.equal(quantization.safeParse({ [name]: value }).error?.issues[0]?.path[0], name, JSON.stringify(value));
    });

  it('come whole from their defaults, which are those of the original recipe', () => {
    const options = trainingOptions.parse({ dataset: '/d' });
    assert.deepEqual(withRecipe('original', { dataset: '/d' }).data, options);
    assert.deepEqual(trainingOptions.parse(options), options, 'what was recorded is read as it was');
    assert.deepEqual(options.augmentation, augmentation.parse({}));
  });

  it('pass over fields of a later version, and tell of one of quantization or of augmentation', () => {
    assert.ok(trainingOptions.safeParse({ dataset: '/d', ofTheFuture: 1 }).success);
    assert.ok(!quantization.safeParse({ ofTheFuture: 1 }).success);
    assert.ok(!augmentation.safeParse({ ofTheFuture: 1 }).success);
  });
});

describe('what options are called', () => {
  const schemas = [trainingOptions, qatOverrides, ...Object.values(JOBS).map(({ order }) => order)];

  it('is told of each once in a schema, in half a sentence', () => {
    for (const schema of schemas) {
      const options = optionsOf(schema);
      const flags = options.map(({ info }) => info.flag);
      assert.equal(new Set(flags).size, flags.length, flags.join());
      for (const { info } of options) {
        assert.match(info.flag, /^[a-z]+(-[a-z0-9]+)*$/);
        assert.match(info.help, /^\S.*[^.\s]$/, info.flag);
      }
    }
  });

  it('covers every option of a training that people set', () => {
    const told = new Set(optionsOf(trainingOptions).map(({ path: [name] }) => name!));
    const silent = Object.keys(trainingOptions.shape).filter((name) => !told.has(name));
    assert.deepEqual(silent, ['dataset', 'parent', 'changedData', 'keepCheckpoints']);
  });

  it('gives the editor rows with a place of their own', () => {
    const rows = optionsOf(trainingOptions).flatMap(({ info, schema }) => (info.pick ? [{ ...info, schema }] : []));
    assert.equal(new Set(rows.map(({ pick }) => pick!.place)).size, rows.length);
    for (const { pick, schema } of rows) {
      // Something to say for every value that can be chosen.
      for (const name of Object.keys(pick!.values ?? {})) assert.ok(z.safeParse(schema, name).success, name);
      assert.ok(pick!.values ?? pick!.prompt ?? pick!.unset, pick!.label);
    }
  });

  it('stands in docs/training.md as the schema has it (npm run docs writes it there)', () => {
    const file = path.resolve(import.meta.dirname, '../../docs/training.md');
    const text = fs.readFileSync(file, 'utf8');
    const table = /^\| option .*\n(\|.*\n)+/m.exec(text)![0];
    const expected = optionsTable();
    if (process.env['UPDATE_DOCS'])
      fs.writeFileSync(
        file,
        text.replace(table, () => `${expected.join('\n')}\n`),
      );
    else assert.deepEqual(table.trimEnd().split('\n').map(cellsOf), expected.map(cellsOf));
  });
});

describe('what a fine-tuning is asked for', () => {
  it('takes overrides in part, and none that it does not know', () => {
    assert.deepEqual(qatOverrides.parse({}), {});
    assert.equal(qatOverrides.parse({ quantization: { observer: 'entropy' } }).quantization?.observer, 'entropy');
    for (const wish of [
      { epochs: 0 },
      { threads: 257 },
      { engine: 'none' },
      { quantization: { weightBits: 3 } },
      { x: 1 },
    ])
      assert.ok(!qatOverrides.safeParse(wish).success, JSON.stringify(wish));
    const help = optionsOf(qatOverrides).find(({ info }) => info.flag === 'epochs')!.info.help;
    assert.ok(help.includes(`(${FINE_TUNING_EPOCHS})`), help);
  });
});
