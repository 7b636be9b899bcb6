import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { RunModel } from '../../src/client/runModel.js';
import { TrainerProcess } from '../../src/client/trainerProcess.js';
import { PROTOCOL_VERSION } from '../../src/protocol/handshake.js';
import type { TrainerOrder } from '../../src/protocol/jobs.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { built } from '../support/built.js';
import { makeMemoryGroup, type MemoryGroup } from '../support/memoryGroup.js';
import { notRun } from '../support/notRun.js';
import { scratchFolder, writePeople } from '../support/scratch.js';
import { resultOf, SMALL_RUN } from '../support/smallRuns.js';
import { listed, ps, work } from '../support/workingTrainer.js';

// Trainers that die, each in another way, and what is told of them.

const folder = scratchFolder();
const cache = () => path.join(folder(), 'cache');
const run = (name: string) => path.join(folder(), name);

function orderFor(name: string, options: object = {}): TrainerOrder {
  const all = trainingOptions.parse({ dataset: run('data'), ...SMALL_RUN, epochs: 3, ...options });
  return { type: 'train', protocol: PROTOCOL_VERSION, runFolder: run(name), options: all };
}
const resume = (name: string): TrainerOrder => ({ type: 'resume', protocol: PROTOCOL_VERSION, runFolder: run(name) });

describe('a training that dies', function () {
  this.timeout(60_000);
  let group: MemoryGroup | undefined;

  afterEach(() => {
    group?.remove();
    group = undefined;
  });

  it('of a signal by which a machine asks it to, keeps what it has, says so, and goes on to the same bits', async function () {
    if (process.platform === 'win32') return notRun(this, 'Windows asks no process to end');
    await writePeople(run('data'), 4, 8);
    assert.equal((await work(orderFor('whole'), cache())).type, 'finished');
    const last = await work(orderFor('run'), cache(), (step, pid) => {
      if (step === 8) process.kill(pid, 'SIGTERM');
    });
    assert.ok(last.type === 'failure' && last.code === 'trainer-killed', JSON.stringify(last));
    assert.match(
      last.message,
      /^Training broke off in epoch [23] of 3: its process was told to end from outside \(SIGTERM\)\.$/,
    );
    assert.equal(last.advice, 'It can go on from there.');
    const model = new RunModel(run('run'));
    assert.deepEqual([model.phase, model.state.failure], ['interrupted', last]);
    assert.equal((await work(resume('run'), cache())).type, 'finished');
    assert.deepEqual(resultOf(run('run')), resultOf(run('whole')));
  });

  it('while nobody is there is told of by ps, in its folder as well, and goes on', async function () {
    if (process.platform === 'win32') return notRun(this, 'there is no SIGKILL');
    await writePeople(run('data'), 4, 8);
    let killed = 0;
    await work(orderFor('run', { checkpointMinutes: 0.0005 }), cache(), (step, pid) => {
      if (!fs.existsSync(path.join(run('run'), 'checkpoints', 'epoch-0001')) || killed > 0) return;
      process.kill(pid, 'SIGKILL');
      killed = step;
    });
    const [one, ...others] = listed(cache());
    assert.deepEqual([one?.runFolder, one?.state, others], [run('run'), 'broken off', []]);
    assert.match(
      one!.message!,
      /^Training broke off (?:after|in) epoch \d of 3: its process is gone, and nothing says why\.$/,
    );
    assert.equal(new RunModel(run('run')).state.failure?.message, one!.message);
    assert.match(fs.readFileSync(path.join(run('run'), 'report.html'), 'utf8'), /Broke off\. .*nothing says why/s);
    assert.equal(ps(cache()), 'No run is training.\n', 'it is told once');
    assert.ok(!fs.existsSync(path.join(run('run'), 'alive.json')));
    assert.equal((await work(resume('run'), cache())).type, 'finished');
  });

  it('of the limit of its control group is told from one that somebody killed', async function () {
    group = makeMemoryGroup(400e6, folder());
    if (!group) return notRun(this, 'this machine lets nobody make a control group with a limit of memory');
    await writePeople(run('data'), 4, 8);
    for (const kills of ['system', 'somebody'] as const) {
      let hog: ChildProcess | undefined;
      process.env['FACE_TRAINER_CACHE'] = cache();
      const trainer: TrainerProcess = new TrainerProcess(
        { entry: built('trainer.js'), order: orderFor(kills, { epochs: 9999 }), execPath: group.runtime },
        {
          onMessage: (message) => {
            if (message.type !== 'step' || message.step !== 3) return;
            if (kills === 'somebody') process.kill(trainer.pid!, 'SIGKILL');
            // The kernel takes back what it can, and then the process.
            else hog = squeeze(group!, trainer.pid!);
          },
          onOutput: () => undefined,
        },
      );
      const end = await trainer.ended;
      await ended(hog);
      delete process.env['FACE_TRAINER_CACHE'];
      assert.ok(end.type === 'failure', JSON.stringify(end));
      const [code, why] =
        kills === 'somebody'
          ? ['trainer-killed', /was ended at once from outside \(SIGKILL\)\.$/]
          : ['out-of-memory', /was ended by the system, since the memory ran out that its container or group of/];
      assert.equal(end.code, code, JSON.stringify(end));
      assert.match(end.message, why);
    }
  });

  it('does not, where the memory of its control group runs out slowly: it ends by itself before, with a checkpoint', async function () {
    group = makeMemoryGroup(2e9, folder());
    if (!group) return notRun(this, 'this machine lets nobody make a control group with a limit of memory');
    await writePeople(run('data'), 4, 8);
    process.env['FACE_TRAINER_CACHE'] = cache();
    let other: ChildProcess | undefined;
    const order = orderFor('run', { epochs: 9999 });
    const trainer: TrainerProcess = new TrainerProcess(
      { entry: built('trainer.js'), order, execPath: group.runtime },
      {
        onMessage: (message) => {
          if (message.type === 'step' && message.step === 3) other = squeeze(group!, trainer.pid!, 55e6);
        },
        onOutput: () => undefined,
      },
    );
    const end = await trainer.ended;
    delete process.env['FACE_TRAINER_CACHE'];
    await ended(other);
    assert.ok(end.type === 'failure' && end.code === 'memory-low', JSON.stringify(end));
    assert.match(end.message, /ended by itself before memory ran out \(\d+\.\d MB of 2\.0 GB were left\)\.$/);
    assert.match(end.advice, /^It can go on from there\. .*\(--batch 2\)/);
    assert.ok(new RunModel(run('run')).checkpoints.length > 0);
    assert.ok(!fs.existsSync(path.join(run('run'), 'alive.json')), 'in good order');
  });
});

/** Takes what the group has left but so much, in a process that the kernel ends after the other. */
function squeeze({ runtime, folder: at, limitBytes }: MemoryGroup, first: number, leftBytes = 0): ChildProcess {
  fs.writeFileSync(`/proc/${first}/oom_score_adj`, '1000');
  const file = ['memory.usage_in_bytes', 'memory.current'].map((name) => path.join(at, name)).find(fs.existsSync);
  // Pages of files are given back: they do not count.
  const program = `const read = (file) => require('fs').readFileSync(file, 'utf8');
    const pages = () => [...read(${JSON.stringify(path.join(at, 'memory.stat'))}).matchAll(/^(?:in)?active_file (.*)$/gm)];
    const used = () => pages().reduce((sum, [, bytes]) => sum - Number(bytes), Number(read(${JSON.stringify(file)})));
    const kept = []; setInterval(() => used() < ${limitBytes - leftBytes} && kept.push(Buffer.alloc(8e6, 1)), 4)`;
  return spawn(runtime, ['-e', program], { stdio: 'ignore' });
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  child?.kill('SIGKILL');
  if (child && child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
