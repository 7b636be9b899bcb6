import assert from 'node:assert/strict';
import path from 'node:path';
import { Random } from '../../src/core/random.js';
import { scratchFolder, writePeople } from '../support/scratch.js';
import { drawFolder, drawOptions, runProneToCollapse } from './collapseRuns.js';

// npm run attack -- collapse does it as often as you like.

const folder = scratchFolder();
const RUNS = 12;

describe('a training with a huge margin or rate', function () {
  this.timeout(300_000);

  it('says so where it tells nobody apart any more', async () => {
    const ends = new Set<string>();
    for (let i = 0; i < RUNS; i++) {
      const random = Random.fromSeed(i);
      const tiny = drawFolder(random);
      const at = (name: string) => path.join(folder(), `${i}`, name);
      await writePeople(at('data'), tiny.people, tiny.pictures);
      const where = { dataset: at('data'), runFolder: at('run'), cache: path.join(folder(), 'cache') };
      ends.add(await runProneToCollapse(where, drawOptions(random, tiny)));
    }
    assert.ok(ends.size > 1, 'some of them collapse or diverge');
  });
});
