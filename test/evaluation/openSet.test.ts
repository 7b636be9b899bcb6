import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import { clopperPearson } from '../../src/evaluation/bounds.js';
import { openSetOf } from '../../src/evaluation/openSet.js';
import { EVALUATION_LIMITS, type Evidence } from '../../src/protocol/evaluation.js';
import { normal } from './people.js';

const wanted = { strangersPer1000: 10, confidence: 0.95 };

/** Strangers 0.001, 0.002 … 1 and known pictures as given, five a person. */
function evidenceOf(known: readonly number[], strangers = 1000, more: Partial<Evidence> = {}): Evidence {
  return {
    strangers: Array.from({ length: strangers }, (_, i) => (strangers - i) / strangers),
    known: [...known],
    knownPerson: known.map((_, i) => Math.floor(i / 5)),
    ...{ strangersFrom: 'given', compared: 10, enrolled: 10, wanted },
    ...more,
  };
}

describe('strangers and known people at a threshold', () => {
  const known = Array.from({ length: 100 }, (_, i) => (i < 3 ? -1 : 0.5 + i / 200));
  const evidence = evidenceOf(known);
  const result = openSetOf(evidence, evidence.strangers, 0.9);

  it('are counted, with bounds over people', () => {
    assert.deepEqual([result.named, result.ofStrangers, result.fpir], [101, 1000, 0.101]);
    assert.deepEqual(result.fpirInterval, clopperPearson(101, 1000));
    assert.ok(result.fpirBound > result.fpir && result.fpirBound < result.fpirInterval[1]);
    // 0.5 + i / 200 reaches 0.9 from the 80th on.
    assert.deepEqual([result.missed, result.ofPictures, result.fnir], [80, 100, 0.8]);
    assert.ok(result.fnirInterval[0] < 0.8 && result.fnirInterval[1] > 0.8);
    assert.equal(result.strangersFrom, 'given');
  });

  it('are traded by hand', () => {
    // One in a hundred of 1,000: the ten above 0.99, which only the pictures from the 99th on would reach; 0.995 is the highest.
    assert.equal(result.fnirAtFpir['0.01'], 0.99);
    // One in ten: a threshold just above 0.9 misses the 80th picture too, which is at 0.9.
    assert.equal(result.fnirAtFpir['0.1'], 0.81);
    assert.equal(result.fnirAtFpir['0.001'], 1);
    // Five may be missed: three are taken for others, the next two are at 0.515 and 0.52, the threshold is at 0.525.
    assert.equal(result.fpirAtFnir['0.05'], 0.476);
    assert.equal(result.fpirAtFnir['0.1'], 0.451);
    assert.equal(result.fpirAtFnir['0.01'], undefined, 'three of 100 are taken for others at any threshold');
    assert.deepEqual(Object.keys(result.fpirAtFnirInterval).sort(), Object.keys(result.fpirAtFnir).sort());
  });

  it('have every value inside its interval', () => {
    const pairs = [
      [result.fnirAtFpir, result.fnirAtFpirInterval],
      [result.fpirAtFnir, result.fpirAtFnirInterval],
    ] as const;
    for (const [values, intervals] of pairs) {
      assert.deepEqual(Object.keys(values).sort(), Object.keys(intervals).sort());
      for (const [rate, value] of Object.entries(values)) {
        const [low, high] = intervals[rate]!;
        assert.ok(0 <= low && low <= value && value <= high && high <= 1, `${rate}: ${low} ${value} ${high}`);
      }
    }
  });

  it('give no rate that the evidence does not support', () => {
    const few = openSetOf(evidenceOf([0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9], 99), [], 0.5);
    assert.deepEqual(Object.keys(few.fnirAtFpir), ['0.1']);
    assert.deepEqual(Object.keys(few.fpirAtFnir), ['0.1']);
    assert.deepEqual(few.byPicture, { fpir: 0, ofPictures: 0, fnirAtFpir: { 0.1: 0 }, fpirAtFnir: { 0.1: 0 } });
    const enough = openSetOf(evidenceOf(known.slice(0, 20), 100), [], 0.5);
    assert.deepEqual(Object.keys(enough.fnirAtFpir), ['0.01', '0.1']);
    assert.deepEqual(Object.keys(enough.fpirAtFnir), [], 'three of 20 are taken for others');
    const nobody = openSetOf(evidenceOf([]), [], 0.5);
    assert.deepEqual([nobody.fnir, nobody.fnirAtFpir, nobody.fpirAtFnir], [0, {}, {}]);
    assert.deepEqual(nobody.fnirInterval, [0, 1]);
  });

  it('are given by picture as well, for comparison with publications', () => {
    const pictures = evidence.strangers.flatMap((similarity) => [similarity, similarity / 2]).sort((a, b) => b - a);
    const { byPicture } = openSetOf(evidence, pictures, 0.9);
    assert.deepEqual([byPicture.ofPictures, byPicture.fpir], [2000, 101 / 2000]);
    assert.equal(byPicture.fnirAtFpir['0.1'], 0.61, 'of 2,000 pictures 200 may be named, those above 0.8');
  });

  it('count half where people play strangers to each other', () => {
    const inTurn = openSetOf(evidenceOf(known, 1000, { strangersFrom: 'in-turn', compared: 9 }), [], 0.9);
    assert.equal(inTurn.strangersFrom, 'in-turn');
    assert.deepEqual(inTurn.fpirInterval, clopperPearson(50.5, 500));
    assert.ok(inTurn.fpirBound > result.fpirBound);
    const [low, high] = inTurn.fnirAtFpirInterval['0.1']!;
    const [givenLow, givenHigh] = result.fnirAtFpirInterval['0.1']!;
    assert.ok(low <= givenLow && high >= givenHigh);
  });

  it('make a curve that a chart draws: rising thresholds, more missed and fewer named', () => {
    const { threshold, fnir, fpir } = result.curve;
    assert.equal(threshold.length, EVALUATION_LIMITS.curve);
    const never = (values: readonly number[]) => values.every((v, i) => i === 0 || v >= values[i - 1]!);
    assert.ok(never(threshold) && never(fnir) && never(fpir.map((v) => -v)));
    assert.deepEqual([fpir[0], fnir[0]], [1, 0.03]);
    assert.ok(fpir.at(-1)! <= 0.001 && fnir.at(-1)! >= 0.99);
    threshold.forEach((t, i) => {
      assert.equal(fpir[i], evidence.strangers.filter((s) => s >= t).length / 1000, `${t}`);
      assert.equal(fnir[i], known.filter((s) => s < t).length / 100, `${t}`);
    });
  });

  it('have intervals that cover the truth', () => {
    const random = Random.fromSeed(6);
    let [outside, outsideOther] = [0, 0];
    const rounds = 100;
    // Strangers around 0, known pictures around 4 with a part that all pictures of a person have.
    // FNIR at FPIR 10 %: P(N(4, √2) < 1.2816) = 2.73 %; FPIR at FNIR 10 %: P(N(0, 1) > 4 - 1.2816 √2) = 1.44 %.
    for (let round = 0; round < rounds; round++) {
      const strangers = Array.from({ length: 150 }, () => normal(random) / 10).sort((a, b) => b - a);
      const people = Array.from({ length: 60 }, () => normal(random));
      const known = people.flatMap((shift) => Array.from({ length: 5 }, () => (4 + shift + normal(random)) / 10));
      const { fnirAtFpirInterval, fpirAtFnirInterval } = openSetOf({ ...evidenceOf(known), strangers }, [], 0.2);
      const misses = ([low, high]: readonly [number, number], truth: number) => Number(low > truth || high < truth);
      outside += misses(fnirAtFpirInterval['0.1']!, 0.02728);
      outsideOther += misses(fpirAtFnirInterval['0.1']!, 0.01437);
    }
    assert.ok(outside <= 8 && outsideOther <= 8, `${outside} and ${outsideOther} of ${rounds} miss the truth`);
  });
});
