import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { RunModel } from '../../src/client/runModel.js';
import { isHeld } from '../../src/platform/isAlive.js';
import { PROTOCOL_VERSION } from '../../src/protocol/handshake.js';
import type { TrainerMessage, TrainerOrder } from '../../src/protocol/jobs.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { readSummary, standOf } from '../../src/runs/runSummary.js';
import { here, writeVitalSigns } from '../../src/runs/vitalSigns.js';
import { forkTrainer } from '../support/forkTrainer.js';
import { notRun } from '../support/notRun.js';
import { scratchFolder, writePeople } from '../support/scratch.js';
import { resultOf, SMALL_RUN, SMALL_RUNS } from '../support/smallRuns.js';
import { until } from '../support/until.js';
import { listed, ps, work } from '../support/workingTrainer.js';

// What a trainer in a process of its own shows of its life, to whoever looks.

const folder = scratchFolder();
const cache = () => path.join(folder(), 'cache');
const run = (name: string) => path.join(folder(), name);

function orderFor(name: string, options: object): TrainerOrder {
  const all = trainingOptions.parse({ dataset: run('data'), ...SMALL_RUN, ...options });
  return { type: 'train', protocol: PROTOCOL_VERSION, runFolder: run(name), options: all };
}

describe('a run’s signs of life', function () {
  this.timeout(60_000);

  it('are there for its owner while it trains, and are found again by ps where its note was removed', async () => {
    await writePeople(run('data'), 4, 8);
    const notes = path.join(cache(), 'running');
    let seen = 0;
    const last = await work(orderFor('run', { epochs: 9999 }), cache(), async (step, pid) => {
      if (step !== 1) return;
      const file = path.join(run('run'), 'alive.json');
      await until(() => fs.existsSync(file));
      if (process.platform !== 'win32') assert.equal(fs.statSync(file).mode & 0o777, 0o600);
      for (const name of fs.readdirSync(notes)) fs.rmSync(path.join(notes, name));
      assert.deepEqual(listed(cache()), [], 'an orphan');
      await until(() => fs.readdirSync(notes).some((name) => name.endsWith('.json')));
      const [one, ...others] = listed(cache());
      assert.deepEqual([one?.runFolder, one?.pid, one?.state, others], [run('run'), pid, 'training', []]);
      assert.match(ps(cache()), /^data: \d+ epochs? of 9999 done, training, process \d+\n +\/.*run\n$/);
      seen++;
      fs.mkdirSync(path.join(run('run'), 'control'));
      fs.writeFileSync(path.join(run('run'), 'control', 'stop'), '');
    });
    assert.ok(last.type === 'finished' && last.reason === 'stopped' && seen === 1);
    assert.ok(!fs.existsSync(path.join(run('run'), 'alive.json')), 'taken away in the end');
    assert.deepEqual(listed(cache()), []);
  });

  it('are taken away by a run that nobody listens to any more', async () => {
    await writePeople(run('data'), 4, 8);
    const child = forkTrainer(cache());
    const exited = once(child, 'exit');
    child.on('message', ({ type }: TrainerMessage) => {
      if (type === 'hello') child.send(orderFor('run', { epochs: 1 }));
      if (type === 'run') child.disconnect();
    });
    await exited;
    assert.equal(new RunModel(run('run')).phase, 'completed');
    const left = fs.readdirSync(run('run')).filter((name) => name.startsWith('alive') || name.startsWith('.lock'));
    assert.deepEqual([left, fs.readdirSync(path.join(cache(), 'running'))], [[], []]);
  });

  it('stand still with a process that a signal stops, which is shown, and go on with it to the same bits', async function () {
    if (process.platform !== 'linux') return notRun(this, 'only Linux tells that a process stands still');
    await writePeople(run('data'), 4, 8);
    const options = { ...SMALL_RUNS['quantized on the way'], checkpointMinutes: 0.0005 };
    assert.equal((await work(orderFor('whole', options), cache())).type, 'finished');
    let held = 0;
    const shown: unknown[] = [];
    const last = await work(orderFor('held', options), cache(), async (step, pid) => {
      if (step % 5 !== 2) return;
      process.kill(pid, 'SIGSTOP');
      await until(() => isHeld(pid));
      held++;
      const summary = readSummary(run('held'))!;
      const [one] = listed(cache());
      shown.push([new RunModel(run('held')).phase, standOf(run('held'), summary).phase, one?.state]);
      assert.match(one!.message!, new RegExp(`stands still .*a signal stopped its process ${pid}`));
      process.kill(pid, 'SIGCONT');
      await until(() => !isHeld(pid));
    });
    assert.equal(last.type, 'finished');
    assert.ok(held > 2, `${held} times`);
    assert.deepEqual(shown, Array(held).fill(['silent', 'silent', 'stopped by a signal']));
    assert.deepEqual(resultOf(run('held')), resultOf(run('whole')));
  });

  it('keep a second machine from going on with a run in a folder that both see, while they are fresh', async () => {
    await writePeople(run('data'), 4, 8);
    const stopped = await work(orderFor('run', { epochs: 1 }), cache());
    assert.equal(stopped.type, 'finished');
    const resume: TrainerOrder = { type: 'resume', protocol: PROTOCOL_VERSION, runFolder: run('run'), epochs: 2 };
    const write = (ageMs: number) =>
      writeVitalSigns(run('run'), {
        ...{ version: 1, pid: 7, processStart: 'lab:1', host: 'lab', boot: 'lab' },
        ...{ at: new Date(here().wall - ageMs).toISOString(), beatAt: 0, turnAt: 0, toldAt: 0 },
        ...{ longestTurnMs: 0, longestSilenceMs: 0, availableBytes: 1, totalBytes: 1, heapShare: 0, oomCounts: [] },
      });
    write(1000);
    const refused = await work(resume, cache());
    assert.ok(refused.type === 'failure' && refused.code === 'run-busy', JSON.stringify(refused));
    assert.match(refused.message, /is training on another machine, “lab”\.$/);
    write(10 * 60_000);
    assert.equal((await work(resume, cache())).type, 'finished', 'who looked there goes on here');
  });
});
