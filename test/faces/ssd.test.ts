import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { decodeBoxes, joinOverlapping, overlap, type Priors } from '../../src/faces/ssd.js';

interface Reference {
  readonly priors: Priors;
  readonly leastScore: number;
  readonly mostOverlap: number;
  readonly kept: number;
  readonly cases: readonly {
    readonly height: number;
    readonly width: number;
    readonly map: readonly number[];
    /** Score, left, top, right, bottom. */
    readonly boxes: readonly (readonly [number, number, number, number, number])[];
  }[];
}

const reference = JSON.parse(
  fs.readFileSync(path.join(import.meta.dirname, '../reference/face_detection.json'), 'utf8'),
) as Reference;

describe('the boxes of an SSD', () => {
  for (const { height, width, map, boxes } of reference.cases)
    it(`are those of OpenVINO's DetectionOutput, ${height} x ${width}`, () => {
      const { priors, leastScore, mostOverlap, kept } = reference;
      const found = decodeBoxes(Float32Array.from(map), height, width, priors, leastScore);
      const joined = joinOverlapping(found, mostOverlap).slice(0, kept);
      assert.equal(joined.length, boxes.length);
      joined.forEach((box, i) => {
        const numbers = [box.score, box.left, box.top, box.left + box.width, box.top + box.height];
        numbers.forEach((value, j) => {
          // The reference has four decimals, of float32 with up to four digits before the point.
          const expected = boxes[i]![j]!;
          assert.ok(Math.abs(value - expected) < 1e-3, `box ${i}, number ${j}: ${value}, not ${expected}`);
        });
      });
    });

  it('are refused from a map of another size', () => {
    assert.throws(() => decodeBoxes(new Float32Array(54), 1, 2, reference.priors, 0.5), /a map of 54 numbers/);
  });

  it('overlap by what both cover of what either covers', () => {
    const box = { left: 0, top: 0, width: 4, height: 2 };
    assert.equal(overlap(box, box), 1);
    assert.equal(overlap(box, { ...box, left: 2 }), 1 / 3);
    assert.equal(overlap(box, { ...box, left: 4 }), 0);
    const other = { ...box, left: 1 };
    assert.deepEqual(joinOverlapping([box, other], 0.59), [box]);
    assert.deepEqual(joinOverlapping([box, other], 0.61), [box, other]);
  });
});
