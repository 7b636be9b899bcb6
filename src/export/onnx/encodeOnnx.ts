import type { ExportOptions } from '../../protocol/exportOptions.js';
import { mainFile, type EncodedFile } from '../encoder.js';
import { factsOf, floatOf, integersOf, type ExportSource } from '../exportSource.js';
import { FACTS_KEY } from '../modelFacts.js';
import { onnxFile } from './onnxFile.js';
import { floatOnnx, integerOnnx } from './onnxModels.js';

/** @throws UserError `not-quantized` or `not-integer` for int8 */
export function encodeOnnx(source: ExportSource, options: ExportOptions): EncodedFile[] {
  return [mainFile(onnxBytes(source, options))];
}

/** An int8 file takes and gives float32 unless its input and output are integers, which ONNX Runtime has as uint8. */
export function onnxBytes(source: ExportSource, options: ExportOptions): Uint8Array {
  const { precision, io = 'float32', part } = options;
  const facts = factsOf(source, options);
  const metadata = new Map([[FACTS_KEY, JSON.stringify(facts)]]);
  return onnxFile(
    precision === 'float32'
      ? floatOnnx(floatOf(source, part), facts.output, metadata)
      : integerOnnx(integersOf(source, part), facts.output, metadata, io === 'int8' ? 'uint8' : 'float32'),
  );
}
