import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import type { Batch } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import type { Graph } from '../../src/graph/graph.js';
import { networkOf } from '../../src/graph/network.js';
import { networkOptionsOf } from '../../src/graph/networkOptions.js';
import { initialValues } from '../../src/graph/networkState.js';
import { BACKBONE_NAMES } from '../../src/protocol/backbones.js';
import { ENGINE_NAMES, type EngineName } from '../../src/protocol/engines.js';
import { randomBatch } from './native/comparing.js';

interface Step {
  readonly lossSum: number;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

/** One step of SGD without momentum: the first velocity is the gradient. */
async function step(name: EngineName, graph: Graph, seed: number, batch: Batch): Promise<Step> {
  const { engine } = await selectEngine({ engine: name, threads: name === 'native' ? 2 : 0 });
  const session = engine.createSession(graph, initialValues(graph, seed), { optimizer: { kind: 'sgd', momentum: 0 } });
  const { lossSum } = await session.trainStep(batch, { learningRate: 0.1, batchNormMomentum: 0.9 });
  const gradients = new Map([...(await session.readState()).moments].map(([key, { first }]) => [key, first.slice()]));
  session.dispose();
  return { lossSum, gradients };
}

/** Of the gradients, relative to their size; what has none but rounding is left out. */
function largestDistance(a: Step, b: Step): number {
  const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
  const largest = Math.max(...[...b.gradients.values()].map(norm));
  return Math.max(
    ...[...b.gradients].map(([key, wished]) => {
      const found = a.gradients.get(key)!;
      return norm(wished) < 1e-5 * largest ? 0 : norm(wished.map((x, i) => x - found[i]!)) / norm(wished);
    }),
  );
}

describe('a step of each backbone', function () {
  this.timeout(120_000);

  for (const backbone of BACKBONE_NAMES)
    it(`${backbone}: engines agree in loss to 1e-4, in gradients to 1e-3 of their norm from most starts`, async () => {
      // Narrow: channels are no multiples of the kernels' vectors. Small, for plain JavaScript.
      const graph = networkOf(networkOptionsOf({ backbone, size: 32, width: 0.15, pooling: 'average' }), 3);
      const distances = new Map<string, number[]>(ENGINE_NAMES.map((name) => [name, []]));
      for (const seed of [4, 5, 6]) {
        const batch = randomBatch(graph, Random.fromSeed(seed), 12);
        const wished = await step('native', graph, seed, batch);
        for (const name of ENGINE_NAMES) {
          const found = await step(name, graph, seed, batch);
          assert.ok(Math.abs(found.lossSum - wished.lossSum) < 1e-4 * wished.lossSum, `${name}: ${found.lossSum}`);
          distances.get(name)!.push(largestDistance(found, wished));
        }
      }
      // A value that rounding takes over the edge of a ReLU6 has its whole gradient there and none here: some per cent.
      for (const [name, found] of distances) {
        const [, middle, worst] = found.sort((a, b) => a - b);
        assert.ok(middle! < 1e-3 && worst! < 0.1, `${name}: ${found.join()}`);
      }
    });
});
