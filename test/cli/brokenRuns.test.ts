import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { RunModel } from '../../src/client/runModel.js';
import { processStart } from '../../src/platform/isAlive.js';
import type { RunEvent } from '../../src/protocol/runEvents.js';
import { writeCheckpoint } from '../../src/runs/checkpoint.js';
import { noteRunning } from '../../src/runs/runningRuns.js';
import { here, writeVitalSigns } from '../../src/runs/vitalSigns.js';
import { built } from '../support/built.js';
import { sampleCheckpoint, sampleGraph } from '../support/runs.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';
import { scratchFolder } from '../support/scratch.js';
import { until } from '../support/until.js';
import { jsonLines } from '../support/jsonLines.js';

// What the program says of runs that broke off or do not answer.

const folder = scratchFolder();
const cache = () => path.join(folder(), 'cache');
const dead = spawnSync(process.execPath, ['-e', '']).pid;

function cli(...args: string[]) {
  const env = { ...process.env, FACE_TRAINER_CACHE: cache() };
  return spawnSync(process.execPath, [built('faceTrainer.js'), ...args], { cwd: folder(), encoding: 'utf8', env });
}

/** A run of a process that left its note in the list of those that train. */
function write(name: string, who: Pick<Extract<RunEvent, { type: 'run' }>, 'pid' | 'processStart'>): string {
  const runFolder = path.join(folder(), name);
  const checkpoint = path.join(runFolder, 'checkpoints', 'epoch-0001');
  fs.mkdirSync(path.dirname(checkpoint), { recursive: true });
  writeCheckpoint(checkpoint, sampleGraph, sampleCheckpoint(10, 1));
  const events = [{ ...SAMPLE_EVENTS.run, ...who }, SAMPLE_EVENTS.stage, SAMPLE_EVENTS.epoch, SAMPLE_EVENTS.checkpoint];
  fs.writeFileSync(
    path.join(runFolder, 'metrics.ndjson'),
    events.map((event) => `${JSON.stringify(event)}\n`).join(''),
  );
  noteRunning(runFolder, new Date(0), cache());
  for (const note of fs.readdirSync(path.join(cache(), 'running'))) {
    const file = path.join(cache(), 'running', note);
    const written = JSON.parse(fs.readFileSync(file, 'utf8')) as { runFolder: string };
    if (written.runFolder === runFolder) fs.writeFileSync(file, JSON.stringify({ ...written, ...who }));
  }
  return runFolder;
}

const silent = (runFolder: string, forMs: number) => {
  const { steady, wall, host, boot } = here();
  writeVitalSigns(runFolder, {
    ...{ version: 1, pid: process.pid, processStart: processStart(process.pid), host, boot },
    ...{
      at: new Date(wall - forMs).toISOString(),
      beatAt: steady - forMs,
      turnAt: steady - forMs,
      toldAt: steady - forMs,
    },
    ...{ longestTurnMs: 0, longestSilenceMs: 0, availableBytes: 1, totalBytes: 1, heapShare: 0, oomCounts: [] },
  });
};

describe('the program, of a run that broke off', function () {
  this.timeout(60_000);

  it('lists it once, says why in its folder as well, and lists those that go on behind it', () => {
    const gone = write('gone', { pid: dead, processStart: undefined });
    const alive = write('alive', { pid: process.pid, processStart: processStart(process.pid) });
    const { stdout } = cli('ps');
    const why =
      'Training broke off after epoch 1 of 3: its process is gone, and nothing says why. It can go on from there.';
    assert.equal(
      stdout,
      `pictures: ${why}\n            ${gone}\n` +
        `pictures: 1 epoch of 3 done, training, process ${process.pid}\n            ${alive}\n`,
    );
    const { failure } = new RunModel(gone).state;
    assert.equal(`${failure!.message} ${failure!.advice}`, why);
    const again = jsonLines(cli('ps', '--json').stdout) as { runFolder: string; state: string; epochs: number }[];
    assert.deepEqual(
      again.map(({ runFolder, state, epochs }) => [runFolder, state, epochs]),
      [[alive, 'training', 1]],
    );
  });

  it('says so to who attaches to it, with the command that goes on', () => {
    const gone = write('gone', { pid: dead, processStart: undefined });
    for (let times = 0; times < 2; times++) {
      const { status, stdout } = cli('attach', 'gone');
      assert.equal(status, 1);
      assert.match(
        stdout,
        /Failed +Training broke off after epoch 1 of 3: its process is gone, and nothing says why\.\n +It can go on from there\.\n/,
      );
      assert.equal(stdout.split('Failed').length, 2, 'once');
      assert.ok(stdout.endsWith(`            face-trainer resume ${gone}\n`), stdout);
    }
  });

  it('says since when one does not answer, and what to do', () => {
    const run = write('silent', { pid: process.pid, processStart: processStart(process.pid) });
    silent(run, 5 * 60_000 + 500);
    const words =
      `Training has not answered for 5 minutes: its process ${process.pid} is there, but shows no sign of life. ` +
      `It may still come back, when the machine has time and memory for it. Once process ${process.pid} is ended, it can go on after epoch 1 of 3.`;
    assert.equal(
      cli('ps').stdout,
      `pictures: 1 epoch of 3 done, not answering, process ${process.pid}\n            ${run}\n            ${words}\n`,
    );
    const [one] = jsonLines(cli('ps', '--json').stdout) as { state: string; message: string; advice: string }[];
    assert.deepEqual([one!.state, `${one!.message} ${one!.advice}`], ['not answering', words]);
    assert.equal(new RunModel(run).state.failure, undefined, 'it is not declared dead');
    silent(run, 0);
    assert.match(cli('ps').stdout, /1 epoch of 3 done, training, process/);
  });

  it('says so to who follows it, once, and when it answers again', async () => {
    const run = write('silent', { pid: process.pid, processStart: processStart(process.pid) });
    silent(run, 5 * 60_000 + 500);
    const env = { ...process.env, FACE_TRAINER_CACHE: cache() };
    const child = spawn(process.execPath, [built('faceTrainer.js'), 'attach', run], { env });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await until(() => said.includes('Training has not answered for 5 minutes: '));
    silent(run, 0);
    await until(() => said.includes('Training answers again.'));
    child.kill('SIGINT');
    await once(child, 'close');
    assert.equal(said.split('has not answered').length, 2);
    assert.match(said, /Left alone: it goes on\./);
  });
});
