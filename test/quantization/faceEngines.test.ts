import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import type { TrainingSession } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import type { Graph } from '../../src/graph/graph.js';
import { followedRange } from '../../src/quantization/folding.js';
import { integerNetwork } from '../../src/quantization/interpreter/integerNetwork.js';
import { runIntegers } from '../../src/quantization/interpreter/interpreter.js';
import { initialRanges, quantizeGraph } from '../../src/quantization/quantizeGraph.js';
import { quantizersOf } from '../../src/quantization/quantizers.js';
import { addon, randomBatch } from '../engine/native/comparing.js';
import { randomQuantizableFace, randomValues } from '../engine/native/randomGraph.js';
import { NativeSession } from '../../src/engine/native/nativeSession.js';

/** A quantized network with ranges that clip a little of what some pictures show. */
async function calibrated(float: Graph, random: Random) {
  const graph = quantizeGraph(float);
  const values = new Map([...randomValues(float, random), ...initialRanges(graph)]);
  const quantizers = quantizersOf(graph);
  const batch = randomBatch(float, random, 3);
  const session = new NativeSession(addon(), graph, values, { threads: 1 });
  const none = new Uint8Array(quantizers.length);
  const seen = await session.observe(batch, { active: none, limits: new Float32Array(2 * none.length), bins: 1 });
  session.dispose();
  quantizers.forEach(({ observed, parameter }, i) => {
    const { min, max } = seen[i] ?? { min: 0, max: 0 };
    if (observed && (min < 0 || max > 0))
      values.set(parameter, Float32Array.from(followedRange([0, 0], min * 0.9, max * 0.9, 0)));
    else if (observed) values.set(parameter, Float32Array.of(-1, 1));
  });
  return { graph, values, batch, active: none.fill(1) };
}

describe('quantized face networks on the engines', function () {
  this.timeout(300_000);

  it('are computed on integers by native as by the interpreter, every integer of two hundred random ones', async () => {
    const random = Random.fromSeed(1818);
    const seen = new Set<string>();
    for (let round = 0; round < 200; round++) {
      const float = randomQuantizableFace(random, random.integer(2) === 0 ? 'pixels' : 'scaled');
      const { graph, values, batch, active } = await calibrated(float, random);
      float.nodes.forEach(({ op }) => seen.add(op));
      const network = integerNetwork(graph, values);
      const { scores: tensor = -1 } = network.outputs;
      const { scale, zeroPoint } = network.tensors[tensor]!;
      const expected = [...runIntegers(network, batch.images as Uint8Array)];
      for (const instructionSet of addon().instructionSets()) {
        const session = new NativeSession(addon(), graph, values, { threads: 2, instructionSet });
        const { scores } = (await session.evaluate(batch, { quantization: { active } })).outputs;
        const found = Array.from(scores!, (x) => Math.round(x / scale) + zeroPoint);
        const nodes = graph.nodes.map(({ name, op, shape }) => `${name} ${op} ${shape.join('x')}`).join(', ');
        assert.ok(session.plan('integers', 3).description.integers, nodes);
        assert.deepEqual(found, expected, `round ${round}, ${instructionSet}: ${nodes}`);
        session.dispose();
      }
    }
    for (const op of ['prelu', 'sigmoid', 'multiply', 'l2Normalize', 'relu6', 'batchNorm']) assert.ok(seen.has(op), op);
  });

  it('train alike on TensorFlow, in plain JavaScript and on native, with slopes and biases rounded', async () => {
    const random = Random.fromSeed(61);
    for (let round = 0; round < 6; round++) {
      const float = randomQuantizableFace(random);
      const { graph, values, batch, active } = await calibrated(float, random);
      const weights = Uint8Array.from(quantizersOf(graph), ({ kind }) => Number(kind === 'weights'));
      const results: { scores: Float32Array; parameters: ReadonlyMap<string, Float32Array> }[] = [];
      for (const name of ['native', 'tensorflow', 'javascript'] as const) {
        const { engine } = await selectEngine({ engine: name, threads: 2 });
        const session: TrainingSession = engine.createSession(graph, values, {
          optimizer: { kind: 'sgd', momentum: 0 },
        });
        const { scores } = (await session.evaluate(batch, { quantization: { active: weights } })).outputs;
        const quantization = { active: round % 2 === 0 ? weights : active, frozenBatchNorm: true };
        await session.trainStep(batch, { learningRate: 0.1, batchNormMomentum: 0.9, quantization });
        results.push({ scores: scores!, parameters: new Map((await session.readState()).parameters) });
        session.dispose();
      }
      const [native, ...others] = results;
      for (const other of others) {
        const off = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((x, i) => x - b[i]!));
        const tolerance = round % 2 === 0 ? 1e-3 : 0.05;
        assert.ok(off(other.scores, native!.scores) <= 1e-3 * Math.hypot(...native!.scores) + 1e-4, `round ${round}`);
        for (const [name, value] of native!.parameters) {
          const moved = off(value, values.get(name)!);
          const apart = off(value, other.parameters.get(name)!);
          assert.ok(apart <= tolerance * moved + 1e-4, `round ${round}, ${name}: ${apart} of ${moved}`);
        }
      }
    }
  });
});
