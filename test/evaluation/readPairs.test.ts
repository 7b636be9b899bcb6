import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../src/core/userError.js';
import { readPairs } from '../../src/evaluation/pairs.js';
import { sharedPaths, withShared } from '../support/shared.js';

const LIST = '2\t1\nAnna\t1\t4\nAnna\t2\tBert\t1\nCora\t1\t2\nCora\t3\tDora May\t12\n';

describe('a list of pairs', () => {
  it('has folds of pairs of one person and of two', () => {
    const pairs = readPairs(LIST);
    assert.deepEqual(pairs[0], {
      same: true,
      fold: 0,
      pictures: [
        { person: 'Anna', number: 1 },
        { person: 'Anna', number: 4 },
      ],
    });
    assert.deepEqual(pairs[3], {
      same: false,
      fold: 1,
      pictures: [
        { person: 'Cora', number: 3 },
        { person: 'Dora May', number: 12 },
      ],
    });
    assert.deepEqual(
      pairs.map(({ same, fold }) => [same, fold]),
      [
        [true, 0],
        [false, 0],
        [true, 1],
        [false, 1],
      ],
    );
  });

  it('may have blanks for tabs, line ends of Windows and empty lines behind', () => {
    const blanks = LIST.replace('Dora May', 'Dora').replaceAll('\t', '  ');
    const tabs = readPairs(LIST.replace('Dora May', 'Dora'));
    assert.deepEqual(readPairs(blanks), tabs);
    assert.deepEqual(readPairs(`${blanks.replaceAll('\n', '\r\n')}\r\n\r\n`), tabs);
  });

  it('is one fold where the first line is one number, as in the lists for development', () => {
    const pairs = readPairs('1\nAnna 1 4\nAnna 2 Bert 1');
    assert.deepEqual(
      pairs.map(({ fold, same }) => [fold, same]),
      [
        [0, true],
        [0, false],
      ],
    );
  });

  const wrong: readonly (readonly [what: string, text: string, told: RegExp])[] = [
    ['nothing', '', /line 1: "" is not a number/],
    ['no numbers', 'pairs\nAnna 1 4', /line 1: "pairs"/],
    ['three numbers', '1 1 1\nAnna 1 4\nAnna 2 Bert 1', /line 1: "1 1 1"/],
    ['too few pairs', '1 1\nAnna 1 4', /2 pairs are promised and 1 follow/],
    ['too many pairs', '1 1\nAnna 1 4\nAnna 2 Bert 1\nAnna 3 Bert 1', /2 pairs are promised and 3 follow/],
    ['a line of two columns', '1 1\nAnna 1\nAnna 2 Bert 1', /line 2: "Anna 1" is not two pictures/],
    ['a line of five columns', '1 1\nAnna 1 2 3 4\nAnna 2 Bert 1', /line 2/],
    ['a picture without number', '1 1\nAnna 1 x\nAnna 2 Bert 1', /line 2: "Anna 1 x"/],
    ['a picture 0', '1 1\nAnna 1 2\nAnna 0 Bert 1', /line 3/],
    ['kinds in disorder', '1 1\nAnna 2 Bert 1\nAnna 1 2', /line 2: .* stands among the pairs of one person/],
    ['an empty line inside', '1 1\n\nAnna 1 2\nAnna 0 Bert 1', /3 follow/],
  ];
  for (const [what, text, told] of wrong)
    it(`says what is wrong with ${what}`, () => {
      assert.throws(
        () => readPairs(text),
        (error) => error instanceof UserError && error.code === 'pairs-list' && told.test(error.message),
      );
    });

  withShared('the list of `pairs`', [sharedPaths.pairs], () => {
    it('is read whole, and each picture is there', () => {
      const pairs = readPairs(fs.readFileSync(path.join(sharedPaths.pairs, 'pairs.txt'), 'utf8'));
      assert.equal(pairs.length, 5 * (218 + 218));
      assert.equal(pairs.filter(({ same }) => same).length, 5 * 218);
      for (const { person, number } of pairs.flatMap(({ pictures }) => pictures)) {
        const file = `${person}_${String(number).padStart(4, '0')}.jpg`;
        assert.ok(fs.existsSync(path.join(sharedPaths.pairs, person, file)), file);
      }
    });
  });
});
