import { spawnSync } from 'node:child_process';
import type { TrainerMessage, TrainerOrder } from '../../src/protocol/jobs.js';
import { built } from './built.js';
import { forkTrainer } from './forkTrainer.js';
import { jsonLines } from './jsonLines.js';

/** Lets a trainer in a process of its own do its work; `onStep` is called at each of its steps. @returns what it said last */
export function work(
  order: TrainerOrder,
  cache: string,
  onStep?: (step: number, pid: number) => Promise<void> | void,
): Promise<TrainerMessage> {
  return new Promise((resolve, reject) => {
    const child = forkTrainer(cache);
    let last: TrainerMessage | undefined;
    const seen = async (step: number) => onStep?.(step, child.pid!);
    child.on('message', (message: TrainerMessage) => {
      last = message;
      if (message.type === 'hello') child.send(order);
      if (message.type !== 'step') return;
      seen(message.step).catch((error: unknown) => {
        child.kill('SIGKILL');
        reject(error instanceof Error ? error : new Error(String(error)));
      });
    });
    child.once('close', () => resolve(last!));
  });
}

/** What `face-trainer ps --json` says of a run. */
export interface Listed {
  readonly runFolder: string;
  readonly pid: number;
  readonly state: string;
  readonly message?: string;
}

export function ps(cache: string, ...flags: string[]): string {
  const env = { ...process.env, FACE_TRAINER_CACHE: cache };
  return spawnSync(process.execPath, [built('faceTrainer.js'), 'ps', ...flags], { encoding: 'utf8', env }).stdout;
}

export const listed = (cache: string) => jsonLines(ps(cache, '--json')) as Listed[];
