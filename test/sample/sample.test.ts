import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { scanDataset } from '../../src/dataset/scanDataset.js';
import { writeSample } from '../../src/sample/writeSample.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const options = { people: 3, picturesEach: 4, size: 64, seed: 2 };

function hashes(root: string): string[] {
  return scanDataset(root).files.map((file) =>
    createHash('sha256')
      .update(fs.readFileSync(path.join(root, file)))
      .digest('hex'),
  );
}

describe('writeSample', () => {
  it('draws a dataset that can be trained with, says that it is synthetic, and draws the same again', async () => {
    await writeSample(path.join(folder(), 'a'), options);
    await writeSample(path.join(folder(), 'b'), options);
    const { people, owners } = scanDataset(path.join(folder(), 'a'));
    assert.deepEqual(people, ['synthetic-01', 'synthetic-02', 'synthetic-03']);
    assert.deepEqual([...owners], [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
    assert.match(fs.readFileSync(path.join(folder(), 'a', 'SYNTHETIC.txt'), 'utf8'), /No real person/);
    const drawn = hashes(path.join(folder(), 'a'));
    assert.equal(new Set(drawn).size, 12, 'no two pictures are alike');
    assert.deepEqual(hashes(path.join(folder(), 'b')), drawn);
  });
});
