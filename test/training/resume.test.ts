import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../../src/core/random.js';
import { reduceAll } from '../../src/core/runState.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { trainingOptions, type TrainingOptionsInput } from '../../src/protocol/options.js';
import { RunReader } from '../../src/runs/runReader.js';
import { resumeRun, trainRun } from '../../src/training/trainRun.js';
import { resultOf, SMALL_RUN, SMALL_RUNS } from '../support/smallRuns.js';
import { stoppedAfter } from '../support/stoppedAfter.js';
import { scratchFolder, writePeople } from '../support/scratch.js';

// A run that is broken off anywhere and goes on ends with the bits of one that was not.

const folder = scratchFolder();
const data = () => path.join(folder(), 'data');
const ports = () => ({ now: () => new Date(0), pixelCache: path.join(folder(), 'pixels'), selectEngine });

async function trainUntil(begin: Parameters<typeof stoppedAfter>[1], step: number): Promise<void> {
  const { ok, messages } = await stoppedAfter(step, begin);
  assert.ok(ok, JSON.stringify(messages.at(-1)));
}

const start = (run: string, options: Partial<TrainingOptionsInput>, step = Infinity) =>
  trainUntil(
    (emit, stop) =>
      trainRun(
        { runFolder: run, version: '0', options: trainingOptions.parse({ dataset: data(), ...SMALL_RUN, ...options }) },
        emit,
        stop,
        ports(),
      ),
    step,
  );
const goOn = (run: string, step = Infinity) =>
  trainUntil((emit, stop) => resumeRun({ runFolder: run }, emit, stop, ports()), step);

describe('a run that goes on', function () {
  this.timeout(240_000);

  for (const [name, options] of Object.entries(SMALL_RUNS))
    it(`ends with the same bits, stopped anywhere: ${name}`, async () => {
      await writePeople(data(), 4, 8);
      const whole = path.join(folder(), 'whole');
      await start(whole, options);
      const expected = resultOf(whole);
      const steps = reduceAll(new RunReader(whole).readNew()).steps.length;
      const random = Random.fromSeed(steps);
      for (let round = 0; round < 3; round++) {
        const run = path.join(folder(), `run-${round}`);
        const [first, second] = [1 + random.integer(steps - 1), 1 + random.integer(steps - 1)].sort((a, b) => a - b);
        await start(run, options, first);
        await goOn(run, second);
        const { finished } = reduceAll(new RunReader(run).readNew());
        if (finished?.reason === 'stopped') await goOn(run);
        assert.deepEqual(resultOf(run), expected, `stopped after ${first} and ${second} of ${steps} steps`);
      }
    });

  it('clears away what is left of one that was killed behind its last word, and says that it is done', async () => {
    await writePeople(data(), 4, 8);
    const run = path.join(folder(), 'run');
    await start(run, { epochs: 1 });
    fs.writeFileSync(path.join(run, '.reserve'), Buffer.alloc(1000));
    const { ok, messages } = await stoppedAfter(Infinity, (emit, stop) =>
      resumeRun({ runFolder: run }, emit, stop, ports()),
    );
    const last = messages.at(-1);
    assert.deepEqual([ok, last?.type === 'failure' && last.code], [false, 'run-complete']);
    assert.deepEqual(
      fs.readdirSync(run).filter((name) => name.startsWith('.')),
      [],
    );
  });
});
