import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { partOf } from '../../src/export/partOf.js';
import { floatNetwork } from '../../src/export/floatNetwork.js';
import { onnxFile, type OnnxModel } from '../../src/export/onnx/onnxFile.js';
import { floatOnnx, integerOnnx } from '../../src/export/onnx/onnxModels.js';
import { readOnnxFacts } from '../../src/export/onnx/readOnnx.js';
import { OnnxSession } from '../../src/inference/onnxSession.js';
import { answerOf, integerNetwork, type IntegerNetwork } from '../../src/quantization/interpreter/integerNetwork.js';
import { runIntegers } from '../../src/quantization/interpreter/interpreter.js';
import { checkOnnx } from '../support/onnx.js';
import { quantizedNetwork, type QuantizedNetwork } from '../support/quantizedNetwork.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';

const WHAT = 'ONNX files in ONNX Runtime on real pictures';
const METADATA = new Map([['face_trainer', '{"labels":["Åsa"]}']]);
const SIZE = { width: 96, height: 96 };

withShared(WHAT, [sharedPaths.wild, sharedPaths.weights05], () => {
  describe(WHAT, function () {
    this.timeout(300_000);
    const folder = scratchFolder();
    let network: QuantizedNetwork;
    let integers: IntegerNetwork;
    let pixels: Uint8Array;
    let float: Uint8Array;
    let int8: Uint8Array;

    before(async () => {
      network = await quantizedNetwork(96, fs.mkdtempSync(path.join(fs.realpathSync('/tmp'), 'face-trainer-export-')));
      pixels = Buffer.concat(network.validation.map(({ images }) => images as Uint8Array));
      integers = integerNetwork(network.graph, network.values);
      float = onnxFile(floatOnnx(floatNetwork(network.float, network.values), 'logits', METADATA));
      int8 = onnxFile(integerOnnx(integers, 'logits', METADATA, 'float32'));
    });
    after(() => network.dataset.source.close());

    const run = async (model: Uint8Array, pictures = pixels) => {
      const { input, output } = readOnnxFacts(model);
      const session = await OnnxSession.open(model, { ...SIZE, ...(input && { input }), ...(output && { output }) }, 2);
      const bytes = 96 * 96 * 3;
      const results: number[] = [];
      for (let from = 0; from < pictures.length; from += 32 * bytes)
        results.push(...(await session.run(pictures.subarray(from, from + 32 * bytes))));
      await session.close();
      return results;
    };

    it('float32: the logits of the network, within 1e-5, on every validation picture', async () => {
      const theirs = await run(float);
      const { engine } = await selectEngine({ engine: 'native', threads: 2 });
      const session = engine.createSession(network.float, network.values);
      const ours: number[] = [];
      for (const batch of network.validation) ours.push(...(await session.evaluate(batch)).outputs.scores!);
      session.dispose();
      const off = Math.hypot(...ours.map((x, i) => x - theirs[i]!)) / Math.hypot(...ours);
      assert.ok(ours.length === theirs.length && off < 1e-5, `${off}`);
    });

    it('int8: the integers of the interpreter, every one of every validation picture', async () => {
      const theirs = await run(int8);
      const { scale, zeroPoint } = integers.tensors[answerOf(integers)]!;
      const ours = runIntegers(integers, pixels, 'onnxRuntime');
      const differing = theirs.filter((x, i) => Math.abs(x / scale + zeroPoint - ours[i]!) > 0.01);
      assert.equal(theirs.length, ours.length);
      assert.equal(differing.length, 0);
      // The same with integers at the border.
      const few = pixels.subarray(0, 40 * 96 * 96 * 3);
      assert.deepEqual(
        await run(onnxFile(integerOnnx(integers, 'logits', METADATA, 'uint8')), few),
        theirs.slice(0, 40 * 158),
      );
    });

    it('an embedding is what the last layer reads', async () => {
      const few = pixels.subarray(0, 4 * 96 * 96 * 3);
      const vectors = await run(
        onnxFile(floatOnnx(partOf(floatNetwork(network.float, network.values), 'embedding'), 'embedding', METADATA)),
        few,
      );
      assert.equal(vectors.length, 4 * 1280);
      const { values } = network;
      const [kernel, bias] = [values.get('predictions/kernel')!, values.get('predictions/bias')!];
      const logits = await run(float, few);
      for (const c of [0, 80, 157]) {
        let sum = bias[c]!;
        for (let k = 0; k < 1280; k++) sum += vectors[k]! * kernel[k * 158 + c]!;
        assert.ok(Math.abs(sum - logits[c]!) < 1e-4, `${sum} ${logits[c]}`);
      }
      const rounded = await run(
        onnxFile(integerOnnx(partOf(integers, 'embedding'), 'embedding', METADATA, 'float32')),
        few,
      );
      const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
      const cosine =
        dot(vectors.slice(0, 1280), rounded.slice(0, 1280)) /
        Math.sqrt(
          dot(vectors.slice(0, 1280), vectors.slice(0, 1280)) * dot(rounded.slice(0, 1280), rounded.slice(0, 1280)),
        );
      assert.ok(cosine > 0.9, `${cosine}`);
    });

    it('passes onnx.checker, with versions and metadata; the same bytes twice', async () => {
      const files = [float, int8].map((bytes, i) => {
        const file = path.join(folder(), `${i}.onnx`);
        fs.writeFileSync(file, bytes);
        return file;
      });
      const [first, second] = await checkOnnx(files);
      assert.deepEqual([first!.irVersion, first!.opset, first!.metadata], [8, 17, Object.fromEntries(METADATA)]);
      assert.ok(second!.operators.includes('QuantizeLinear') && second!.operators.includes('DequantizeLinear'));
      assert.deepEqual(onnxFile(integerOnnx(integers, 'logits', METADATA, 'float32')), int8);
      assert.deepEqual(onnxFile(floatOnnx(floatNetwork(network.float, network.values), 'logits', METADATA)), float);
    });

    it('refuses what breaks the format, before a byte is written', () => {
      const good = integerOnnx(integers, 'logits', METADATA, 'float32');
      const changed = (change: Partial<OnnxModel>) => () => onnxFile({ ...good, ...change });
      assert.throws(
        changed({ outputs: [{ name: 'nobody', type: 'float32', shape: [1] }] }),
        /nothing writes the output/,
      );
      assert.throws(changed({ nodes: good.nodes.slice(1) }), /nothing has written/);
      assert.throws(changed({ nodes: [...good.nodes, good.nodes[0]!] }), /two tensors are named/);
      const constants = (i: number, change: object) =>
        good.constants.map((constant, k) => (k === i ? { ...constant, ...change } : constant));
      assert.throws(changed({ constants: constants(0, { data: Float32Array.of(0) }) }), /a scale that is not positive/);
      assert.throws(changed({ constants: constants(0, { data: Float32Array.of(NaN) }) }), /not finite/);
      assert.throws(changed({ constants: constants(0, { shape: [2] }) }), /values, not 2/);
      assert.throws(() => readOnnxFacts(new Uint8Array([1, 2, 3])), /not an \.onnx file/);
    });
  });
});
