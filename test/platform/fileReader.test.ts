import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { FileReader } from '../../src/platform/fileReader.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();

describe('FileReader', () => {
  it('reads in place while files come at once, and many at a time when they are slow', async () => {
    const file = path.join(folder(), 'file');
    fs.writeFileSync(file, 'content');
    const reader = new FileReader(1000);
    assert.ok(Buffer.isBuffer(reader.read(file)));
    assert.equal((await reader.stat(file)).size, 7);
    const read = fs.readFileSync;
    try {
      fs.readFileSync = ((...args: Parameters<typeof read>) => {
        const end = performance.now() + 10;
        while (performance.now() < end);
        return read(...args);
      }) as typeof read;
      for (let i = 0; i < 3; i++) await reader.read(file);
    } finally {
      fs.readFileSync = read;
    }
    const slow = reader.read(file);
    assert.ok(slow instanceof Promise);
    assert.equal((await slow).toString(), 'content');
    await assert.rejects(Promise.resolve(reader.stat(path.join(folder(), 'absent'))), { code: 'ENOENT' });
    assert.throws(() => new FileReader(1000).read(path.join(folder(), 'absent')), { code: 'ENOENT' });
  });
});
