import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { networkOptionsOf } from '../../src/graph/networkOptions.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { softmax } from '../../src/core/softmax.js';
import { encodeModel } from '../../src/export/encoders.js';
import type { ExportSource } from '../../src/export/exportSource.js';
import { FACTS_KEY, parseFacts } from '../../src/export/modelFacts.js';
import { quantizeValue } from '../../src/core/fakeQuantize.js';
import { integerNetwork } from '../../src/quantization/interpreter/integerNetwork.js';
import { writeExport } from '../../src/export/writeExport.js';
import { exportOptions } from '../../src/protocol/exportOptions.js';
import { runProgram } from '../../src/platform/runProgram.js';
import { runLiteRt } from '../support/litert.js';
import { runPython } from '../support/foreign.js';
import { KERAS } from '../support/keras.js';
import { quantizedNetwork, type QuantizedNetwork } from '../support/quantizedNetwork.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';
import { runTfjs } from '../support/tfjs.js';

const WHAT = 'every format in its own runtime on real pictures';
const SIZE = 96;
const AREA = SIZE * SIZE * 3;

withShared(WHAT, [sharedPaths.wild, sharedPaths.weights05], () => {
  describe(WHAT, function () {
    this.timeout(600_000);
    const folder = scratchFolder();
    let network: QuantizedNetwork;
    let source: ExportSource;
    let scaled: Uint8Array;
    let wished: Float32Array;

    before(async () => {
      network = await quantizedNetwork(
        SIZE,
        fs.mkdtempSync(path.join(fs.realpathSync('/tmp'), 'face-trainer-export-')),
      );
      const { float, values, dataset, validation } = network;
      const pixels = Buffer.concat(validation.map(({ images }) => images as Uint8Array));
      scaled = new Uint8Array(Float32Array.from(pixels, (byte) => byte / 127.5 - 1).buffer);
      source = {
        ...{ float, parameters: values, quantization: { weightBits: 8, floatLayers: [] }, batchNormMomentum: 0.9 },
        facts: {
          version: 2,
          labels: dataset.people.map((name, i) => (i === 0 ? 'Åsa "the?" Ö\\' : name)),
          input: {
            width: SIZE,
            height: SIZE,
            layout: 'NHWC',
            colour: 'RGB',
            resize: 108,
            scaling: 'x / 127.5 - 1',
            faces: 'as they are',
          },
          network: { ...networkOptionsOf({ size: SIZE, width: 0.5, pooling: 'average' }), name: float.name },
        },
      };
      const { engine } = await selectEngine({ engine: 'native', threads: 2 });
      const session = engine.createSession(float, values);
      const all: number[] = [];
      for (const batch of validation) {
        const logits = (await session.evaluate(batch)).outputs.scores!;
        for (let i = 0; i < logits.length; i += 158) all.push(...softmax(logits.subarray(i, i + 158)));
      }
      wished = Float32Array.from(all);
      session.dispose();
    });
    after(() => network.dataset.source.close());

    const floats = (file: string) => {
      const bytes = fs.readFileSync(file);
      return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    };
    const distance = (a: Float32Array, b: Float32Array) => {
      assert.equal(a.length, b.length);
      return Math.hypot(...a.map((x, i) => x - b[i]!)) / Math.hypot(...b);
    };
    const write = (options: object, name: string) =>
      writeExport(source, exportOptions.parse(options), path.join(folder(), name));

    it('Keras: weights by name into keras.applications.MobileNetV2 and a head', async () => {
      const { files } = await write({ format: 'keras' }, 'weights.h5');
      fs.writeFileSync(`${files[0]!}.in`, scaled);
      const told = await runPython<{ changed: number; layers: number }>(
        'keras_run.py',
        [files[0]!, '96', '0.5', 'avg', '158'],
        KERAS,
      );
      assert.deepEqual(told, { changed: 105, layers: 105 });
      const off = distance(floats(`${files[0]!}.out`), wished);
      assert.ok(off < 1e-5, `${off}`);
      // Without the head.
      const { files: features } = await write({ format: 'keras', part: 'embedding' }, 'features.h5');
      fs.writeFileSync(`${features[0]!}.in`, scaled.subarray(0, 4 * 4 * AREA));
      await runPython('keras_run.py', [features[0]!, '96', '0.5', 'avg', '0'], KERAS);
      assert.equal(floats(`${features[0]!}.out`).length, 4 * 1280);
    });

    it('TensorFlow.js: loadLayersModel gives the same probabilities, and trains on', async () => {
      const { files } = await write({ format: 'tfjs' }, 'model/model.json');
      fs.writeFileSync(`${files[0]!}.in`, scaled);
      const [told] = await runTfjs([files[0]!]);
      const { metadata } = told!;
      assert.deepEqual(parseFacts(JSON.stringify(metadata[FACTS_KEY]))?.labels, source.facts.labels);
      const off = distance(floats(`${files[0]!}.out`), wished);
      assert.ok(off < 1e-5, `${off}`);
      const { losses } = (await runTfjs([files[0]!], [3, 7]))[0]!;
      assert.ok(losses.length === 3 && losses[2]! < losses[0]!, losses.join());
    });

    it('C: a header that compiles, with the file, the people and the integers of each pixel', async () => {
      const { files } = await write({ format: 'c', precision: 'int8' }, 'model.h');
      const program = path.join(folder(), 'main.cc');
      fs.writeFileSync(
        program,
        `#include "model.h"
#include <cstdio>
int main() {
  fwrite(face_trainer_model, 1, face_trainer_model_len, stdout);
  for (int i = 0; i < 256; i++) putchar((unsigned char)face_trainer_input((uint8_t)i));
  for (int i = 0; i < FACE_TRAINER_LABELS; i++) fprintf(stderr, "%s\\n", face_trainer_labels[i]);
  return (unsigned long)face_trainer_model % 16 != 0 || FACE_TRAINER_WIDTH != 96;
}
`,
      );
      const binary = path.join(folder(), 'main');
      const compiled = await runProgram('g++', ['-std=c++17', '-Wall', '-Wextra', '-Werror', program, '-o', binary]);
      assert.equal(compiled.code, 0, compiled.output);
      const c = await runProgram('gcc', ['-std=c11', '-fsyntax-only', '-x', 'c', files[0]!]);
      assert.equal(c.code, 0, c.output);
      const shell = await runProgram('sh', ['-c', `"${binary}" > "${binary}.out" 2> "${binary}.labels"`]);
      assert.equal(shell.code, 0, shell.output);
      const out = fs.readFileSync(`${binary}.out`);
      const [tflite] = await encodeModel(source, exportOptions.parse({ format: 'tflite', precision: 'int8' }));
      assert.ok(out.subarray(0, -256).equals(tflite!.bytes));
      const { input } = integerNetwork(network.graph, network.values);
      const table = Int8Array.from({ length: 256 }, (_, byte) => quantizeValue(Math.fround(byte / 127.5 - 1), input));
      assert.deepEqual(new Int8Array(out.subarray(-256)), table);
      assert.equal(
        fs.readFileSync(`${binary}.labels`, 'utf8'),
        source.facts.labels.map((label) => `${label}\n`).join(''),
      );
    });

    it('TFLite: people in the archive behind the file, TensorFlow’s metadata, and an embedding without height and width', async () => {
      const { files } = await write({ format: 'tflite', precision: 'int8' }, 'model.tflite');
      const labels = await runProgram('python3', [
        '-c',
        'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; i = z.getinfo("labels.txt"); f = open(sys.argv[1], "rb"); f.seek(i.header_offset); assert f.read(4) == b"PK\\x03\\x04"; sys.stdout.buffer.write(z.read("labels.txt"))',
        files[0]!,
      ]);
      assert.equal(labels.output.trimEnd(), source.facts.labels.join('\n'));
      const embedding = await write(
        { format: 'tflite', precision: 'int8', io: 'float32', part: 'embedding' },
        'embedding.tflite',
      );
      const { type, shape, bytes } = await runLiteRt(embedding.files[0]!, scaled.subarray(0, 4 * AREA));
      assert.deepEqual([type, shape, bytes.length], ['float32', [1, 1280], 4 * 1280]);
      const plain = await write({ format: 'tflite', part: 'embedding' }, 'float.tflite');
      assert.deepEqual((await runLiteRt(plain.files[0]!, scaled.subarray(0, 4 * AREA))).shape, [1, 1280]);
    });

    it('the same bytes twice, in every format', async () => {
      for (const format of ['tflite', 'onnx', 'tfjs', 'keras', 'c']) {
        const [a, b] = [
          await write({ format }, `a-${format}/model.json`),
          await write({ format }, `b-${format}/model.json`),
        ];
        assert.equal(a.files.length, b.files.length);
        a.files.forEach((file, i) => assert.ok(fs.readFileSync(file).equals(fs.readFileSync(b.files[i]!)), file));
      }
    });

    it('takes the place of an earlier LayersModel, whose weights go', async () => {
      const files = async (part: string) => {
        const { files: written } = await write({ format: 'tfjs', part }, 'again/model.json');
        assert.deepEqual(
          fs.readdirSync(path.dirname(written[0]!)).sort(),
          written.map((file) => path.basename(file)).sort(),
        );
        return written[1]!;
      };
      assert.notEqual(await files('classifier'), await files('embedding'));
      // A folder where the topology should go: no weights are left alone.
      fs.mkdirSync(path.join(folder(), 'blocked', 'model.json', 'x'), { recursive: true });
      await assert.rejects(write({ format: 'tfjs' }, 'blocked/model.json'));
      assert.deepEqual(fs.readdirSync(path.join(folder(), 'blocked')), ['model.json']);
    });

    it('refuses int8 where a format has none, and leaves nothing behind', async () => {
      for (const format of ['tfjs', 'keras'])
        await assert.rejects(write({ format, precision: 'int8' }, `none-${format}`), { code: 'not-this-precision' });
      const float = { ...source, quantization: undefined };
      const refused = writeExport(
        float,
        exportOptions.parse({ format: 'onnx', precision: 'int8' }),
        path.join(folder(), 'none.onnx'),
      );
      await assert.rejects(refused, { code: 'not-quantized' });
      const broken = {
        ...source,
        parameters: new Map([...network.values, ['predictions/bias', new Float32Array(158).fill(NaN)]]),
      };
      for (const format of ['tflite', 'onnx', 'tfjs'])
        await assert.rejects(
          writeExport(broken, exportOptions.parse({ format }), path.join(folder(), `none-${format}`)),
          /not finite/,
        );
      assert.deepEqual(
        fs.readdirSync(folder()).filter((name) => name.startsWith('none')),
        [],
      );
    });
  });
});
