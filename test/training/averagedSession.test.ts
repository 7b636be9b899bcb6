import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import type { Engine, TrainingSession } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import type { Graph } from '../../src/graph/graph.js';
import { GraphBuilder } from '../../src/graph/graphBuilder.js';
import { initialValues } from '../../src/graph/networkState.js';
import { ENGINE_NAMES } from '../../src/protocol/engines.js';
import { AveragedSession } from '../../src/training/averagedSession.js';
import { HeadSession } from '../../src/training/headSession.js';
import { randomBatch } from '../engine/native/comparing.js';

const graph = smallNetwork();
const start = initialValues(graph, 3);
const random = Random.fromSeed(8);
const batches = Array.from({ length: 6 }, () => randomBatch(graph, random, 6));
const SETTINGS = { learningRate: 0.01, batchNormMomentum: 0.9 };
const DECAY = 0.7;

/** One of each kind of parameter, none of whose numbers is a multiple of a vector's. */
function smallNetwork(): Graph {
  const b = new GraphBuilder();
  let x = b.relu6('relu', b.batchNorm('norm', b.conv2d('conv', b.input(9, 9, 3), 7, 3, 2)));
  x = b.prelu('prelu', b.batchNorm('depthwise_norm', b.depthwiseConv2d('depthwise', x, 3)));
  const embedding = b.globalAveragePool('pool', x);
  return b.build('small', { embedding, scores: b.dense('predictions', embedding, 5) });
}

type Values = ReadonlyMap<string, Float32Array>;

async function valuesOf(session: TrainingSession): Promise<Values> {
  return new Map([...(await session.readState()).parameters].map(([name, values]) => [name, values.slice()]));
}

/** The weights after each step, of a session that nothing averages. */
async function plainSteps(engine: Engine): Promise<Values[]> {
  const session = engine.createSession(graph, start);
  const steps: Values[] = [];
  for (const batch of batches) {
    await session.trainStep(batch, SETTINGS);
    steps.push(await valuesOf(session));
  }
  session.dispose();
  return steps;
}

for (const name of ENGINE_NAMES)
  describe(`an average of weights on ${name}`, function () {
    this.timeout(120_000);
    let engine: Engine;
    let plain: Values[];
    before(async () => {
      ({ engine } = await selectEngine({ engine: name, threads: name === 'native' ? 2 : 0 }));
      plain = await plainSteps(engine);
    });

    it('is Adam’s, with its bias corrected: Σ (1 − d) dᵗ⁻ⁱ wᵢ / (1 − dᵗ), of statistics as well', async () => {
      const session = new AveragedSession(engine.createSession(graph, start), DECAY);
      for (const [t, batch] of batches.entries()) {
        await session.trainStep(batch, SETTINGS);
        const found = (await session.readState()).parameters;
        assert.equal(found.size, graph.parameters.length);
        for (const [parameter, values] of found)
          values.forEach((value, i) => {
            let wished = 0;
            for (let step = 0; step <= t; step++)
              wished += (1 - DECAY) * DECAY ** (t - step) * plain[step]!.get(parameter)![i]!;
            wished /= 1 - DECAY ** (t + 1);
            // Float32 keeps 7 digits of what was added up so far.
            assert.ok(Math.abs(value - wished) <= 1e-6 * (Math.abs(wished) + 0.01), `${parameter} ${i}, step ${t + 1}`);
          });
      }
      session.dispose();
    });

    it('is evaluated, and training goes on behind it to the same bits', async () => {
      const session = new AveragedSession(engine.createSession(graph, start), DECAY);
      for (const batch of batches) {
        await session.trainStep(batch, SETTINGS);
        const { outputs, lossSum } = await session.evaluate(batches[0]!);
        const other = engine.createSession(graph, await valuesOf(session));
        assert.deepEqual(await other.evaluate(batches[0]!), { ...(await session.evaluate(batches[0]!)) });
        assert.ok(Number.isFinite(lossSum) && outputs.scores!.length > 0);
        other.dispose();
      }
      const { parameters, count } = await session.readTrained();
      assert.equal(count, batches.length);
      for (const [parameter, values] of plain.at(-1)!) assert.deepEqual(parameters.get(parameter), values, parameter);
      session.dispose();
    });

    it('goes on from where it stood', async () => {
      const first = new AveragedSession(engine.createSession(graph, start), DECAY);
      for (const batch of batches.slice(0, 3)) await first.trainStep(batch, SETTINGS);
      const average = await valuesOf(first);
      const { count, ...trained } = await first.readTrained();
      const resumed = engine.createSession(graph, trained.parameters, { resume: trained });
      const second = new AveragedSession(resumed, DECAY, { count, average });
      for (const batch of batches.slice(3)) {
        await first.trainStep(batch, SETTINGS);
        await second.trainStep(batch, SETTINGS);
      }
      assert.deepEqual(await valuesOf(second), await valuesOf(first));
      for (const session of [first, second]) session.dispose();
    });

    it('is that of the head alone where the rest is frozen', async () => {
      const head = new HeadSession(engine, graph, graph.outputs.embedding, start);
      const session = new AveragedSession(head, DECAY);
      for (const batch of batches) await session.trainStep(batch, SETTINGS);
      const average = await valuesOf(session);
      const { parameters } = await session.readTrained();
      for (const { name: parameter } of graph.parameters) {
        const isHead = parameter.startsWith('predictions/');
        assert.equal(Buffer.compare(bytes(average, parameter), bytes(parameters, parameter)) !== 0, isHead, parameter);
        if (!isHead) assert.deepEqual(average.get(parameter), start.get(parameter), parameter);
      }
      session.dispose();
    });
  });

function bytes(values: Values, name: string): Buffer {
  const { buffer, byteOffset, byteLength } = values.get(name)!;
  return Buffer.from(buffer, byteOffset, byteLength);
}
