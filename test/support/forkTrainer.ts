import { fork, type ChildProcess } from 'node:child_process';
import { built } from './built.js';

/** A trainer in a process of its own, which waits for its order. What it says on stderr is shown unless it is `ignore`d. */
export function forkTrainer(cache: string, stderr: 'inherit' | 'ignore' = 'inherit'): ChildProcess {
  return fork(built('trainer.js'), [String(process.pid)], {
    ...{ stdio: ['ignore', 'ignore', stderr, 'ipc'], execArgv: [] },
    env: { ...process.env, FACE_TRAINER_CACHE: cache },
  });
}
