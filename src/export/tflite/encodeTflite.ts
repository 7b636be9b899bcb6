import type { ExportOptions } from '../../protocol/exportOptions.js';
import { mainFile, type EncodedFile } from '../encoder.js';
import { factsOf, floatOf, integersOf, type ExportSource } from '../exportSource.js';
import { FACTS_KEY } from '../modelFacts.js';
import { METADATA_KEY, tfliteMetadata, withLabels } from './metadata.js';
import { tfliteFile, type TfliteModel } from './tfliteFile.js';
import { floatTflite, integerTflite } from './tfliteModels.js';

/** @throws UserError `not-quantized` or `not-integer` for int8 */
export function encodeTflite(source: ExportSource, options: ExportOptions): EncodedFile[] {
  return [mainFile(tfliteBytes(source, options).bytes)];
}

/**
 * An int8 file takes and gives int8 as well, unless that is to be float32. The model is what the bytes were written
 * from. The people stand in it twice: in our own entry, and in `labels.txt` behind the file, where TensorFlow's tools
 * look for them.
 */
export function tfliteBytes(source: ExportSource, options: ExportOptions): { bytes: Uint8Array; model: TfliteModel } {
  const { precision, io = 'int8', part } = options;
  const facts = factsOf(source, options);
  const name = source.facts.network.name;
  const metadata = new Map([
    [FACTS_KEY, new TextEncoder().encode(JSON.stringify(facts))],
    [METADATA_KEY, tfliteMetadata(name, facts)],
  ]);
  const model =
    precision === 'float32'
      ? floatTflite(floatOf(source, part), metadata)
      : integerTflite(integersOf(source, part), metadata, io);
  const bytes = tfliteFile(model);
  return { bytes: part === 'embedding' ? bytes : withLabels(bytes, facts.labels), model };
}
