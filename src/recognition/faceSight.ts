import { normalizeRows } from '../core/cosine.js';
import { decodePicture } from '../dataset/decodePicture.js';
import { FAULTS } from '../dataset/pictureFacts.js';
import { selectEngine } from '../engine/selectEngine.js';
import type { FaceReader } from './faceReader.js';
import type { Sight } from './sight.js';
import { templateReader } from './templateReader.js';
import { readFaceNetwork } from '../weights/faceNetwork.js';
import type { FaceWeightsFiles } from '../weights/faceWeights.js';

/**
 * The face network with the detector and the landmarks that come with it.
 *
 * @param faces `off`: pictures are crops that are aligned to the network already
 * @throws UserError `weights-unreadable`, `engine-unavailable`
 */
export async function faceSight(weights: FaceWeightsFiles, faces: 'on' | 'off'): Promise<Sight> {
  const { name, digest, size, template, graph, parameters } = readFaceNetwork(weights);
  const { engine } = await selectEngine({ engine: 'auto', threads: 0 });
  const session = engine.createSession(graph, parameters);
  const length = graph.nodes.find((node) => node.name === graph.outputs.embedding)!.shape[2];
  const reader = faces === 'on' && template ? templateReader(weights, template, size) : cropReader(size);
  return {
    embedder: {
      network: {
        ...{ name, kind: 'face', digest, precision: 'float32', length, size },
        ...(template ? { template } : {}),
      },
      runtime: `the ${engine.name} engine`,
      embed: async (images, count) => {
        const batch = { images, labels: new Int32Array(count) };
        const { outputs } = await session.evaluate(batch, { wants: ['embedding'] });
        return normalizeRows(Float32Array.from(outputs.embedding!), length);
      },
      close: () => {
        session.dispose();
        return Promise.resolve();
      },
    },
    reader,
    reading: faces,
    close: async () => {
      await reader.close();
      session.dispose();
    },
  };
}

/** Crops that are aligned already: as large as the network wants them. */
export function cropReader(size: number): FaceReader {
  return {
    async of(file) {
      const { pixels, fact } = await decodePicture(file, size);
      if (pixels) return { faces: [{ crop: pixels }] };
      return { fault: fact.fault === 'none' ? FAULTS.damaged : FAULTS[fact.fault] };
    },
    close: () => Promise.resolve(),
  };
}
