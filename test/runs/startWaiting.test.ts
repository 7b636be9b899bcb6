import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { isAlive } from '../../src/platform/isAlive.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { noteRunning } from '../../src/runs/runningRuns.js';
import { startWaiting, startWaitingAfter } from '../../src/runs/startWaiting.js';
import { putIntoQueue } from '../../src/runs/trainingQueue.js';
import { workAtHand } from '../../src/runs/workAtHand.js';
import { useEnvironment } from '../support/environment.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';
import { scratchFolder } from '../support/scratch.js';
import { until } from '../support/until.js';

const folder = scratchFolder();

describe('what waits', () => {
  useEnvironment(() => ({ FACE_TRAINER_CACHE: path.join(folder(), 'cache') }));

  const put = () => {
    const options = trainingOptions.parse({ dataset: path.join(folder(), 'people') });
    const order = { type: 'train', protocol: 1, runFolder: path.join(folder(), 'run'), options } as const;
    putIntoQueue({ order, name: 'people', askedBy: 'terminal' });
  };
  /** Writes what it was called with, and with which program's environment. */
  const entry = () => {
    const file = path.join(folder(), 'trainer.cjs');
    const told = path.join(folder(), 'told');
    fs.writeFileSync(
      file,
      `const { argv, env, pid } = process;
      const text = JSON.stringify({ args: argv.slice(2), node: env.ELECTRON_RUN_AS_NODE, pid });
      require('fs').writeFileSync(${JSON.stringify(`${told}.new`)}, text);
      require('fs').renameSync(${JSON.stringify(`${told}.new`)}, ${JSON.stringify(told)});`,
    );
    return { file, told };
  };
  const heard = async (told: string) => {
    await until(() => fs.existsSync(told));
    const { args, node, pid } = JSON.parse(fs.readFileSync(told, 'utf8')) as {
      args: string[];
      node: string;
      pid: number;
    };
    await until(() => !isAlive(pid));
    return { args, node };
  };

  it('is started by a process of its own, and only where something does', async () => {
    const { file, told } = entry();
    assert.equal(startWaiting(file), false);
    put();
    assert.equal(startWaiting(file), true);
    assert.deepEqual(await heard(told), { args: ['--next'], node: '1' });
  });

  it('is started behind the process whose training ends', async () => {
    const { file, told } = entry();
    put();
    startWaitingAfter(file);
    assert.deepEqual(await heard(told), { args: ['--next', String(process.pid)], node: '1' });
  });

  it('waits for the run at work, which is told of by its pictures and its epoch', () => {
    assert.equal(workAtHand(), undefined);
    const run = path.join(folder(), 'other');
    fs.mkdirSync(run);
    const forget = noteRunning(run, new Date());
    assert.equal(workAtHand(), 'other', 'before it has said what it trains on');
    const events = [SAMPLE_EVENTS.run, SAMPLE_EVENTS.stage, SAMPLE_EVENTS.epoch];
    fs.writeFileSync(path.join(run, 'metrics.ndjson'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    assert.equal(workAtHand(), 'pictures, epoch 2 of 3');
    forget();
    assert.equal(workAtHand(), undefined);
  });
});
