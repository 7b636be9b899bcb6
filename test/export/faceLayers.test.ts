import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { softmax } from '../../src/core/softmax.js';
import { encodeModel, requireExportable } from '../../src/export/encoders.js';
import type { ExportSource } from '../../src/export/exportSource.js';
import { writeExport } from '../../src/export/writeExport.js';
import { imprintedHead, withCosineHead } from '../../src/graph/cosineHead.js';
import { openModel } from '../../src/inference/openModel.js';
import { exportOptions } from '../../src/protocol/exportOptions.js';
import { readFaceNetworks } from '../../src/weights/faceNetwork.js';
import { faceWeightsIn } from '../../src/weights/faceWeights.js';
import { runPython } from '../support/foreign.js';
import { KERAS } from '../support/keras.js';
import { assertRows, givenSource, ofEngine, realFaces, scaledBytes, type Valued } from '../support/realFaces.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';
import { runTfjs } from '../support/tfjs.js';

const WHAT = 'face networks as files of layers, on real faces';
const COUNT = 24;
const PEOPLE = ['Anna', 'Bo', 'Cy'];

interface Case {
  readonly name: string;
  readonly source: ExportSource;
  readonly part: 'classifier' | 'embedding';
  readonly pixels: Uint8Array;
  /** What the file gives, and what it gives when it is read here: scores without a softmax. */
  readonly expected: Float32Array;
  readonly read: Float32Array;
}

withShared(WHAT, [sharedPaths.faceWeights, sharedPaths.wild], () => {
  describe(WHAT, function () {
    this.timeout(300_000);
    const folder = scratchFolder();
    const cases: Case[] = [];

    before(async () => {
      const { face, landmarks } = readFaceNetworks(faceWeightsIn(sharedPaths.faceWeights));
      const pixels = await realFaces(COUNT, face.size);
      const embeddings = await ofEngine(face, pixels);
      // What training makes of it: the embedding brought to length one, and a cosine for each person.
      const unit = (i: number) => {
        const row = embeddings.slice(256 * i, 256 * (i + 1));
        return row.map((x) => x / Math.hypot(...row));
      };
      const graph = withCosineHead(face.graph, PEOPLE.length);
      const head = imprintedHead(
        PEOPLE.map((_, i) => [unit(i)]),
        16,
      );
      const trained: Valued = { graph, parameters: new Map([...face.parameters, ...head]) };
      const small = await realFaces(COUNT, landmarks.size);
      const add = async (name: string, valued: Valued, part: Case['part'], images: Uint8Array) => {
        const read = await ofEngine(valued, images, part === 'embedding' ? 'embedding' : 'scores');
        const rows = Array.from({ length: COUNT }, (_, i) => [...softmax(read.subarray(3 * i, 3 * i + 3))]);
        const expected = part === 'embedding' ? read : Float32Array.from(rows.flat());
        cases.push({ name, source: givenSource(valued, PEOPLE), part, pixels: images, expected, read });
      };
      await add('face', face, 'embedding', pixels);
      // Maxima of windows, and batch norms behind other things than a convolution.
      await add('landmarks', landmarks, 'embedding', small);
      await add('trained', trained, 'embedding', pixels);
      await add('scores', trained, 'classifier', pixels);
    });

    const written = async (format: 'tfjs' | 'keras', ending: string) => {
      const files: string[] = [];
      for (const { name, source, part, pixels } of cases) {
        const options = exportOptions.parse({ format, part });
        requireExportable(source, options);
        const { files: all } = await writeExport(source, options, path.join(folder(), `${name}${ending}`));
        fs.writeFileSync(`${all[0]!}.in`, scaledBytes(source.float, pixels));
        files.push(all[0]!);
      }
      return files;
    };
    const given = (file: string) => {
      const bytes = fs.readFileSync(`${file}.out`);
      return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    };
    const check = async (files: readonly string[], runtime: string) => {
      for (const [i, file] of files.entries()) {
        const { name, pixels, expected, read } = cases[i]!;
        assertRows(given(file), expected, COUNT, `${name} in ${runtime}`);
        const model = await openModel(file);
        assertRows(await model.run(pixels), read, COUNT, `${name} read again`);
        await model.close();
      }
    };

    it('TensorFlow.js gives the engine’s vectors within 1e-5, and so does what is read back', async () => {
      const files = await written('tfjs', '/model.json');
      await runTfjs(files);
      await check(files, 'TensorFlow.js');
    });

    it('Keras’ load_model gives the engine’s vectors within 1e-5, and so does what is read back', async () => {
      const files = await written('keras', '.h5');
      const told = await runPython<{ shape: number[]; layers: string[] }[]>('keras_model_run.py', files, KERAS);
      assert.deepEqual(
        told.map(({ shape }) => shape),
        [256, 10, 256, 3].map((length) => [COUNT, length]),
      );
      assert.ok(told.every(({ layers }) => layers.includes('PReLU') && !layers.includes('Lambda')));
      assert.ok(told[2]!.layers.includes('UnitNormalization'));
      await check(files, 'Keras');
    });

    it('the same bytes twice', async () => {
      const { source } = cases[2]!;
      for (const format of ['tfjs', 'keras'] as const) {
        const options = exportOptions.parse({ format, part: 'embedding' });
        assert.deepEqual(await encodeModel(source, options), await encodeModel(source, options));
      }
    });
  });
});
