import os from 'node:os';
import type { Engine } from '../engine.js';
import { addonFile, loadAddon } from './addon.js';
import { NativeSession } from './nativeSession.js';

/**
 * The engine of this project's own: C++ kernels in a Node-API addon.
 *
 * @param threads every core this process may use when absent
 * @returns undefined where no addon was built for this platform
 * @throws whatever the dynamic loader says
 */
export function createNativeEngine(threads = os.availableParallelism()): Engine | undefined {
  const file = addonFile();
  if (!file) return undefined;
  const addon = loadAddon(file);
  return {
    name: 'native',
    detail: `${addon.instructionSets()[0]!}, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
    createSession: (graph, parameters, options) => new NativeSession(addon, graph, parameters, { threads }, options),
  };
}
