import assert from 'node:assert/strict';
import path from 'node:path';
import { Random } from '../../src/core/random.js';
import { lastResultOf, SMALL_DISK } from '../support/smallRuns.js';
import { scratchFolder, writePeople } from '../support/scratch.js';
import { faultRun, operationsOf, someFaults } from './diskRuns.js';
import { cutEverywhere, DISKS, recordRun, type Disk } from './powerCut.js';
import { soak, requireFlat } from './soak.js';

// npm run attack -- disk, -- power and -- soak do it as often as you like.

const folder = scratchFolder();
const at = (name: string) => path.join(folder(), name);
const FAULTS = 30;
const SEED = 17;
const STEPS = 4000;

describe('a disk that fails', function () {
  this.timeout(300_000);

  it('ends no run in silence, loses no checkpoint that was told, and costs no bit', async () => {
    await writePeople(at('data'), 4, 8);
    const how = { dataset: at('data'), cache: at('cache'), options: SMALL_DISK };
    const operations = await operationsOf(how, at('whole'));
    const expected = lastResultOf(at('whole'));
    const random = Random.fromSeed(SEED);
    let wentOn = 0;
    for (const fault of someFaults(operations.length, FAULTS, random)) {
      const faulted = await faultRun(how, at(`run-${random.uint32()}`), fault, expected);
      if (faulted.wentOn) wentOn++;
    }
    assert.ok(wentOn > 0, 'some ended, and went on');
  });

  for (const disk of Object.keys(DISKS) as Disk[])
    it(`keeps the newest checkpoint that was told when the power fails behind any write (${disk})`, async () => {
      await writePeople(at('data'), 4, 8);
      const recorded = await recordRun({ dataset: at('data'), cache: at('cache'), options: SMALL_DISK }, at('runs'));
      const { cuts, early, newer } = cutEverywhere(recorded, disk, at('cut'), 1, Random.fromSeed(SEED));
      assert.equal(cuts, recorded.operations.length);
      assert.ok(early > 0 && newer > 0 && early + newer < cuts);
    });

  it('is found out: a checkpoint that is told before it is there for good does not outlive the cut', async () => {
    await writePeople(at('data'), 4, 8);
    const recorded = await recordRun({ dataset: at('data'), cache: at('cache'), options: SMALL_DISK }, at('runs'));
    for (const unsynced of [/model\.safetensors$/, /^run\/checkpoints$/, /^run\/checkpoints\/\.tmp-[^/]*$/]) {
      const operations = recorded.operations.map((one) =>
        one.call === 'fsync' && unsynced.test(one.at) ? ({ call: 'fsync', at: 'run/run.json' } as const) : one,
      );
      const cut = () => cutEverywhere({ ...recorded, operations }, 'strict', at('cut'), 2, Random.fromSeed(SEED));
      assert.throws(cut, /run-without-checkpoint|no checkpoint to go on from|goes on from/, String(unsynced));
    }
  });
});

describe('a trainer that makes steps without end', function () {
  this.timeout(120_000);

  it('holds no more memory, threads and files behind them', async function () {
    if (process.platform !== 'linux') return this.skip();
    await writePeople(at('data'), 2, 20);
    const how = { dataset: at('data'), runFolder: at('run'), cache: at('cache') };
    const held = await soak({ ...how, steps: STEPS, samples: 10 });
    assert.equal(held.length, 10);
    requireFlat(held);
  });
});
