import { createHash } from 'node:crypto';
import type { Graph } from '../../graph/graph.js';
import type { ParameterValues } from '../../graph/networkState.js';
import { functionalOf, valuesOf } from '../layers/functional.js';

export interface LayersModelFiles {
  /** model.json */
  readonly topology: string;
  readonly weights: { readonly name: string; readonly bytes: Uint8Array };
}

/**
 * A network as a LayersModel of TensorFlow.js: layer by layer as it was trained, so that it can be trained on. Input
 * [N, H, W, 3], scaled as the file's facts say; a dense layer that gives the scores has a softmax, as Keras' applications have it.
 *
 * @param momentum of the batch norms, for who trains on
 * @param metadata goes into the file as it is
 * @throws RangeError for a graph that layers do not compute, or one with values that are not finite
 */
export function layersModel(
  graph: Graph,
  parameters: ParameterValues,
  momentum: number,
  metadata: object,
): LayersModelFiles {
  const { topology: described, variables } = functionalOf(graph, { momentum, dialect: 'tfjs' });
  // The manifest has one group: the arrays lie in the file one after the other, without gaps, in this order, float32
  // and little-endian. They are matched by name, `layer/variable`; with one too many or too few
  // `loadLayersModel` throws.
  const specs = variables.map(({ name, shape }) => ({ name, shape, dtype: 'float32' as const }));
  const values = variables.map((variable) => {
    const found = valuesOf(variable, parameters);
    if (!found.every(Number.isFinite))
      throw new RangeError(`not a LayersModel: ${variable.name} holds numbers that are not finite`);
    return Buffer.from(found.buffer, found.byteOffset, found.byteLength);
  });
  const bytes = Buffer.concat(values);
  // Named by its content: a topology never meets the weights of another export.
  const name = `weights-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}.bin`;
  const topology = {
    format: 'layers-model',
    generatedBy: 'Face Trainer',
    convertedBy: null,
    modelTopology: {
      ...described,
      // The last Keras 2 of that name: Keras 3 describes inputs and connections in another way. tfjs ignores it.
      keras_version: '2.15.0',
      backend: 'tensorflow',
    },
    weightsManifest: [{ paths: [name], weights: specs }],
    userDefinedMetadata: metadata,
  };
  return { topology: `${JSON.stringify(topology)}\n`, weights: { name, bytes } };
}
