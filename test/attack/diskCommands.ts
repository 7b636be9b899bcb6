import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../../src/core/random.js';
import { writePeople } from '../support/scratch.js';
import { lastResultOf, SMALL_DISK } from '../support/smallRuns.js';
import { faultRun, operationsOf, someFaults, type SmallDisk } from './diskRuns.js';
import { cutEverywhere, DISKS, recordRun, type Disk } from './powerCut.js';
import { requireFlat, soak } from './soak.js';

// What npm run attack says of disks, in a folder of its own.

async function smallDisk(folder: string): Promise<SmallDisk> {
  const dataset = path.join(folder, 'data');
  await writePeople(dataset, 4, 8);
  return { dataset, cache: path.join(folder, 'cache'), options: SMALL_DISK };
}

/** Every kind of fault at every operation, or so many of them. */
export async function attackDisk(count: number, seed: number, folder: string): Promise<void> {
  const how = await smallDisk(folder);
  const operations = await operationsOf(how, path.join(folder, 'whole'));
  const expected = lastResultOf(path.join(folder, 'whole'));
  const faults = someFaults(operations.length, count, Random.fromSeed(seed));
  const tally = { finished: 0, 'failed and went on': 0, 'had nothing to go on from': 0 };
  const run = path.join(folder, 'run');
  for (const [i, fault] of faults.entries()) {
    const { ok, wentOn } = await faultRun(how, run, fault, expected);
    tally[ok ? 'finished' : wentOn ? 'failed and went on' : 'had nothing to go on from']++;
    fs.rmSync(run, { recursive: true, force: true });
    if ((i + 1) % 100 === 0) console.log(`${i + 1} of ${faults.length}: ${JSON.stringify(tally)}`);
  }
  console.log(
    `${faults.length} faults at ${operations.length} operations: ${JSON.stringify(tally)}; the same bits each time`,
  );
}

/** Cuts behind every operation: so many in all, and at least one each. */
export async function attackPower(count: number, seed: number, folder: string): Promise<void> {
  const recorded = await recordRun(await smallDisk(folder), path.join(folder, 'runs'));
  const disks = Object.keys(DISKS) as Disk[];
  const times = Math.ceil(count / disks.length / recorded.operations.length);
  for (const disk of disks) {
    const cuts = cutEverywhere(recorded, disk, path.join(folder, 'cut'), times, Random.fromSeed(seed));
    console.log(`${disk}: ${JSON.stringify(cuts)}; the newest checkpoint that was told loads after each`);
  }
}

/** Steps by the million. */
export async function attackSteps(steps: number, folder: string): Promise<void> {
  const dataset = path.join(folder, 'data');
  await writePeople(dataset, 2, 1000);
  const held = await soak({
    ...{ dataset, runFolder: path.join(folder, 'run'), cache: path.join(folder, 'cache'), steps, samples: 40 },
    onSample: ({ step, seconds, residentMiB, threads, files }) =>
      console.log(
        `${step} steps, ${seconds.toFixed(0)} s: ${residentMiB.toFixed(0)} MiB, ${threads} threads, ${files} files`,
      ),
  });
  requireFlat(held);
  console.log('flat');
}
