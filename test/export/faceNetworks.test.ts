import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { floatNetwork } from '../../src/export/floatNetwork.js';
import { onnxFile } from '../../src/export/onnx/onnxFile.js';
import { floatOnnx } from '../../src/export/onnx/onnxModels.js';
import { networkOfTflite } from '../../src/export/tflite/fromTflite.js';
import { readTflite } from '../../src/export/tflite/readTflite.js';
import { tfliteFile } from '../../src/export/tflite/tfliteFile.js';
import { floatTflite } from '../../src/export/tflite/tfliteModels.js';
import { inputOf } from '../../src/graph/graph.js';
import { OnnxSession } from '../../src/inference/onnxSession.js';
import { readFaceNetworks, type FaceNetwork } from '../../src/weights/faceNetwork.js';
import { faceWeightsIn } from '../../src/weights/faceWeights.js';
import { runLiteRtAll } from '../support/litert.js';
import { checkOnnx } from '../support/onnx.js';
import { assertRows, ofEngine, realFaces, scaledBytes } from '../support/realFaces.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';

const WHAT = 'exported face networks on real faces';
const COUNT = 24;
/** The face network has multiply, sigmoid, PReLU, padding and a dense layer inside; the other has batch norms alone and maxima. */
const ROLES = ['face', 'landmarks'] as const;

async function inOnnxRuntime(bytes: Uint8Array, { graph, size }: FaceNetwork, pixels: Uint8Array) {
  const { scaling } = inputOf(graph);
  const session = await OnnxSession.open(bytes, { width: size, height: size, ...(scaling && { scaling }) }, 2);
  const result = await session.run(pixels);
  await session.close();
  return result;
}

withShared(WHAT, [sharedPaths.faceWeights, sharedPaths.wild], () => {
  describe(WHAT, function () {
    this.timeout(120_000);
    const folder = scratchFolder();
    const networks = readFaceNetworks(faceWeightsIn(sharedPaths.faceWeights));
    const pixels = new Map<string, Uint8Array>();
    const expected = new Map<string, Float32Array>();

    before(async () => {
      for (const role of ROLES) {
        pixels.set(role, await realFaces(COUNT, networks[role].size));
        expected.set(role, await ofEngine(networks[role], pixels.get(role)!));
      }
    });
    const converted = (role: (typeof ROLES)[number]) => floatNetwork(networks[role].graph, networks[role].parameters);

    it('ONNX Runtime gives the engine’s vectors within 1e-5, and onnx.checker passes the files', async () => {
      const written: string[] = [];
      for (const role of ROLES) {
        const bytes = onnxFile(floatOnnx(converted(role), 'embedding', new Map()));
        assertRows(await inOnnxRuntime(bytes, networks[role], pixels.get(role)!), expected.get(role)!, COUNT, role);
        written.push(path.join(folder(), `${role}.onnx`));
        fs.writeFileSync(written.at(-1)!, bytes);
      }
      assert.equal((await checkOnnx(written)).length, ROLES.length);
    });

    it('LiteRT gives the engine’s vectors within 1e-5, and so does what is read back from its files', async () => {
      const files = ROLES.map((role) => tfliteFile(floatTflite(converted(role), new Map())));
      const jobs = ROLES.map((role, i) => {
        const model = path.join(folder(), `${role}.tflite`);
        fs.writeFileSync(model, files[i]!);
        return { model, input: scaledBytes(networks[role].graph, pixels.get(role)!) };
      });
      const results = await runLiteRtAll(jobs);
      for (const [i, role] of ROLES.entries()) {
        const { bytes } = results[i]!;
        const theirs = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
        assertRows(theirs, expected.get(role)!, COUNT, `${role} in LiteRT`);
        const again = networkOfTflite(readTflite(files[i]!), 'embedding');
        assert.ok(again.precision === 'float32');
        const onnx = onnxFile(floatOnnx(again.network, 'embedding', new Map()));
        assertRows(
          await inOnnxRuntime(onnx, networks[role], pixels.get(role)!),
          expected.get(role)!,
          COUNT,
          `${role} again`,
        );
      }
    });
  });
});
