import type { FloatNode } from '../../graph/operations.js';
import { isFloatOnly, type FloatOperation, type FloatOperations } from '../floatNetwork.js';
import { behindRim, type RimOperands } from './behindRim.js';
import { operatorOf, type Operands } from './operations.js';
import type { TfliteOperator } from './tfliteFile.js';

/** What an operation in float reads, and where it puts what it needs beside that. */
export interface FloatOperands extends Operands<FloatOperations>, RimOperands {}

type Writer<Op extends FloatNode['op']> = (operation: FloatOperations[Op], operands: FloatOperands) => TfliteOperator[];

/** `MAX_POOL_2D` of a file finds nothing smaller: an infinite number would be refused as one that is none. */
const SMALLEST = -3.4028234663852886e38;

/** Slopes as Keras' converter lays them; XNNPACK takes those only. */
const WRITERS: { readonly [Op in FloatNode['op']]: Writer<Op> } = {
  prelu: ({ name, input, output, slopes }, { add }) => {
    const slope = add({ name: `${name}/slope`, shape: [1, 1, slopes.length], type: 'float32', data: slopes });
    return [{ op: 'prelu', inputs: [input, slope], outputs: [output] }];
  },
  sigmoid: ({ input, output }) => [{ op: 'logistic', inputs: [input], outputs: [output] }],
  multiply: ({ input, other, output }) => [{ op: 'mul', inputs: [input, other], outputs: [output] }],
  concat: ({ input, other, output }) => [{ op: 'concatenation', inputs: [input, other], outputs: [output] }],
  maxPool: ({ name, input, output, kernelSize, stride, padding }, operands) =>
    behindRim(
      name,
      { op: 'maxPool2d', inputs: [input], outputs: [output], stride, filter: [kernelSize, kernelSize] },
      padding,
      operands,
      SMALLEST,
    ),
  // Its runtimes divide by 1e-6 at least, which no embedding comes near.
  l2Normalize: ({ input, output }) => [{ op: 'l2Normalization', inputs: [input], outputs: [output] }],
};

function writerOf<Op extends FloatNode['op']>(op: Op): Writer<Op> {
  return WRITERS[op];
}

/** An operation in float: padding other than SAME is an operator of its own. */
export function floatOperatorsOf(operation: FloatOperation, operands: FloatOperands): TfliteOperator[] {
  if (isFloatOnly(operation)) return writerOf(operation.op)(operation, operands);
  const operator = operatorOf<FloatOperations>(operation, operands);
  const padding = 'padding' in operation ? operation.padding : undefined;
  return padding ? behindRim(operation.name, operator, padding, operands) : [operator];
}
