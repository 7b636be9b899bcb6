import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import { clopperPearson, lowerBound, upperBound } from '../../src/evaluation/bounds.js';
import { clusteredInterval } from '../../src/evaluation/clustered.js';
import { reference } from './reference.js';

describe('an interval for pictures that come together by person', () => {
  it('is that of Korn and Graubard', () => {
    for (const { hits, of, interval } of reference.clusters) {
      const actual = clusteredInterval(hits.map((count, i) => ({ hits: count, of: of[i]! })));
      for (const end of [0, 1] as const)
        assert.ok(Math.abs(actual[end] - interval[end]) < 1e-9, `${actual.join()} for ${interval.join()}`);
    }
  });

  it('counts people where nothing tells how alike their pictures are', () => {
    const none = Array.from({ length: 20 }, () => ({ hits: 0, of: 10 }));
    assert.deepEqual(clusteredInterval(none), [0, upperBound(0, 20, 0.975)]);
    const all = none.map(({ of }) => ({ hits: of, of }));
    assert.deepEqual(clusteredInterval(all), [lowerBound(20, 20, 0.975), 1]);
    assert.deepEqual(clusteredInterval([]), [0, 1]);
    assert.deepEqual(clusteredInterval([{ hits: 0, of: 0 }]), [0, 1]);
    const one = clusteredInterval([{ hits: 50, of: 100 }]);
    assert.ok(one[0] < 0.1 && one[1] > 0.9, `one person says next to nothing: ${one.join()}`);
  });

  it('is never narrower than if all pictures were of different people', () => {
    const even = Array.from({ length: 50 }, () => ({ hits: 1, of: 4 }));
    assert.deepEqual(clusteredInterval(even), clopperPearson(50, 200));
  });

  it('covers the truth as often as it says, where an interval over pictures does not', () => {
    const random = Random.fromSeed(3);
    let [missed, plainMissed] = [0, 0];
    const rounds = 400;
    for (let round = 0; round < rounds; round++) {
      // One person in ten is missed half of the time, the others never: 5 % of all pictures.
      const clusters = Array.from({ length: 80 }, () => {
        const rate = random.uniform() < 0.1 ? 0.5 : 0;
        const hits = Array.from({ length: 15 }, () => Number(random.uniform() < rate)).reduce((a, b) => a + b, 0);
        return { hits, of: 15 };
      });
      const outside = ([low, high]: readonly [number, number]) => Number(low > 0.05 || high < 0.05);
      missed += outside(clusteredInterval(clusters));
      plainMissed += outside(
        clopperPearson(
          clusters.reduce((sum, { hits }) => sum + hits, 0),
          80 * 15,
        ),
      );
    }
    assert.ok(missed / rounds < 0.07, `missed ${missed} of ${rounds}`);
    assert.ok(plainMissed / rounds > 0.2, `over pictures: ${plainMissed} of ${rounds}`);
  });
});
