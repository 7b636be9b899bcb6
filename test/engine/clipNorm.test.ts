import assert from 'node:assert/strict';
import { clipNorm } from '../../src/core/clipNorm.js';
import { Random } from '../../src/core/random.js';
import type { Engine } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import type { Graph } from '../../src/graph/graph.js';
import { GraphBuilder } from '../../src/graph/graphBuilder.js';
import { ENGINE_NAMES } from '../../src/protocol/engines.js';
import { randomBatch } from './native/comparing.js';
import { randomValues } from './native/randomGraph.js';

/** Its largest kernel has more values than the native engine sums together. */
function someGraph(): Graph {
  const b = new GraphBuilder();
  const conv = b.batchNorm('norm', b.conv2d('conv', b.input(6, 5, 3), 7, 3, 2));
  const wide = b.dense('wide', b.globalAveragePool('pool', conv), 900);
  return b.build('some', { embedding: wide, scores: b.dense('scores', wide, 90) });
}

const SETTINGS = { learningRate: 1, batchNormMomentum: 0.9 };

describe('gradients that are clipped', () => {
  const graph = someGraph();
  const random = Random.fromSeed(4);
  const values = randomValues(graph, random);
  const batch = randomBatch(graph, random, 5);

  /** Of one step of SGD without momentum at a rate of 1: the first velocity is the negative gradient. */
  async function gradientsOf(engine: Engine, most?: number): Promise<Map<string, Float32Array>> {
    const optimizer = { kind: 'sgd', momentum: 0 } as const;
    const session = engine.createSession(graph, values, { optimizer, ...(most !== undefined && { clipNorm: most }) });
    await session.trainStep(batch, SETTINGS);
    const { moments } = await session.readState();
    const gradients = new Map([...moments].map(([name, { first }]) => [name, first.map((v) => -v)]));
    session.dispose();
    return gradients;
  }

  const lengthOf = (gradients: ReadonlyMap<string, Float32Array>) =>
    Math.sqrt([...gradients.values()].reduce((sum, of) => sum + of.reduce((own, v) => own + v * v, 0), 0));

  for (const name of ENGINE_NAMES) {
    it(`on ${name} are as the plain twin makes them, and short ones to the bit as they were`, async () => {
      const { engine } = await selectEngine({ engine: name, threads: 2 });
      const free = await gradientsOf(engine);
      const length = lengthOf(free);
      assert.deepEqual(await gradientsOf(engine, 0), free);
      assert.deepEqual(await gradientsOf(engine, length * 1.001), free);
      const clipped = await gradientsOf(engine, length / 3);
      assert.ok(Math.abs(lengthOf(clipped) / length - 1 / 3) < 1e-6);
      const expected = clipNorm(free, length / 3);
      for (const [parameter, gradient] of clipped)
        for (const [i, actual] of gradient.entries()) {
          const wanted = expected.get(parameter)![i]!;
          // The norm's last bit may move the factor's, and that the last of a float32.
          assert.ok(Math.abs(actual - wanted) <= 1.2e-7 * Math.abs(wanted), `${parameter} ${i}: ${actual}, ${wanted}`);
        }
    });

    it(`on ${name} are refused a length that is none`, async () => {
      const { engine } = await selectEngine({ engine: name, threads: 1 });
      for (const wrong of [-1, NaN, Infinity])
        assert.throws(() => engine.createSession(graph, values, { clipNorm: wrong }), /clipNorm is/, String(wrong));
    });
  }

  it('are the same to the bit with any number of threads', async () => {
    const steps = async (threads: number) => {
      const { engine } = await selectEngine({ engine: 'native', threads });
      const session = engine.createSession(graph, values, { clipNorm: 0.05 });
      for (let i = 0; i < 5; i++) await session.trainStep(batch, { ...SETTINGS, learningRate: 1e-3 });
      const { parameters } = await session.readState();
      const copies = new Map([...parameters].map(([name, of]) => [name, of.slice()]));
      session.dispose();
      return copies;
    };
    const alone = await steps(1);
    for (const threads of [2, 3, 7]) assert.deepEqual(await steps(threads), alone, `${threads} threads`);
  });
});
