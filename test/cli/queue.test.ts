import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { RunModel } from '../../src/client/runModel.js';
import { isAlive } from '../../src/platform/isAlive.js';
import { runningRuns } from '../../src/runs/runningRuns.js';
import { built } from '../support/built.js';
import { scratchFolder, writePeople } from '../support/scratch.js';
import { resultOf } from '../support/smallRuns.js';
import { untilInTime } from '../support/until.js';

// Trainings that wait for each other, by the bundled program and real trainers.

const folder = scratchFolder();
const cache = () => path.join(folder(), 'cache');
const SMALL = ['--recipe', 'original', '--size', '32', '--width', '0.1', '--batch', '4', '--threads', '1'];

function cli(...args: string[]) {
  const env = { ...process.env, FACE_TRAINER_CACHE: cache() };
  const options = { cwd: folder(), encoding: 'utf8', env } as const;
  return spawnSync(process.execPath, [built('faceTrainer.js'), ...args], options);
}
const train = (run: string, epochs: number, ...more: string[]) =>
  cli('train', 'data', ...SMALL, '--epochs', String(epochs), '--out', run, ...more);
const modelOf = (run: string) => new RunModel(path.join(folder(), run));
interface Line {
  readonly state?: string;
  readonly place?: number;
  readonly begins?: boolean;
  readonly runFolder: string;
}
const lines = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
const waiting = () =>
  lines(cli('queue', '--json').stdout).map(({ runFolder, state }) => [path.basename(runFolder), state]);

const until = (what: string, holds: () => boolean) =>
  untilInTime(what, holds, 30_000, () => `: ${cli('queue').stdout}${cli('ps').stdout}`);
const ended = (run: string) => modelOf(run).state.finished !== undefined;
const stepped = (run: string) => modelOf(run).state.steps.length > 0;

describe('trainings that wait for each other', function () {
  this.timeout(120_000);

  beforeEach(async () => {
    await writePeople(path.join(folder(), 'data'), 2, 8);
  });

  afterEach(async () => {
    for (const { pid } of runningRuns(cache())) process.kill(pid, 'SIGKILL');
    await until('the end of every trainer', () => runningRuns(cache()).length === 0);
  });

  it('train one after the other, without anybody who looks, to the bits of one started by hand', async () => {
    const first = train('one', 9999, '--afterwards');
    assert.deepEqual([first.status, first.stderr], [0, '']);
    assert.match(
      first.stdout,
      /^No other training is at work: this one begins\. “face-trainer attach .*one” follows it\.\n/,
    );
    await until('the first step', () => stepped('one'));
    assert.match(train('two', 3, '--afterwards').stdout, /^data waits, 1st in line, behind data, epoch \d+ of 9999\./);
    const [third] = lines(train('three', 3, '--afterwards', '--json').stdout);
    const { place, begins, runFolder } = third!;
    assert.deepEqual([place, begins, runFolder], [2, false, path.join(folder(), 'three')]);
    assert.equal(cli('stop', 'one').status, 0);
    await until('the end of all', () => ['two', 'three'].every(ended));
    const times = ['one', 'two', 'three'].map((run) => {
      const { run: begun, finished } = modelOf(run).state;
      const from = Date.parse(begun!.startedAt);
      return [from, from + finished!.elapsedSeconds * 1000] as const;
    });
    assert.ok(times[0]![1] <= times[1]![0] && times[1]![1] <= times[2]![0], JSON.stringify(times));
    assert.equal(new Set(['one', 'two', 'three'].map((run) => modelOf(run).state.run!.pid)).size, 3);
    assert.deepEqual(waiting(), []);
    assert.equal(train('by-hand', 3).status, 0);
    for (const run of ['two', 'three'])
      assert.deepEqual(resultOf(path.join(folder(), run)), resultOf(path.join(folder(), 'by-hand')), run);
  });

  it('begin when somebody looks where the one before was killed, once though several look', async () => {
    train('long', 9999, '--afterwards');
    await until('the first step', () => stepped('long'));
    assert.match(train('next', 9999, '--afterwards').stdout, /1st in line, behind data, epoch \d+ of 9999/);
    assert.match(cli('ps').stdout, /data: waiting, 1st in line\n +.*next\n$/);
    const { pid } = modelOf('long').state.run!;
    process.kill(pid, 'SIGKILL');
    await until('its end', () => !isAlive(pid));
    assert.match(cli('ps').stdout, /Training broke off/);
    for (let i = 0; i < 3; i++) cli('ps');
    await until('the next', () => stepped('next'));
    assert.equal(runningRuns(cache()).length, 1);
    assert.deepEqual(waiting(), []);
  });

  it('go on when one is paused or stopped, and not when the machine asks it to end', async () => {
    train('one', 9999, '--afterwards');
    await until('the first step', () => stepped('one'));
    for (const run of ['two', 'three']) train(run, 9999, '--afterwards');
    assert.equal(cli('pause', 'one').status, 0);
    await until('the second', () => stepped('two'));
    process.kill(modelOf('two').state.run!.pid, 'SIGTERM');
    await until('its end', () => modelOf('two').state.failure !== undefined && runningRuns(cache()).length === 0);
    const again = cli('resume', 'one', '--afterwards');
    assert.match(again.stdout, /^data waits, 2nd in line/, again.stderr);
    await until('the third, begun by whoever looked', () => stepped('three'));
    assert.equal(cli('stop', 'three').status, 0);
    const steps = modelOf('one').state.steps.length;
    await until('the first again', () => modelOf('one').state.steps.length > steps);
    assert.equal(cli('stop', 'one').status, 0);
  });

  it('tell what could not begin, and take the next', async () => {
    train('one', 9999, '--afterwards');
    await until('the first step', () => stepped('one'));
    fs.cpSync(path.join(folder(), 'data'), path.join(folder(), 'gone'), { recursive: true });
    cli('train', 'gone', ...SMALL, '--epochs', '1', '--out', 'two', '--afterwards');
    train('three', 1, '--afterwards');
    fs.rmSync(path.join(folder(), 'gone'), { recursive: true });
    assert.equal(cli('stop', 'one').status, 0);
    await until('the third', () => ended('three'));
    const { stdout } = cli('queue');
    assert.match(stdout, /^ {2}1 {2}gone: could not begin\. The folder “.*gone” does not exist\./);
    assert.match(cli('queue', 'remove', '1').stdout, /^gone waits no longer\./);
    assert.equal(cli('queue').stdout, 'No training waits.\n');
  });

  it('are taken out and put first by their numbers', async () => {
    train('one', 9999, '--afterwards');
    await until('the first step', () => stepped('one'));
    for (const run of ['two', 'three', 'four']) train(run, 9999, '--afterwards');
    assert.match(cli('queue', 'first', '3').stdout, /^data is the next\./);
    assert.deepEqual(
      waiting().map(([run]) => run),
      ['four', 'two', 'three'],
    );
    assert.match(cli('queue', 'remove', '2').stdout, /^data waits no longer\./);
    assert.deepEqual(waiting(), [
      ['four', 'waiting'],
      ['three', 'waiting'],
    ]);
    const refused = cli('queue', 'remove', '../one');
    assert.deepEqual([refused.status, refused.stdout], [1, '']);
    assert.match(refused.stderr, /No training “\.\.\/one” waits\.\n“face-trainer queue” lists those that do/);
    const twice = train('four', 9999, '--afterwards');
    assert.match(twice.stderr, /The run “four” waits already, as number 1\./);
    assert.equal(twice.status, 1);
  });

  it('are told of where a training begins beside another', async () => {
    train('one', 9999, '--afterwards');
    await until('the first step', () => stepped('one'));
    const beside = train('two', 1);
    assert.equal(beside.status, 0);
    assert.match(
      beside.stderr,
      /^Another training is at work \(data, epoch \d+ of 9999\): both will be slower\. With --afterwards this one waits for it\.\n/,
    );
  });
});
