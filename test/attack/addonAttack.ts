import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface AddonAttack {
  /** The addon, built to be watched by sanitizers. */
  readonly file: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly count: number;
  readonly seed: number;
  /** Without it the first process that dies ends the attack. @param report what it said last */
  readonly onDeath?: (index: number, report: string) => void;
}

export interface Tried {
  cases: number;
  refused: number;
  ran: number;
  died: number;
}

/** Without a case for so long a process hangs, milliseconds. */
const PATIENCE_MS = 120_000;

/**
 * Tries seeded cases in processes of their own; case i of seed s is case 0 of seed s + i.
 *
 * @throws what a process said that died or hung, unless somebody wants to hear of it
 */
export async function attackAddon({ count, seed, onDeath, ...how }: AddonAttack): Promise<Tried> {
  const tried: Tried = { cases: 0, refused: 0, ran: 0, died: 0 };
  for (let first = 0; first < count;) {
    const { begun, report } = await oneProcess(how, [seed, first, count], tried);
    if (report === undefined) break;
    tried.died++;
    if (!onDeath) throw new Error(`case ${begun} of seed ${seed}:\n${report}`);
    onDeath(begun, report);
    first = begun + 1;
  }
  return tried;
}

function oneProcess(
  { file, environment }: Pick<AddonAttack, 'file' | 'environment'>,
  numbers: readonly number[],
  tried: Tried,
): Promise<{ begun: number; report: string | undefined }> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', path.join(import.meta.dirname, 'addonChild.ts'), file, ...numbers.map(String)],
    { env: environment, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let [begun, said] = [numbers[1]!, ''];
  let timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(0, 20_000)));
  createInterface(child.stdout).on('line', (line) => {
    const words = JSON.parse(line) as { begin?: number; refused?: number; ran?: number };
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    if (words.begin !== undefined) begun = words.begin;
    else {
      tried.cases++;
      tried.refused += words.refused!;
      tried.ran += words.ran!;
    }
  });
  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ begun, report: code === 0 ? undefined : `ended with ${String(signal ?? code)}\n${said}` });
    });
  });
}
