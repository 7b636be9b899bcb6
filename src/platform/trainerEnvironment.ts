import os from 'node:os';
import { KEEP_MEMORY } from './keepMemory.js';

/** Pictures are decoded in libuv's threads, of which there are four unless somebody says otherwise. */
const IO_THREADS = { UV_THREADPOOL_SIZE: String(Math.max(4, os.availableParallelism() + 2)) };

/** What a trainer is started with, whoever starts it: the editor's own program is a plain Node then. */
export function trainerEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, ...KEEP_MEMORY, ELECTRON_RUN_AS_NODE: '1', TF_CPP_MIN_LOG_LEVEL: '2', ...IO_THREADS };
}
