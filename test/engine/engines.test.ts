import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { KERAS_ADAM } from '../../src/core/adam.js';
import { Random } from '../../src/core/random.js';
import type { Batch, Engine, TrainingSession } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { GraphBuilder } from '../../src/graph/graphBuilder.js';
import { mobileNetV2 } from '../support/networks.js';
import { initialValues, type SessionState } from '../../src/graph/networkState.js';
import { randomBatch as randomBatchFor } from './native/comparing.js';
import { randomGraph, randomValues } from './native/randomGraph.js';

const CLASSES = 3;
const SETTINGS = { learningRate: 2e-4, batchNormMomentum: 0.9 };
// Narrow and small: the plain JavaScript engine takes part.
const graph = mobileNetV2({ size: 32, people: CLASSES, width: 0.1 });

function randomBatch(seed: number, count = 6): Batch {
  const random = Random.fromSeed(seed);
  return {
    images: Uint8Array.from({ length: count * 32 * 32 * 3 }, () => random.integer(256)),
    labels: Int32Array.from({ length: count }, (_, i) => i % CLASSES),
  };
}

function start(engine: Engine): TrainingSession {
  return engine.createSession(graph, initialValues(graph, 4));
}

function distance(a: Float32Array, b: Float32Array): number {
  const norm = (values: (i: number) => number) => Math.sqrt(a.reduce((sum, _, i) => sum + values(i) ** 2, 0));
  return (
    norm((i) => a[i]! - b[i]!) /
    Math.max(
      norm((i) => b[i]!),
      1e-12,
    )
  );
}

describe('the engines', function () {
  this.timeout(120_000);
  let tensorflow: Engine;
  let javascript: Engine;
  let native: Engine;

  before(async () => {
    native = (await selectEngine({ engine: 'native', threads: 2 })).engine;
    javascript = (await selectEngine({ engine: 'javascript', threads: 0 })).engine;
    tensorflow = (await selectEngine({ engine: 'tensorflow', threads: 0 })).engine;
  });

  it('agree: the first loss to 1e-4, every gradient to 1e-3 of its norm, then losses to 2 % and statistics to 5 % + 0.02', async () => {
    const all: { loss: number[]; first: Map<string, Float32Array>; state: SessionState }[] = [];
    for (const engine of [javascript, tensorflow, native]) {
      const session = start(engine);
      const loss: number[] = [];
      let first = new Map<string, Float32Array>();
      for (let step = 0; step < 3; step++) {
        loss.push((await session.trainStep(randomBatch(step), SETTINGS)).lossSum);
        if (step === 0)
          first = new Map([...(await session.readState()).moments].map(([name, { first: m }]) => [name, m.slice()]));
      }
      all.push({ loss, first, state: await session.readState() });
    }
    const a = all[0]!;
    for (const b of all.slice(1)) {
      // From the second step on Adam's sign-like first steps carry rounding along: six pictures on a 1x1 map are an
      // ill-conditioned batch norm.
      a.loss.forEach((loss, i) => {
        const tolerance = i === 0 ? 1e-4 : 2e-2;
        assert.ok(Math.abs(loss - b.loss[i]!) < tolerance * loss, `step ${i}: ${loss} against ${b.loss[i]}`);
      });
      const largest = Math.max(...[...b.first.values()].map((g) => Math.hypot(...g.slice(0, 1000))));
      for (const [name, gradient] of a.first) {
        const other = b.first.get(name)!;
        // Biases before a batch norm have no gradient but rounding.
        if (Math.hypot(...other) > 1e-5 * largest)
          assert.ok(distance(gradient, other) < 1e-3, `${name}: ${distance(gradient, other)}`);
      }
      for (const { name, trainable } of graph.parameters) {
        if (trainable) continue;
        // Some means are zero but for rounding: what follows a batch norm linearly. Variances are of the order of one.
        const [x, y] = [a.state.parameters.get(name)!, b.state.parameters.get(name)!];
        x.forEach((value, i) => {
          const off = Math.abs(value - y[i]!);
          assert.ok(off < 0.02 + 0.05 * Math.abs(y[i]!), `${name}[${i}]: ${value} against ${y[i]}`);
        });
      }
    }
  });

  it('agree over ten steps of either optimizer to a thousandth of the loss', async () => {
    // Shallow: a deep network from a random start carries the rounding of one step into large differences of the next.
    const b = new GraphBuilder();
    let x = b.relu6('r1', b.batchNorm('b1', b.conv2d('c1', b.input(24, 24, 3), 16, 3, 2)));
    x = b.relu6('r2', b.batchNorm('b2', b.depthwiseConv2d('d2', x, 3)));
    x = b.add('sum', x, b.batchNorm('b3', b.conv2d('c3', x, 16, 1)));
    const embedding = b.globalMaxPool('pool', x);
    const scores = b.dense('logits', b.dropout('dropout', embedding, 0.1), CLASSES);
    const shallow = b.build('shallow', { embedding, scores });
    const random = Random.fromSeed(5);
    const batch = {
      images: Uint8Array.from({ length: 12 * 24 * 24 * 3 }, () => random.integer(256)),
      labels: Int32Array.from({ length: 12 }, (_, i) => i % CLASSES),
    };
    for (const optimizer of [
      { kind: 'adam', ...KERAS_ADAM },
      { kind: 'adam', weightDecay: 0.1, ...KERAS_ADAM },
      { kind: 'sgd', momentum: 0.9 },
    ] as const) {
      const losses: number[][] = [];
      for (const engine of [native, tensorflow, javascript]) {
        const session = engine.createSession(shallow, initialValues(shallow, 4), {
          optimizer,
          loss: { kind: 'softmax', labelSmoothing: 0.1 },
          learningRateFactors: new Map([['logits/kernel', 2]]),
        });
        const loss: number[] = [];
        for (let step = 0; step < 10; step++)
          loss.push((await session.trainStep(batch, { ...SETTINGS, learningRate: 1e-2, seed: 5 })).lossSum);
        losses.push(loss);
      }
      for (const other of losses.slice(1))
        losses[0]!.forEach((loss, i) => {
          const off = Math.abs(loss - other[i]!);
          assert.ok(off < 1e-3 * other[i]!, `${optimizer.kind}, step ${i + 1}: ${loss} against ${other[i]}`);
        });
      assert.ok(losses[0]!.at(-1)! < 0.7 * losses[0]![0]!, `${optimizer.kind} learns: ${losses[0]!.join()}`);
    }
  });

  it('agree on random small networks in loss, gradients and evaluation', async () => {
    for (let seed = 1000; seed < 1040; seed++) {
      const random = Random.fromSeed(seed);
      const some = randomGraph(random);
      const values = randomValues(some, random);
      const batch = randomBatchFor(some, random, 3);
      const results = [];
      for (const engine of [native, tensorflow]) {
        // One step of SGD without momentum: the first velocity is the gradient.
        const session = engine.createSession(some, values, {
          optimizer: { kind: 'sgd', momentum: 0 },
          loss: { kind: 'softmax', labelSmoothing: 0.2 },
        });
        const logits = (await session.evaluate(batch)).outputs.scores!;
        const { lossSum } = await session.trainStep(batch, {
          learningRate: 1,
          batchNormMomentum: 0.9,
          seed,
        });
        results.push({ logits, lossSum, gradients: (await session.readState()).moments });
      }
      const [a, b] = results as [(typeof results)[0], (typeof results)[0]];
      assert.ok(distance(a.logits, b.logits) < 1e-3, `seed ${seed}: evaluation`);
      assert.ok(Math.abs(a.lossSum - b.lossSum) < 1e-3 * b.lossSum, `seed ${seed}: ${a.lossSum} against ${b.lossSum}`);
      const norms = [...b.gradients.values()].map(({ first }) => Math.hypot(...first));
      const largest = Math.max(...norms);
      for (const [name, { first }] of a.gradients) {
        const other = b.gradients.get(name)!.first;
        // Gradients that are zero but for rounding, such as that of a bias before a batch norm, stay out.
        if (Math.hypot(...other) > 1e-2 * largest)
          assert.ok(distance(first, other) < 2e-3, `seed ${seed}, ${name}: ${distance(first, other)}`);
      }
    }
  });

  for (const backend of ['native', 'tensorflow', 'cpu'] as const) {
    const engine = () => ({ native, tensorflow, cpu: javascript })[backend];

    describe(`on ${backend}`, () => {
      if (backend !== 'native')
        it('keeps the number of tensors and their bytes flat from step to step', async () => {
          const session = start(engine());
          const counts: string[] = [];
          for (let step = 0; step < 4; step++) {
            await session.trainStep(randomBatch(step), SETTINGS);
            await session.evaluate(randomBatch(9));
            counts.push(`${tf.memory().numTensors} ${tf.memory().numDataBuffers}`);
          }
          assert.equal(new Set(counts.slice(1)).size, 1, counts.join());
        });

      it('goes on from a saved state exactly as if it had not stopped, to the bit', async () => {
        const whole = start(engine());
        for (let step = 0; step < 4; step++) await whole.trainStep(randomBatch(step), SETTINGS);
        const first = start(engine());
        for (let step = 0; step < 2; step++) await first.trainStep(randomBatch(step), SETTINGS);
        const resumed = engine().createSession(graph, (await first.readState()).parameters, {
          resume: await first.readState(),
        });
        for (let step = 2; step < 4; step++) await resumed.trainStep(randomBatch(step), SETTINGS);
        assert.equal((await resumed.readState()).step, 4);
        for (const [name, values] of (await whole.readState()).parameters)
          assert.deepEqual((await resumed.readState()).parameters.get(name), values, name);
      });

      it('takes batches of any size, and evaluates pictures one at a time as it does together', async () => {
        const session = start(engine());
        await session.trainStep(randomBatch(1, 2), SETTINGS);
        await session.trainStep(randomBatch(2, 7), SETTINGS);
        const batch = randomBatch(3, 3);
        const together = await session.evaluate(batch);
        for (let i = 0; i < 3; i++) {
          const pixels = batch.images.length / 3;
          const alone = await session.evaluate({
            images: batch.images.subarray(i * pixels, (i + 1) * pixels),
            labels: batch.labels.subarray(i, i + 1),
          });
          const row = together.outputs.scores!.subarray(i * CLASSES, (i + 1) * CLASSES);
          assert.ok(distance(alone.outputs.scores!, row) < 1e-4, `picture ${i}`);
        }
      });

      it('tells of scores that overflow by a loss that is not finite, with nobody recognized', async () => {
        const parameters = initialValues(graph, 4);
        parameters.get('Conv_1_bn/beta')!.fill(6);
        parameters.get('predictions/kernel')!.fill(3e38);
        const session = engine().createSession(graph, parameters);
        const batch = randomBatch(4);
        // Where no score is a number the first person is no more likely than another.
        const { lossSum, correct } = await session.evaluate({ ...batch, labels: batch.labels.map(() => 0) });
        assert.ok(!Number.isFinite(lossSum), `${lossSum}`);
        assert.equal(correct, 0);
        session.dispose();
      });

      it('stops at the first number that is not finite, with the weights as they were', async () => {
        const parameters = initialValues(graph, 4);
        parameters.get('Conv_1/kernel')![5] = Infinity;
        const session = engine().createSession(graph, parameters);
        await assert.rejects(session.trainStep(randomBatch(2), SETTINGS), { code: 'not-finite' });
        assert.deepEqual((await session.readState()).parameters.get('Conv1/kernel'), parameters.get('Conv1/kernel'));
        assert.equal((await session.readState()).step, 0);
      });

      it('gives embedding, scores, both or neither, as asked; the scores when nothing is said', async () => {
        const session = start(engine());
        const batch = randomBatch(1, 2);
        const { embedding, scores } = (await session.evaluate(batch, { wants: ['embedding', 'scores'] })).outputs;
        assert.deepEqual((await session.evaluate(batch)).outputs, { scores });
        assert.deepEqual((await session.evaluate(batch, { wants: ['embedding'] })).outputs, { embedding });
        assert.deepEqual((await session.evaluate(batch, { wants: [] })).outputs, {});
        const { parameters } = await session.readState();
        const [kernel, bias] = ['kernel', 'bias'].map((name) => parameters.get(`predictions/${name}`)!);
        const channels = embedding!.length / 2;
        const again = scores!.map((_, i) => {
          const [row, c] = [Math.floor(i / CLASSES), i % CLASSES];
          const products = Array.from(
            { length: channels },
            (__, k) => embedding![row * channels + k]! * kernel![k * CLASSES + c]!,
          );
          return products.reduce((sum, p) => sum + p, bias![c]!);
        });
        assert.ok(distance(again, scores!) < 1e-4, `${distance(again, scores!)}`);
      });

      it('refuses pictures and parameters of the wrong length', async () => {
        const session = start(engine());
        const batch = randomBatch(1);
        await assert.rejects(session.trainStep({ ...batch, images: batch.images.subarray(1) }, SETTINGS), RangeError);
        const parameters = initialValues(graph, 1);
        parameters.set('Conv1/kernel', new Float32Array(3));
        assert.throws(() => engine().createSession(graph, parameters), /Conv1\/kernel: 3 values/);
        parameters.delete('Conv1/kernel');
        assert.throws(() => engine().createSession(graph, parameters), /Conv1\/kernel: no values/);
      });
    });
  }
});
