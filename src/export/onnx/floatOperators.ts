import type { FloatNode } from '../../graph/operations.js';
import type { FloatOperations } from '../floatNetwork.js';
import type { OnnxGraph } from './onnxGraph.js';
import { padsOf, type Operands } from './operators.js';

type Writer<Op extends FloatNode['op']> = (
  operation: FloatOperations[Op],
  operands: Operands<FloatOperations>,
) => string;

/** What is only computed in float. Maps are [N, C, H, W]; padding of a `MaxPool` counts for nothing. */
const WRITERS: { readonly [Op in FloatNode['op']]: Writer<Op> } = {
  prelu: ({ name, input, slopes }, { graph, map }) =>
    graph.node('PRelu', name, [map(input), graph.float(`${name}/slope`, [slopes.length, 1, 1], slopes)]),
  sigmoid: ({ name, input }, { graph, map }) => graph.node('Sigmoid', name, [map(input)]),
  multiply: ({ name, input, other }, { graph, map }) => graph.node('Mul', name, [map(input), map(other)]),
  concat: ({ name, input, other }, { graph, map }) => graph.node('Concat', name, [map(input), map(other)], { axis: 1 }),
  maxPool: ({ name, input, kernelSize, stride, padding }, { graph, map }) =>
    graph.node('MaxPool', name, [map(input)], {
      ...{ kernel_shape: [kernelSize, kernelSize], strides: [stride, stride], pads: padsOf(padding) },
    }),
  l2Normalize: ({ name, input }, { graph, map }) => unitOf(graph, name, map(input)),
};

/** x / max(‖x‖₂, 1e-12): LpNormalization divides by zero where there is nothing to divide. */
export function unitOf(graph: OnnxGraph, name: string, x: string): string {
  const lengths = graph.node('ReduceL2', `${name}/length`, [x], { axes: [1], keepdims: 1 });
  const shortest = graph.float(`${name}/shortest`, [], Float32Array.of(1e-12));
  return graph.node('Div', name, [x, graph.node('Max', `${name}/divisor`, [lengths, shortest])]);
}

function writerOf<Op extends FloatNode['op']>(op: Op): Writer<Op> {
  return WRITERS[op];
}

/** @returns the name of the output */
export function writeFloatOperation(
  operation: FloatOperations[FloatNode['op']],
  operands: Operands<FloatOperations>,
): string {
  return writerOf(operation.op)(operation, operands);
}
