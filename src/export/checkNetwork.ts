import { checkedWindow } from '../graph/checkShapes.js';
import { sizeOf, type Padding, type Shape } from '../graph/graph.js';
import { windowed } from '../graph/graphBuilder.js';
import type { IntegerNetwork, IntegerOperations } from '../quantization/interpreter/integerNetwork.js';
import type { FloatNetwork, FloatOperations } from './floatNetwork.js';

/** As in `checkShapes`: half a gigabyte. */
const MOST_VALUES = 1 << 27;
const LONGEST_STRIDE = 1024;

type Name = keyof FloatOperations;
type Operations = {
  readonly [Op in Name]: FloatOperations[Op] | (Op extends keyof IntegerOperations ? IntegerOperations[Op] : never);
};

/**
 * Whether a network of a file fits together, so that whatever computes it stays inside of what it has: each operation reads what an
 * earlier one has written, and shapes, kernels and biases are those of each other.
 *
 * @throws RangeError naming the operation that does not fit, and for a network too large for any machine
 */
export function checkNetwork({ name, tensors, operations, outputs }: FloatNetwork | IntegerNetwork): void {
  const values = tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (tensors.some(({ shape }) => shape.some((n) => !Number.isInteger(n) || n < 1)) || !(values <= MOST_VALUES))
    throw new RangeError(`${name} has maps of an impossible size`);
  const made = new Set([0]);
  const reading: Reading = {
    map(tensor) {
      if (!made.has(tensor)) throw new RangeError('a layer reads what no earlier layer has written');
      return tensors[tensor]!.shape;
    },
  };
  for (const operation of operations) {
    same(operation.name, tensors[operation.output]!.shape, outputOf(operation.op, operation, reading));
    if (made.has(operation.output)) throw new RangeError(`two layers write ${operation.name}`);
    made.add(operation.output);
  }
  for (const output of Object.values(outputs)) same('the output', reading.map(output).slice(0, 2), [1, 1]);
}

interface Reading {
  /** Shape of a tensor that was written. @throws RangeError for another */
  readonly map: (tensor: number) => Shape;
}

type Kernel = Operations['conv2d' | 'depthwiseConv2d' | 'dense'];
type OutputOf<Op extends Name> = (operation: Operations[Op], reading: Reading) => Shape;

const SAME = ({ input }: { readonly input: number }, { map }: Reading): Shape => map(input);
const ONE_PLACE = ({ input }: { readonly input: number }, { map }: Reading): Shape => [1, 1, map(input)[2]];

const OUTPUTS: { readonly [Op in Name]: OutputOf<Op> } = {
  conv2d(layer, { map }) {
    const x = map(layer.input);
    const [height = 0, width = 0, , filters = 0] = layer.kernelShape;
    return convolved(layer, x, [height, width, x[2], filters], filters);
  },
  depthwiseConv2d(layer, { map }) {
    const x = map(layer.input);
    const [height = 0, width = 0] = layer.kernelShape;
    return convolved(layer, x, [height, width, x[2], 1], x[2]);
  },
  dense(layer, { map }) {
    const [height, width, channels] = map(layer.input);
    const [, units = 0] = layer.kernelShape;
    same(layer.name, [height, width], [1, 1]);
    requireValues(layer, [channels, units], units);
    return [1, 1, units];
  },
  add({ name, input, other }, { map }) {
    same(name, map(other), map(input));
    return map(input);
  },
  globalAveragePool: ONE_PLACE,
  globalMaxPool: ONE_PLACE,
  prelu({ name, input, slopes }, { map }) {
    same(name, [slopes.length], [map(input)[2]]);
    return map(input);
  },
  sigmoid: SAME,
  l2Normalize(operation, { map }) {
    same(operation.name, map(operation.input).slice(0, 2), [1, 1]);
    return map(operation.input);
  },
  multiply({ name, input, other }, { map }) {
    same(name, map(other), [1, 1, map(input)[2]]);
    return map(input);
  },
  concat({ name, input, other }, { map }) {
    const [[height, width, channels], [, , more]] = [map(input), map(other)];
    same(name, map(other), [height, width, more]);
    return [height, width, channels + more];
  },
  maxPool({ name, input, kernelSize, stride, padding }, { map }) {
    return moved(name, map(input), [kernelSize, kernelSize], stride, map(input)[2], padding);
  },
};

function outputOf<Op extends Name>(op: Op, operation: Operations[Op], reading: Reading): Shape {
  return OUTPUTS[op](operation, reading);
}

function convolved(layer: Kernel, x: Shape, kernel: readonly number[], filters: number): Shape {
  requireValues(layer, kernel, filters);
  const [height, width] = kernel as [number, number];
  return moved(layer.name, x, [height, width], layer.stride, filters, 'padding' in layer ? layer.padding : undefined);
}

function moved(
  name: string,
  x: Shape,
  kernel: readonly [number, number],
  stride: number,
  channels: number,
  padding: Padding | undefined,
): Shape {
  if (!Number.isInteger(stride) || stride < 1 || stride > LONGEST_STRIDE || kernel.some((n) => n < 1 || n > 1024))
    throw new RangeError(`${name} has a window of ${kernel.join(' x ')} in steps of ${stride}`);
  return windowed(x, padding ? checkedWindow(name, x, kernel, padding) : kernel, stride, channels, padding);
}

/** As many numbers as the shape says, one bias for each output, and in integers one scale. */
function requireValues(layer: Kernel, kernel: readonly number[], outputs: number): void {
  same(layer.name, layer.kernelShape, kernel);
  if (layer.weights.length !== sizeOf(kernel) || layer.bias.length !== outputs || outputs < 1)
    throw new RangeError(`${layer.name} has ${layer.weights.length} weights for [${kernel.join()}]`);
  if ('multipliers' in layer && layer.multipliers.length !== outputs)
    throw new RangeError(`${layer.name} has ${layer.multipliers.length} scales for ${outputs} outputs`);
}

function same(what: string, found: readonly number[], wanted: readonly number[]): void {
  if (found.length !== wanted.length || found.some((n, i) => n !== wanted[i]))
    throw new RangeError(`${what} is [${found.join()}], expected [${wanted.join()}]`);
}
