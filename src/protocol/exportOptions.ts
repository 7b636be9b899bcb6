import * as z from 'zod';
import { optionInfo } from './optionInfo.js';

export const FORMATS = ['tflite', 'onnx', 'tfjs', 'keras', 'c'] as const;
export type Format = (typeof FORMATS)[number];

/** What of a checkpoint becomes a file, and which. */
export const exportOptions = z.object({
  /** TensorFlow Lite, ONNX, TensorFlow.js LayersModel, weights for Keras, C header for TensorFlow Lite Micro. */
  format: z.enum(FORMATS).default('tflite').register(optionInfo, {
    flag: 'format',
    value: 'NAME',
    help: 'tflite, onnx, tfjs, keras, or c: a header for TensorFlow Lite Micro',
  }),
  precision: z
    .enum(['float32', 'int8'])
    .default('float32')
    .register(optionInfo, { flag: 'precision', value: 'NAME', help: 'float32, or int8 for a checkpoint of qat' }),
  /** What goes in and comes out of an int8 file; absent: int8, for ONNX float32. */
  border: z.enum(['int8', 'float32']).optional().register(optionInfo, {
    flag: 'border',
    value: 'NAME',
    help: 'what goes in and comes out of an int8 file: int8 or float32 (int8; onnx: float32)',
  }),
  /** The whole network with its logits, or without the last layer: a vector that faces are compared by. */
  part: z.enum(['classifier', 'embedding']).default('classifier').register(optionInfo, {
    flag: 'part',
    value: 'NAME',
    help: 'classifier, or embedding: the network without its last layer',
  }),
});
export type ExportOptions = z.infer<typeof exportOptions>;

/** Ending of a file of each format; TensorFlow.js has a folder with this file in it. */
export const ENDINGS: Record<Format, string> = {
  tflite: '.tflite',
  onnx: '.onnx',
  tfjs: '/model.json',
  keras: '.h5',
  c: '.h',
};

/** Formats that have int8. */
export const INTEGER_FORMATS: readonly Format[] = ['tflite', 'onnx', 'c'];

/** Where an export goes when nobody says otherwise, relative to the folder for exports. */
export function usualName(checkpoint: string, { format, precision, part }: ExportOptions): string {
  const name = [checkpoint, ...(part === 'embedding' ? ['embedding'] : []), precision].join('-');
  return `${name}${ENDINGS[format]}`;
}
