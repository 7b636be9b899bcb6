import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { encodeModel } from '../../src/export/encoders.js';
import { floatNetwork } from '../../src/export/floatNetwork.js';
import { arenaBytes } from '../../src/export/microcontroller/arena.js';
import { onnxFile } from '../../src/export/onnx/onnxFile.js';
import { floatOnnx } from '../../src/export/onnx/onnxModels.js';
import { networkOfTflite } from '../../src/export/tflite/fromTflite.js';
import { readTflite } from '../../src/export/tflite/readTflite.js';
import { tfliteFile } from '../../src/export/tflite/tfliteFile.js';
import { floatTflite } from '../../src/export/tflite/tfliteModels.js';
import { writeExport } from '../../src/export/writeExport.js';
import { inputOf } from '../../src/graph/graph.js';
import { OnnxSession } from '../../src/inference/onnxSession.js';
import { pixelTables } from '../../src/graph/pixelTables.js';
import { runProgram } from '../../src/platform/runProgram.js';
import { exportOptions } from '../../src/protocol/exportOptions.js';
import { readFaceNetworks, type FaceNetwork } from '../../src/weights/faceNetwork.js';
import { faceWeightsIn } from '../../src/weights/faceWeights.js';
import { runLiteRtAll } from '../support/litert.js';
import { runMicrocontroller } from '../support/microcontroller.js';
import { checkOnnx } from '../support/onnx.js';
import { assertRows, givenSource, ofEngine, realFaces, scaledBytes } from '../support/realFaces.js';
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

    it('TensorFlow Lite Micro gives the engine’s vectors within 1e-5, in the memory that the C header names', async () => {
      const models = ROLES.map((role) => floatTflite(converted(role), new Map()));
      const jobs = ROLES.map((role, i) => {
        const model = path.join(folder(), `micro-${role}.tflite`);
        fs.writeFileSync(model, tfliteFile(models[i]!));
        const input = scaledBytes(networks[role].graph, pixels.get(role)!);
        return { model, input, arena: arenaBytes(models[i]!) };
      });
      for (const [i, { loads, loadsWithLess, bytes }] of (await runMicrocontroller(jobs)).entries()) {
        const role = ROLES[i]!;
        assert.deepEqual([loads, loadsWithLess], [true, false], role);
        const theirs = new Float32Array(new Uint8Array(bytes).buffer);
        assertRows(theirs, expected.get(role)!, COUNT, `${role} in TensorFlow Lite Micro`);
      }
    });

    it('the C header compiles, names the operators, and reads each colour and places each point as the network wants it', async () => {
      const { face } = networks;
      const given = givenSource(face);
      const facts = { ...given.facts, input: { ...given.facts.input, template: face.template! } };
      const options = exportOptions.parse({ format: 'c', part: 'embedding' });
      const { files } = await writeExport({ ...given, facts }, options, path.join(folder(), 'model.h'));
      const text = fs.readFileSync(files[0]!, 'utf8');
      for (const operator of ['Prelu', 'Logistic', 'Mul', 'Pad', 'FullyConnected'])
        assert.ok(text.includes(`resolver.Add${operator}();`), operator);
      assert.ok(text.includes('face_trainer_input(pixels[i], i % 3)'));
      const arena = Number(/FACE_TRAINER_ARENA (\d+)/.exec(text)![1]);
      assert.equal(arena, arenaBytes(floatTflite(converted('face'), new Map())));
      const program = path.join(folder(), 'main.cc');
      fs.writeFileSync(
        program,
        `#include "model.h"
#include <cstdio>
int main() {
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < 256; i++) { float x = face_trainer_input((uint8_t)i, c); fwrite(&x, 4, 1, stdout); }
  fwrite(face_trainer_template, sizeof face_trainer_template, 1, stdout);
  fwrite(face_trainer_model, 1, face_trainer_model_len, stdout);
}
`,
      );
      const binary = path.join(folder(), 'main');
      const compiled = await runProgram('g++', ['-std=c++17', '-Wall', '-Wextra', '-Werror', program, '-o', binary]);
      assert.equal(compiled.code, 0, compiled.output);
      const c = await runProgram('gcc', ['-std=c11', '-fsyntax-only', '-x', 'c', files[0]!]);
      assert.equal(c.code, 0, c.output);
      const out = spawnSync(binary, { maxBuffer: 1 << 26 }).stdout;
      const floats = new Float32Array(out.buffer.slice(out.byteOffset, out.byteOffset + 4 * (3 * 256 + 10)));
      const tables = pixelTables(inputOf(face.graph));
      tables.forEach((table, colour) =>
        table.forEach((x, byte) => assert.ok(Math.abs(floats[256 * colour + byte]! - x) < 1e-6, `${colour} ${byte}`)),
      );
      assert.deepEqual(floats.slice(768), Float32Array.from(face.template!.flat()));
      const [tflite] = await encodeModel({ ...given, facts }, { ...options, format: 'tflite' });
      assert.ok(out.subarray(4 * (3 * 256 + 10)).equals(tflite!.bytes));
    });
  });
});
