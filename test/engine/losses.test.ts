import assert from 'node:assert/strict';
import type { Choice, Range } from '../../src/core/losses/loss.js';
import { LOSSES } from '../../src/core/losses/losses.js';
import { LossSum, type TrainingLoss } from '../../src/core/losses/lossSum.js';
import { Random } from '../../src/core/random.js';
import type { Batch, Engine } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import type { Graph } from '../../src/graph/graph.js';
import { GraphBuilder } from '../../src/graph/graphBuilder.js';
import { ENGINE_NAMES } from '../../src/protocol/engines.js';
import { examples, SUMS } from '../core/losses/examples.js';
import { addon, randomBatch } from './native/comparing.js';
import { randomValues } from './native/randomGraph.js';

const [ROWS, PEOPLE, WIDTH] = [6, 5, 9];
const EMPTY_MODEL = {
  ...{ parameters: [], colours: [], kernels: [], batchNorms: [], quantizers: [] },
  ...{ threads: 1, instructionSet: '' },
};
const PLAIN_SGD = { kind: 'sgd', momentum: 0 } as const;

/** Without maxima, ReLU6 and batch norms, which make much of little. */
function smallGraph(): Graph {
  const b = new GraphBuilder();
  const pooled = b.globalAveragePool('pool', b.conv2d('conv', b.input(6, 5, 3), 7, 3, 2));
  const embedding = b.dense('embedding', pooled, WIDTH);
  return b.build('small', { embedding, scores: b.dense('scores', embedding, PEOPLE) });
}

/** One step of SGD without momentum at a rate of 1: the first velocity is the negative gradient. */
async function step(
  engine: Engine,
  graph: Graph,
  values: ReadonlyMap<string, Float32Array>,
  batch: Batch,
  loss: TrainingLoss,
) {
  const session = engine.createSession(graph, values, { optimizer: PLAIN_SGD, loss });
  const evaluated = await session.evaluate(batch, { wants: ['embedding', 'scores'] });
  const { lossSum, correct } = await session.trainStep(batch, { learningRate: 1, batchNormMomentum: 0.9 });
  const { moments } = await session.readState();
  const gradients = new Map([...moments].map(([name, { first }]) => [name, first.map((v) => -v)]));
  session.dispose();
  return { evaluated, lossSum, correct, gradients };
}

function assertClose(what: string, actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  const size = Math.hypot(...Array.from(expected));
  const off = Math.hypot(...Array.from(expected, (v, i) => v - actual[i]!));
  assert.ok(off <= tolerance * size + 1e-9, `${what}: off by ${off} of ${size}`);
}

/** [rows, width] → [width]: the gradient of a bias. */
function columnSums(values: Float32Array, width: number): number[] {
  return Array.from({ length: width }, (_, c) => values.reduce((sum, v, i) => (i % width === c ? sum + v : sum), 0));
}

describe('every loss on every engine', () => {
  const graph = smallGraph();
  const random = Random.fromSeed(8);
  // Scores well apart: some rows are sure and some are not.
  const values = new Map([...randomValues(graph, random)].map(([name, v]) => [name, v.map((x) => 2 * x)]));
  const batch: Batch = {
    ...randomBatch(graph, random, ROWS),
    targets: Float32Array.from({ length: ROWS * WIDTH }, () => random.between(-2, 2)),
  };

  for (const loss of [...examples.map((example) => example.loss), ...SUMS])
    it(`${JSON.stringify(loss)} is the plain twin’s, and so are its gradients`, async () => {
      const results = [];
      for (const name of ENGINE_NAMES) {
        const { engine } = await selectEngine({ engine: name, threads: name === 'native' ? 2 : 0 });
        const { evaluated, lossSum, correct, gradients } = await step(engine, graph, values, batch, loss);
        const sum = new LossSum(loss);
        const twin = sum.compute(evaluated.outputs, batch.labels, batch);
        // The outputs are those of another pass over the same network, rounded otherwise.
        assertClose(`${name}, the loss`, [lossSum, evaluated.lossSum], [twin.lossSum, twin.lossSum], 1e-5);
        assert.deepEqual([correct, evaluated.correct], [twin.correct, twin.correct], name);
        if (sum.reads.includes('scores'))
          assertClose(
            `${name}, the gradient at the scores`,
            gradients.get('scores/bias')!,
            columnSums(twin.gradients.scores!, PEOPLE),
            1e-4,
          );
        results.push({ name, gradients });
      }
      const [first, ...others] = results;
      for (const { name, gradients } of others)
        for (const [parameter, gradient] of gradients)
          assertClose(`${name}, ${parameter}`, gradient, first!.gradients.get(parameter)!, 1e-4);
    });

  it('grows its scale and margin as the plain twin does, and refuses what is no share', async () => {
    const settings = { learningRate: 1, batchNormMomentum: 0.9 };
    const ramp = { scale: 0.25, margin: 0.5 };
    for (const loss of [...examples.map((example) => example.loss), ...SUMS])
      for (const name of ENGINE_NAMES) {
        const { engine } = await selectEngine({ engine: name, threads: 2 });
        const session = engine.createSession(graph, values, { optimizer: PLAIN_SGD, loss });
        const { outputs } = await session.evaluate(batch, { wants: ['embedding', 'scores'] });
        const twin = new LossSum(loss).compute(outputs, batch.labels, { targets: batch.targets!, ramp });
        for (const wrong of [{ scale: 0 }, { scale: 1.1 }, { margin: -1 }, { margin: NaN }])
          await assert.rejects(
            session.trainStep(batch, { ...settings, ramp: { ...ramp, ...wrong } }),
            /a ramp of/,
            name,
          );
        const { lossSum } = await session.trainStep(batch, { ...settings, ramp });
        const { moments } = await session.readState();
        const what = `${name}, ${JSON.stringify(loss)}`;
        assertClose(`${what}, the loss`, [lossSum], [twin.lossSum], 1e-5);
        const bias = moments.get('scores/bias')!.first.map((v) => -v);
        const atScores = twin.gradients.scores ? columnSums(twin.gradients.scores, PEOPLE) : [0];
        assertClose(`${what}, the gradient at the scores`, bias, atScores, 1e-4);
        session.dispose();
      }
  });

  it('has the same ranges in C++', () => {
    const create = (loss: object) =>
      addon().createSession({ ...EMPTY_MODEL, loss: [{ weight: 1, loss }], optimizer: PLAIN_SGD } as never);
    for (const { loss } of examples)
      for (const [setting, of] of Object.entries<Range | Choice>(LOSSES[loss.kind].settings)) {
        if ('choices' in of) {
          for (const word of of.choices) create({ ...loss, [setting]: word });
          for (const wrong of ['', 'else', 0, undefined])
            assert.throws(() => create({ ...loss, [setting]: wrong }), new RegExp(setting), `${loss.kind}: ${wrong}`);
          continue;
        }
        const { least, below } = of;
        const most = Number.isFinite(below) ? below - 1e-9 : 1e300;
        for (const right of [least, most]) create({ ...loss, [setting]: right });
        for (const wrong of [least - 1e-9, below, NaN, '1'])
          assert.throws(() => create({ ...loss, [setting]: wrong }), new RegExp(setting), `${loss.kind}: ${wrong}`);
      }
    assert.throws(() => create({ kind: 'unheard of' }), /no loss unheard of/);
  });

  it('takes no step without the targets that it needs, and evaluates the rest of it', async () => {
    const { targets, ...without } = batch;
    const cosface = { kind: 'cosface', scale: 8, margin: 0.2 } as const;
    for (const name of ENGINE_NAMES) {
      const { engine } = await selectEngine({ engine: name, threads: 1 });
      const lossOf = async (loss: TrainingLoss, given: Batch) => {
        const session = engine.createSession(graph, values, { loss });
        const { lossSum } = await session.evaluate(given);
        const settings = { learningRate: 1, batchNormMomentum: 0.9 };
        if (!given.targets && loss !== cosface)
          await assert.rejects(session.trainStep(given, settings), /no targets, which the loss needs/, name);
        session.dispose();
        return lossSum;
      };
      const sum = [
        { weight: 1, loss: cosface },
        { weight: 0.5, loss: { kind: 'distillation' } },
      ] as const;
      assert.equal(await lossOf(sum, without), await lossOf(cosface, without), name);
      assert.equal(await lossOf({ kind: 'distillation' }, without), 0, name);
      // A session that had targets does not keep them for the next batch.
      const session = engine.createSession(graph, values, { loss: sum });
      const whole = await session.evaluate(batch);
      assert.ok((await session.evaluate(without)).lossSum < whole.lossSum, name);
      session.dispose();
      for (const wrong of [targets!.subarray(1), new Float32Array(targets!.length + 1)])
        await assert.rejects(lossOf(cosface, { ...batch, targets: wrong }), /targets: \d+ values, expected 54/, name);
    }
  });

  it('of a sum is refused for a weight that is none, and for too many losses', () => {
    const term = { weight: 1, loss: { kind: 'distillation' } };
    const create = (loss: unknown) => addon().createSession({ ...EMPTY_MODEL, loss, optimizer: PLAIN_SGD } as never);
    create([term, term, term, term]);
    for (const weight of [-1e-9, 1e6, NaN, '1', undefined])
      assert.throws(() => create([{ ...term, weight }]), /weight/, String(weight));
    for (const terms of [[], Array(5).fill(term), term, { ...term, length: 1 }])
      assert.throws(() => create(terms), /loss/, JSON.stringify(terms));
  });

  it('is refused for a setting beyond its range', async () => {
    for (const name of ENGINE_NAMES) {
      const { engine } = await selectEngine({ engine: name, threads: 1 });
      const create = () => engine.createSession(graph, values, { loss: { kind: 'softmax', labelSmoothing: 1 } });
      assert.throws(create, /labelSmoothing of the loss softmax is 1/, name);
    }
  });
});
