import assert from 'node:assert/strict';
import { computeLoss } from '../../../src/core/losses/losses.js';
import type { TripletLoss } from '../../../src/core/losses/triplet.js';

const radians = (degrees: number) => (degrees * Math.PI) / 180;
/** Unit vectors of the plane are so far apart. */
const apart = (degrees: number) => 2 * Math.sin(radians(degrees) / 2);

/** Of people in the plane, by their angles in degrees; vectors of any length. */
function of(mining: TripletLoss['mining'], margin: number, angles: readonly number[], labels: readonly number[]) {
  const embedding = Float32Array.from(
    angles.flatMap((at, i) => [(i + 1) * Math.cos(radians(at)), (i + 1) * Math.sin(radians(at))]),
  );
  return computeLoss({ kind: 'triplet', margin, mining }, { embedding }, Int32Array.from(labels));
}

describe('the triplet loss', () => {
  const labels = [0, 0, 0, 1, 1];
  const angles = [0, 10, 40, 30, 100];

  it('hard compares the farthest of the same person with the nearest other', () => {
    const { lossSum, correct } = of('hard', 0.1, angles, labels);
    // By picture: the farthest of its person, the nearest other.
    const pairs = [
      [40, 30],
      [30, 20],
      [40, 10],
      [70, 10],
      [70, 60],
    ] as const;
    const expected = pairs.reduce((sum, [same, other]) => sum + Math.max(0, 0.1 + apart(same) - apart(other)), 0);
    assert.ok(Math.abs(lossSum - expected) < 1e-6, `${lossSum} against ${expected}`);
    // 0 and 10 are nearest to each other; 40 is nearest to 30, and neither of the second person to the other.
    assert.equal(correct, 2);
  });

  it('semi-hard compares each of the same person with the nearest other beyond it, or the farthest of all', () => {
    const { lossSum } = of('semi-hard', 0.1, angles, labels);
    // By picture and each of the same person: the nearest other that is farther away.
    const pairs = [
      [
        [10, 30],
        [40, 100],
      ],
      [
        [10, 20],
        [30, 90],
      ],
      [
        [40, 60],
        [30, 60],
      ],
      [[70, 30]], // nobody is beyond 70 degrees: 0 is the farthest
      [[70, 90]],
    ] as const;
    const expected = pairs.reduce(
      (sum, own) =>
        sum + own.reduce((all, [same, other]) => all + Math.max(0, 0.1 + apart(same) - apart(other)), 0) / own.length,
      0,
    );
    assert.ok(Math.abs(lossSum - expected) < 1e-6, `${lossSum} against ${expected}`);
  });

  it('is the margin for each picture where all embeddings are alike, without a gradient that is no number', () => {
    for (const mining of ['hard', 'semi-hard'] as const) {
      const { lossSum, correct, gradients } = computeLoss(
        { kind: 'triplet', margin: 0.25, mining },
        { embedding: new Float32Array(12).fill(3) },
        Int32Array.of(0, 0, 1, 1),
      );
      assert.deepEqual([lossSum, correct], [1, 0]);
      assert.ok(gradients.embedding!.every((v) => v === 0));
    }
  });

  it('asks for nothing of who is alone, nor where everybody is the same', () => {
    for (const mining of ['hard', 'semi-hard'] as const)
      for (const alone of [
        [0, 1, 2, 3, 4],
        [7, 7, 7, 7, 7],
      ]) {
        const { lossSum, gradients } = of(mining, 1.9, angles, alone);
        assert.equal(lossSum, 0);
        assert.ok(gradients.embedding!.every((v) => v === 0));
      }
  });

  it('pulls only across an embedding: its length changes nothing', () => {
    const { gradients } = of('hard', 1, angles, labels);
    for (let i = 0; i < angles.length; i++) {
      const along =
        gradients.embedding![2 * i]! * Math.cos(radians(angles[i]!)) +
        gradients.embedding![2 * i + 1]! * Math.sin(radians(angles[i]!));
      assert.ok(Math.abs(along) < 1e-7, `${i}: ${along}`);
    }
  });
});
