import * as tf from '@tensorflow/tfjs-core';
import type { Padding } from '../../graph/graph.js';

/** What lies around a map until a window has gone over it. Each gives a tensor of its own. */
export interface Padded {
  /** The map with its rim. */
  readonly around: (x: tf.Tensor4D) => tf.Tensor4D;
  /** Of the gradient of a map with its rim, that of the map; takes it over. */
  readonly inside: (dPadded: tf.Tensor4D, shape: readonly number[]) => tf.Tensor4D;
  readonly shapeAround: (shape: readonly number[]) => number[];
  /** What TensorFlow calls what is left to do. */
  readonly pad: 'same' | 'valid';
}

const SAME: Padded = {
  around: (x) => tf.clone(x),
  inside: (dPadded) => dPadded,
  shapeAround: (shape) => [...shape],
  pad: 'same',
};

/**
 * TensorFlow's own explicit padding is not there for every operation and backend, so that the rim is laid on.
 *
 * @param padding SAME when absent
 * @param value of the rim
 */
export function padded(padding: Padding | undefined, value: number): Padded {
  if (!padding) return SAME;
  const { top, bottom, left, right } = padding;
  const isNone = top + bottom + left + right === 0;
  return {
    pad: 'valid',
    around: (x) =>
      isNone
        ? tf.clone(x)
        : tf.pad4d(
            x,
            [
              [0, 0],
              [top, bottom],
              [left, right],
              [0, 0],
            ],
            value,
          ),
    inside(dPadded, shape) {
      if (isNone) return dPadded;
      const dx = tf.slice4d(dPadded, [0, top, left, 0], shape as [number, number, number, number]);
      dPadded.dispose();
      return dx;
    },
    shapeAround: ([n = 0, height = 0, width = 0, channels = 0]) => [
      ...[n, height + top + bottom, width + left + right, channels],
    ],
  };
}
