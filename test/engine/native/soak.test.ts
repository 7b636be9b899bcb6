import assert from 'node:assert/strict';
import { momentumUpdate } from '../../../src/core/momentum.js';
import { Random } from '../../../src/core/random.js';
import { NativeSession } from '../../../src/engine/native/nativeSession.js';
import { GraphBuilder } from '../../../src/graph/graphBuilder.js';
import { addon, randomBatch } from './comparing.js';
import { plainStep } from './plainNetwork.js';
import { randomValues } from './randomGraph.js';

const STEPS = 10_000;

describe('ten thousand steps', function () {
  this.timeout(600_000);

  it('keep the memory flat and stay with plain loops in float64', async () => {
    const b = new GraphBuilder();
    let x = b.relu6('r1', b.batchNorm('b1', b.conv2d('c1', b.input(6, 6, 3), 8, 3, 2)));
    x = b.add('sum', x, b.batchNorm('b2', b.depthwiseConv2d('d2', x, 3)));
    const embedding = b.globalMaxPool('pool', x);
    const graph = b.build('small', { embedding, scores: b.dense('logits', embedding, 3) });
    const random = Random.fromSeed(1);
    const values = randomValues(graph, random);
    const batches = Array.from({ length: 20 }, () => randomBatch(graph, random, 6));
    const optimizer = { kind: 'sgd', momentum: 0.9 } as const;
    const settings = { learningRate: 1e-4, batchNormMomentum: 0.99 };
    const session = new NativeSession(addon(), graph, values, { threads: 2 }, { optimizer });
    const plain = new Map([...values].map(([name, v]) => [name, v.slice()]));
    const velocity = new Map([...values].map(([name, v]) => [name, new Float32Array(v.length)]));
    const memory: number[] = [];
    let [ours, theirs] = [0, 0];
    for (let step = 1; step <= STEPS; step++) {
      const batch = batches[step % batches.length]!;
      ours += (await session.trainStep(batch, settings)).lossSum;
      const result = plainStep(graph, plain, batch.images, batch.labels);
      theirs += result.lossSum;
      for (const [name, gradient] of result.gradients)
        momentumUpdate(
          plain.get(name)!,
          Float32Array.from(gradient),
          velocity.get(name)!,
          settings.learningRate,
          optimizer,
        );
      if (step % 1000 !== 0) continue;
      assert.ok(Math.abs(ours - theirs) < 1e-3 * theirs, `steps to ${step}: ${ours} against ${theirs}`);
      [ours, theirs] = [0, 0];
      memory.push(process.memoryUsage().rss);
    }
    const after = (await session.readState()).parameters;
    for (const { name, trainable } of graph.parameters) {
      if (!trainable) continue;
      const expected = plain.get(name)!;
      const off = Math.hypot(...expected.map((v, i) => v - after.get(name)![i]!));
      const moved = Math.hypot(...expected.map((v, i) => v - values.get(name)![i]!));
      assert.ok(off < 0.02 * moved + 1e-4, `${name}: off by ${off} after a way of ${moved}`);
    }
    assert.ok(memory.at(-1)! - memory[4]! < 30e6, memory.map((bytes) => `${Math.round(bytes / 1e6)} MB`).join());
  });
});
