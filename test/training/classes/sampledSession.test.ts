import assert from 'node:assert/strict';
import { Random } from '../../../src/core/random.js';
import { normalizeRows } from '../../../src/core/cosine.js';
import type { PeopleLoss } from '../../../src/core/losses/scoreSums.js';
import type { Batch, Engine, TrainingSession } from '../../../src/engine/engine.js';
import { selectEngine } from '../../../src/engine/selectEngine.js';
import { COSINE_HEAD, fitColumns, withCosineHead, withPeople } from '../../../src/graph/cosineHead.js';
import type { Graph } from '../../../src/graph/graph.js';
import { GraphBuilder } from '../../../src/graph/graphBuilder.js';
import { initialValues, type ParameterValues } from '../../../src/graph/networkState.js';
import { splitAt } from '../../../src/graph/subgraph.js';
import { ENGINE_NAMES } from '../../../src/protocol/engines.js';
import { ClassTally } from '../../../src/training/classes/classTally.js';
import { drawClasses, placesOf } from '../../../src/training/classes/classSample.js';
import { MemoryClasses } from '../../../src/training/classes/classStore.js';
import { fillFromHead, withEmptyHead } from '../../../src/training/classes/sampledHead.js';
import { SampledSession } from '../../../src/training/classes/sampledSession.js';
import { FittedSession } from '../../../src/training/cosineHeadSession.js';
import { randomBatch } from '../../engine/native/comparing.js';

const [PEOPLE, WIDTH, SCALE, ROWS] = [53, 9, 16, 6];
const SEED = 5;
const LOSSES: readonly PeopleLoss[] = [
  { kind: 'softmax', labelSmoothing: 0.1 },
  { kind: 'cosface', scale: SCALE, margin: 0.3 },
  { kind: 'arcface', scale: SCALE, margin: 0.4 },
  { kind: 'combined', scale: SCALE, m1: 1.1, m2: 0.2, m3: 0.1 },
];
const STEP = { learningRate: 0.01, batchNormMomentum: 0.9 };

/** A small network whose head has a column for everybody. */
function smallNetwork(): Graph {
  const b = new GraphBuilder();
  const x = b.prelu('prelu', b.batchNorm('norm', b.conv2d('conv', b.input(6, 5, 3), 7, 3, 2)));
  const embedding = b.conv2d('embedding', b.globalAveragePool('pool', x), WIDTH, 1, 1);
  return withCosineHead(b.build('small', { embedding }), PEOPLE);
}

const graph = smallNetwork();

function startOf(): ParameterValues {
  const values = initialValues(graph, 3);
  return new Map([
    ...values,
    [COSINE_HEAD.kernel, fitColumns(values.get(COSINE_HEAD.kernel)!, PEOPLE, SCALE)] as const,
  ]);
}

const start = startOf();

function batchesOf(count: number): Batch[] {
  const random = Random.fromSeed(8);
  return Array.from({ length: count }, () => randomBatch(graph, random, ROWS));
}

const optionsOf = (loss: PeopleLoss) => ({ loss, learningRateFactors: new Map([[COSINE_HEAD.bias, 0]]) });

function sampledOf(engine: Engine, loss: PeopleLoss, columns: number, step = 0): SampledSession {
  const some = withPeople(graph, columns);
  const store = new MemoryClasses(PEOPLE, WIDTH);
  fillFromHead(store, { step: 0, parameters: start, moments: new Map() });
  const inner = engine.createSession(some, withEmptyHead(some, start), optionsOf(loss));
  return new SampledSession(inner, store, { columns, logitScale: SCALE, seed: SEED, step });
}

const fittedOf = (engine: Engine, loss: PeopleLoss) =>
  new FittedSession(engine.createSession(graph, start, optionsOf(loss)), SCALE);

async function stateOf(session: TrainingSession) {
  const { parameters, moments } = await session.readState();
  const { kernel, bias } = COSINE_HEAD;
  return {
    parameters: new Map([...parameters].map(([name, values]) => [name, values.slice()])),
    // Its rate is zero, whatever they are.
    moments: new Map([...moments].filter(([name]) => name !== bias)),
    kernel: parameters.get(kernel)!.slice(),
  };
}

for (const name of ENGINE_NAMES)
  describe(`a head of some of many people on ${name}`, function () {
    this.timeout(60_000);
    let engine: Engine;
    before(async () => {
      ({ engine } = await selectEngine({ engine: name, threads: name === 'native' ? 2 : 0 }));
    });

    for (const loss of LOSSES)
      it(`with room for everybody computes what a head of everybody does, to the bit: ${loss.kind}`, async () => {
        const [whole, sampled] = [fittedOf(engine, loss), sampledOf(engine, loss, PEOPLE)];
        for (const batch of batchesOf(4)) {
          const [expected, actual] = [await whole.trainStep(batch, STEP), await sampled.trainStep(batch, STEP)];
          assert.deepEqual([actual.lossSum, actual.correct], [expected.lossSum, expected.correct]);
        }
        assert.deepEqual(await stateOf(sampled), await stateOf(whole));
        for (const session of [whole, sampled]) session.dispose();
      });

    it('takes the step of a head of the drawn people, and leaves all others as they were', async () => {
      const [loss, columns] = [LOSSES[1]!, 20];
      const sampled = sampledOf(engine, loss, columns);
      const [batch] = batchesOf(1) as [Batch];
      const classes = drawClasses(batch.labels, columns, PEOPLE, SEED, 0);
      const head = start.get(COSINE_HEAD.kernel)!;
      const drawn = Float32Array.from({ length: WIDTH * columns }, (_, i) => {
        return head[Math.floor(i / columns) * PEOPLE + classes[i % columns]!]!;
      });
      const some = withPeople(graph, columns);
      const of = new Map([...withEmptyHead(some, start), [COSINE_HEAD.kernel, drawn] as const]);
      const alone = new FittedSession(engine.createSession(some, of, optionsOf(loss)), SCALE);
      const expected = await alone.trainStep({ ...batch, labels: placesOf(batch.labels, classes) }, STEP);
      assert.equal((await sampled.trainStep(batch, STEP)).lossSum, expected.lossSum);
      const [actual, trained] = [await stateOf(sampled), await stateOf(alone)];
      for (let person = 0; person < PEOPLE; person++)
        for (let i = 0; i < WIDTH; i++) {
          const place = classes.indexOf(person);
          const value = place < 0 ? head[i * PEOPLE + person] : trained.kernel[i * columns + place];
          assert.equal(actual.kernel[i * PEOPLE + person], value, `${i} of person ${person}`);
        }
      for (const session of [alone, sampled]) session.dispose();
    });

    it('tells loss and right answers among all people, whose columns come some at a time', async () => {
      const random = Random.fromSeed(2);
      const labels = Int32Array.from({ length: 300 }, (_, i) => (i * 7) % PEOPLE);
      const embeddings = Float32Array.from({ length: labels.length * WIDTH }, () => random.between(-1, 1));
      // Near their own person’s column, some of them.
      const head = start.get(COSINE_HEAD.kernel)!;
      labels.forEach((label, row) => {
        for (let i = 0; i < WIDTH && row % 3 > 0; i++) embeddings[row * WIDTH + i]! += head[i * PEOPLE + label]! / 4;
      });
      normalizeRows(embeddings, WIDTH);
      for (const loss of LOSSES) {
        const sampled = sampledOf(engine, loss, 20);
        const tally = new ClassTally(engine, graph, sampled.store, loss, 16);
        const actual = await tally.of(embeddings, labels);
        const { above } = splitAt(graph, graph.outputs.embedding);
        const whole = engine.createSession(above, start, { loss });
        const expected = await whole.evaluate({ images: embeddings, labels });
        assert.equal(actual.correct, expected.correct);
        assert.ok(expected.correct > 150 && expected.correct < 300);
        // The scores are float32 of another size of product: relative, of the sum.
        assert.ok(Math.abs(actual.lossSum - expected.lossSum) < 2e-6 * expected.lossSum, loss.kind);
        tally.dispose();
        for (const session of [whole, sampled]) session.dispose();
      }
    });
  });
