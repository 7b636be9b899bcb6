import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { makeFolder } from '../../src/platform/makeFolder.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();

describe('makeFolder', () => {
  it('makes every level that is missing, and leaves one that is there', () => {
    const deep = path.join(folder(), 'a', 'b', 'c');
    makeFolder(deep, 0o700);
    fs.writeFileSync(path.join(deep, 'x'), '');
    makeFolder(deep);
    assert.deepEqual(fs.readdirSync(deep), ['x']);
    if (process.platform !== 'win32')
      for (const level of [deep, path.dirname(deep)]) assert.equal(fs.statSync(level).mode & 0o777, 0o700);
  });

  it('says what stands in the way', () => {
    fs.writeFileSync(path.join(folder(), 'file'), '');
    assert.throws(() => makeFolder(path.join(folder(), 'file', 'below')), { code: 'ENOTDIR' });
    fs.symlinkSync(path.join(folder(), 'nowhere'), path.join(folder(), 'link'));
    assert.throws(() => makeFolder(path.join(folder(), 'link', 'below')), { code: 'EEXIST' });
  });

  if (fs.existsSync('/proc/self'))
    it('ends where a file system takes no folder and calls it missing', () => {
      assert.throws(() => makeFolder('/proc/face-trainer/runs/x'), { code: 'ENOENT' });
    });
});
