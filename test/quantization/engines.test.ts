import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../../src/core/random.js';
import type { Batch, Engine, TrainingSession } from '../../src/engine/engine.js';
import { followedRange, observe } from '../../src/quantization/folding.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import type { Graph } from '../../src/graph/graph.js';
import { GraphBuilder, type Value } from '../../src/graph/graphBuilder.js';
import { mobileNetV2 } from '../support/networks.js';
import { initialValues, type SessionState } from '../../src/graph/networkState.js';
import { quantizersOf } from '../../src/quantization/quantizers.js';
import { initialRanges, quantizeGraph, rangeOf } from '../../src/quantization/quantizeGraph.js';
import { addon, compareWithPlain, randomBatch } from '../engine/native/comparing.js';
import { randomQuantizable, randomQuantizableFace, randomValues } from '../engine/native/randomGraph.js';

interface Reference {
  readonly ranges: Readonly<Record<string, [number, number]>>;
  readonly cases: Readonly<
    Record<
      string,
      {
        readonly logits: number[];
        readonly loss: number;
        readonly gradients: Readonly<Record<string, number[]>>;
        readonly statistics: Readonly<Record<string, number[]>>;
      }
    >
  >;
}
const reference = JSON.parse(
  fs.readFileSync(path.join(import.meta.dirname, '../reference/qat_torch.json'), 'utf8'),
) as Reference;

/** [what, kernels, activations, batch norm frozen] */
const CASES = [
  ['nothing', false, false, false],
  ['weights', true, false, false],
  ['everything', true, true, false],
  ['everything, frozen', true, true, true],
] as const;

/** The network of make_qat_torch.py. */
function referenceGraph(): Graph {
  const b = new GraphBuilder();
  const conv = (name: string, x: Value, filters: number, kernel: number, stride = 1) =>
    b.batchNorm(`${name}_bn`, b.conv2d(name, x, filters, kernel, stride));
  let x = b.relu6('c1_relu', conv('c1', b.input(8, 8, 3), 8, 3, 2));
  let y = b.relu6('c2_relu', b.batchNorm('c2_bn', b.depthwiseConv2d('c2', x, 3)));
  y = conv('c3', y, 8, 1);
  x = b.relu6('c4_relu', conv('c4', b.add('add', x, y), 20, 1));
  const embedding = b.globalAveragePool('pool', x);
  return quantizeGraph(b.build('reference', { embedding, scores: b.dense('predictions', embedding, 4) }));
}

function wave(size: number, frequency: number, low: number, high: number): Float32Array {
  return Float32Array.from(
    { length: size },
    (_, i) => (low + high) / 2 + ((high - low) / 2) * Math.sin(frequency * (i + 1)),
  );
}

function referenceValues(graph: Graph): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  const size = (name: string) =>
    graph.parameters.find((spec) => spec.name === name)!.shape.reduce((product, n) => product * n, 1);
  ['c1', 'c2', 'c3', 'c4'].forEach((name, k) => {
    const set = (parameter: string, frequency: number, low: number, high: number) =>
      values.set(parameter, wave(size(parameter), frequency + 0.1 * k, low, high));
    set(name === 'c2' ? 'c2/depthwise_kernel' : `${name}/kernel`, 1.7, -0.5, 0.5);
    set(`${name}_bn/gamma`, 0.9, 0.6, 1.6);
    set(`${name}_bn/beta`, 1.1, -0.2, 0.8);
    set(`${name}_bn/moving_mean`, 0.7, -0.3, 0.3);
    set(`${name}_bn/moving_variance`, 0.5, 0.3, 1.2);
  });
  values.set('predictions/kernel', wave(80, 2.3, -0.7, 0.7)).set('predictions/bias', wave(4, 0.4, -0.3, 0.3));
  for (const [name, range] of Object.entries(reference.ranges)) values.set(rangeOf(name), Float32Array.from(range));
  return values;
}

const BATCH: Batch = {
  images: Uint8Array.from({ length: 6 * 8 * 8 * 3 }, (_, i) => (i * 7919) % 251),
  labels: Int32Array.from({ length: 6 }, (_, i) => i % 4),
};

function switches(graph: Graph, kernels: boolean, activations: boolean): Uint8Array {
  return Uint8Array.from(quantizersOf(graph), ({ kind }) => Number(kind === 'weights' ? kernels : activations));
}

function near(what: string, actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  const norm = (value: (i: number) => number) => Math.sqrt(expected.reduce((sum, _, i) => sum + value(i) ** 2, 0));
  const off = norm((i) => actual[i]! - expected[i]!);
  assert.ok(off <= tolerance * (norm((i) => expected[i]!) + 0.01), `${what}: off by ${off}`);
}

describe('quantization-aware training', function () {
  this.timeout(120_000);
  const engines = new Map<string, Engine>();
  const graph = referenceGraph();

  before(async () => {
    for (const engine of ['native', 'tensorflow', 'javascript'] as const)
      engines.set(engine, (await selectEngine({ engine, threads: 2 })).engine);
  });

  const start = (name: string, values = referenceValues(graph)): TrainingSession =>
    engines.get(name)!.createSession(graph, values, { optimizer: { kind: 'sgd', momentum: 0 } });

  for (const name of ['native', 'tensorflow', 'javascript'])
    for (const [what, kernels, activations, frozenBatchNorm] of CASES)
      it(`on ${name} agrees with PyTorch in logits, gradients and statistics: ${what}`, async () => {
        const expected = reference.cases[what]!;
        const values = referenceValues(graph);
        const session = start(name, values);
        const active = switches(graph, kernels, activations);
        const quantization = { active, frozenBatchNorm };
        const result = await session.trainStep(BATCH, { learningRate: 1, batchNormMomentum: 0, quantization });
        const tolerance = 2e-4;
        near('logits', result.outputs.scores!, expected.logits, 1e-5);
        near('loss', [result.lossSum / 6], [expected.loss], tolerance);
        const after = (await session.readState()).parameters;
        for (const [parameter, gradient] of Object.entries(expected.gradients)) {
          // Plain descent at a rate of one: what a weight lost is its gradient.
          const lost = values.get(parameter)!.map((value, i) => value - after.get(parameter)![i]!);
          near(`the gradient of ${parameter}`, lost, gradient, tolerance);
        }
        for (const [parameter, statistic] of Object.entries(expected.statistics))
          near(parameter, after.get(parameter)!, statistic, tolerance);
        if (frozenBatchNorm)
          for (const { name: parameter } of graph.parameters.filter((spec) => spec.name.includes('moving')))
            assert.deepEqual(after.get(parameter), values.get(parameter), parameter);
        session.dispose();
      });

  it('sees the same before every quantizer on all engines, and as plain arithmetic does', async () => {
    const quantizers = quantizersOf(graph);
    const limits = Float32Array.from(quantizers, () => 0);
    const settings = {
      active: switches(graph, true, true),
      limits: Float32Array.from({ length: 2 * limits.length }, (_, i) => (i % 2 === 0 ? -2 : 4)),
      bins: 40,
    };
    // One after the other: TensorFlow.js has one active backend.
    const [a, b, c] = [
      await start('native').observe(BATCH, settings),
      await start('tensorflow').observe(BATCH, settings),
      await start('javascript').observe(BATCH, settings),
    ];
    quantizers.forEach(({ kind, parameter, observed }, i) => {
      if (kind === 'weights') assert.deepEqual([a[i], b[i], c[i]], [undefined, undefined, undefined]);
      if (!observed) return; // a fixed range: the pictures' bytes are no tensor on every engine
      for (const other of [b[i]!, c[i]!]) {
        const seen = a[i]!;
        for (const key of ['count', 'min', 'max', 'energy', 'noise', 'clipped'] as const)
          assert.ok(
            Math.abs(seen[key] - other[key]) <= 1e-3 * Math.abs(other[key]) + (key === 'clipped' ? 1 : 1e-5),
            `${parameter} ${key}: ${seen[key]} ${other[key]}`,
          );
        seen.largest.forEach((x, c) =>
          assert.ok(Math.abs(x - other.largest[c]!) < 1e-4 * (1 + x), `${parameter}: ${x}`),
        );
        assert.ok(Math.abs(Math.max(...seen.largest) - Math.max(seen.max, -seen.min)) < 1e-6, parameter);
        const moved = seen.histogram.reduce((sum, count, bin) => sum + Math.abs(count - other.histogram[bin]!), 0);
        assert.ok(moved <= 4, `${parameter}: ${moved} of ${seen.count} values in another bin`);
      }
    });
    // Zero is a level, so that the range ends at 2.996.
    const plain = observe([-1, 0.26, 3, 9], [-1, 3], 8, [-2, 4], 6, 2);
    assert.deepEqual([...plain.histogram], [0, 1, 1, 0, 0, 2]);
    assert.deepEqual([...plain.largest], [3, 9]);
    assert.deepEqual([plain.count, plain.min, plain.max, plain.clipped], [4, -1, 9, 2]);
  });

  it('lets ranges follow what a step sees, alike on all engines, and rounds by them in the same step', async () => {
    const observed = quantizersOf(graph).filter((quantizer) => quantizer.observed);
    const states: SessionState['parameters'][] = [];
    for (const name of engines.keys()) {
      const values = referenceValues(graph);
      for (const { parameter } of observed) values.set(parameter, new Float32Array(2));
      const session = start(name, values);
      const quantization = { active: switches(graph, true, true), rangeMomentum: 0.9 };
      for (let step = 0; step < 3; step++)
        await session.trainStep(BATCH, { learningRate: 0.01, batchNormMomentum: 0.9, quantization });
      states.push((await session.readState()).parameters);
    }
    for (const { parameter } of observed) {
      const [a, b, c] = states.map((state) => [...state.get(parameter)!]) as [number[], number[], number[]];
      assert.ok(a[0]! <= 0 && a[1]! > 0.1, `${parameter}: ${a.join()}`);
      near(parameter, a, b, 0.02);
      near(parameter, c, b, 0.02);
    }
    assert.deepEqual(followedRange([0, 0], 0.5, 2, 0.9), [0, 2]);
    assert.deepEqual(followedRange([-1, 1], -3, 0.5, 0.5), [-2, 0.75]);
  });

  it('changes nothing where ranges stay and batch norm is frozen, and gives the same bits again', async () => {
    const run = async () => {
      const session = start('native');
      const quantization = { active: switches(graph, true, true), frozenBatchNorm: true };
      for (let step = 0; step < 3; step++)
        await session.trainStep(BATCH, { learningRate: 0.01, batchNormMomentum: 0.9, quantization });
      return (await session.readState()).parameters;
    };
    const [a, b] = [await run(), await run()];
    assert.deepEqual(a, b);
    const before = referenceValues(graph);
    for (const { name } of graph.parameters.filter(({ trainable }) => !trainable))
      assert.deepEqual(a.get(name), before.get(name), name);
  });

  it('trains MobileNetV2 alike on native and TensorFlow', async () => {
    const float = mobileNetV2({ size: 64, people: 4, width: 0.35, pooling: 'average' });
    const network = quantizeGraph(float);
    const random = Random.fromSeed(9);
    const batches = Array.from({ length: 4 }, () => randomBatch(float, random, 24));
    const run = async (name: string, activations: boolean) => {
      const start = new Map([...initialValues(float, 5), ...initialRanges(network)]);
      const session = engines.get(name)!.createSession(network, start);
      const losses: number[] = [];
      for (const batch of batches) {
        const quantization = { active: switches(network, true, activations), rangeMomentum: 0.9 };
        losses.push(
          (await session.trainStep(batch, { learningRate: 1e-4, batchNormMomentum: 0.9, quantization })).lossSum,
        );
      }
      const parameters = new Map((await session.readState()).parameters);
      session.dispose();
      return { losses, parameters };
    };
    const compare = async (activations: boolean, first: number, later: number, ranges: number) => {
      const [a, b] = [await run('native', activations), await run('tensorflow', activations)];
      a.losses.forEach((loss, i) =>
        assert.ok(
          Math.abs(loss - b.losses[i]!) < (i === 0 ? first : later) * loss,
          `step ${i}: ${loss} and ${b.losses[i]}`,
        ),
      );
      for (const { parameter, observed } of quantizersOf(network))
        if (observed) near(parameter, a.parameters.get(parameter)!, [...b.parameters.get(parameter)!], ranges);
    };
    await compare(false, 1e-4, 0.02, 0.05);
    // A value that falls to the other side of a border is carried on by all layers behind it.
    await compare(true, 0.05, 0.1, 0.5);
  });

  it('refuses switches that are not one for each quantizer', async () => {
    for (const name of engines.keys())
      await assert.rejects(
        start(name).trainStep(BATCH, {
          learningRate: 1,
          batchNormMomentum: 0,
          quantization: { active: new Uint8Array(3) },
        }),
        RangeError,
        name,
      );
  });
});

describe('quantized networks on native', function () {
  this.timeout(300_000);

  it('are those of plain loops in float64, a hundred random ones on every instruction set', async () => {
    const native = addon();
    const random = Random.fromSeed(77);
    for (let round = 0; round < 100; round++) {
      const float = round % 3 === 0 ? randomQuantizable(random) : randomQuantizableFace(random);
      const graph = quantizeGraph(float);
      const values = new Map([...randomValues(float, random), ...initialRanges(graph)]);
      const batch = randomBatch(float, random, 4 + random.integer(5));
      const quantizers = quantizersOf(graph);
      const engine = (await selectEngine({ engine: 'native', threads: 1 })).engine;
      const session = engine.createSession(graph, values);
      const none = new Uint8Array(quantizers.length);
      const seen = await session.observe(batch, { active: none, limits: new Float32Array(2 * none.length), bins: 1 });
      // Ranges that clip a little.
      quantizers.forEach(({ observed, parameter }, i) => {
        if (observed)
          values.set(parameter, Float32Array.from(followedRange([0, 0], seen[i]!.min * 0.9, seen[i]!.max * 0.9, 0)));
      });
      session.dispose();
      const all = new Set(quantizers.map(({ parameter }) => parameter));
      const kernels = new Set(quantizers.filter(({ kind }) => kind === 'weights').map(({ parameter }) => parameter));
      const frozen = round % 2 === 1;
      for (const instructionSet of native.instructionSets()) {
        const compare = (active: ReadonlySet<string>, tolerances: { logits: number; gradients: number }) =>
          compareWithPlain(`round ${round}`, graph, values, batch, instructionSet, 2, { active, frozen }, tolerances);
        await compare(new Set(), { logits: 2e-4, gradients: 5e-4 });
        await compare(kernels, { logits: 2e-3, gradients: 5e-3 });
        // One value on the other side of a border moves what follows it by a step.
        await compare(all, { logits: 0.03, gradients: 0.06 });
      }
    }
  });
});
