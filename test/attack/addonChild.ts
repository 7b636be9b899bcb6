import fs from 'node:fs';
import { Random } from '../../src/core/random.js';
import { loadAddon } from '../../src/engine/native/addon.js';
import { attackCase } from './addonCases.js';

// A process that tries cases on an addon: `addonChild.ts <addon> <seed> <first> <beyond>`; says each before it begins.

async function attack(file: string, seed: number, first: number, beyond: number): Promise<void> {
  const native = loadAddon(file);
  for (let index = first; index < beyond; index++) {
    say({ begin: index });
    say({ end: index, ...(await attackCase(native, Random.fromSeed(seed + index))) });
  }
}

/** At once: the next call may be the last. */
function say(words: object): void {
  fs.writeSync(1, `${JSON.stringify(words)}\n`);
}

const [file, seed, first, beyond] = process.argv.slice(2);
void attack(file!, Number(seed), Number(first), Number(beyond));
