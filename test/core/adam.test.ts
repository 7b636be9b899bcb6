import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { adamUpdate, KERAS_ADAM } from '../../src/core/adam.js';

describe('adamUpdate', () => {
  const file = path.join(import.meta.dirname, '../reference/adam.json');
  const { rows, decayed } = JSON.parse(fs.readFileSync(file, 'utf8')) as { rows: number[][]; decayed: number[][] };

  function follow(expectedRows: number[][], decay: number): void {
    const weights = Float32Array.from([0.5, -1, 2]);
    const moments = { first: new Float32Array(3), second: new Float32Array(3) };
    for (let step = 1; step <= 10; step++) {
      const gradient = Float32Array.from([Math.sin(step), 1e-3 * step, -10 / step]);
      adamUpdate(weights, gradient, moments, step, 2e-4, KERAS_ADAM, decay);
      expectedRows[step - 1]!.forEach((expected, i) => {
        const off = Math.abs(weights[i]! - expected);
        assert.ok(off <= 2.5e-7 * Math.abs(expected), `step ${step}, weight ${i}: ${weights[i]} against ${expected}`);
      });
    }
  }

  it('follows Keras for ten steps, within two units of float32 in the last place', () => follow(rows, 0));
  it('follows Keras’ AdamW as closely', () => follow(decayed, 0.5));
});
