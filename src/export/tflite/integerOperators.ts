import type { ValueNode } from '../../graph/operations.js';
import {
  isIntegerValue,
  type IntegerOperation,
  type IntegerOperations,
  type IntegerTensor,
  type IntegerValues,
} from '../../quantization/interpreter/integerNetwork.js';
import { leakySlope } from '../../quantization/interpreter/leakyRelu.js';
import { behindRim, type RimOperands } from './behindRim.js';
import { operatorOf, type Operands } from './operations.js';
import type { TfliteOperator } from './tfliteFile.js';

/** What an operation in integers reads, and where it puts what it needs beside that. */
export interface IntegerOperands extends Operands<IntegerOperations>, RimOperands {
  readonly tensorOf: (tensor: number) => IntegerTensor;
}

type Writer<Op extends ValueNode['op']> = (operation: IntegerValues[Op], operands: IntegerOperands) => TfliteOperator;

const WRITERS: { readonly [Op in ValueNode['op']]: Writer<Op> } = {
  prelu: (operation, { tensorOf, add }) => {
    const { name, input, output, slopes, slopeScale } = operation;
    const slope = leakySlope(operation, tensorOf(input), tensorOf(output));
    if (slope !== undefined) return { op: 'leakyRelu', inputs: [input], outputs: [output], slope };
    const quantization = { scales: Float32Array.of(slopeScale), zeroPoints: [0], dimension: 0 };
    const slopesOf = add({
      ...{ name: `${name}/slope`, shape: [1, 1, slopes.length], type: 'int8', data: slopes, quantization },
    });
    return { op: 'prelu', inputs: [input, slopesOf], outputs: [output] };
  },
  sigmoid: ({ input, output }) => ({ op: 'logistic', inputs: [input], outputs: [output] }),
  multiply: ({ input, other, output, relu6 }) => ({ op: 'mul', inputs: [input, other], outputs: [output], relu6 }),
  l2Normalize: ({ input, output }) => ({ op: 'l2Normalization', inputs: [input], outputs: [output] }),
};

function writerOf<Op extends ValueNode['op']>(op: Op): Writer<Op> {
  return WRITERS[op];
}

/** An operation in integers: padding other than SAME is an operator of its own. */
export function integerOperatorsOf(operation: IntegerOperation, operands: IntegerOperands): TfliteOperator[] {
  if (isIntegerValue(operation)) return [writerOf(operation.op)(operation, operands)];
  const operator = operatorOf<IntegerOperations>(operation, operands);
  const padding = 'padding' in operation ? operation.padding : undefined;
  return padding ? behindRim(operation.name, operator, padding, operands) : [operator];
}
