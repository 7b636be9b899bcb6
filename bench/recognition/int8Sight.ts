import { normalizeRows } from '../../src/core/cosine.js';
import type { Batch } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import type { ObserverName } from '../../src/protocol/quantizationOptions.js';
import { quantizersOf } from '../../src/quantization/quantizers.js';
import type { Sight } from '../../src/recognition/sight.js';
import { quantizeAfterTraining } from '../../src/training/quantization/postTraining.js';
import { readFaceNetwork } from '../../src/weights/faceNetwork.js';
import { networkDigest } from '../../src/weights/networkDigest.js';
import type { FaceWeightsFiles } from '../../src/weights/faceWeights.js';

const BATCH = 32;

/** The face network in int8, with ranges from some pictures and no training, on what the float one is shown. */
export async function int8Sight(
  float: Sight,
  weights: FaceWeightsFiles,
  pictures: readonly string[],
  observer: ObserverName = 'entropy',
): Promise<Sight> {
  const { graph, parameters, size } = readFaceNetwork(weights);
  const crops: Uint8Array[] = [];
  for (const picture of pictures) {
    const seen = await float.reader.of(picture);
    const face = 'faces' in seen ? seen.faces[0] : undefined;
    if (face) crops.push(face.crop);
  }
  async function* batches(): AsyncGenerator<Batch> {
    for (let i = 0; i < crops.length; i += BATCH) {
      const some = crops.slice(i, i + BATCH);
      yield await Promise.resolve({ images: new Uint8Array(Buffer.concat(some)), labels: new Int32Array(some.length) });
    }
  }
  const { engine } = await selectEngine({ engine: 'native', threads: 0 });
  const network = await quantizeAfterTraining(engine, graph, parameters, batches, observer);
  const session = engine.createSession(network.graph, network.parameters);
  const active = new Uint8Array(quantizersOf(network.graph).length).fill(1);
  const { length } = float.embedder.network;
  console.log(`int8 by ${observer} of ${crops.length} faces of ${size} pixels`);
  return {
    ...float,
    embedder: {
      ...float.embedder,
      network: {
        ...float.embedder.network,
        digest: networkDigest(network.graph, network.parameters),
        precision: 'int8',
      },
      embed: async (images, count) => {
        const batch = { images, labels: new Int32Array(count) };
        const { outputs } = await session.evaluate(batch, { wants: ['embedding'], quantization: { active } });
        return normalizeRows(Float32Array.from(outputs.embedding!), length);
      },
    },
    close: async () => {
      session.dispose();
      await float.close();
    },
  };
}
