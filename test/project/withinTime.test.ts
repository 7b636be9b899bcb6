import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { isAlive } from '../../src/platform/isAlive.js';
import { withinTime } from '../../scripts/withinTime.mjs';
import { scratchFolder } from '../support/scratch.js';
import { until } from '../support/until.js';

const folder = scratchFolder();

describe('a suite that may hang', () => {
  it('leaves its exit code and what it printed', async () => {
    const script = 'console.log("one"); console.error("two"); process.exitCode = 3';
    const { code, output, timedOut } = await withinTime(20_000, process.execPath, ['-e', script]);
    assert.deepEqual([code, output.split('\n').sort(), timedOut], [3, ['', 'one', 'two'], false]);
  });

  it('is ended with what it started, and what it had printed is kept', async () => {
    const note = path.join(folder(), 'pid');
    const child = `const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'inherit' });
      require('node:fs').writeFileSync(${JSON.stringify(note)}, String(child.pid)); console.log('begun')`;
    const { code, output, timedOut } = await withinTime(4000, process.execPath, ['-e', child]);
    assert.deepEqual([code, output, timedOut], [1, 'begun\n', true]);
    const pid = Number(fs.readFileSync(note, 'utf8'));
    await until(() => !isAlive(pid)); // the system takes a moment
  });
});
