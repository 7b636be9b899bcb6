import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { askRun, takeWish } from '../../src/runs/runControl.js';
import { noteRunning, runningRuns, takeGoneRuns } from '../../src/runs/runningRuns.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();

describe('what a run is asked for', () => {
  it('is heard once, and a stop counts more than a pause', () => {
    assert.equal(takeWish(folder()), undefined, 'nobody asked yet');
    askRun(folder(), 'pause');
    assert.equal(takeWish(folder()), 'pause');
    assert.equal(takeWish(folder()), undefined);
    askRun(folder(), 'pause');
    askRun(folder(), 'stop');
    askRun(folder(), 'stop');
    assert.equal(takeWish(folder()), 'stop');
    assert.equal(takeWish(folder()), undefined, 'the pause went with it');
  });

  it('is asked by whoever may write into its folder, and by nobody else', function () {
    if (process.platform === 'win32') return this.skip();
    askRun(folder(), 'stop');
    assert.equal(fs.statSync(path.join(folder(), 'control')).mode & 0o777, 0o700);
  });

  it('takes what somebody put there as no wish', () => {
    fs.mkdirSync(path.join(folder(), 'control', 'stop'), { recursive: true });
    fs.writeFileSync(path.join(folder(), 'control', 'quit'), '');
    assert.equal(takeWish(folder()), undefined);
  });
});

describe('the runs of this machine', () => {
  const at = (text: string) => new Date(`2026-11-26T${text}:00.000Z`);

  it('are those whose process lives, the oldest first, wherever they lie', () => {
    const cache = path.join(folder(), 'cache');
    assert.deepEqual(runningRuns(cache), []);
    const later = noteRunning('/runs/b', at('11:00'), cache);
    const earlier = noteRunning('/elsewhere/a', at('10:00'), cache);
    assert.deepEqual(
      runningRuns(cache).map(({ runFolder, pid }) => [runFolder, pid]),
      [
        ['/elsewhere/a', process.pid],
        ['/runs/b', process.pid],
      ],
    );
    earlier();
    later();
    assert.deepEqual(runningRuns(cache), []);
  });

  it('are not those of a process that is gone, whose number somebody else may have', () => {
    const cache = path.join(folder(), 'cache');
    const run = path.join(folder(), 'a');
    fs.mkdirSync(run);
    noteRunning(run, at('10:00'), cache);
    const [note] = fs.readdirSync(path.join(cache, 'running'));
    const file = path.join(cache, 'running', note!);
    const written = JSON.parse(fs.readFileSync(file, 'utf8')) as object;
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    for (const gone of [{ pid }, ...(process.platform === 'linux' ? [{ processStart: 'another boot:1' }] : [])]) {
      fs.writeFileSync(file, JSON.stringify({ ...written, ...gone }));
      assert.deepEqual(runningRuns(cache), [], JSON.stringify(gone));
      assert.deepEqual(
        takeGoneRuns(() => false, cache),
        [],
      );
      assert.ok(fs.existsSync(file), 'and is kept for whoever tells of it');
      const [taken] = takeGoneRuns((runFolder) => runFolder === run, cache);
      assert.equal(taken?.runFolder, run);
      assert.ok(!fs.existsSync(file), 'who takes it away');
    }
    fs.writeFileSync(file, JSON.stringify({ ...written, pid }));
    fs.rmdirSync(run);
    assert.deepEqual(runningRuns(cache), []);
    assert.ok(!fs.existsSync(file), 'of a folder that is gone as well nobody tells any more');
  });

  it('are told by notes of ours alone', () => {
    const cache = path.join(folder(), 'cache');
    fs.mkdirSync(path.join(cache, 'running'), { recursive: true });
    for (const text of ['', '{', '[]', '{"runFolder":1}', '{"runFolder":"/a","pid":-1,"since":""}'])
      fs.writeFileSync(path.join(cache, 'running', `${text.length}.json`), text);
    assert.deepEqual(runningRuns(cache), []);
  });

  it('go on where their list cannot be written', () => {
    const cache = path.join(folder(), 'cache');
    fs.writeFileSync(cache, 'a file in the way');
    const { error } = console;
    const said: unknown[] = [];
    console.error = (what: unknown) => said.push(what);
    try {
      noteRunning('/runs/a', at('10:00'), cache)();
    } finally {
      console.error = error;
    }
    assert.equal(said.length, 1);
  });
});
