import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { attackAddonOften } from './addonCommand.js';
import { attackByCollapse } from './collapseRuns.js';
import { attackDisk, attackPower, attackSteps } from './diskCommands.js';
import { attackNetwork, attackRuns } from './killRuns.js';
import { attackReaders } from './readersCommand.js';
import { attackWindows } from './windows.js';

interface Attack {
  /** For people. */
  readonly tries: string;
  /** How often, where nobody says. */
  readonly count: number;
  /**
   * Tries so many times, with what chance draws from a seed.
   *
   * @param folder for its files; goes afterwards
   * @throws AssertionError at the first broken promise
   */
  readonly attack: (count: number, seed: number, folder: string) => Promise<void>;
}

const ATTACKS: Readonly<Record<string, Attack>> = {
  kill: { tries: 'SIGKILL of a trainer at random instants', count: 1000, attack: attackRuns },
  network: { tries: 'the same of MobileNetV2 on ORL, from ImageNet weights to int8', count: 50, attack: attackNetwork },
  window: { tries: 'what may happen to the window of a training, in a real VS Code', count: 50, attack: attackWindows },
  addon: {
    tries: 'calls upon the native engine that nobody in his right mind would make',
    count: 1000,
    attack: attackAddonOften,
  },
  files: {
    tries:
      'what a stranger can do to a folder of pictures, a list, a run, a recognizer (of each; --only part of a name)',
    count: 1_000_000,
    attack: (count, seed) => attackReaders('files', count, seed, values.only),
  },
  models: {
    tries: 'the same, to a checkpoint, an exported network, start weights',
    count: 1_000_000,
    attack: (count, seed) => attackReaders('models', count, seed, values.only),
  },
  disk: { tries: 'a fault at each write of a run', count: 1000, attack: attackDisk },
  power: { tries: 'a power cut at any instant of a run', count: 1000, attack: attackPower },
  collapse: { tries: 'trainings of tiny folders with huge margins and rates', count: 1000, attack: attackByCollapse },
  soak: {
    tries: 'a run of so many steps, whose memory stays flat',
    count: 1_000_000,
    attack: (count, _, folder) => attackSteps(count, folder),
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string' }, seed: { type: 'string', default: '1' }, only: { type: 'string', default: '' } },
});
const chosen = ATTACKS[positionals[0] ?? ''];
if (chosen) void attackBy(chosen);
else {
  console.error('Say what to try:');
  for (const [name, { tries, count }] of Object.entries(ATTACKS))
    console.error(`  ${name.padEnd(8)}${tries} (${count.toLocaleString('en-US')} without --count)`);
  process.exitCode = 2;
}

async function attackBy({ attack, count }: Attack): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-attack-'));
  try {
    await attack(Number(values.count ?? count), Number(values.seed), folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
