import { isConstant, type Constant, type Constants } from './constants.js';
import type { IrLayer } from './irFile.js';

/** The kernel of a convolution, in our order. */
export interface Kernel {
  /** Of each side. */
  readonly size: number;
  readonly filters: number;
  /** [kH, kW, Cin, Cout], or [kH, kW, C, 1] of a depthwise one. */
  readonly values: Float32Array;
}

/**
 * The kernel of a Convolution [Cout, Cin, kH, kW].
 *
 * @param reversed reads the input's channels in the opposite order, so that RGB may take the place of BGR
 * @throws RangeError for one that is no constant, not square, or for another number of channels
 */
export function fullKernel(layer: IrLayer, constants: Constants, channels: number, reversed: boolean): Kernel {
  const { shape, values } = constantOf(layer, constants);
  const [filters, inputs, size, width] = shape;
  if (shape.length !== 4 || filters === undefined || inputs !== channels || size === undefined || size !== width)
    throw new RangeError(`the kernel of layer ${layer.id} is [${shape.join(', ')}] for ${channels} channels`);
  const area = size * size;
  const ordered = new Float32Array(values.length);
  for (let o = 0; o < filters; o++)
    for (let i = 0; i < channels; i++)
      for (let at = 0; at < area; at++) {
        const to = reversed ? channels - 1 - i : i;
        ordered[(at * channels + to) * filters + o] = values[(o * channels + i) * area + at]!;
      }
  return { size, filters, values: ordered };
}

/**
 * The kernel of a GroupConvolution [C, 1, 1, kH, kW]: a group for each channel.
 *
 * @throws RangeError for one that is no constant, not square, or in other groups
 */
export function depthwiseKernel(layer: IrLayer, constants: Constants, channels: number): Kernel {
  const { shape, values } = constantOf(layer, constants);
  const [groups, outputs, inputs, size, width] = shape;
  const fits = shape.length === 5 && groups === channels && outputs === 1 && inputs === 1 && size === width;
  if (!fits || size === undefined)
    throw new RangeError(`the kernel of layer ${layer.id} is [${shape.join(', ')}] for ${channels} channels`);
  const area = size * size;
  const ordered = new Float32Array(values.length);
  for (let c = 0; c < channels; c++)
    for (let at = 0; at < area; at++) ordered[at * channels + c] = values[c * area + at]!;
  return { size, filters: channels, values: ordered };
}

function constantOf(layer: IrLayer, constants: Constants): Constant {
  const [, kernel, ...more] = layer.inputs;
  if (!kernel || more.length > 0 || !isConstant(kernel))
    throw new RangeError(`layer ${layer.id} has no constant kernel`);
  return constants.of(kernel);
}
