import assert from 'node:assert/strict';
import { Random } from '../../../src/core/random.js';
import type { Operands, PlanDescription } from '../../../src/engine/native/description.js';
import { planInference } from '../../../src/engine/native/inferencePlan.js';
import { NumberedGraph } from '../../../src/engine/native/numberedGraph.js';
import { NativeSession, type NativeOptions } from '../../../src/engine/native/nativeSession.js';
import { planTraining } from '../../../src/engine/native/trainingPlan.js';
import type { Graph } from '../../../src/graph/graph.js';
import { mobileNetV2 } from '../../support/networks.js';
import { initialValues } from '../../../src/graph/networkState.js';
import { addon, randomBatch } from './comparing.js';
import { randomFaceGraph, randomGraph, randomValues } from './randomGraph.js';

const SETTINGS = { learningRate: 2e-4, batchNormMomentum: 0.9, seed: 3 };
const graph = mobileNetV2({ size: 64, people: 5, width: 0.35 });

function session(options: Partial<NativeOptions> = {}, of: Graph = graph): NativeSession {
  const loss = { kind: 'softmax', labelSmoothing: 0.1 } as const;
  return new NativeSession(addon(), of, initialValues(of, 4), { threads: 2, ...options }, { loss });
}

function batch(seed: number, count = 8, of: Graph = graph) {
  return randomBatch(of, Random.fromSeed(seed), count);
}

describe('the native engine', function () {
  this.timeout(120_000);

  it('gives the same bits at any number of threads, and again', async () => {
    for (const instructionSet of addon().instructionSets()) {
      const states = [];
      for (const threads of [1, 2, 3, 7, 2]) {
        const s = session({ threads, instructionSet });
        const results = [];
        for (let step = 0; step < 3; step++) results.push((await s.trainStep(batch(step), SETTINGS)).outputs.scores!);
        results.push((await s.evaluate(batch(9, 1))).outputs.scores!);
        const { parameters, moments } = await s.readState();
        states.push({ results, parameters, moments });
        s.dispose();
      }
      for (const other of states.slice(1)) assert.deepEqual(other, states[0], instructionSet);
    }
  });

  it('computes on other threads: the event loop turns while a step is on its way', async () => {
    const s = session({}, mobileNetV2({ size: 128, people: 3 }));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await s.trainStep(batch(1, 32, mobileNetV2({ size: 128, people: 3 })), SETTINGS);
    clearInterval(timer);
    assert.ok(turns > 10, `${turns} turns`);
  });

  it('queues steps that are asked for at once', async () => {
    const [one, two] = [session(), session()];
    const batches = [batch(1), batch(2, 3), batch(3)];
    const together = await Promise.all(batches.map((b) => one.trainStep(b, SETTINGS)));
    for (const [i, b] of batches.entries()) assert.deepEqual(await two.trainStep(b, SETTINGS), together[i]);
    assert.equal((await one.readState()).step, 3);
  });

  it('plans its memory so that no two tensors that live at once overlap', () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = Random.fromSeed(seed);
      const of = seed % 2 ? randomFaceGraph(random) : randomGraph(random);
      const model = new NumberedGraph(of);
      checkPlaces(planInference(model, 2), `seed ${seed}`);
      if (of.outputs.scores !== undefined) checkPlaces(planTraining(model, 3), `seed ${seed}`);
    }
    const plan = planTraining(new NumberedGraph(mobileNetV2({ size: 128, people: 100 })), 64);
    checkPlaces(plan, 'MobileNetV2');
    // All raw outputs are needed at the turn; what the backward pass adds takes the places of what it has used up.
    assert.ok(plan.arenaFloats * 4 < 620e6, `${plan.arenaFloats * 4} bytes`);
  });

  it('names what is not finite, layer and step, and keeps the weights', async () => {
    const faults: [string, (values: Map<string, Float32Array>) => void, RegExp][] = [
      ['weights', (v) => (v.get('block_3_expand/kernel')![7] = NaN), /the parameter block_3_expand\/kernel .* step 1/],
      ['statistics', (v) => v.get('block_3_expand/kernel')!.fill(1e38), /what block_3_expand_BN reads .* step 1/],
      ['loss', (v) => v.get('predictions/kernel')!.fill(3e38), /the (loss|gradient of predictions\/kernel) .* step 1/],
    ];
    for (const [what, damage, message] of faults) {
      const values = initialValues(graph, 4);
      damage(values);
      const s = new NativeSession(addon(), graph, values, { threads: 2 });
      await assert.rejects(s.trainStep(batch(1), SETTINGS), { code: 'not-finite', message }, what);
      const { parameters, step } = await s.readState();
      for (const [name, expected] of values) assert.deepEqual(parameters.get(name), expected, `${what}: ${name}`);
      assert.equal(step, 0);
    }
  });

  it('goes on after a step that failed', async () => {
    const s = session();
    await assert.rejects(s.trainStep({ ...batch(1), labels: Int32Array.of(0) }, SETTINGS), RangeError);
    await assert.rejects(
      s.trainStep({ ...batch(1), labels: batch(1).labels.map(() => 5) }, SETTINGS),
      /label 5 .* 0\.\.4/,
    );
    await s.trainStep(batch(1), SETTINGS);
    assert.equal((await s.readState()).step, 1);
  });

  it('refuses a graph with a node that leads nowhere, and instruction sets that are not there', () => {
    const nodes = graph.nodes.map((node) => (node.op === 'globalMaxPool' ? { ...node, input: 'Conv_1_bn' } : node));
    assert.throws(() => session({}, { ...graph, nodes }), /nothing reads out_relu/);
    assert.throws(() => session({ instructionSet: 'abacus' }), /does not run abacus/);
  });

  it('survives everything that JavaScript can hand to it', async () => {
    const native = addon();
    const values: unknown[] = [
      undefined,
      null,
      0,
      -1,
      1e300,
      NaN,
      '',
      'conv',
      [],
      {},
      () => 1,
      Symbol('s'),
      7n,
      new Float32Array(4),
      new Uint8Array(0),
    ];
    const model = {
      parameters: [{ size: 4, trainable: true, rate: 1, decay: true }],
      colours: [],
      kernels: [],
      batchNorms: [],
      quantizers: [],
      threads: 1,
      instructionSet: '',
      loss: [{ weight: 1, loss: { kind: 'softmax', labelSmoothing: 0 } }],
      optimizer: { kind: 'sgd', momentum: 0.9 },
    };
    const made = native.createSession(model as never);
    const methods = new Map(Object.entries(native) as [string, (...args: unknown[]) => unknown][]);
    const functions = ['createSession', 'write', 'read', 'averageInto', 'addPlan', 'times', 'dispose', 'run'] as const;
    for (const name of functions)
      for (const value of values)
        for (const first of [value, made]) {
          if (name === 'dispose' && first === made) continue;
          if (name === 'read' && first === made) continue;
          assert.throws(() => methods.get(name)!(first, value, value, value, value), `${name}(${String(value)})`);
        }
    native.dispose(made);
    assert.throws(() => native.read(made), /disposed/);
    await Promise.resolve();
  });

  it('refuses a changed plan or runs it, and never crashes', async () => {
    const random = Random.fromSeed(11);
    let [refused, ran] = [0, 0];
    for (let round = 0; round < 400; round++) {
      const of = round % 2 ? randomFaceGraph(random) : randomGraph(random);
      const s = new NativeSession(addon(), of, randomValues(of, random), { threads: 1 });
      const plan = of.outputs.scores === undefined ? planInference(s.model, 2) : planTraining(s.model, 2);
      const description = JSON.parse(JSON.stringify(plan)) as PlanDescription;
      for (let change = 0; change < 1 + random.integer(3); change++) mutate(description, random);
      try {
        const index = addon().addPlan(s.handle, description);
        const pixels = description.batch * description.height * description.width * description.channels;
        const labels = new Int32Array(description.batch);
        const wants = { scores: true, embedding: true };
        const quiet = { active: new Uint8Array(0), rangeMomentum: -1, frozenBatchNorm: false };
        const settings = description.training
          ? { train: true as const, ramp: { scale: 1, margin: 1 }, ...wants, ...quiet, ...SETTINGS }
          : { train: false as const, ...wants, ...quiet };
        const images = description.floats ? new Float32Array(pixels) : new Uint8Array(pixels);
        await addon().run(s.handle, index, images, labels, settings);
        ran++;
      } catch (error) {
        assert.ok(error instanceof RangeError || /memory/.test(String(error)), String(error));
        refused++;
      }
      s.dispose();
    }
    assert.ok(refused > 100 && ran > 20, `${refused} refused, ${ran} ran`);
  });

  it('says how much a batch needs that the system has no memory for, and works on', async () => {
    const large = mobileNetV2({ size: 512, people: 3 });
    const s = session({}, large);
    const b = batch(1, 1, large);
    const before = (await s.evaluate(b)).outputs.scores!;
    assert.throws(() => s.plan('training', 2000), {
      code: 'out-of-memory',
      message: /batch of 2,000 pictures needs \d+/,
    });
    assert.deepEqual((await s.evaluate(b)).outputs.scores!, before);
  });

  it('does not grow over five hundred steps of changing batch sizes', async () => {
    const small = mobileNetV2({ size: 32, people: 3, width: 0.1 });
    const s = session({}, small);
    const run = async (steps: number) => {
      for (let step = 0; step < steps; step++) {
        await s.trainStep(batch(step % 5, 2 + (step % 3), small), SETTINGS);
        if (step % 10 === 0) await s.evaluate(batch(1, 4, small));
      }
      globalThis.gc?.();
      return process.memoryUsage().rss;
    };
    const before = await run(250);
    const after = await run(250);
    assert.ok(after - before < 30e6, `${(after - before) / 1e6} MB more`);
  });
});

/** Changes one number or word somewhere in a description. */
function mutate(description: PlanDescription, random: Random): void {
  const places: [owner: Record<string, unknown>, key: string][] = [];
  const visit = (value: object) => {
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner === 'object' && inner !== null) visit(inner as object);
      else places.push([value as Record<string, unknown>, key]);
    }
  };
  visit(description);
  const [owner, key] = random.pick(places);
  const old = owner[key];
  // Sizes stay small: a plan for a picture of a gigapixel is valid, and slow.
  if (typeof old === 'number')
    owner[key] = random.pick([-1, 0, 1, 2, 3, 5, 16, 40, old + 1, old - 1, old * 2, 1e9, 1e18, 0.5, NaN]);
  else if (typeof old === 'boolean') owner[key] = !old;
  else
    owner[key] = random.pick([
      'conv',
      'depthwise',
      'add',
      'pool',
      'contribute',
      'convBackward',
      'poolBackward',
      'sigmoid',
      'multiply',
      'concat',
      'maxPool',
      'factorsBackward',
      'partBackward',
      'loadPixels',
      'what',
    ]);
}

function checkPlaces(plan: PlanDescription, what: string): void {
  const end = plan.forward.length + plan.backward.length + 1;
  const lives = plan.tensors.map(() => ({ first: Infinity, last: -Infinity }));
  const touch = (tensor: number | undefined, at: number) => {
    if (tensor === undefined) return;
    const life = lives[tensor]!;
    life.first = Math.min(life.first, at);
    life.last = Math.max(life.last, at);
  };
  [...plan.forward, undefined, ...plan.backward].forEach((operation, at) => {
    if (!operation) {
      for (const { tensor, gradient } of plan.outputs) {
        touch(tensor, at);
        touch(gradient, at);
      }
      return;
    }
    const { x, y, d, out, residual, gradient, target, dense }: Operands = operation;
    const chains = [x, y, d].map((c) => (c === undefined ? c : plan.chains[c]!.tensor));
    for (const tensor of [...chains, out, residual, gradient, target, dense]) touch(tensor, at);
  });
  for (const { tensor } of plan.outputs) touch(tensor, end);
  const floats = (i: number) => {
    const { n, h, w, c } = plan.tensors[i]!;
    return n * h * w * Math.ceil(c / 16) * 16;
  };
  plan.tensors.forEach((a, i) => {
    assert.equal(a.offset % 16, 0);
    assert.ok(a.offset + floats(i) <= plan.arenaFloats);
    plan.tensors.slice(0, i).forEach((b, j) => {
      const apart = lives[i]!.last < lives[j]!.first || lives[j]!.last < lives[i]!.first;
      const free = a.offset + floats(i) <= b.offset || b.offset + floats(j) <= a.offset;
      assert.ok(apart || free, `${what}: tensors ${i} and ${j}`);
    });
  });
}
