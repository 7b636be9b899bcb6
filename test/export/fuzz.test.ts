import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../../src/core/random.js';
import { softmax } from '../../src/core/softmax.js';
import { UserError } from '../../src/core/userError.js';
import type { Engine } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { floatNetwork } from '../../src/export/floatNetwork.js';
import { arenaBytes } from '../../src/export/microcontroller/arena.js';
import { onnxFile } from '../../src/export/onnx/onnxFile.js';
import { floatOnnx, integerOnnx } from '../../src/export/onnx/onnxModels.js';
import { layersModel } from '../../src/export/tfjs/layersModel.js';
import { networkOfTflite } from '../../src/export/tflite/fromTflite.js';
import { readTflite } from '../../src/export/tflite/readTflite.js';
import { tfliteFile } from '../../src/export/tflite/tfliteFile.js';
import { floatTflite, integerTflite } from '../../src/export/tflite/tfliteModels.js';
import type { Graph } from '../../src/graph/graph.js';
import { GraphBuilder, type Value } from '../../src/graph/graphBuilder.js';
import { initialValues } from '../../src/graph/networkState.js';
import { OnnxSession } from '../../src/inference/onnxSession.js';
import { integerTables } from '../../src/inference/integerTables.js';
import { calibrate } from '../../src/training/quantization/calibrate.js';
import { answerOf, integerNetwork, type IntegerNetwork } from '../../src/quantization/interpreter/integerNetwork.js';
import { runIntegers } from '../../src/quantization/interpreter/interpreter.js';
import type { RoundingName } from '../../src/quantization/interpreter/roundings.js';
import { initialRanges, quantizeGraph } from '../../src/quantization/quantizeGraph.js';
import { runLiteRtAll } from '../support/litert.js';
import { runMicrocontroller } from '../support/microcontroller.js';
import { scratchFolder } from '../support/scratch.js';
import { runTfjs } from '../support/tfjs.js';

const GRAPHS = 200;
const PICTURES = 8;

/** A random small graph, some of them of a kind that no runtime has. */
function randomGraph(random: Random): Graph {
  const pick = <T>(...options: T[]): T => options[random.integer(options.length)]!;
  const b = new GraphBuilder();
  let x: Value = b.input(5 + random.integer(12), 5 + random.integer(12), 3);
  const layers = 1 + random.integer(6);
  for (let i = 0; i < layers; i++) {
    const kernel = Math.min(pick(1, 3, 3, 5), x.shape[0], x.shape[1]);
    let y =
      random.integer(2) === 0
        ? b.conv2d(`conv${i}`, x, pick(1, 3, 8, 17), kernel, pick(1, 1, 2))
        : b.depthwiseConv2d(`depthwise${i}`, x, kernel, pick(1, 1, 2));
    if (random.integer(4) > 0) y = b.batchNorm(`norm${i}`, y);
    if (random.integer(2) === 0) y = b.relu6(`relu${i}`, y);
    if (random.integer(40) === 0) y = b.batchNorm(`late${i}`, y); // where a ReLU6 stands before it no convolution takes it along
    x =
      y.shape.every((n, k) => n === x.shape[k]) && x.name !== 'input' && random.integer(2) === 0
        ? b.add(`add${i}`, x, y)
        : y;
  }
  x = random.integer(2) === 0 ? b.globalAveragePool('pool', x) : b.globalMaxPool('pool', x);
  const embedding = x;
  if (random.integer(2) === 0) x = b.dropout('dropout', x, 0.3);
  const scores = b.dense('dense', x, 2 + random.integer(9));
  return b.build(`random ${random.integer(1e6)}`, { embedding, scores });
}

/** Weights of different sizes, some channels dead. */
function randomValues(graph: Graph, random: Random): Map<string, Float32Array> {
  const values = initialValues(graph, random.integer(1e6));
  for (const { name, shape } of graph.parameters) {
    const array = values.get(name)!;
    const channels = shape.at(-1)!;
    if (name.endsWith('kernel')) {
      const size = 10 ** random.between(-0.7, 0.7);
      const dead = channels > 1 && random.integer(4) === 0 ? random.integer(channels) : -1;
      array.forEach((w, i) => (array[i] = i % channels === dead ? 0 : w * size));
    } else if (name.endsWith('variance')) array.forEach((_, i) => (array[i] = random.between(0.2, 2)));
    else array.forEach((_, i) => (array[i] = random.between(-1, 1)));
  }
  return values;
}

interface Case {
  readonly graph: Graph;
  readonly pixels: Uint8Array;
  readonly logits: Float32Array;
  readonly values: Map<string, Float32Array>;
  readonly integers: IntegerNetwork;
}

async function quantized(
  engine: Engine,
  graph: Graph,
  values: Map<string, Float32Array>,
  pixels: Uint8Array,
): Promise<IntegerNetwork> {
  const rewritten = quantizeGraph(graph);
  const all = new Map([...values, ...initialRanges(rewritten)]);
  const session = engine.createSession(rewritten, all);
  const batches = async function* () {
    yield await Promise.resolve({ images: pixels, labels: new Int32Array(PICTURES) });
  };
  try {
    for (const [name, range] of await calibrate(rewritten, session, batches, 'movingAverage'))
      all.set(name, Float32Array.from(range));
  } finally {
    session.dispose();
  }
  return integerNetwork(rewritten, all);
}

describe('random graphs', function () {
  this.timeout(300_000);
  const folder = scratchFolder();
  const cases: Case[] = [];
  const refused: string[] = [];

  before(async () => {
    const { engine } = await selectEngine({ engine: 'javascript', threads: 1 });
    const random = Random.forPurpose(7, 'fuzz');
    for (let i = 0; i < GRAPHS; i++) {
      const graph = randomGraph(random);
      const values = randomValues(graph, random);
      const [height, width] = graph.nodes[0]!.shape;
      const pixels = Uint8Array.from({ length: PICTURES * height * width * 3 }, () => random.integer(256));
      try {
        floatNetwork(graph, values);
        const integers = await quantized(engine, graph, values, pixels);
        const session = engine.createSession(graph, values);
        const logits = (await session.evaluate({ images: pixels, labels: new Int32Array(PICTURES) })).outputs.scores!;
        session.dispose();
        cases.push({ graph, values, integers, pixels, logits: logits.slice() });
      } catch (error) {
        assert.ok(error instanceof RangeError || error instanceof UserError, String(error));
        refused.push(error.message);
      }
    }
  });

  const near = (ours: Float32Array, theirs: Float32Array, what: string) => {
    assert.equal(theirs.length, ours.length, what);
    const size = Math.hypot(...ours) || 1;
    const off = Math.hypot(...ours.map((x, i) => x - theirs[i]!)) / size;
    assert.ok(off < 1e-5, `${what}: ${off}`);
  };
  const scaled = (pixels: Uint8Array) => new Uint8Array(Float32Array.from(pixels, (byte) => byte / 127.5 - 1).buffer);

  it('are written, or refused with a reason', () => {
    assert.ok(cases.length > GRAPHS / 2, `${cases.length}`);
    console.log(
      `      ${cases.length} written, ${refused.length} refused: ${[...new Set(refused.map((text) => text.replace(/\d+/g, 'N')))].join('; ')}`,
    );
    assert.ok(refused.length > 0 && refused.every((text) => text.length > 10));
  });

  it('in float: LiteRT, ONNX Runtime and TensorFlow.js give the logits of the engine', async () => {
    const jobs = cases.map(({ graph, values, pixels }, i) => {
      const model = path.join(folder(), `float${i}.tflite`);
      fs.writeFileSync(model, tfliteFile(floatTflite(floatNetwork(graph, values), new Map())));
      return { model, input: scaled(pixels) };
    });
    const liteRt = await runLiteRtAll(jobs);
    const topologies = cases.map(({ graph, values, pixels }, i) => {
      const place = path.join(folder(), `tfjs${i}`);
      const { topology, weights } = layersModel(graph, values, 0.9, {});
      fs.mkdirSync(place);
      fs.writeFileSync(path.join(place, weights.name), weights.bytes);
      fs.writeFileSync(path.join(place, 'model.json'), topology);
      fs.writeFileSync(path.join(place, 'model.json.in'), scaled(pixels));
      return path.join(place, 'model.json');
    });
    await runTfjs(topologies);
    for (const [i, { graph, values, pixels, logits }] of cases.entries()) {
      const floats = (bytes: Uint8Array) => new Float32Array(new Uint8Array(bytes).buffer);
      near(logits, floats(liteRt[i]!.bytes), `LiteRT ${graph.name}`);
      const network = floatNetwork(graph, values);
      const [height, width] = network.tensors[0]!.shape;
      const session = await OnnxSession.open(onnxFile(floatOnnx(network, 'logits', new Map())), { width, height }, 1);
      near(logits, await session.run(pixels), `ONNX Runtime ${graph.name}`);
      await session.close();
      const classes = logits.length / PICTURES;
      const probabilities = Float32Array.from({ length: logits.length }, (_, k) => {
        const from = k - (k % classes);
        return softmax(logits.subarray(from, from + classes))[k % classes]!;
      });
      near(probabilities, floats(fs.readFileSync(`${topologies[i]!}.out`)), `TensorFlow.js ${graph.name}`);
    }
  });

  it('in int8: LiteRT, TensorFlow Lite Micro and ONNX Runtime give the integers of the interpreter, and files read again are the network', async () => {
    const jobs = cases.map(({ integers, pixels }, i) => {
      const model = path.join(folder(), `int8-${i}.tflite`);
      fs.writeFileSync(model, tfliteFile(integerTflite(integers, new Map())));
      const [table] = integerTables(integers.input, undefined, [-128, 127], Int8Array);
      return { model, input: new Uint8Array(Int8Array.from(pixels, (byte) => table![byte]!).buffer) };
    });
    const differing: string[] = [];
    const compare = (
      what: string,
      { graph, integers, pixels }: Case,
      theirs: ArrayLike<number>,
      rounding: RoundingName,
    ) => {
      const ours = runIntegers(integers, pixels, rounding);
      assert.equal(theirs.length, ours.length);
      const steps = ours.map((q, k) => Math.abs(q - theirs[k]!));
      const most = Math.max(...steps);
      if (most > 0)
        differing.push(
          `${what}, ${graph.name}: ${steps.filter((n) => n > 0).length} of ${steps.length}, ${most} steps; ${graph.nodes.map(({ name, shape }) => `${name} [${shape.join()}]`).join(' ')}`,
        );
    };
    for (const [rounding, reference] of [
      ['xnnpack', false],
      ['liteRtReference', true],
    ] as const) {
      const results = await runLiteRtAll(jobs, reference);
      cases.forEach((one, i) =>
        compare(`LiteRT ${rounding}`, one, new Int8Array(new Uint8Array(results[i]!.bytes).buffer), rounding),
      );
    }
    const memory = cases.map(({ integers }) => arenaBytes(integerTflite(integers, new Map())));
    for (const [i, { loads, bytes }] of (
      await runMicrocontroller(jobs.map((job, k) => ({ ...job, arena: memory[k]! })))
    ).entries()) {
      assert.ok(loads, `${cases[i]!.graph.name}: ${memory[i]!} bytes were not enough`);
      compare('TensorFlow Lite Micro', cases[i]!, new Int8Array(new Uint8Array(bytes).buffer), 'microcontroller');
    }
    for (const [i, one] of cases.entries()) {
      const { integers, pixels } = one;
      const [height, width] = integers.tensors[0]!.shape;
      const { scale, zeroPoint } = integers.tensors[answerOf(integers)]!;
      const session = await OnnxSession.open(
        onnxFile(integerOnnx(integers, 'logits', new Map(), 'float32')),
        { width, height },
        1,
      );
      const theirs = Array.from(await session.run(pixels), (x) => Math.round(x / scale) + zeroPoint);
      await session.close();
      compare('ONNX Runtime', one, theirs, 'onnxRuntime');
      const again = networkOfTflite(readTflite(fs.readFileSync(jobs[i]!.model)));
      assert.ok(again.precision === 'int8');
      assert.deepEqual(runIntegers(again.network, pixels, 'simulation'), runIntegers(integers, pixels, 'simulation'));
    }
    assert.deepEqual(differing, []);
  });
});
