import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Reader } from './reader.js';

export interface ReaderAttack {
  readonly count: number;
  readonly seed: number;
  /** After so many faults it ends. */
  readonly mostFaults?: number;
}

export interface Fault {
  readonly index: number;
  readonly fault: string;
}

export interface Tried {
  readonly reader: string;
  cases: number;
  read: number;
  refused: number;
  /** Processes that died or hung. */
  died: number;
  slowestMs: number;
  grownBytes: number;
  seconds: number;
  readonly faults: Fault[];
}

/** At one case for so long a process hangs, by the clock: far above the limit of a case, for machines that are busy. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 250;
/** A reader that asks for more than it may have dies before it takes the machine with it, MiB. */
const HEAP_MIB = 1500;

/** Tries seeded cases on a reader in a process that is replaced when it dies or hangs. */
export async function attackReader(reader: Reader, { count, seed, mostFaults = 20 }: ReaderAttack): Promise<Tried> {
  const tried: Tried = {
    ...{ reader: reader.name, cases: 0, read: 0, refused: 0, died: 0, slowestMs: 0, grownBytes: 0, seconds: 0 },
    faults: [],
  };
  const begun = performance.now();
  for (let first = 0; first < count && tried.faults.length < mostFaults;)
    first = await oneProcess(reader, [seed, first, count], tried);
  tried.seconds = (performance.now() - begun) / 1000;
  return tried;
}

/** @returns the case at which the next process begins */
async function oneProcess({ name }: Reader, numbers: readonly number[], tried: Tried): Promise<number> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-reader-'));
  try {
    const [progress, place] = [path.join(folder, 'progress'), path.join(folder, 'files')];
    fs.mkdirSync(place);
    const script = path.join(import.meta.dirname, 'readerChild.ts');
    const child = spawn(
      process.execPath,
      [`--max-old-space-size=${HEAP_MIB}`, '--import', 'tsx', script, name, place, progress, ...numbers.map(String)],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-5000)));
    let next: number | undefined;
    createInterface(child.stdout).on('line', (line) => (next = take(line, tried) ?? next));
    const watch = watchdog(progress, () => child.kill('SIGKILL'));
    const how = await new Promise<string>((resolve) => {
      child.once('close', (code, signal) => resolve(String(signal ?? code)));
    });
    clearInterval(watch);
    if (next !== undefined) return next;
    const at = caseOf(progress);
    if (at === undefined) throw new Error(`${name} could not be prepared (${how}):\n${said}`);
    tried.died++;
    // Its counts died with it.
    tried.cases += at + 1 - numbers[1]!;
    tried.faults.push({ index: at, fault: `ends the process or hangs (${how}) ${said.slice(-500)}` });
    return at + 1;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

/** @returns the next case, where the process has come to its end */
function take(line: string, tried: Tried): number | undefined {
  const told = JSON.parse(line) as
    | Fault
    | {
        next: number;
        counts: { cases: number; read: number; refused: number };
        slowestMs: number;
        grownBytes: number;
      };
  if ('fault' in told) {
    tried.faults.push(told);
    return undefined;
  }
  const { counts, slowestMs, grownBytes, next } = told;
  tried.cases += counts.cases;
  tried.read += counts.read;
  tried.refused += counts.refused;
  tried.slowestMs = Math.max(tried.slowestMs, slowestMs);
  tried.grownBytes = Math.max(tried.grownBytes, grownBytes);
  return next;
}

function caseOf(progress: string): number | undefined {
  const bytes = fs.existsSync(progress) ? fs.readFileSync(progress) : Buffer.alloc(0);
  return bytes.length < 8 ? undefined : bytes.readDoubleLE(0);
}

function watchdog(progress: string, hangs: () => void): NodeJS.Timeout {
  let [last, since] = [caseOf(progress), performance.now()];
  return setInterval(() => {
    const now = caseOf(progress);
    if (now !== last) [last, since] = [now, performance.now()];
    else if (last !== undefined && performance.now() - since > PATIENCE_MS) hangs();
  }, LOOK_MS);
}

/** A line about a reader. */
export function told({ reader, cases, read, refused, died, slowestMs, grownBytes, seconds, faults }: Tried): string {
  const numbers = [
    `${cases.toLocaleString('en-US')} cases: ${read.toLocaleString('en-US')} read, ${refused.toLocaleString('en-US')} refused`,
    `${faults.length} faults, ${died} processes died`,
    `at most ${Math.round(slowestMs)} ms and ${Math.round(grownBytes / 2 ** 20)} MiB`,
    `${Math.round(seconds)} s`,
  ];
  const which = faults.map(({ index, fault }) => `  case ${index}: ${fault.split('\n').slice(0, 4).join(' ')}`);
  return [`${reader}: ${numbers.join('; ')}`, ...which].join('\n');
}
