import assert from 'node:assert/strict';
import { calibration } from '../../bench/recognition/calibration.js';
import { Random } from '../../src/core/random.js';
import { lowerBound, upperBound } from '../../src/evaluation/bounds.js';
import { compare, galleryOf } from '../../src/evaluation/gallery.js';
import {
  chooseThreshold,
  mostNamed,
  namedAt,
  roundDown,
  roundUp,
  shareFor,
  STEP,
  strangersBound,
  thresholdFor,
  thresholdInterval,
  wantedShare,
  WORTH,
} from '../../src/evaluation/threshold.js';
import { normal, peopleByChance } from './people.js';

/** Similarities of so many strangers, highest first. */
function strangersByChance(count: number, seed: number): number[] {
  const random = Random.fromSeed(seed);
  const one = () => Math.tanh(0.25 + 0.1 * normal(random));
  return Array.from({ length: count }, one).sort((a, b) => b - a);
}

describe('the choice of a threshold', () => {
  const strangers = strangersByChance(612, 1);

  it('is the lowest whose bound keeps the wish', () => {
    for (const share of [0.005, 0.01, 0.02, 0.1, 0.5]) {
      const { threshold, carried, named } = chooseThreshold(strangers, share, 0.95);
      assert.ok(carried, `${share}`);
      assert.equal(named, strangers.filter((similarity) => similarity >= threshold).length);
      assert.ok(upperBound(named, 612) <= share, `${named} at ${share}`);
      // One step lower names one more, and that is too many.
      assert.equal(namedAt(strangers, threshold - 2 * STEP), named + 1);
      assert.ok(upperBound(named + 1, 612) > share, `${named + 1} at ${share}`);
    }
  });

  it('is above all strangers where they are too few', () => {
    const few = strangers.slice(0, 40);
    const choice = chooseThreshold(few, 0.01, 0.95);
    assert.deepEqual([choice.carried, choice.named], [false, 0]);
    assert.ok(choice.threshold > few[0]! && choice.threshold < few[0]! + 3 * STEP, 'above all of them');
    assert.deepEqual(chooseThreshold([], 0.01, 0.95), { threshold: -1, carried: false, named: 0 });
    assert.equal(chooseThreshold(strangers.slice(0, 298), 0.01, 0.95).carried, false);
    assert.equal(chooseThreshold(strangers.slice(0, 299), 0.01, 0.95).carried, true);
  });

  it('names everybody where everybody may be named, and keeps apart strangers who are equally alike', () => {
    assert.deepEqual(chooseThreshold([0.9, 0.1], 1, 0.95), { threshold: -1, carried: true, named: 2 });
    const tied = [...new Array<number>(5).fill(0.5), ...new Array<number>(95).fill(0.2)];
    const choice = chooseThreshold(tied, 0.05, 0.95);
    assert.equal(choice.named, 0, 'of five who are equal none can be named without the others');
    assert.ok(choice.threshold > 0.5);
  });

  it('lies in the interval of where it may lie', () => {
    for (const share of [0.005, 0.01, 0.05]) {
      const [low, high] = thresholdInterval(strangers, share);
      const { threshold } = chooseThreshold(strangers, share, 0.95);
      assert.ok(low <= threshold && threshold <= high, `${low} ${threshold} ${high}`);
      assert.ok(lowerBound(namedAt(strangers, low), 612, 0.975) <= share);
      if (share > 0.005) assert.ok(upperBound(namedAt(strangers, high), 612, 0.975) <= share);
      else assert.equal(high, 1, 'with 612 strangers nothing is sure of 5 in 1,000, at 97.5 %');
    }
    assert.equal(thresholdInterval(strangers.slice(0, 100), 0.01)[1], 1, 'nothing is sure with 100');
    assert.deepEqual(thresholdInterval([], 0.01), [-1, 1]);
  });

  it('stands above what it excludes by more than rounding, and rounds to the safe side', () => {
    assert.equal(thresholdFor([0.5, 0.4], 1), 0.400001);
    assert.equal(thresholdFor([0.5, 0.4], 0), 0.500001);
    assert.equal(thresholdFor([0.5, 0.4], 2), -1);
    assert.ok(thresholdFor([1, 0.4], 0) > 1, 'a copy of an enrolled picture can be refused as well');
    assert.deepEqual([roundUp(0.1234561), roundDown(0.1234569)], [0.123457, 0.123456]);
    assert.deepEqual([roundUp(-0.1234561), roundDown(-0.1234561)], [-0.123456, -0.123457]);
    assert.deepEqual([roundUp(0.123456), roundDown(0.123456)], [0.123456, 0.123456]);
  });
});

describe('a promise', () => {
  const population = strangersByChance(1768, 2);

  it('of 1 stranger in 100 from 800 strangers, and of 2 from 200, fails in at most 5 of 100', () => {
    for (const [tried, share] of [
      [800, 0.01],
      [200, 0.02],
      [299, 0.01],
    ] as const) {
      const { failed, meanShare } = calibration(population, { tried, share, times: 1000, seed: tried });
      assert.ok(failed <= 50, `${tried}: failed ${failed} of 1,000`);
      assert.ok(meanShare > share / 8, `${tried}: ${meanShare} named, as if nobody should be recognized`);
    }
  });

  it('is not cheaper than it says: a lower threshold would fail too often', () => {
    // Uniform similarities, so that the share above a threshold is known without end: 1 - threshold.
    const random = Random.fromSeed(4);
    let [failed, failedLower] = [0, 0];
    for (let i = 0; i < 2000; i++) {
      const some = Array.from({ length: 300 }, () => random.uniform()).sort((a, b) => b - a);
      const { threshold, named } = chooseThreshold(some, 0.05, 0.95);
      if (1 - threshold > 0.05) failed++;
      if (1 - thresholdFor(some, named + 1) > 0.05) failedLower++;
    }
    // P(Bin(300, 0.05) <= 8) = 3.6 % and P(... <= 9) = 6.7 %.
    assert.ok(failed / 2000 < 0.05 && failed / 2000 > 0.02, `${failed} of 2,000`);
    assert.ok(failedLower / 2000 > 0.05, `${failedLower} of 2,000`);
  });

  it('holds where people play strangers in turn, though each alike pair is seen from both sides', () => {
    const [people, share] = [100, 0.1];
    const wanted = { strangersPer1000: 1000 * share, confidence: 0.95 };
    const fresh = peopleByChance(99, { people: 1500, pictures: 1, name: 's' });
    let failed = 0;
    const rounds = 100;
    for (let round = 0; round < rounds; round++) {
      const own = peopleByChance(round, { people, pictures: 1 });
      const gallery = galleryOf(own);
      const rows = own.people.map((_, row) => row);
      const evidence = [...compare(own, rows, gallery, { enrolled: () => true }).other].sort((a, b) => b - a);
      const { threshold } = chooseThreshold(evidence, wantedShare(wanted, people - 1, people), 0.95, WORTH['in-turn']);
      const { other } = compare(
        fresh,
        fresh.people.map((_, row) => row),
        gallery,
        { strangers: true },
      );
      if (other.filter((similarity) => similarity >= threshold).length / 1500 > share) failed++;
    }
    // 5 % and what chance adds in 100 rounds.
    assert.ok(failed <= 10, `failed ${failed} of ${rounds}`);
  }).timeout(60_000);
});

describe('the number of people enrolled', () => {
  it('makes a share grow as if they were independent', () => {
    assert.equal(shareFor(0.01, 50, 50), 0.01);
    assert.ok(Math.abs(shareFor(0.01, 1, 2) - 0.0199) < 1e-12);
    assert.ok(Math.abs(shareFor(shareFor(0.01, 10, 158), 158, 10) - 0.01) < 1e-12);
    assert.deepEqual([shareFor(0, 1, 9), shareFor(1, 3, 9), shareFor(1, 9, 3)], [0, 1, 1]);
    assert.equal(shareFor(0.2, 0, 5), 0.2, 'nothing is known from nobody');
  });

  it('makes the wish stricter for strangers who were compared with fewer', () => {
    const wanted = { strangersPer1000: 10, confidence: 0.95 };
    assert.equal(wantedShare(wanted, 158, 158), 0.01);
    assert.ok(Math.abs(wantedShare(wanted, 1, 2) - (1 - Math.sqrt(0.99))) < 1e-12);
    assert.equal(wantedShare({ ...wanted, strangersPer1000: 1000 }, 1, 2), 1);
    const evidence = { strangers: new Array<number>(299).fill(0), strangersFrom: 'given', wanted } as const;
    assert.ok(strangersBound(0, { ...evidence, compared: 1, enrolled: 1 }) <= 0.01);
    const two = strangersBound(0, { ...evidence, compared: 1, enrolled: 2 });
    assert.ok(two > 0.019 && two < 0.02, `${two}`);
  });

  it('counts people who play strangers to each other as half a stranger', () => {
    const evidence = { strangers: new Array<number>(598).fill(0), compared: 5, enrolled: 5 };
    const wanted = { strangersPer1000: 10, confidence: 0.95 };
    assert.equal(strangersBound(4, { ...evidence, strangersFrom: 'in-turn', wanted }), upperBound(2, 299));
    assert.equal(strangersBound(4, { ...evidence, strangersFrom: 'given', wanted }), upperBound(4, 598));
    assert.equal(mostNamed(596, 0.01, 0.95, WORTH['in-turn']), -1);
    assert.equal(mostNamed(598, 0.01, 0.95, WORTH['in-turn']), 0);
    assert.equal(mostNamed(298, 0.01, 0.95, WORTH.given), -1);
    assert.equal(mostNamed(10, 1, 0.95, WORTH.given), 10);
    assert.equal(mostNamed(0, 0.5, 0.95, WORTH.given), -1);
    assert.equal(chooseThreshold(evidence.strangers, 0.01, 0.95, WORTH['in-turn']).carried, true);
    assert.equal(chooseThreshold(evidence.strangers.slice(2), 0.01, 0.95, WORTH['in-turn']).carried, false);
  });

  it('needs a higher threshold the more they are', () => {
    const strangers = peopleByChance(7, { people: 800, pictures: 1, name: 's' });
    const rows = strangers.people.map((_, row) => row);
    const thresholds = [1, 5, 25, 125].map((people) => {
      const gallery = galleryOf(peopleByChance(8, { people, pictures: 3 }));
      const { other } = compare(strangers, rows, gallery, { strangers: true });
      return chooseThreshold(
        [...other].sort((a, b) => b - a),
        0.02,
        0.95,
      ).threshold;
    });
    for (let i = 1; i < thresholds.length; i++) assert.ok(thresholds[i]! > thresholds[i - 1]!, thresholds.join());
  });

  it('carries a threshold from few people to many', () => {
    const strangers = peopleByChance(17, { people: 3000, pictures: 1, name: 's' });
    const rows = strangers.people.map((_, row) => row);
    const many = peopleByChance(18, { people: 80, pictures: 1 });
    const few = galleryOf(many, (row) => row < 20);
    const highest = (gallery: ReturnType<typeof galleryOf>) =>
      [...compare(strangers, rows, gallery, { strangers: true }).other].sort((a, b) => b - a);
    const threshold = thresholdFor(highest(few), Math.round(3000 * shareFor(0.1, 80, 20)));
    const named = namedAt(highest(galleryOf(many)), threshold) / 3000;
    assert.ok(Math.abs(named - 0.1) < 0.03, `${named} of strangers named where 0.1 was meant`);
  });
});
