import * as z from 'zod';
import { formatOf, FORMATS } from './exportFormats.js';
import { optionInfo } from './optionInfo.js';

/** What of a checkpoint becomes a file, and which. */
export const exportOptions = z.object({
  format: z
    .enum(FORMATS)
    .default('tflite')
    .register(optionInfo, {
      flag: 'format',
      value: 'NAME',
      help: FORMATS.map((format) => `${format} (${formatOf(format).name})`).join(', '),
    }),
  precision: z
    .enum(['float32', 'int8'])
    .default('float32')
    .register(optionInfo, { flag: 'precision', value: 'NAME', help: 'float32, or int8 for a checkpoint from qat' }),
  /** What goes in and comes out of an int8 file; absent: int8, for ONNX float32. */
  io: z
    .enum(['int8', 'float32'])
    .optional()
    .register(optionInfo, {
      flag: 'io',
      aliases: ['border'],
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

/** Where an export goes when nobody says otherwise, relative to the folder for exports. */
export function usualName(checkpoint: string, { format, precision, part }: ExportOptions): string {
  const name = [checkpoint, ...(part === 'embedding' ? ['embedding'] : []), precision].join('-');
  return `${name}${formatOf(format).ending}`;
}

/** The file that an export writes where the user has named one; where a format makes a folder, that may be named alone. */
export function namedFile(named: string, { format }: Pick<ExportOptions, 'format'>): string {
  const { ending } = formatOf(format);
  const insideFolder = ending.startsWith('/') && !named.endsWith(ending.slice(ending.lastIndexOf('.')));
  return insideFolder ? `${named}${ending}` : named;
}
