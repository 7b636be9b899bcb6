import os from 'node:os';
import { parameterCount } from '../../graph/graph.js';
import type { Engine } from '../engine.js';
import { loadAddon } from './addon.js';
import { NativeSession } from './nativeSession.js';
import { NumberedGraph } from './numberedGraph.js';
import { planTraining } from './trainingPlan.js';

/** A training process before its first step, in bytes: Node, the decoder, the program. */
const BASE_BYTES = 150e6;

/**
 * The engine of this project's own: C++ kernels in a Node-API addon.
 *
 * @param file the addon
 * @param threads that compute; 0 for every core this process may use
 * @throws whatever the dynamic loader says
 */
export function createNativeEngine(file: string, threads: number): Engine {
  const addon = loadAddon(file);
  const count = threads || os.availableParallelism();
  return {
    name: 'native',
    arithmetic: `native ${addon.instructionSets()[0]!}`,
    detail: `native, ${addon.instructionSets()[0]!}, ${count === 1 ? '1 thread' : `${count} threads`}`,
    createSession: (graph, parameters, options) =>
      new NativeSession(addon, graph, parameters, { threads: count }, options),
    // Weights, gradients and two moments, the packed kernels twice, and what a checkpoint copies.
    memoryBytes: (graph, batchSize) =>
      BASE_BYTES + 4 * planTraining(new NumberedGraph(graph), batchSize).arenaFloats + 40 * parameterCount(graph),
  };
}
