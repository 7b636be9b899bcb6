import type { ExportOptions } from '../../protocol/exportOptions.js';
import { mainFile, type EncodedFile } from '../encoder.js';
import { factsOf, type ExportSource } from '../exportSource.js';
import { tfliteBytes } from '../tflite/encodeTflite.js';
import { arenaBytes } from './arena.js';
import { cHeader } from './header.js';

export function encodeHeader(source: ExportSource, options: ExportOptions): EncodedFile[] {
  return [mainFile(new TextEncoder().encode(header(source, options)))];
}

/**
 * Methods `Add…` of `MicroMutableOpResolver`, by operator. It knows only what was added, and has room for as many as
 * its template says: without one of them `AllocateTensors` fails.
 */
const RESOLVERS = {
  add: 'Add',
  averagePool2d: 'AveragePool2D',
  concatenation: 'Concatenation',
  conv2d: 'Conv2D',
  depthwiseConv2d: 'DepthwiseConv2D',
  dequantize: 'Dequantize',
  fullyConnected: 'FullyConnected',
  l2Normalization: 'L2Normalization',
  leakyRelu: 'LeakyRelu',
  logistic: 'Logistic',
  maxPool2d: 'MaxPool2D',
  mul: 'Mul',
  pad: 'Pad',
  padV2: 'PadV2',
  prelu: 'Prelu',
  quantize: 'Quantize',
  reshape: 'Reshape',
} as const;

function header(source: ExportSource, options: ExportOptions): string {
  const { bytes, model } = tfliteBytes(source, options);
  const { type, quantization } = model.tensors[model.input]!;
  const input =
    type === 'int8' ? { scale: quantization!.scales[0]!, zeroPoint: quantization!.zeroPoints[0]! } : undefined;
  const operators = [...new Set(model.operators.map(({ op }) => RESOLVERS[op]))];
  return cHeader(bytes, {
    name: model.description,
    facts: factsOf(source, options),
    input,
    operators,
    arena: arenaBytes(model),
  });
}
