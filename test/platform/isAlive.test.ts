import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { isAlive, processStart } from '../../src/platform/isAlive.js';

const onLinux = fs.existsSync('/proc/self/stat');

describe('isAlive', () => {
  it('knows a process that runs from one that has ended', () => {
    assert.ok(isAlive(process.pid));
    assert.ok(isAlive(process.pid, processStart(process.pid)));
    const { pid, status } = spawnSync(process.execPath, ['-e', '']);
    assert.equal(status, 0);
    assert.ok(!isAlive(pid));
    assert.equal(processStart(pid), undefined);
  });

  if (onLinux) {
    it('knows another process that was given the same number by its start', () => {
      const start = processStart(process.pid)!;
      assert.match(start, /^[0-9a-f-]{36}:\d+$/);
      assert.equal(processStart(process.pid), start);
      assert.notEqual(processStart(1), start);
      assert.ok(!isAlive(process.pid, `${start}0`), 'begun at another time');
      assert.ok(
        !isAlive(
          process.pid,
          start.replace(/^./, (c) => (c === 'a' ? 'b' : 'a')),
        ),
        'before the last restart',
      );
    });

    it('takes one that has ended, and whose parent does not ask for its result, for dead', async () => {
      // The shell becomes a program that waits for no child; only then the child ends.
      const script = '(read line <&3) & echo $!; exec sleep 60';
      const parent = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] });
      try {
        const [line] = (await once(parent.stdout!, 'data')) as [Buffer];
        const pid = Number(line.toString());
        const isProgram = () => fs.readFileSync(`/proc/${parent.pid!}/comm`, 'latin1') === 'sleep\n';
        while (!isProgram()) await new Promise((resolve) => setImmediate(resolve));
        (parent.stdio[3] as Writable).end('\n');
        const state = () => fs.readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]![0];
        while (state() !== 'Z') await new Promise((resolve) => setImmediate(resolve));
        assert.ok(!isAlive(pid));
      } finally {
        parent.kill('SIGKILL');
      }
    });
  }
});
