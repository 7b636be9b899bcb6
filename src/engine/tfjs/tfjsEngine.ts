import * as tf from '@tensorflow/tfjs-core';
import { LOSSES, type LossTable } from '../../core/losses/losses.js';
import { parameterCount, sizeOf, type Graph } from '../../graph/graph.js';
import { isFloat, readBackward } from '../../graph/operations.js';
import type { Engine } from '../engine.js';
import { javaScriptKernels } from './javaScriptKernels.js';
import type { FusedKernels } from './kernels.js';
import { tensorFlowKernels } from './tensorFlowKernels.js';
import { TfjsSession } from './tfjsSession.js';
import type { TensorFlowHome } from '../../tensorflow/tensorFlowHome.js';

/**
 * TensorFlow (tfjs-node's binding) from the user's cache.
 *
 * @param losses what computes each kind of loss; a test has others
 * @throws whatever the dynamic loader says
 */
export async function createTensorFlowEngine(home: TensorFlowHome, losses: LossTable = LOSSES): Promise<Engine> {
  const { registerTensorFlow } = await import('./registerTensorFlow.js');
  const backend = registerTensorFlow(home.binding);
  await tf.setBackend('tensorflow');
  await tf.ready();
  return engine(
    'tensorflow',
    'tensorflow',
    `TensorFlow ${home.manifest.tensorFlow}, ${process.platform} ${process.arch}`,
    tensorFlowKernels(backend),
    losses,
  );
}

/** TensorFlow.js' own JavaScript kernels: no installation, no speed. */
export async function createJavaScriptEngine(losses: LossTable = LOSSES): Promise<Engine> {
  await import('@tensorflow/tfjs-backend-cpu');
  await tf.setBackend('cpu');
  await tf.ready();
  return engine('javascript', 'cpu', `TensorFlow.js ${tf.version_core} in plain JavaScript`, javaScriptKernels, losses);
}

function engine(
  name: Engine['name'],
  backend: string,
  detail: string,
  kernels: FusedKernels,
  losses: LossTable,
): Engine {
  // No advice on the console to install another backend: the trainer gives its own.
  tf.enableProdMode();
  return {
    name,
    detail,
    arithmetic: detail,
    createSession: (graph, parameters, options) =>
      new TfjsSession(graph, backend, kernels, losses, parameters, options),
    memoryBytes,
  };
}

/** Base of a training process with TensorFlow loaded. */
const BASE_BYTES = 450e6;
/** Temporary tensors of the convolutions beside the stored activations: measured peak over stored, batch 32 and 64. */
const OVERHEAD = 1.35;

/** What the backward pass reads, at four bytes a value. */
function memoryBytes(graph: Graph, batchSize: number): number {
  const readByFloat = new Set(graph.nodes.filter(isFloat).flatMap(readBackward));
  const kept = graph.nodes.filter(({ name, op }) => op !== 'batchNorm' || readByFloat.has(name));
  const values = kept.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return BASE_BYTES + OVERHEAD * 4 * values * batchSize + 20 * parameterCount(graph);
}
