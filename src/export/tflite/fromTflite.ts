import type { IntegerNetwork, IntegerOperation, OutputTensors } from '../../quantization/interpreter/integerNetwork.js';
import { checkNetwork } from '../checkNetwork.js';
import type { FloatNetwork, FloatOperation } from '../floatNetwork.js';
import { floatMaker, integerMaker, mapOf, rimsOf, tensorOf, type Maker } from './makers.js';
import type { OperatorName } from './schema.js';
import type { TfliteModel, TfliteOperator } from './tfliteFile.js';

/** A .tflite file's network: of floats or of integers, whatever it takes and gives. */
export type TfliteNetwork =
  | { readonly precision: 'float32'; readonly network: FloatNetwork }
  | { readonly precision: 'int8'; readonly network: IntegerNetwork };

/**
 * The network that `floatTflite` or `integerTflite` made a file of.
 *
 * @param answer what the file's output is; it has one
 * @throws RangeError for a file of another origin that has what those do not write, or whose parts do not fit
 */
export function networkOfTflite(model: TfliteModel, answer: keyof OutputTensors = 'scores'): TfliteNetwork {
  const network = read(model, answer);
  checkNetwork(network.network);
  return network;
}

function read(model: TfliteModel, answer: keyof OutputTensors): TfliteNetwork {
  // Conversions at input and output and a last reshape change no value.
  const inner = model.operators.filter(computes);
  if (inner.length === 0) throw new RangeError('it has no layers');
  const rims = rimsOf(model);
  const withoutRim = (tensor: number) => rims.get(tensor)?.input ?? tensor;
  // A file numbers constants and conversions as well. A network has only what operators compute, in their order, behind
  // its input, which the first operator reads.
  const first = inner[0]!.inputs[0];
  const written = inner.flatMap(({ outputs }) => outputs.slice(0, 1));
  const numbers = new Map(
    [...(first === undefined ? [] : [withoutRim(first)]), ...written].map((tensor, i) => [tensor, i]),
  );
  if (numbers.size !== inner.length + 1) throw new RangeError('two layers write to one place');
  const tensors = [...numbers.keys()].map((tensor) => tensorOf(model, tensor));
  const number = (tensor: number | undefined) => {
    const found = tensor === undefined ? undefined : numbers.get(withoutRim(tensor));
    if (found === undefined) throw new RangeError('a layer reads what no earlier layer has written');
    return found;
  };
  const outputs = { [answer]: number(inner.at(-1)!.outputs[0]) };
  const integers = tensors[0]!.type === 'int8';
  if (!integers) {
    const make = floatMaker(model, number, rims);
    const operations = inner.map((operator) => READERS[operator.op](operator, make));
    return {
      precision: 'float32',
      network: {
        name: model.description,
        tensors: tensors.map(({ name, shape }) => ({ name, shape: mapOf(shape) })),
        operations,
        outputs,
      },
    };
  }
  const scaled = tensors.map(({ name, shape, quantization }) => {
    if (quantization?.scales.length !== 1) throw new RangeError(`${name} has no scale`);
    const [scale, zeroPoint] = [quantization.scales[0]!, quantization.zeroPoints[0] ?? NaN];
    if (!(scale > 0 && scale < Infinity && zeroPoint >= -128 && zeroPoint <= 127))
      throw new RangeError(`${name} has a scale of ${scale} from ${zeroPoint}`);
    return { name, shape: mapOf(shape), scale, zeroPoint };
  });
  const make = integerMaker(model, number, scaled, rims);
  const operations = inner.map((operator) => READERS[operator.op](operator, make));
  // Of all 256 levels: minimum and maximum are the real values of the first and the last.
  const { scale, zeroPoint } = scaled[0]!;
  const input = {
    scale,
    zeroPoint,
    lowest: -128,
    highest: 127,
    minimum: (-128 - zeroPoint) * scale,
    maximum: (127 - zeroPoint) * scale,
  };
  return { precision: 'int8', network: { name: model.description, input, tensors: scaled, operations, outputs } };
}

/** Everything but what changes no value, and rims, which belong to the window that goes over them. */
type Computing = Exclude<OperatorName, Aside>;
type Aside = 'quantize' | 'dequantize' | 'reshape' | 'pad' | 'padV2';
const ASIDE: ReadonlySet<OperatorName> = new Set<Aside>(['quantize', 'dequantize', 'reshape', 'pad', 'padV2']);

function computes(operator: TfliteOperator): operator is TfliteOperator & { readonly op: Computing } {
  return !ASIDE.has(operator.op);
}

type Reader = <Made extends FloatOperation | IntegerOperation>(operator: TfliteOperator, make: Maker<Made>) => Made;

/** The operation that each operator was written for. */
const READERS: Readonly<Record<Computing, Reader>> = {
  conv2d: (operator, make) => make.layer('conv2d', operator),
  depthwiseConv2d: (operator, make) => make.layer('depthwiseConv2d', operator),
  fullyConnected: (operator, make) => make.layer('dense', operator),
  add: (operator, make) => make.sum('add', operator),
  averagePool2d(operator, make) {
    if (!make.covers(operator)) throw new RangeError('it has a mean of a part of the map');
    return make.pool('globalAveragePool', operator);
  },
  maxPool2d: (operator, make) =>
    make.covers(operator) ? make.pool('globalMaxPool', operator) : make.value('maxPool', operator),
  prelu: (operator, make) => make.value('prelu', operator),
  leakyRelu: (operator, make) => make.value('prelu', operator),
  logistic: (operator, make) => make.value('sigmoid', operator),
  mul: (operator, make) => make.value('multiply', operator),
  concatenation: (operator, make) => make.value('concat', operator),
  l2Normalization: (operator, make) => make.value('l2Normalize', operator),
};
