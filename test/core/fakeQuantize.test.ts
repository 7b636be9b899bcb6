import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node/dist/nodejs_kernel_backend';
import {
  fakeQuantize,
  fakeQuantizeGradient,
  quantizeValue,
  quantizerOf,
  type AffineQuantizer,
} from '../../src/core/fakeQuantize.js';
import { Random } from '../../src/core/random.js';
import { roundHalfAwayFromZero, roundHalfEven, roundHalfUp } from '../../src/core/rounding.js';
import { registerTensorFlow } from '../../src/engine/tfjs/registerTensorFlow.js';
import { findTensorFlow } from '../../src/tensorflow/tensorFlowHome.js';

/**
 * TensorFlow flushes subnormal numbers to zero: there are none here.
 *
 * Both sides of zero, one side, not around zero, nothing at all, hardly anything, a lot.
 */
const RANGES: readonly (readonly [number, number])[] = [
  [-1, 1],
  [-1, 127 / 128],
  [0, 6],
  [-6, 0],
  [-0.3, 5.7],
  [-100.5, 3.25],
  [0.5, 2],
  [-3, -1],
  [0, 0],
  [-1e-30, 1e-30],
  [0, 1e-29],
  [-1e-6, 2e-6],
  [-1e30, 1e30],
  [-2.5, 1e20],
  [0, 3e38],
  [-0.1, 0.2],
  [-7.7e-5, 1234.5],
];
const BITS = [2, 4, 7, 8, 11, 16];

describe('fakeQuantize beside TensorFlow', function () {
  this.timeout(60_000);
  let backend: NodeJSKernelBackend;

  before(async () => {
    const home = findTensorFlow();
    assert.ok(home, 'the tests need TensorFlow: npm run setup:tensorflow');
    backend = registerTensorFlow(home.binding);
    await tf.setBackend('tensorflow');
  });

  const attributes = (bits: number, narrow: boolean) => [
    { name: 'num_bits', type: backend.binding.TF_ATTR_INT, value: bits },
    { name: 'narrow_range', type: backend.binding.TF_ATTR_BOOL, value: narrow },
  ];

  /** Values in and around the range, its ends, halves between levels and their neighbours. */
  function inputs(q: AffineQuantizer, random: Random): Float32Array {
    const width = Math.max(q.maximum - q.minimum, 1e-37);
    const halves = Array.from({ length: 60 }, (_, i) => q.minimum + (i * 3 + 0.5) * q.scale);
    const nearby = halves.flatMap((x) => [x, Math.fround(x * (1 + 2 ** -23)), Math.fround(x * (1 - 2 ** -23))]);
    const anywhere = Array.from({ length: 300 }, () => q.minimum + random.between(-0.3, 1.3) * width);
    return Float32Array.from([0, -0, q.minimum, q.maximum, 1e-37, -1e-37, ...nearby, ...anywhere]);
  }

  function equal(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string, x: Float32Array): void {
    for (let i = 0; i < expected.length; i++)
      assert.ok(
        actual[i] === expected[i] || (Number.isNaN(actual[i]) && Number.isNaN(expected[i])),
        `${what}: ${x[i]} becomes ${actual[i]}, TensorFlow's ${expected[i]}`,
      );
  }

  it('gives the same bits, forward and backward, for every range, width and narrow range', () => {
    const random = Random.fromSeed(5);
    let compared = 0;
    for (const [min, max] of RANGES)
      for (const bits of BITS)
        for (const narrow of [false, true]) {
          const what = `[${min}, ${max}], ${bits} bits${narrow ? ', narrow' : ''}`;
          const q = quantizerOf(min, max, bits, narrow);
          const x = inputs(q, random);
          const g = Float32Array.from(x, () => random.between(-1, 1));
          const [xs, gs, low, high] = [tf.tensor1d(x), tf.tensor1d(g), tf.scalar(min), tf.scalar(max)];
          const y = backend.executeSingleOutput('FakeQuantWithMinMaxVars', attributes(bits, narrow), [xs, low, high]);
          equal(fakeQuantize(x, q), y.dataSync(), what, x);
          const theirs = backend.executeMultipleOutputs(
            'FakeQuantWithMinMaxVarsGradient',
            attributes(bits, narrow),
            [gs, xs, low, high],
            3,
          );
          const ours = fakeQuantizeGradient(x, g, q);
          equal(ours.input, theirs[0]!.dataSync(), `gradient, ${what}`, x);
          for (const [mine, tensor] of [
            [ours.min, theirs[1]!],
            [ours.max, theirs[2]!],
          ] as const)
            assert.ok(
              Math.abs(mine - tensor.dataSync()[0]!) < 1e-4,
              `gradient of an end, ${what}: ${mine} and ${tensor.dataSync()[0]}`,
            );
          compared += 2 * x.length;
        }
    assert.ok(compared > 190_000, `${compared} values`);
  });

  it('refuses one value other than zero, of which TensorFlow makes numbers that are none', () => {
    const x = tf.tensor1d([-1, 0, 5]);
    const y = backend.executeSingleOutput('FakeQuantWithMinMaxVars', attributes(8, false), [
      x,
      tf.scalar(5),
      tf.scalar(5),
    ]);
    assert.ok(y.dataSync().every(Number.isNaN));
    assert.throws(() => quantizerOf(5, 5, 8), RangeError);
  });

  it('gives the same bits for kernels, a symmetric range for each channel', () => {
    const random = Random.fromSeed(6);
    const channels = 64;
    const largest = Float32Array.from(
      { length: channels },
      (_, c) => [1, 0.013, 1e-20, 3e8][c % 4]! * random.between(0.5, 2),
    );
    const x = Float32Array.from(
      { length: channels * 100 },
      (_, i) => random.between(-1.2, 1.2) * largest[i % channels]!,
    );
    for (const bits of [4, 8]) {
      const lows = tf.tensor1d(largest.map((m) => -m));
      const y = backend.executeSingleOutput('FakeQuantWithMinMaxVarsPerChannel', attributes(bits, true), [
        tf.tensor2d(x, [100, channels]),
        lows,
        tf.tensor1d(largest),
      ]);
      const quantizers = Array.from(largest, (m) => quantizerOf(-m, m, bits, true));
      const ours = Float32Array.from(x, (value, i) => fakeQuantize([value], quantizers[i % channels]!)[0]!);
      equal(ours, y.dataSync(), `${bits} bits a channel`, x);
      for (const q of quantizers)
        assert.deepEqual([q.zeroPoint, q.lowest, q.highest], [0, 1 - 2 ** (bits - 1), 2 ** (bits - 1) - 1]);
      const g = Float32Array.from(x, () => random.between(-1, 1));
      const theirs = backend.executeMultipleOutputs(
        'FakeQuantWithMinMaxVarsPerChannelGradient',
        attributes(bits, true),
        [tf.tensor2d(g, [100, channels]), tf.tensor2d(x, [100, channels]), lows, tf.tensor1d(largest)],
        3,
      );
      const gradient = Float32Array.from(
        x,
        (value, i) => fakeQuantizeGradient([value], [g[i]!], quantizers[i % channels]!).input[0]!,
      );
      equal(gradient, theirs[0]!.dataSync(), `gradient, ${bits} bits a channel`, x);
    }
  });
});

describe('quantizerOf', () => {
  it('holds zero exactly, and its integers stand for its values', () => {
    const random = Random.fromSeed(8);
    for (let round = 0; round < 500; round++) {
      const [a, b] = [random.between(-3, 3), random.between(-3, 3)];
      const q = quantizerOf(Math.min(a, b, 0), Math.max(a, b, 0), 8);
      assert.equal(fakeQuantize([0], q)[0], 0, `${a} ${b}`);
      for (let k = 0; k < 20; k++) {
        const x = random.between(-4, 4);
        const integer = quantizeValue(x, q);
        assert.ok(integer >= -128 && integer <= 127 && Number.isInteger(integer), `${x}: ${integer}`);
        const value = q.scale * (integer - q.zeroPoint);
        assert.ok(Math.abs(value - fakeQuantize([x], q)[0]!) < 1e-5 * Math.max(1, Math.abs(value)), `${x}: ${value}`);
      }
    }
  });

  it('refuses a range that is none', () => {
    for (const [min, max] of [
      [1, 0],
      [NaN, 1],
      [0, Infinity],
    ] as const)
      assert.throws(() => quantizerOf(min, max, 8), RangeError);
  });
});

describe('rounding', () => {
  it('treats halves as its names say', () => {
    const halves = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5];
    assert.deepEqual(halves.map(roundHalfUp), [-2, -1, 0, 1, 2, 3]);
    assert.deepEqual(halves.map(roundHalfAwayFromZero), [-3, -2, -1, 1, 2, 3]);
    assert.deepEqual(
      halves.map(roundHalfEven),
      [-2, -2, 0, 0, 2, 2].map((x) => (x === 0 ? 0 : x)),
    );
    assert.equal(roundHalfAwayFromZero(0.49999999999999994), 0);
  });
});
