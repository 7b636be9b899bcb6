import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { quantizeValue } from '../../src/core/fakeQuantize.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { floatNetwork } from '../../src/export/floatNetwork.js';
import { arenaBytes } from '../../src/export/microcontroller/arena.js';
import { tfliteFile, type TfliteModel } from '../../src/export/tflite/tfliteFile.js';
import { floatTflite, integerTflite } from '../../src/export/tflite/tfliteModels.js';
import { answerOf, integerNetwork } from '../../src/quantization/interpreter/integerNetwork.js';
import { runIntegers } from '../../src/quantization/interpreter/interpreter.js';
import { runLiteRt } from '../support/litert.js';
import { runMicrocontroller } from '../support/microcontroller.js';
import { quantizedNetwork, type QuantizedNetwork } from '../support/quantizedNetwork.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';

const WHAT = 'TFLite files in LiteRT on real pictures';
/** Values of a picture. */
const AREA = 96 * 96 * 3;
const METADATA = new Map([['face_trainer', new TextEncoder().encode('{"labels":["a"]}')]]);

withShared(WHAT, [sharedPaths.wild, sharedPaths.weights05], () => {
  describe(WHAT, function () {
    this.timeout(300_000);
    const folder = scratchFolder();
    let network: QuantizedNetwork;
    let pixels: Uint8Array;

    before(async () => {
      network = await quantizedNetwork(96, fs.mkdtempSync(path.join(fs.realpathSync('/tmp'), 'face-trainer-export-')));
      pixels = Buffer.concat(network.validation.map(({ images }) => images as Uint8Array));
    });
    after(() => network.dataset.source.close());

    const write = (name: string, model: TfliteModel) => {
      const file = path.join(folder(), name);
      fs.writeFileSync(file, tfliteFile(model));
      return file;
    };
    const floats = (bytes: Uint8Array) =>
      new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const scaled = () => new Uint8Array(Float32Array.from(pixels, (byte) => byte / 127.5 - 1).buffer);

    it('float32: the logits of the network, within 1e-5, on every validation picture', async () => {
      const { float, values, validation } = network;
      const file = write('float.tflite', floatTflite(floatNetwork(float, values), METADATA));
      const result = await runLiteRt(file, scaled());
      assert.deepEqual([result.type, result.shape], ['float32', [1, 158]]);
      assert.deepEqual(result.signatures, { serving_default: { inputs: ['image'], outputs: ['output'] } });
      const { engine } = await selectEngine({ engine: 'native', threads: 2 });
      const session = engine.createSession(float, values);
      const ours: number[] = [];
      for (const batch of validation) ours.push(...(await session.evaluate(batch)).outputs.scores!);
      const theirs = floats(result.bytes);
      const off = Math.hypot(...ours.map((x, i) => x - theirs[i]!)) / Math.hypot(...ours);
      assert.ok(ours.length === theirs.length && off < 1e-5, `${off}`);
      session.dispose();
    });

    it('int8: the integers of the interpreter, every one of every validation picture, whichever kernels compute', async () => {
      const integers = integerNetwork(network.graph, network.values);
      const file = write('int8.tflite', integerTflite(integers, METADATA));
      const input = Int8Array.from(pixels, (byte) => quantizeValue(Math.fround(byte / 127.5 - 1), integers.input));
      const out = integers.tensors[answerOf(integers)]!;
      let theirs: Int8Array = new Int8Array();
      for (const [kernels, rounding] of [
        ['xnnpack', 'xnnpack'],
        ['reference', 'liteRtReference'],
      ] as const) {
        const result = await runLiteRt(file, new Uint8Array(input.buffer), kernels === 'reference');
        assert.deepEqual([result.type, ...result.quantization], ['int8', out.scale, out.zeroPoint]);
        theirs = new Int8Array(result.bytes.buffer, result.bytes.byteOffset, result.bytes.length);
        const ours = runIntegers(integers, pixels, rounding);
        assert.equal(ours.length, theirs.length);
        assert.equal(ours.filter((q, i) => q !== theirs[i]).length, 0, kernels);
      }

      // Input and output in float: the same integers within, so a few pictures tell whether the conversions are right.
      const few = 16 * AREA;
      const floating = write('float-io.tflite', integerTflite(integers, METADATA, 'float32'));
      const dequantized = await runLiteRt(floating, scaled().subarray(0, 4 * few), true);
      assert.equal(dequantized.type, 'float32');
      const given = floats(dequantized.bytes);
      assert.equal(given.length, 16 * (theirs.length / (pixels.length / AREA)));
      given.forEach((x, i) => assert.ok(Math.abs(x - (theirs[i]! - out.zeroPoint) * out.scale) < 1e-5, `${i}`));
    });

    it('int8 in TensorFlow Lite Micro: the integers of the interpreter, in the memory that a header names and not in much less', async () => {
      const integers = integerNetwork(network.graph, network.values);
      const model = integerTflite(integers, METADATA);
      const input = Int8Array.from(pixels, (byte) => quantizeValue(Math.fround(byte / 127.5 - 1), integers.input));
      const [result] = await runMicrocontroller([
        { model: write('micro.tflite', model), input: new Uint8Array(input.buffer), arena: arenaBytes(model) },
      ]);
      assert.deepEqual([result!.loads, result!.loadsWithLess], [true, false]);
      const theirs = new Int8Array(new Uint8Array(result!.bytes).buffer);
      const ours = runIntegers(integers, pixels, 'microcontroller');
      assert.equal(ours.length, theirs.length);
      assert.equal(ours.filter((q, i) => q !== theirs[i]).length, 0);
    });

    it('the same bytes twice, and int8 at a third of float32', () => {
      const { graph, float, values } = network;
      const [a, b] = [1, 2].map(() => tfliteFile(integerTflite(integerNetwork(graph, values), METADATA)));
      assert.deepEqual(a, b);
      const whole = tfliteFile(floatTflite(floatNetwork(float, values), METADATA));
      assert.ok(a!.length < 0.33 * whole.length, `${a!.length / whole.length}`);
    });

    it('refuses what breaks the format, before a byte is written', () => {
      const good = integerTflite(integerNetwork(network.graph, network.values), METADATA);
      const changed = (change: Partial<TfliteModel>) => () => tfliteFile({ ...good, ...change });
      assert.throws(changed({ output: 5000 }), /nothing writes the output/);
      assert.throws(changed({ operators: good.operators.slice(1) }), /nothing has written/);
      const tensors = (i: number, change: object) =>
        good.tensors.map((tensor, k) => (k === i ? { ...tensor, ...change } : tensor));
      assert.throws(changed({ tensors: tensors(1, { quantization: undefined }) }), /integers without a scale/);
      assert.throws(changed({ tensors: tensors(1, { shape: [1, 0, 4, 4] }) }), /shape/);
      const kernel = good.tensors.findIndex(({ data }) => data !== undefined);
      assert.throws(changed({ tensors: tensors(kernel, { shape: [1, 2, 3] }) }), /values, not 6/);
    });
  });
});
