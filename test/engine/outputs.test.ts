import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import type { LossFunction, OutputName, OutputValues } from '../../src/core/losses/loss.js';
import { LOSSES } from '../../src/core/losses/losses.js';
import type { SoftmaxLoss } from '../../src/core/losses/softmax.js';
import { Random } from '../../src/core/random.js';
import type { Batch, Engine, TrainingSession } from '../../src/engine/engine.js';
import { createJavaScriptEngine, createTensorFlowEngine } from '../../src/engine/tfjs/tfjsEngine.js';
import type { Graph } from '../../src/graph/graph.js';
import { GraphBuilder } from '../../src/graph/graphBuilder.js';
import { findTensorFlow } from '../../src/tensorflow/tensorFlowHome.js';
import { randomValues } from './native/randomGraph.js';

const ROWS = 4;

/** Smooth everywhere, so that differences are derivatives: no ReLU6, no maximum. */
function smoothGraph(): Graph {
  const b = new GraphBuilder();
  const input = b.input(4, 5, 2, 'floats');
  const beside = b.add('beside the input', input, b.conv2d('before', input, 2, 1));
  const x = b.batchNorm('norm', b.conv2d('conv', beside, 6, 3, 2));
  const embedding = b.dense('embedding', b.globalAveragePool('pool', b.add('sum', x, x)), 5);
  return b.build('smooth', { embedding, scores: b.dense('scores', b.dropout('dropout', embedding, 0.3), 3) });
}

/** Mean over the rows of Σ (i + 1) s² / 2 of the scores and Σ (i + 1) e³ / 3 of the embedding, of those that are read. */
function polynomial(reads: readonly OutputName[]): LossFunction<SoftmaxLoss> {
  const powers = { scores: 2, embedding: 3 };
  return {
    reads,
    settings: LOSSES.softmax.settings,
    compute(_, outputs, labels) {
      let lossSum = 0;
      const gradients: { -readonly [name in OutputName]?: Float32Array } = {};
      for (const name of reads) {
        const [values, power] = [outputs[name]!, powers[name]];
        const width = values.length / labels.length;
        for (const [i, v] of values.entries()) lossSum += (((i % width) + 1) * v ** power) / power;
        gradients[name] = values.map((v, i) => (((i % width) + 1) * v ** (power - 1)) / labels.length);
      }
      return { lossSum, correct: 0, gradients };
    },
  };
}

const CASES: (readonly OutputName[])[] = [['scores'], ['embedding'], ['scores', 'embedding']];
const SETTINGS = { learningRate: 1, batchNormMomentum: 0.9, seed: 3 };

for (const name of ['javascript', 'tensorflow'] as const) {
  const engineFor = (reads: readonly OutputName[]): Promise<Engine> => {
    const losses = { ...LOSSES, softmax: polynomial(reads) };
    return name === 'javascript' ? createJavaScriptEngine(losses) : createTensorFlowEngine(findTensorFlow()!, losses);
  };
  const graph = smoothGraph();
  const random = Random.fromSeed(11);
  const values = randomValues(graph, random);
  const batch: Batch = {
    images: Float32Array.from({ length: ROWS * 4 * 5 * 2 }, () => random.between(-1, 1)),
    labels: new Int32Array(ROWS),
  };
  const session = (engine: Engine, parameters = values): TrainingSession =>
    engine.createSession(graph, parameters, { optimizer: { kind: 'sgd', momentum: 0 } });

  describe(`the way back on ${name}`, () => {
    for (const reads of CASES)
      it(`starts at ${reads.join(' and ')}: every gradient is the slope of the loss`, async () => {
        const engine = await engineFor(reads);
        const one = session(engine);
        await one.trainStep(batch, SETTINGS);
        const { moments } = await one.readState();
        for (const { name: parameter, trainable } of graph.parameters) {
          if (!trainable) continue;
          const gradient = moments.get(parameter)!.first.map((v) => -v); // the first velocity, at a rate of 1
          const length = Math.hypot(...gradient);
          if (parameter.startsWith('scores/') && !reads.includes('scores')) {
            assert.equal(length, 0, parameter);
            continue;
          }
          assert.ok(length > 1e-3, `${parameter} has a gradient`);
          // Along its own direction a gradient's slope is its length. A step of 1 % of the values' size: what float32 loses of
          // the loss, about 1e-6, is then 1e-4 of the slope.
          const step = 0.01 * Math.max(0.1, Math.hypot(...values.get(parameter)!));
          const lossAt = async (distance: number): Promise<number> => {
            const moved = values.get(parameter)!.map((v, i) => v + (distance * gradient[i]!) / length);
            const there = session(engine, new Map([...values, [parameter, moved]]));
            return (await there.trainStep(batch, SETTINGS)).lossSum / ROWS;
          };
          const slope = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
          assert.ok(Math.abs(slope - length) < 3e-3 * length + 2e-4, `${parameter}: ${slope} against ${length}`);
        }
      });

    it('leaves what the loss does not see as it is, and no tensor behind', async () => {
      const engine = await engineFor(['embedding']);
      const one = session(engine);
      const counts: number[] = [];
      for (let step = 0; step < 3; step++) {
        const { outputs } = await one.trainStep(batch, { ...SETTINGS, learningRate: 1e-3 });
        assert.deepEqual(Object.keys(outputs), ['embedding']);
        counts.push(tf.memory().numTensors);
      }
      const { parameters } = await one.readState();
      assert.deepEqual(parameters.get('scores/kernel'), values.get('scores/kernel'));
      assert.notDeepEqual(parameters.get('embedding/kernel'), values.get('embedding/kernel'));
      assert.equal(new Set(counts).size, 1, counts.join());
    });

    it('ends where the embedding is what goes in', async () => {
      const b = new GraphBuilder();
      const input = b.input(1, 1, 5, 'floats');
      const head = b.build('head', { embedding: input, scores: b.dense('scores', input, 3) });
      const engine = await engineFor(['scores', 'embedding']);
      const one = engine.createSession(head, randomValues(head, Random.fromSeed(1)));
      const features = { images: Float32Array.of(1, 2, 3, 4, 5), labels: Int32Array.of(0) };
      const before = tf.memory().numTensors;
      const { outputs } = await one.trainStep(features, SETTINGS);
      assert.deepEqual(outputs.embedding, features.images);
      assert.equal(tf.memory().numTensors, before);
    });

    it('evaluates a network that names nobody, and takes no step for a loss of scores', async () => {
      const engine = await engineFor(['scores']);
      const { scores: absent, ...outputs } = graph.outputs;
      const nodes = graph.nodes.filter(({ name: node }) => node !== 'dropout' && node !== absent);
      const one = engine.createSession({ ...graph, nodes, outputs }, values);
      const whole = await session(engine).evaluate(batch, { wants: ['embedding'] });
      const labels = Int32Array.of(7, 8, 9, 10); // of people whom no network knows
      const seen = await one.evaluate({ ...batch, labels }, { wants: ['embedding', 'scores'] });
      assert.deepEqual(seen, { lossSum: 0, correct: 0, outputs: whole.outputs satisfies OutputValues });
      await assert.rejects(one.trainStep({ ...batch, labels }, SETTINGS), /smooth has no scores/);
    });
  });
}
