import assert from 'node:assert/strict';
import {
  accuracyByFolds,
  areaOf,
  equalErrorRate,
  rocOf,
  tarAtFar,
  type ScoredPairs,
} from '../../src/evaluation/roc.js';
import { verificationOf } from '../../src/evaluation/verification.js';
import { lowerBound, studentQuantile, upperBound } from '../../src/evaluation/bounds.js';
import { Random } from '../../src/core/random.js';
import { EVALUATION_LIMITS } from '../../src/protocol/evaluation.js';
import { normal } from './people.js';
import { reference, type ReferencePairs } from './reference.js';

/** Every pair of one person of people of its own. */
const scored = ({ similarity, same, fold }: Pick<ReferencePairs, 'similarity' | 'same' | 'fold'>): ScoredPairs => ({
  ...{ similarity, fold, same: same.map(Boolean) },
  people: same.map((isSame, i) => (isSame ? [`p${i}`, `p${i}`] : [`p${i}`, `q${i}`])),
});

function near(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${what}: ${actual} for ${expected}`);
}

describe('verification', () => {
  reference.verification.forEach((pairs, i) => {
    it(`is that of scikit-learn, pairs ${i}`, () => {
      const roc = rocOf(scored(pairs));
      near(areaOf(roc), pairs.auc, 'AUC');
      near(equalErrorRate(roc), pairs.eer, 'EER');
      for (const [far, tar] of Object.entries(pairs.tarAtFar)) near(tarAtFar(roc, Number(far)), tar, `TAR at ${far}`);
      accuracyByFolds(scored(pairs)).forEach((accuracy, fold) =>
        near(accuracy, pairs.accuracies[fold]!, `fold ${fold}`),
      );
    });
  });

  it('has ties in one step', () => {
    const tied = reference.verification[1]!;
    assert.ok(new Set(tied.similarity).size < tied.similarity.length / 5, 'the reference has ties');
    const roc = rocOf({ similarity: [0.5, 0.5, 0.5, 0.2], same: [true, false, true, false] });
    assert.deepEqual(roc.threshold, [Infinity, 0.5, 0.2]);
    assert.deepEqual([...roc.truly], [0, 2, 2]);
    assert.deepEqual([...roc.falsely], [0, 1, 2]);
    assert.equal(areaOf(roc), 0.75);
    assert.equal(areaOf(rocOf({ similarity: [1, 1], same: [true, false] })), 0.5);
  });

  it('is right by hand for pairs that are told apart and for pairs the wrong way round', () => {
    const apart = rocOf({ similarity: [0.9, 0.8, 0.2, 0.1], same: [true, true, false, false] });
    assert.deepEqual([areaOf(apart), equalErrorRate(apart), tarAtFar(apart, 0.01)], [1, 0, 1]);
    const wrong = rocOf({ similarity: [0.9, 0.8, 0.2, 0.1], same: [false, false, true, true] });
    assert.deepEqual([areaOf(wrong), equalErrorRate(wrong), tarAtFar(wrong, 0.5)], [0, 1, 0]);
  });

  it('says nothing without pairs of both kinds', () => {
    const { similarity, fold } = { similarity: [0.5, 0.6], fold: [0, 0] };
    for (const same of [
      [1, 1],
      [0, 0],
    ])
      assert.equal(verificationOf(scored({ similarity, fold, same }), { pairsFrom: 'file', seed: 1 }), undefined);
  });

  it('gives no TAR below the smallest FAR that the pairs support', () => {
    const [ten] = reference.verification;
    const result = verificationOf(scored(ten!), { pairsFrom: 'file', seed: 1 })!;
    assert.equal(result.different, 120);
    near(result.smallestFar, 1 / 120, 'smallest FAR');
    assert.deepEqual(Object.keys(result.tarAtFar), ['0.01', '0.1']);
    assert.deepEqual(Object.keys(result.tarAtFarInterval), ['0.01', '0.1']);
  });

  it('has every value inside its interval, and the mean of the folds by Student', () => {
    for (const pairs of reference.verification) {
      const result = verificationOf(scored(pairs), { pairsFrom: 'made', seed: 1 })!;
      assert.equal(result.pairsFrom, 'made');
      const folds = pairs.accuracies;
      const mean = folds.reduce((a, b) => a + b) / folds.length;
      near(result.accuracy!, mean, 'accuracy');
      const deviation = Math.sqrt(folds.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (folds.length - 1));
      const half = (studentQuantile(0.975, folds.length - 1) * deviation) / Math.sqrt(folds.length);
      near(result.accuracyInterval![0], Math.max(0, mean - half), 'low end');
      near(result.accuracyInterval![1], Math.min(1, mean + half), 'high end');
      const inside = (value: number, [low, high]: readonly [number, number]) =>
        assert.ok(low <= value && value <= high && low < high, `${low} ${value} ${high}`);
      inside(result.auc, result.aucInterval);
      inside(result.eer, result.eerInterval);
      for (const [far, tar] of Object.entries(result.tarAtFar)) inside(tar, result.tarAtFarInterval[far]!);
    }
  });

  it('has the accuracy of no folds where there is one only', () => {
    const one = verificationOf(scored({ similarity: [0.9, 0.1], same: [1, 0], fold: [0, 0] }), {
      ...{ pairsFrom: 'made', seed: 1 },
    })!;
    assert.equal(one.folds, 1);
    assert.equal(one.accuracy, undefined);
    assert.equal(one.accuracyInterval, undefined);
  });

  it('is not surer of perfection than its people are many', () => {
    const count = 20;
    const same = Array.from({ length: 2 * count }, (_, i) => i % 2);
    const pairs = scored({ same, similarity: same.map((v) => v * 0.8), fold: same.map((_, i) => Math.floor(i / 10)) });
    const people = new Set(pairs.people.flat()).size;
    const result = verificationOf(pairs, { pairsFrom: 'made', seed: 1 })!;
    assert.deepEqual([result.auc, result.eer, result.accuracy], [1, 0, 1]);
    assert.deepEqual(result.aucInterval, [lowerBound(people, people, 0.975), 1]);
    assert.deepEqual(result.eerInterval, [0, upperBound(0, people, 0.975)]);
    assert.deepEqual(result.accuracyInterval, [lowerBound(people, people, 0.975), 1]);
    assert.deepEqual(result.tarAtFarInterval['0.1'], [lowerBound(people, people, 0.975), 1]);
  });

  it('is the same for the same seed, and its intervals cover the truth', () => {
    const { similarity, same, fold } = reference.verification[2]!;
    const of = (seed: number) => verificationOf(scored({ similarity, same, fold }), { pairsFrom: 'file', seed });
    assert.deepEqual(of(1), of(1));
    assert.notDeepEqual(of(1)?.aucInterval, of(2)?.aucInterval);
    // Two normal distributions, a deviation and a half apart: AUC = Φ(1.5 / √2).
    const truth = 0.8555778;
    const random = Random.fromSeed(5);
    let outside = 0;
    for (let round = 0; round < 60; round++) {
      const kind = Array.from({ length: 160 }, (_, i) => i % 2);
      const pairs = scored({
        same: kind,
        fold: kind.map(() => 0),
        similarity: kind.map((v) => 1.5 * v + normal(random)),
      });
      const [low, high] = verificationOf(pairs, { pairsFrom: 'file', seed: round })!.aucInterval;
      if (low > truth || high < truth) outside++;
    }
    assert.ok(outside <= 6, `${outside} of 60 intervals miss the truth`);
  });

  it('draws a curve of no more points than a chart needs, from corner to corner', () => {
    const random = Random.fromSeed(2);
    const same = Array.from({ length: 3000 }, (_, i) => i % 2);
    const pairs = scored({ same, fold: same.map(() => 0), similarity: same.map((v) => (v + random.uniform()) / 2) });
    const { roc } = verificationOf(pairs, { pairsFrom: 'file', seed: 1 })!;
    assert.equal(roc.far.length, EVALUATION_LIMITS.curve);
    assert.deepEqual([roc.far[0], roc.tar[0], roc.far.at(-1), roc.tar.at(-1)], [0, 0, 1, 1]);
    const rises = (values: readonly number[]) => values.every((v, i) => i === 0 || v >= values[i - 1]!);
    assert.ok(rises(roc.far) && rises(roc.tar) && rises(roc.threshold.map((v) => -v)));
    assert.ok(roc.threshold.every(Number.isFinite));
  });
});
