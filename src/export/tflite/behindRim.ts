import type { Padding, Shape } from '../../graph/graph.js';
import type { TfliteOperator, TfliteTensor } from './tfliteFile.js';

export interface RimOperands {
  /** [H, W, C]. */
  readonly shapeOf: (tensor: number) => Shape;
  /** Adds a tensor and returns its number. */
  readonly add: (tensor: TfliteTensor) => number;
  /** Like a tensor of the network, of another shape: of its type and scale. */
  readonly like: (tensor: number, name: string, shape: readonly number[]) => TfliteTensor;
}

/**
 * A window over a map with a rim, which is an operator of its own: without one it goes over the map alone (`valid`).
 *
 * @param value of the rim; zero when absent, of integers the zero point
 */
export function behindRim(
  name: string,
  operator: TfliteOperator,
  { top, bottom, left, right }: Padding,
  { shapeOf, add, like }: RimOperands,
  value?: number,
): TfliteOperator[] {
  const valid = { ...operator, padding: 'valid' } as const;
  if (top + bottom + left + right === 0) return [valid];
  const [input, ...rest] = operator.inputs as [number, ...number[]];
  const [height, width, channels] = shapeOf(input);
  const amounts = add({
    ...{ name: `${name}/rim`, shape: [4, 2], type: 'int32' },
    data: Int32Array.of(0, 0, top, bottom, left, right, 0, 0),
  });
  const padded = add(like(input, `${name}/padded`, [1, height + top + bottom, width + left + right, channels]));
  const values =
    value === undefined
      ? []
      : [add({ name: `${name}/rim/value`, shape: [], type: 'float32', data: Float32Array.of(value) })];
  return [
    { op: value === undefined ? 'pad' : 'padV2', inputs: [input, amounts, ...values], outputs: [padded] },
    { ...valid, inputs: [padded, ...rest] },
  ];
}
