import assert from 'node:assert/strict';
import { attackReader, told } from './attackReader.js';
import { READERS, readerOf } from './readers/readers.js';

// What a stranger can write, read by everything that reads it: `npm run attack -- files|models` tries as many more as wished.

const SEED = 1;

/** Case 0 of a seed that was a fault once: of networks that are absent or others than their run says, and of an endless file. */
const ONCE_FAULTS: readonly [reader: string, seed: number][] = [
  ['a checkpoint and its run', 5_004_801],
  ['a checkpoint that is run', 5_000_584],
  ['a checkpoint that is run', 5_001_446],
  ['a checkpoint that is run', 479],
  ['a Keras .h5 that is run', 358],
];

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

  it('are refused in a sentence where one was a fault before', async () => {
    for (const [name, seed] of ONCE_FAULTS) {
      const { faults, refused } = await attackReader(readerOf(name), { count: 1, seed });
      assert.deepEqual([faults, refused], [[], 1], `${name}, seed ${seed}`);
    }
  });
});
