import type { ValueNode } from '../../graph/operations.js';
import type { IntegerOperations, IntegerValues } from '../../quantization/interpreter/integerNetwork.js';
import { unitOf } from './floatOperators.js';
import type { Operands } from './operators.js';

export interface IntegerOperands extends Operands<IntegerOperations> {
  /** A map as steps from its zero point: whole numbers in float32. */
  readonly steps: (tensor: number) => string;
}

type Writer<Op extends ValueNode['op']> = (operation: IntegerValues[Op], operands: IntegerOperands) => string;

/**
 * Between `DequantizeLinear` and `QuantizeLinear`. ONNX Runtime joins those around `LeakyRelu`, `Sigmoid` and `Mul`, and computes a
 * `PRelu`, whose slopes are one for each channel, and a unit vector in float.
 */
const WRITERS: { readonly [Op in ValueNode['op']]: Writer<Op> } = {
  prelu: ({ name, input, slopes, slopeScale }, { graph, map }) => {
    const values = Float32Array.from(slopes, (slope) => slope * slopeScale);
    const [alpha = 0] = values;
    if (values.every((slope) => slope === alpha))
      return graph.node('LeakyRelu', name, [map(input)], { alpha: { float: alpha } });
    return graph.node('PRelu', name, [map(input), graph.float(`${name}/slope`, [values.length, 1, 1], values)]);
  },
  sigmoid: ({ name, input }, { graph, map }) => graph.node('Sigmoid', name, [map(input)]),
  multiply: ({ name, input, other }, { graph, map }) => graph.node('Mul', name, [map(input), map(other)]),
  // Of whole numbers, whatever their scale: the sum of their squares is exact, in whichever order it is made.
  l2Normalize: ({ name, input }, { graph, steps }) => unitOf(graph, name, steps(input)),
};

function writerOf<Op extends ValueNode['op']>(op: Op): Writer<Op> {
  return WRITERS[op];
}

/** @returns the name of the output, which no ReLU6 has changed yet */
export function writeIntegerOperation(operation: IntegerValues[ValueNode['op']], operands: IntegerOperands): string {
  return writerOf(operation.op)(operation, operands);
}
