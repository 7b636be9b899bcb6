import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { clipNorm } from '../../src/core/clipNorm.js';

/** What test/reference/make_clip_torch.py says. */
interface Reference {
  readonly gradients: readonly (readonly number[])[];
  readonly cases: readonly {
    readonly most: number;
    readonly norm: number;
    readonly clipped: readonly (readonly number[])[];
  }[];
}

const reference = JSON.parse(
  fs.readFileSync(path.join(import.meta.dirname, '../reference/clip_torch.json'), 'utf8'),
) as Reference;

describe('clipNorm', () => {
  const gradients = new Map(reference.gradients.map((values, i) => [`${i}`, Float32Array.from(values)]));

  for (const { most, norm, clipped } of reference.cases)
    it(`to ${most} is PyTorch’s, of gradients ${norm.toFixed(3)} long`, () => {
      const before = new Map([...gradients].map(([name, values]) => [name, values.slice()]));
      const own = clipNorm(gradients, most);
      assert.deepEqual(gradients, before, 'what was given stays');
      assert.equal(own === gradients, norm <= most);
      // PyTorch divides by the norm and 1e-6 more; ours is rounded to float32.
      const tolerance = 1e-6 / norm + 6.1e-8;
      clipped.forEach((expected, i) =>
        expected.forEach((value, j) => {
          const actual = own.get(`${i}`)![j]!;
          assert.ok(Math.abs(actual - value) <= tolerance * Math.abs(value), `${i}, ${j}: ${actual} against ${value}`);
        }),
      );
    });

  it('takes all as one vector: 3 and 4 are 5 long', () => {
    const clipped = clipNorm(
      new Map([
        ['a', Float32Array.of(3, 0)],
        ['b', Float32Array.of(-4)],
      ]),
      2.5,
    );
    assert.deepEqual([...clipped.values()], [Float32Array.of(1.5, 0), Float32Array.of(-2)]);
  });
});
