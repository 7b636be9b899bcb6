import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ownName } from '../../src/platform/isAlive.js';
import type { RunOrder } from '../../src/protocol/jobs.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { noteRunning } from '../../src/runs/runningRuns.js';
import { isAnythingQueued, queueFolder } from '../../src/runs/queueFolder.js';
import { startWaiting } from '../../src/runs/startWaiting.js';
import {
  isAnyAtWork,
  isOneDue,
  keepAsFailed,
  leaveQueue,
  moveToFront,
  promisedFolders,
  putIntoQueue,
  queuedTrainings,
  removeFromQueue,
  takeNext,
} from '../../src/runs/trainingQueue.js';
import { workAtHand } from '../../src/runs/workAtHand.js';
import { useEnvironment } from '../support/environment.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const cache = () => path.join(folder(), 'cache');

const orderOf = (name: string): RunOrder => ({
  ...{ type: 'train', protocol: 1, runFolder: path.join(folder(), 'runs', name) },
  options: trainingOptions.parse({ dataset: path.join(folder(), name) }),
});
const put = (name: string) => putIntoQueue({ order: orderOf(name), name, askedBy: 'editor' });
const names = () => queuedTrainings().map(({ name }) => name);
const fileOf = (id: string) => path.join(queueFolder(), `${id}.json`);
/** As a process left it that was killed. */
function killTaker(id: string): void {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const written = fs.readFileSync(fileOf(id), 'utf8').replace(ownName(), String(pid));
  fs.writeFileSync(fileOf(id), written);
}

describe('the queue of trainings', () => {
  useEnvironment(() => ({ FACE_TRAINER_CACHE: cache() }));

  it('keeps whole orders in the order in which they were asked for, for their user alone', () => {
    assert.deepEqual([names(), isAnythingQueued()], [[], false]);
    for (const name of ['a', 'b', 'c']) put(name);
    assert.ok(isAnythingQueued());
    assert.deepEqual(names(), ['a', 'b', 'c']);
    const { order, askedBy } = queuedTrainings()[0]!.training!;
    assert.deepEqual([order, askedBy], [orderOf('a'), 'editor']);
    assert.deepEqual(
      promisedFolders(),
      ['a', 'b', 'c'].map((name) => orderOf(name).runFolder),
    );
    if (process.platform === 'win32') return;
    assert.equal(fs.statSync(queueFolder()).mode & 0o777, 0o700);
    for (const { id } of queuedTrainings()) assert.equal(fs.statSync(fileOf(id)).mode & 0o777, 0o600);
  });

  it('refuses a run that waits already, and the hundred and first', () => {
    put('a');
    assert.throws(() => put('a'), { code: 'run-waiting', message: 'The run “a” waits already, as number 1.' });
    for (let i = 1; i < 100; i++) put(`n${i}`);
    assert.throws(() => put('one more'), { code: 'queue-full' });
  });

  it('puts one first, takes one out, and says when it is there no longer', async () => {
    const [a, , c] = ['a', 'b', 'c'].map(put);
    const moved = await moveToFront(c!.id);
    assert.deepEqual(names(), ['c', 'a', 'b']);
    assert.equal(queuedTrainings()[0]!.id, moved!.id);
    assert.equal(await moveToFront(c!.id), undefined, 'it has another id by now');
    assert.equal((await removeFromQueue(a!.id))?.name, 'a');
    assert.equal(await removeFromQueue(a!.id), undefined);
    assert.deepEqual(names(), ['c', 'b']);
    put('d');
    assert.deepEqual(names(), ['c', 'b', 'd'], 'who comes later stands behind');
  });

  it('gives each to one of those that ask at the same time', async () => {
    for (const name of ['a', 'b']) put(name);
    const taken = await Promise.all(Array.from({ length: 8 }, () => takeNext()));
    assert.deepEqual(
      taken.flatMap((one) => one?.name ?? []),
      ['a'],
    );
    assert.deepEqual([isAnyAtWork(), isOneDue(), workAtHand()], [true, false, 'a']);
    assert.equal(await removeFromQueue(queuedTrainings()[0]!.id), undefined, 'it begins');
    leaveQueue(queuedTrainings()[0]!.id);
    assert.deepEqual([names(), isOneDue()], [['b'], true]);
  });

  it('gives each to one of several processes', async () => {
    put('a');
    const source = `
      import { takeNext } from ${JSON.stringify(path.resolve('src/runs/trainingQueue.ts'))};
      const taken = await takeNext();
      console.log(taken ? taken.name : '-');
      process.stdin.once('end', () => process.exit()).resume();`;
    const file = path.join(folder(), 'taker.mts');
    fs.writeFileSync(file, source);
    const takers = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--import', 'tsx', file], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    const said = await Promise.all(
      takers.map(
        (child) =>
          new Promise<string>((resolve) =>
            child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text.trim())),
          ),
      ),
    );
    assert.deepEqual(said.sort(), ['-', '-', '-', 'a']);
    const ends = takers.map((child) => new Promise((resolve) => child.once('close', resolve)));
    for (const child of takers) child.stdin.end();
    await Promise.all(ends);
    assert.equal(isOneDue(), true, 'who took it is gone, and it waits again');
  }).timeout(60_000);

  it('gives none while a training is at work', async () => {
    put('a');
    const ended = noteRunning(path.join(folder(), 'other'), new Date());
    assert.equal(await takeNext(), undefined);
    assert.equal(workAtHand(), 'other');
    assert.equal(startWaiting('no trainer'), false);
    ended();
    assert.equal((await takeNext())?.name, 'a');
  });

  it('gives one again whose process was killed, and after the second time says so and goes on', async () => {
    const { id } = put('a');
    put('b');
    for (let time = 0; time < 2; time++) {
      assert.equal((await takeNext())?.id, id);
      killTaker(id);
    }
    assert.equal((await takeNext())?.name, 'b');
    const [b, a] = queuedTrainings();
    assert.deepEqual([b?.name, a?.name], ['b', 'a'], 'behind those that wait');
    assert.equal(a?.failure?.message, 'Its process was ended twice before it began.');
  });

  it('leaves a run alone that had begun when its process was killed', async () => {
    const { id } = put('a');
    await takeNext();
    killTaker(id);
    fs.mkdirSync(orderOf('a').runFolder, { recursive: true });
    fs.writeFileSync(path.join(orderOf('a').runFolder, 'run.json'), '{}');
    assert.equal(await takeNext(), undefined);
    assert.deepEqual(names(), []);
  });

  it('keeps what could not begin, with the reason, until it is removed', async () => {
    put('a');
    put('b');
    keepAsFailed((await takeNext())!, { message: 'The folder is gone.', advice: 'Bring it back.' });
    assert.deepEqual(names(), ['b', 'a']);
    const [, a] = queuedTrainings();
    assert.deepEqual(a?.failure, { message: 'The folder is gone.', advice: 'Bring it back.' });
    assert.deepEqual(promisedFolders(), [orderOf('b').runFolder]);
    put('a');
    assert.deepEqual(names(), ['b', 'a', 'a'], 'it may be asked for again');
    assert.equal((await takeNext())?.name, 'b');
    assert.equal((await removeFromQueue(a.id))?.name, 'a');
  });

  it('takes nothing damaged, foreign or of another version, and does not hide it', async () => {
    const { id } = put('a');
    const good = JSON.parse(fs.readFileSync(fileOf(id), 'utf8')) as { order: object };
    const bad = [
      '',
      '{',
      '[]',
      JSON.stringify({ ...good, version: 2 }),
      JSON.stringify({ ...good, order: { ...good.order, protocol: 99 } }),
      JSON.stringify({ ...good, order: { ...good.order, type: 'check' } }),
      JSON.stringify({ ...good, order: { ...good.order, runFolder: '../../elsewhere' } }),
      JSON.stringify({ ...good, name: 'x'.repeat(201) }),
      JSON.stringify({ ...good, padding: 'x'.repeat(1 << 20) }),
    ];
    fs.rmSync(fileOf(id));
    for (const [i, text] of bad.entries()) fs.writeFileSync(fileOf(`00000000000000${i}-0000000${i}`), text);
    fs.mkdirSync(fileOf('000000000000099-00000099'));
    fs.symlinkSync('/etc/hostname', fileOf('000000000000098-00000098'));
    const all = queuedTrainings();
    assert.equal(all.length, bad.length + 2);
    for (const { name, failure, training } of all)
      assert.deepEqual(
        [name, training, failure?.advice],
        ['unreadable', undefined, 'Remove it and start that training anew.'],
      );
    assert.deepEqual([isOneDue(), await takeNext()], [false, undefined]);
    assert.ok(await removeFromQueue(all[0]!.id));
    assert.equal(queuedTrainings().length, bad.length + 1);
  });

  it('knows files of its own names alone, and follows no path out of its folder', async () => {
    put('a');
    for (const name of ['a.json', '.lock-0000000000000000', '1-00000000.json', '000000000000001-0000000g.json'])
      fs.writeFileSync(path.join(queueFolder(), name), '{}');
    assert.deepEqual(names(), ['a']);
    const outside = path.join(cache(), '000000000000001-00000001.json');
    fs.writeFileSync(outside, '{}');
    for (const id of ['../000000000000001-00000001', '/etc/passwd', '', '__proto__']) {
      assert.equal(await removeFromQueue(id), undefined);
      assert.equal(await moveToFront(id), undefined);
      assert.throws(() => leaveQueue(id), /is no training of the queue/);
    }
    assert.ok(fs.existsSync(outside));
  });
});
