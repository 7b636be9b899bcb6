import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../../src/core/random.js';
import { writePeople } from '../support/scratch.js';
import { SMALL_RUN, SMALL_RUNS } from '../support/smallRuns.js';
import { attackAddonOften } from './addonCommand.js';
import { attackDisk, attackPower, attackSteps } from './diskCommands.js';
import { killRun, wholeRun } from './killRuns.js';

// node --import tsx test/attack/main.ts kill|addon|disk|power [--count N] [--seed N], or soak [--steps N]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    steps: { type: 'string', default: '1000000' },
  },
});

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-attack-'));
  try {
    await work(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Kills runs of every kind, so many times in all. */
async function kill(count: number, seed: number, folder: string): Promise<void> {
  const dataset = path.join(folder, 'data');
  await writePeople(dataset, 4, 8);
  const kinds = Object.entries(SMALL_RUNS);
  for (const [i, [name, options]] of kinds.entries()) {
    const kills = Math.floor(count / kinds.length) + (i < count % kinds.length ? 1 : 0);
    const how = {
      ...{ dataset, cache: path.join(folder, 'cache'), options: { ...SMALL_RUN, ...options } },
      ...{ random: Random.fromSeed(seed + i), kills },
    };
    const whole = await wholeRun({ ...how, runFolder: path.join(folder, `whole-${i}`) });
    const { tooEarly, leftovers } = await killRun({ ...how, runFolder: path.join(folder, `run-${i}`) }, whole);
    console.log(
      `${name}: killed ${kills} times, ${tooEarly} before the first checkpoint, ${leftovers} inside a checkpoint; the same bits each time`,
    );
  }
}

const [count, seed, steps] = [Number(values.count), Number(values.seed), Number(values.steps)];
const ATTACKS: Record<string, (folder: string) => Promise<void>> = {
  kill: (folder) => kill(count, seed, folder),
  /** Calls upon the native engine that nobody in his right mind would make. */
  addon: (folder) => attackAddonOften(count, seed, folder),
  disk: (folder) => attackDisk(count, seed, folder),
  power: (folder) => attackPower(count, seed, folder),
  soak: (folder) => attackSteps(steps, folder),
};

const [what] = positionals;
const attack = ATTACKS[what ?? ''];
if (attack) void inFolder(attack);
else {
  console.error(`Say what to try: ${Object.keys(ATTACKS).join(', ')}.`);
  process.exitCode = 2;
}
