import './nodeUtilShim.js';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-node/dist/register_all_kernels';
import { NodeJSKernelBackend } from '@tensorflow/tfjs-node/dist/nodejs_kernel_backend';
import type { TFJSBinding } from '@tensorflow/tfjs-node/dist/tfjs_binding';

/**
 * Loads the addon and registers the backend. The package's own entry point finds its addon only inside its own folder;
 * this does what it does with the addon from the user's cache. A second call gives the backend of the first.
 */
export function registerTensorFlow(bindingFile: string): NodeJSKernelBackend {
  const present = tf.findBackend('tensorflow');
  if (present instanceof NodeJSKernelBackend) return present;
  const loaded: { exports: unknown } = { exports: {} };
  process.dlopen(loaded, bindingFile);
  const backend = new NodeJSKernelBackend(loaded.exports as TFJSBinding, '@tensorflow/tfjs-node');
  tf.registerBackend('tensorflow', () => backend);
  return backend;
}
