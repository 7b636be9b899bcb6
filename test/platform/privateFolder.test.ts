import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { makePrivateFolder, openPrivateFile } from '../../src/platform/privateFolder.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const rights = (name: string) => (fs.statSync(path.join(folder(), name)).mode & 0o777).toString(8);

describe('private folders and files', () => {
  let mask = 0;
  beforeEach(() => (mask = process.umask(0)));
  afterEach(() => process.umask(mask));

  it('are made for their owner alone, with the folders above them', () => {
    makePrivateFolder(path.join(folder(), 'a', 'b'));
    fs.closeSync(openPrivateFile(path.join(folder(), 'a', 'file'), fs.constants.O_RDWR | fs.constants.O_CREAT));
    assert.deepEqual([rights('a'), rights('a/b'), rights('a/file')], ['700', '700', '600']);
  });

  it('are closed to others when they were open to them; folders above are left as they are', () => {
    fs.mkdirSync(path.join(folder(), 'a', 'b'), { recursive: true, mode: 0o755 });
    fs.writeFileSync(path.join(folder(), 'a', 'file'), 'x', { mode: 0o644 });
    makePrivateFolder(path.join(folder(), 'a', 'b'));
    fs.closeSync(openPrivateFile(path.join(folder(), 'a', 'file'), fs.constants.O_RDWR));
    assert.deepEqual([rights('a'), rights('a/b'), rights('a/file')], ['755', '700', '600']);
  });
});
