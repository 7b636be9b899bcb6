import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { takeFolder } from '../../src/platform/folderLock.js';
import { ownName } from '../../src/platform/isAlive.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();

/** The number of a process that has ended. */
const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;

describe('takeFolder', () => {
  it('gives a folder to one at a time, and back', async () => {
    const give = await takeFolder(folder(), 0);
    assert.ok(give);
    assert.equal(await takeFolder(folder(), 50), undefined);
    give();
    (await takeFolder(folder(), 0))!();
    assert.deepEqual(fs.readdirSync(folder()), []);
  });

  it('passes over what dead processes left, also those that died while they put it there', async () => {
    const [dead, alive] = [deadPid(), process.pid];
    const leave = (name: string, text: string) => fs.writeFileSync(path.join(folder(), name), text);
    leave('.lock-0000000000000001', `${dead} before`);
    leave('.lock-0000000000000002', `${alive} another-start`); // its number is another's by now
    leave('.lock-0000000000000003', ''); // nobody's
    leave(`.lock-0000000000000004.tmp-${dead}`, ownName());
    leave(`.lock-0000000000000005.tmp-${alive}`, '');
    (await takeFolder(folder(), 0))!();
    assert.deepEqual(fs.readdirSync(folder()), [`.lock-0000000000000005.tmp-${alive}`]);
  });
});
