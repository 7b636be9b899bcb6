import fs from 'node:fs';
import { Random } from '../../src/core/random.js';
import { UserError } from '../../src/core/userError.js';
import { MOST_BYTES, MOST_CPU_MS, type Attempt, type Outcome } from './reader.js';
import { readerOf } from './readers/readers.js';

// readerChild.ts <reader> <folder> <progress file> <seed> <first> <end>
// Tries a reader on cases of its own and tells what is wrong with which. Case i of seed s is case 0 of seed s + i. Before each it
// writes its number to the progress file: whoever waits then knows at which the process died or hangs.

const [name, folder, progress, ...numbers] = process.argv.slice(2);
const [seed, first, end] = numbers.map(Number);

/** Those are timed again that took too long: the first time code is compiled, and memory is collected for what was before. */
const TRIES = 3;

const say = (line: object) => fs.writeSync(1, `${JSON.stringify(line)}\n`);
const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype];
const ownKeys = () => prototypes.map((prototype) => Reflect.ownKeys(prototype).length).join();

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function once(attempt: Attempt, index: number): Promise<{ outcome: Outcome; fault?: string; ms: number }> {
  const before = cpuMs();
  try {
    await attempt(Random.forPurpose(seed! + index, name!));
    return { outcome: 'read', ms: cpuMs() - before };
  } catch (error) {
    const ms = cpuMs() - before;
    if (error instanceof UserError) return { outcome: 'refused', ms };
    return { outcome: 'refused', ms, fault: error instanceof Error ? (error.stack ?? String(error)) : String(error) };
  }
}

async function run(): Promise<void> {
  const attempt = await readerOf(name!).prepare(folder!);
  const handle = fs.openSync(progress!, 'w');
  const place = Buffer.alloc(8);
  const clean = ownKeys();
  const peak = () => process.resourceUsage().maxRSS * 1024;
  const memory = peak();
  const counts = { cases: 0, read: 0, refused: 0 };
  let [slowestMs, next] = [0, first!];
  for (; next < end!; next++) {
    place.writeDoubleLE(next);
    fs.writeSync(handle, place, 0, 8, 0);
    let result = await once(attempt, next);
    for (let i = 1; i < TRIES && result.ms > MOST_CPU_MS; i++) {
      const again = await once(attempt, next);
      if (again.ms < result.ms) result = again;
    }
    counts.cases++;
    counts[result.outcome]++;
    slowestMs = Math.max(slowestMs, result.ms);
    const faults = [
      result.fault,
      result.ms > MOST_CPU_MS ? `takes ${Math.round(result.ms)} ms of the CPU` : undefined,
      peak() - memory > MOST_BYTES ? `takes ${Math.round((peak() - memory) / 2 ** 20)} MiB` : undefined,
      ownKeys() === clean ? undefined : 'changes a prototype',
    ].filter((fault) => fault !== undefined);
    for (const fault of faults) say({ index: next, fault });
    // Memory and prototypes are not as they were: the next case needs a process of its own.
    if (faults.length > (result.fault === undefined ? 0 : 1) && result.ms <= MOST_CPU_MS) {
      next++;
      break;
    }
  }
  say({ next, counts, slowestMs, grownBytes: peak() - memory });
  // A session that still computes must not keep it.
  process.exit(0);
}

void run();
