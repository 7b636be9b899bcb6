import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { arenaBytes } from '../../src/export/microcontroller/arena.js';
import { onnxFile } from '../../src/export/onnx/onnxFile.js';
import { integerOnnx } from '../../src/export/onnx/onnxModels.js';
import { networkOfTflite } from '../../src/export/tflite/fromTflite.js';
import { readTflite } from '../../src/export/tflite/readTflite.js';
import { tfliteFile } from '../../src/export/tflite/tfliteFile.js';
import { integerTflite } from '../../src/export/tflite/tfliteModels.js';
import { imprintedHead, withCosineHead } from '../../src/graph/cosineHead.js';
import { inputOf } from '../../src/graph/graph.js';
import { integerTables } from '../../src/inference/integerTables.js';
import { answerOf, integerNetwork, type IntegerNetwork } from '../../src/quantization/interpreter/integerNetwork.js';
import { runPicture } from '../../src/quantization/interpreter/interpreter.js';
import type { RoundingName } from '../../src/quantization/interpreter/roundings.js';
import { quantizeAfterTraining } from '../../src/training/quantization/postTraining.js';
import { readFaceNetwork } from '../../src/weights/faceNetwork.js';
import { faceWeightsIn } from '../../src/weights/faceWeights.js';
import { runLiteRtAll } from '../support/litert.js';
import { runMicrocontroller } from '../support/microcontroller.js';
import { checkOnnx } from '../support/onnx.js';
import { runOnnxIntegers } from '../support/onnxIntegers.js';
import { ofEngine, realFaces } from '../support/realFaces.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';

const WHAT = 'the face network in int8 files, on real faces';
const COUNT = 3;
const MOST_BYTES = 1.5e6;

withShared(WHAT, [sharedPaths.faceWeights, sharedPaths.wild], () => {
  describe(WHAT, function () {
    this.timeout(600_000);
    const folder = scratchFolder();
    const face = readFaceNetwork(faceWeightsIn(sharedPaths.faceWeights));
    /** Without a head, and with one of three people as training makes it. */
    const networks: IntegerNetwork[] = [];
    let pictures: readonly Int8Array[] = [];
    /** Embeddings in float, one picture's after another's. */
    let float: Float32Array = new Float32Array();
    const ours = new Map<RoundingName, readonly Int8Array[]>();

    before(async () => {
      const pixels = await realFaces(24, face.size);
      const embeddings = await ofEngine(face, pixels);
      const people = [0, 1, 2].map((i) => [embeddings.slice(256 * i, 256 * (i + 1))]);
      const headed = {
        graph: withCosineHead(face.graph, people.length),
        parameters: new Map([...face.parameters, ...imprintedHead(people, 16)]),
      };
      const { engine } = await selectEngine({ engine: 'native', threads: 2 });
      const labels = new Int32Array(24);
      const batches = async function* () {
        yield await Promise.resolve({ images: pixels, labels });
      };
      for (const { graph, parameters } of [face, headed]) {
        const quantized = await quantizeAfterTraining(engine, graph, parameters, batches);
        networks.push(integerNetwork(quantized.graph, quantized.parameters));
      }
      float = embeddings;
      const tables = integerTables(networks[0]!.input, inputOf(face.graph).scaling, [-128, 127], Int8Array);
      const each = face.size * face.size * 3;
      pictures = Array.from({ length: COUNT }, (_, n) =>
        Int8Array.from(pixels.subarray(n * each, (n + 1) * each), (byte, i) => tables[i % 3]![byte]!),
      );
    });

    const files = (ending: string) => networks.map((_, i) => path.join(folder(), `${i}.${ending}`));
    const compare = (rounding: RoundingName, theirs: readonly Int8Array[]) => {
      const expected = networks.map((network) =>
        Int8Array.from(pictures.flatMap((picture) => [...runPicture(network, picture, rounding)])),
      );
      ours.set(rounding, expected);
      expected.forEach((integers, i) => {
        assert.equal(theirs[i]!.length, integers.length);
        assert.equal(integers.filter((q, k) => q !== theirs[i]![k]).length, 0, `${rounding}, network ${i}`);
      });
    };
    const integersOf = ({ bytes }: { readonly bytes: Uint8Array }) => new Int8Array(new Uint8Array(bytes).buffer);
    const jobs = () => {
      const input = Buffer.concat(pictures.map(({ buffer }) => new Uint8Array(buffer)));
      return files('tflite').map((model, i) => {
        const tflite = integerTflite(networks[i]!, new Map());
        fs.writeFileSync(model, tfliteFile(tflite));
        return { model, input, arena: arenaBytes(tflite) };
      });
    };

    it('LiteRT gives every integer of the interpreter, with XNNPACK and with its reference kernels', async () => {
      compare('xnnpack', (await runLiteRtAll(jobs())).map(integersOf));
      compare('liteRtReference', (await runLiteRtAll(jobs(), true)).map(integersOf));
    });

    it('TensorFlow Lite Micro does, in the memory that a C header names and not in much less', async () => {
      const results = await runMicrocontroller(jobs());
      for (const { loads, loadsWithLess } of results) assert.deepEqual([loads, loadsWithLess], [true, false]);
      compare('microcontroller', results.map(integersOf));
    });

    it('ONNX Runtime does, and onnx.checker passes the files', async () => {
      const bytes = networks.map((network) => onnxFile(integerOnnx(network, 'embedding', new Map(), 'uint8')));
      files('onnx').forEach((file, i) => fs.writeFileSync(file, bytes[i]!));
      await checkOnnx(files('onnx'));
      const theirs: Int8Array[] = [];
      for (const [i, network] of networks.entries()) theirs.push(await runOnnxIntegers(bytes[i]!, network, pictures));
      compare('onnxRuntime', theirs);
    });

    it('a TFLite file read again gives the same', () => {
      const names = ['embedding', 'scores'] as const;
      for (const [i, { model }] of jobs().entries()) {
        const again = networkOfTflite(readTflite(fs.readFileSync(model)), names[i]);
        assert.ok(again.precision === 'int8');
        const integers = runPicture(again.network, pictures[0]!, 'xnnpack');
        assert.deepEqual(integers, ours.get('xnnpack')![i]!.slice(0, integers.length));
      }
    });

    it('in the arithmetic of each runtime embeddings have a cosine of 0.97 or more to those in float', () => {
      const { zeroPoint } = networks[0]!.tensors[answerOf(networks[0]!)]!;
      for (const [rounding, [integers]] of ours)
        for (let i = 0; i < COUNT; i++) {
          const [row, exact] = [integers!, float].map((all) => Float64Array.from(all.slice(256 * i, 256 * (i + 1))));
          const found = row!.map((q) => q - zeroPoint);
          const cosine = dot(found, exact!) / (Math.hypot(...found) * Math.hypot(...exact!));
          assert.ok(cosine >= 0.97, `${rounding}, picture ${i}: ${cosine}`);
        }
    });

    it('a file has 1.5 MB at most', () => {
      const [network] = networks;
      const sizes = [
        tfliteFile(integerTflite(network!, new Map())).length,
        onnxFile(integerOnnx(network!, 'embedding', new Map(), 'uint8')).length,
      ];
      assert.ok(Math.max(...sizes) <= MOST_BYTES && Math.min(...sizes) > 1e6, sizes.join());
    });
  });
});

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
}
