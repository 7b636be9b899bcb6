import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { decodePicture } from '../../src/dataset/decodePicture.js';
import { readLabels } from '../../src/dataset/labelsFile.js';
import { scanDataset } from '../../src/dataset/scanDataset.js';
import { withoutExcluded } from '../../src/dataset/checkDataset.js';
import { thumbnailOf } from '../../src/dataset/thumbnail.js';
import {
  NOT_REGULAR,
  openRegularFile,
  readOwnFile,
  readRegularFile,
  readRegularFileLater,
  TOO_LARGE,
} from '../../src/platform/regularFile.js';
import { notRun } from '../support/notRun.js';
import { scratchFolder, writePeople } from '../support/scratch.js';

const folder = scratchFolder();
const at = (name: string) => path.join(folder(), name);

describe('reading a regular file', () => {
  it('gives its contents, also through a link', async () => {
    fs.writeFileSync(at('file'), 'content');
    fs.symlinkSync('file', at('link'));
    for (const name of ['file', 'link']) {
      assert.equal(readRegularFile(at(name), 7).toString(), 'content');
      assert.equal((await readRegularFileLater(at(name), 7)).toString(), 'content');
    }
  });

  it('refuses what is larger than whoever reads takes, before it is read', async () => {
    fs.writeFileSync(at('file'), 'content');
    fs.truncateSync(at('file'), 2 ** 40); // of which the disk holds seven bytes
    assert.throws(() => readRegularFile(at('file'), 2 ** 31), { code: TOO_LARGE });
    assert.throws(() => readOwnFile(at('file'), 2 ** 31), { code: TOO_LARGE });
    await assert.rejects(readRegularFileLater(at('file'), 2 ** 31), { code: TOO_LARGE });
    assert.equal((await decodePicture(at('file'), 32)).fact.fault, 'heavy');
    assert.throws(() => readLabels(at('file')), { code: 'dataset-labels', message: /larger/ });
  });

  it('refuses pipes, devices and folders at once, and leaves nothing open', async function () {
    if (!fs.existsSync('/proc/self/fd')) notRun(this, 'absent: /proc/self/fd');
    execFileSync('mkfifo', [at('pipe')]);
    const open = () => fs.readdirSync('/proc/self/fd').length;
    const before = open();
    for (const file of [at('pipe'), folder(), '/dev/zero']) {
      assert.throws(() => readRegularFile(file, 7), { code: NOT_REGULAR });
      assert.throws(() => openRegularFile(file), { code: NOT_REGULAR });
      await assert.rejects(readRegularFileLater(file, 7), { code: NOT_REGULAR });
    }
    assert.throws(() => readRegularFile(at('absent'), 7), { code: 'ENOENT' });
    assert.equal(open(), before);
  });

  it('is how pictures, tables and lists are read: a pipe in their place is told of, not waited for', async () => {
    execFileSync('mkfifo', [at('pipe.jpg')]);
    const { fact } = await decodePicture(at('pipe.jpg'), 32);
    assert.equal(fact.fault, 'notPicture');
    assert.equal(await thumbnailOf(at('pipe.jpg'), 96, { quality: 75, enlarge: true }), undefined);
    assert.throws(() => readLabels(at('pipe.jpg')), { code: 'dataset-labels', message: /not a regular file/ });
    await writePeople(at('people'), 2, 1);
    assert.throws(() => withoutExcluded(scanDataset(at('people')), at('pipe.jpg')), { code: 'exclusion-list' });
  });
});
