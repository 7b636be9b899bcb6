import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { floatNetwork } from '../../src/export/floatNetwork.js';
import { onnxFile } from '../../src/export/onnx/onnxFile.js';
import { floatOnnx } from '../../src/export/onnx/onnxModels.js';
import { networkOfTflite } from '../../src/export/tflite/fromTflite.js';
import { readTflite } from '../../src/export/tflite/readTflite.js';
import { tfliteFile } from '../../src/export/tflite/tfliteFile.js';
import { floatTflite } from '../../src/export/tflite/tfliteModels.js';
import { inputOf } from '../../src/graph/graph.js';
import { pixelTables } from '../../src/graph/pixelTables.js';
import { OnnxSession } from '../../src/inference/onnxSession.js';
import { readFaceNetworks, type FaceNetwork } from '../../src/weights/faceNetwork.js';
import { faceWeightsIn } from '../../src/weights/faceWeights.js';
import { runLiteRtAll } from '../support/litert.js';
import { checkOnnx } from '../support/onnx.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';

const WHAT = 'exported face networks on real faces';
const COUNT = 24;
/** The face network has multiply, sigmoid, PReLU, padding and a dense layer inside; the other has batch norms alone and maxima. */
const ROLES = ['face', 'landmarks'] as const;

/** The middles of pictures, which hold a face: [N, S, S, 3]. */
async function faces(size: number): Promise<Uint8Array> {
  const files = fs
    .readdirSync(sharedPaths.wild, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.jpg'))
    .sort();
  const chosen = Array.from({ length: COUNT }, (_, i) => files[Math.floor((i * files.length) / COUNT)]!);
  const decoded = chosen.map((file) =>
    sharp(path.join(sharedPaths.wild, file))
      .extract({ left: 50, top: 45, width: 150, height: 150 })
      .resize(size, size, { fit: 'fill' })
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer(),
  );
  return new Uint8Array(Buffer.concat(await Promise.all(decoded)));
}

async function ofEngine({ graph, parameters }: FaceNetwork, images: Uint8Array): Promise<Float32Array> {
  const { engine } = await selectEngine({ engine: 'native', threads: 2 });
  const session = engine.createSession(graph, parameters);
  const { outputs } = await session.evaluate({ images, labels: new Int32Array(COUNT) }, { wants: ['embedding'] });
  session.dispose();
  return Float32Array.from(outputs.embedding!);
}

async function inOnnxRuntime(bytes: Uint8Array, { graph, size }: FaceNetwork, pixels: Uint8Array) {
  const { scaling } = inputOf(graph);
  const session = await OnnxSession.open(bytes, { width: size, height: size, ...(scaling && { scaling }) }, 2);
  const result = await session.run(pixels);
  await session.close();
  return result;
}

/** The largest distance of a picture's vector from the engine's, in parts of its length. */
function assertSame(found: Float32Array, expected: Float32Array, what: string) {
  assert.equal(found.length, expected.length, what);
  const each = expected.length / COUNT;
  for (let at = 0; at < expected.length; at += each) {
    const row = expected.subarray(at, at + each);
    const apart = Math.hypot(...row.map((x, i) => x - found[at + i]!)) / Math.hypot(...row);
    assert.ok(apart < 1e-5, `${what}, picture ${at / each}: ${apart}`);
  }
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
        pixels.set(role, await faces(networks[role].size));
        expected.set(role, await ofEngine(networks[role], pixels.get(role)!));
      }
    });
    const converted = (role: (typeof ROLES)[number]) => floatNetwork(networks[role].graph, networks[role].parameters);

    it('ONNX Runtime gives the engine’s vectors within 1e-5, and onnx.checker passes the files', async () => {
      const written: string[] = [];
      for (const role of ROLES) {
        const bytes = onnxFile(floatOnnx(converted(role), 'embedding', new Map()));
        assertSame(await inOnnxRuntime(bytes, networks[role], pixels.get(role)!), expected.get(role)!, role);
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
        const tables = pixelTables(inputOf(networks[role].graph));
        const scaled = Float32Array.from(pixels.get(role)!, (byte, k) => tables[k % 3]![byte]!);
        return { model, input: new Uint8Array(scaled.buffer) };
      });
      const results = await runLiteRtAll(jobs);
      for (const [i, role] of ROLES.entries()) {
        const { bytes } = results[i]!;
        const theirs = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
        assertSame(theirs, expected.get(role)!, `${role} in LiteRT`);
        const again = networkOfTflite(readTflite(files[i]!), 'embedding');
        assert.ok(again.precision === 'float32');
        const onnx = onnxFile(floatOnnx(again.network, 'embedding', new Map()));
        assertSame(await inOnnxRuntime(onnx, networks[role], pixels.get(role)!), expected.get(role)!, `${role} again`);
      }
    });
  });
});
