import assert from 'node:assert/strict';
import { normalizeRows } from '../../src/core/cosine.js';
import { Random } from '../../src/core/random.js';
import { isBetter } from '../../src/core/best.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { withCosineHead } from '../../src/graph/cosineHead.js';
import { GraphBuilder } from '../../src/graph/graphBuilder.js';
import { StrangerWatch, strangersOf, type Embedded } from '../../src/training/strangers.js';

const LENGTH = 8;
const PEOPLE = 10;

function network() {
  const b = new GraphBuilder();
  const map = b.conv2d('conv', b.input(4, 4, 3), LENGTH, 3, 2);
  return withCosineHead(b.build('body', { embedding: b.globalAveragePool('pool', map) }), PEOPLE);
}

function near(centre: Float32Array, spread: number, random: Random): Float32Array {
  return normalizeRows(
    centre.map((v) => v + random.between(-spread, spread)),
    LENGTH,
  );
}

function embedded(rows: readonly Float32Array[], people: readonly number[]): Embedded {
  const all = new Float32Array(rows.length * LENGTH);
  rows.forEach((row, i) => all.set(row, i * LENGTH));
  return { rows: all, people: Int32Array.from(people) };
}

describe('strangers of a run', () => {
  it('are told at the lowest threshold that names one in a hundred or less, rounded down', () => {
    const strangers = (...values: number[]) => new Map(values.map((v, i) => [i, v]));
    const clean = { own: [0.9, 0.5, -Infinity, 0.2], strangers: strangers(0.1, 0.4, 0.3) };
    const damaged = { own: [0.6, 0.3], strangers: strangers(0.45, 0.2, 0.1) };
    const told = strangersOf(clean, damaged);
    assert.ok(told.threshold > 0.4 && told.threshold < 0.40001, `${told.threshold}`);
    assert.deepEqual(
      { ...told, threshold: 0 },
      { people: 3, named: 0, threshold: 0, missed: 0.5, damagedNamed: 1, damagedMissed: 0.5 },
    );
    // Of two hundred, two may be named.
    const many = { own: [], strangers: new Map(Array.from({ length: 200 }, (_, i) => [i, i / 1000])) };
    assert.equal(strangersOf(many, damaged).named, 2);
  });

  it('are everybody once, to a head that has never seen them', async () => {
    const { engine } = await selectEngine({ engine: 'javascript', threads: 0 });
    const random = Random.fromSeed(5);
    const centres = Array.from({ length: PEOPLE }, () =>
      normalizeRows(
        Float32Array.from({ length: LENGTH }, () => random.between(-1, 1)),
        LENGTH,
      ),
    );
    const embeddings = centres.map((centre) => [near(centre, 0.05, random), near(centre, 0.05, random)]);
    const margins = { margin: 0.2, marginM1: 1, marginM2: 0, marginM3: 0, mining: 'hard' } as const;
    const loss = { loss: 'auto', labelSmoothing: 0, logitScale: 16, ...margins, distillationWeight: 0 } as const;
    const optimizer = { optimizer: 'adam', weightDecay: 0, momentum: 0 } as const;
    const settings = { ...loss, ...optimizer, clipNorm: 0, seed: 1, rateFactor: 1 };
    const watch = new StrangerWatch(engine, network(), embeddings, settings);
    const people = centres.map((_, person) => person);
    const probes = (spread: number) =>
      embedded(
        centres.map((centre) => near(centre, spread, random)),
        people,
      );
    const [clean, damaged] = [probes(0.05), probes(0.6)];
    const before = await watch.measure({ clean, damaged });
    assert.equal(before.people, PEOPLE);
    const images = embedded(embeddings.flat(), []).rows;
    const labels = Int32Array.from(people.flatMap((person) => [person, person]));
    for (let step = 0; step < 20; step++)
      await watch.trainStep({ images, labels }, { learningRate: 3e-3, batchNormMomentum: 0 });
    const after = await watch.measure({ clean, damaged });
    assert.equal(after.people, PEOPLE);
    assert.notEqual(after.threshold, before.threshold, 'the heads beside it train as well');
    // A stranger is like nobody as much as known people are like themselves.
    assert.ok(after.threshold < 0.99, `${after.threshold}`);
    watch.dispose();
  });

  it('decide which epoch is the best as much as the accuracy does', () => {
    const strangers = { people: 100, named: 1, threshold: 0.5, missed: 0.02, damagedNamed: 0, damagedMissed: 0.3 };
    const earlier = { valAccuracy: 0.99, valLoss: 1, strangers };
    assert.ok(isBetter({ ...earlier, strangers: { ...strangers, damagedMissed: 0.2 } }, earlier));
    assert.ok(!isBetter({ ...earlier, strangers: { ...strangers, damagedNamed: 9 } }, earlier), 'strangers are lost');
    // Half a percent more of the accuracy does not pay for two percent more that are missed.
    assert.ok(!isBetter({ ...earlier, valAccuracy: 0.995, strangers: { ...strangers, missed: 0.04 } }, earlier));
    assert.ok(isBetter({ ...earlier, valLoss: 0.9 }, earlier), 'of equal ones the lower loss');
  });
});
