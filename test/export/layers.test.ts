import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../../src/core/random.js';
import { softmax } from '../../src/core/softmax.js';
import { floatNetwork } from '../../src/export/floatNetwork.js';
import { arenaBytes } from '../../src/export/microcontroller/arena.js';
import { tfliteFile } from '../../src/export/tflite/tfliteFile.js';
import { floatTflite } from '../../src/export/tflite/tfliteModels.js';
import { writeExport } from '../../src/export/writeExport.js';
import { inputOf } from '../../src/graph/graph.js';
import { openModel } from '../../src/inference/openModel.js';
import { exportOptions } from '../../src/protocol/exportOptions.js';
import { runPython } from '../support/foreign.js';
import { KERAS } from '../support/keras.js';
import { runMicrocontroller } from '../support/microcontroller.js';
import { randomFaceGraph, randomFaceValues } from '../support/randomFaceGraph.js';
import { assertRows, givenSource, ofEngine, scaledBytes, type Valued } from '../support/realFaces.js';
import { scratchFolder } from '../support/scratch.js';
import { runTfjs } from '../support/tfjs.js';

const GRAPHS = 24;
const COUNT = 3;

interface Case extends Valued {
  readonly pixels: Uint8Array;
  readonly part: 'classifier' | 'embedding';
  /** As the engine gives it, and as files of layers do, with a softmax. */
  readonly read: Float32Array;
  readonly expected: Float32Array;
}

describe('random graphs with the operations of face networks, as files of layers', function () {
  this.timeout(300_000);
  const folder = scratchFolder();
  const cases: Case[] = [];

  before(async () => {
    const random = Random.forPurpose(11, 'fuzz');
    while (cases.length < GRAPHS) {
      const graph = randomFaceGraph(random);
      const parameters = randomFaceValues(graph, random);
      const [height, width] = inputOf(graph).shape;
      const pixels = Uint8Array.from({ length: COUNT * height * width * 3 }, () => random.integer(256));
      const part = graph.outputs.scores === undefined ? 'embedding' : 'classifier';
      const read = await ofEngine({ graph, parameters }, pixels, part === 'embedding' ? 'embedding' : 'scores');
      const rows = Array.from({ length: COUNT }, (_, i) => [...softmax(read.subarray(3 * i, 3 * i + 3))]);
      const expected = part === 'embedding' ? read : Float32Array.from(rows.flat());
      cases.push({ graph, parameters, pixels, part, read, expected });
    }
  });

  const written = async (format: 'tfjs' | 'keras', ending: string) => {
    const files: string[] = [];
    for (const [i, { graph, parameters, pixels, part }] of cases.entries()) {
      const source = givenSource({ graph, parameters }, part === 'embedding' ? [] : ['Anna', 'Bo', 'Cy']);
      const output = path.join(folder(), `${format}${i}${ending}`);
      files.push((await writeExport(source, exportOptions.parse({ format, part }), output)).files[0]!);
      fs.writeFileSync(`${files.at(-1)!}.in`, scaledBytes(graph, pixels));
    }
    return files;
  };
  const check = async (files: readonly string[], runtime: string) => {
    for (const [i, file] of files.entries()) {
      const { graph, expected, read, pixels } = cases[i]!;
      const bytes = fs.readFileSync(`${file}.out`);
      const given = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
      assertRows(given, expected, COUNT, `${graph.name} in ${runtime}: ${graph.nodes.map(({ op }) => op).join()}`);
      const model = await openModel(file);
      assertRows(await model.run(pixels), read, COUNT, `${graph.name} read again`);
      await model.close();
    }
  };

  it('TensorFlow.js gives what the engine gives, trains on, and so does what is read back', async () => {
    const files = await written('tfjs', '/model.json');
    await runTfjs(files);
    await check(files, 'TensorFlow.js');
    const trained = files.filter((_, i) => cases[i]!.part === 'classifier');
    for (const { losses } of await runTfjs(trained, [2, 1, 0])) {
      assert.equal(losses.length, 3);
      assert.ok(losses[2]! < losses[0]!, losses.join());
    }
  });

  it('Keras gives what the engine gives, and so does what is read back', async () => {
    const files = await written('keras', '.h5');
    await runPython('keras_model_run.py', files, KERAS);
    await check(files, 'Keras');
  });

  it('TensorFlow Lite Micro gives what the engine gives, in the memory that a C header names', async () => {
    const models = cases.map(({ graph, parameters }) => floatTflite(floatNetwork(graph, parameters), new Map()));
    const jobs = cases.map(({ graph, pixels }, i) => {
      const model = path.join(folder(), `micro${i}.tflite`);
      fs.writeFileSync(model, tfliteFile(models[i]!));
      return { model, input: scaledBytes(graph, pixels), arena: arenaBytes(models[i]!) };
    });
    for (const [i, { loads, bytes }] of (await runMicrocontroller(jobs)).entries()) {
      const { graph, read } = cases[i]!;
      const what = `${graph.name} in TensorFlow Lite Micro: ${graph.nodes.map(({ op }) => op).join()}`;
      assert.ok(loads, `${what}: ${jobs[i]!.arena} bytes were not enough`);
      assertRows(new Float32Array(new Uint8Array(bytes).buffer), read, COUNT, what);
    }
  });
});
