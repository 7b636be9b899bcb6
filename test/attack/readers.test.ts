import assert from 'node:assert/strict';
import { attackReader, told } from './attackReader.js';
import { READERS } from './readers/readers.js';

// What a stranger can write, read by everything that reads it: `npm run attack -- files|models` tries as many more as wished.

const SEED = 1;

describe('files of strangers', function () {
  this.timeout(300_000);
  for (const reader of READERS)
    it(`${reader.few.toLocaleString('en-US')} times ${reader.name}: read, or refused in a sentence, in time and in bounds`, async () => {
      const tried = await attackReader(reader, { count: reader.few, seed: SEED, mostFaults: 5 });
      console.log(`      ${told(tried)}`);
      assert.deepEqual(tried.faults, [], `seed ${SEED}`);
      assert.equal(tried.cases, reader.few);
      assert.ok(
        tried.read > 0 && tried.refused >= 0,
        'of all cases some are read: the attack gets beyond the first byte',
      );
    });
});
