import type { Padding, Shape } from '../../graph/graph.js';
import { numbers } from './constants.js';
import type { IrLayer } from './irFile.js';

/** How a window moves over a map. */
interface Window {
  readonly stride: number;
  /** Absent where TensorFlow's SAME is the same. */
  readonly padding?: Padding;
}

/** @throws RangeError unless both numbers are there and alike */
function square(layer: IrLayer, name: string, otherwise?: number): number {
  const text = layer.data.get(name);
  if (text === undefined && otherwise !== undefined) return otherwise;
  const [one, other, ...more] = numbers(text ?? '', `“${name}” of layer ${layer.id}`);
  if (one === undefined || one !== other || more.length > 0)
    throw new RangeError(`“${name}” of layer ${layer.id} is “${(text ?? '').slice(0, 20)}”`);
  return one;
}

function paddingOf(layer: IrLayer, kernelSize: number): Padding {
  const auto = layer.data.get('auto_pad') ?? 'explicit';
  if (auto === 'valid') return { top: 0, bottom: 0, left: 0, right: 0 };
  if (auto !== 'explicit') throw new RangeError(`layer ${layer.id} is padded by “${auto.slice(0, 20)}”`);
  const pair = (name: string) => {
    const [height, width, ...more] = numbers(layer.data.get(name) ?? '', `“${name}” of layer ${layer.id}`);
    if (height === undefined || width === undefined || more.length > 0)
      throw new RangeError(`“${name}” of layer ${layer.id} is not two numbers`);
    return [height, width] as const;
  };
  const [top, left] = pair('pads_begin');
  const [bottom, right] = pair('pads_end');
  if (Math.max(top, left, bottom, right) >= Math.max(kernelSize, 1))
    throw new RangeError(`layer ${layer.id} is padded by more than its kernel`);
  return { top, bottom, left, right };
}

function strideOf(layer: IrLayer): number {
  const stride = square(layer, 'strides');
  if (stride < 1 || square(layer, 'dilations', 1) !== 1)
    throw new RangeError(`layer ${layer.id} has a stride or a dilation that is not supported`);
  return stride;
}

/** TensorFlow's SAME: ceil(side / stride) windows, and of an odd number of zeros the one more behind. */
function same([height, width]: Shape, kernelSize: number, stride: number): Padding {
  const along = (side: number): [before: number, after: number] => {
    const zeros = Math.max((Math.ceil(side / stride) - 1) * stride + kernelSize - side, 0);
    return [Math.floor(zeros / 2), Math.ceil(zeros / 2)];
  };
  const [top, bottom] = along(height);
  const [left, right] = along(width);
  return { top, bottom, left, right };
}

export function convolutionWindow(layer: IrLayer, shape: Shape, kernelSize: number): Window {
  const stride = strideOf(layer);
  const padding = paddingOf(layer, kernelSize);
  const usual = same(shape, kernelSize, stride);
  // As many windows as SAME has too: where a map is not divided by the stride, zeros alone do not say it.
  const windows = (side: number, zeros: number) => Math.floor((side + zeros - kernelSize) / stride) + 1;
  const asMany =
    windows(shape[0], padding.top + padding.bottom) === Math.ceil(shape[0] / stride) &&
    windows(shape[1], padding.left + padding.right) === Math.ceil(shape[1] / stride);
  const alike = (['top', 'bottom', 'left', 'right'] as const).every((side) => padding[side] === usual[side]);
  return alike && asMany ? { stride } : { stride, padding };
}

/** The rounding up of a pool is padding behind the map. */
export function poolingWindow(layer: IrLayer, shape: Shape): Required<Window> & { readonly kernelSize: number } {
  const kernelSize = square(layer, 'kernel');
  if (kernelSize < 1) throw new RangeError(`layer ${layer.id} has no kernel`);
  const stride = strideOf(layer);
  const { top, bottom, left, right } = paddingOf(layer, kernelSize);
  const rounding = layer.data.get('rounding_type') ?? 'floor';
  if (rounding !== 'floor' && rounding !== 'ceil')
    throw new RangeError(`layer ${layer.id} rounds by “${rounding.slice(0, 20)}”`);
  const behind = (side: number, before: number, after: number) => {
    if (rounding === 'floor') return after;
    const steps = Math.ceil((side + before + after - kernelSize) / stride);
    return Math.max(steps * stride + kernelSize - side - before, after);
  };
  const padding = { top, left, bottom: behind(shape[0], top, bottom), right: behind(shape[1], left, right) };
  if (padding.bottom >= kernelSize || padding.right >= kernelSize)
    throw new RangeError(`layer ${layer.id} takes the maximum of nothing`);
  return { kernelSize, stride, padding };
}
