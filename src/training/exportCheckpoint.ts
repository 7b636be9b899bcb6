import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/userError.js';
import { floatNetwork } from '../export/floatNetwork.js';
import { tfliteFile } from '../export/tflite/tfliteFile.js';
import { floatTflite, integerTflite } from '../export/tflite/tfliteModels.js';
import { mobileNetV2 } from '../graph/mobileNetV2.js';
import type { TrainerOrder } from '../protocol/messages.js';
import { integerNetwork } from '../quantization/interpreter/integerNetwork.js';
import { quantizeGraph } from '../quantization/quantizeGraph.js';
import { notFiniteParameters } from '../quantization/quantizerTable.js';
import { writeFileAtomically, writing } from './atomicFile.js';
import { readCheckpoint } from './checkpoint.js';
import { readRunOf } from './parent.js';

type ExportOrder = Extract<TrainerOrder, { type: 'export' }>;

/** Name of the metadata entry of a file: labels and preprocessing as JSON. */
export const METADATA = 'face_trainer';

/**
 * Writes a checkpoint as a file for a runtime, or not at all. The same checkpoint gives the same bytes.
 *
 * @throws UserError what the checkpoint is refused for; `not-quantized` for int8 of a checkpoint in float; `not-integer`;
 *   `not-finite`; `run-folder-unwritable` or `disk-full`
 */
export function exportCheckpoint(order: Omit<ExportOrder, 'type' | 'protocol'>): { file: string; bytes: number } {
  const { checkpoint, precision, border, output } = order;
  const { options, people, parameters } = openCheckpoint(checkpoint);
  const broken = notFiniteParameters(parameters);
  if (broken.length > 0)
    throw new UserError('not-finite', `The network cannot be exported: ${broken[0]!} holds numbers that are not finite.`, 'Take an earlier checkpoint.');
  const float = mobileNetV2({ ...options, classes: people.length });
  if (precision === 'int8' && !options.quantization)
    throw new UserError('not-quantized', 'This checkpoint is of a network in float.', 'Enable Quantization-Aware Fine-Tuning on it first, and export a checkpoint of that run.');
  const metadata = new Map([[METADATA, JSON.stringify(describe(people, options.size))]]);
  const bytes = tfliteFile(
    precision === 'float32'
      ? floatTflite(floatNetwork(float, parameters), metadata)
      : integerTflite(integerNetwork(quantizeGraph(float, options.quantization), parameters), metadata, border),
  );
  writing(path.dirname(output), () => {
    fs.mkdirSync(path.dirname(output), { recursive: true });
    writeFileAtomically(output, bytes);
  });
  return { file: output, bytes: bytes.length };
} // prettier-ignore

function openCheckpoint(checkpoint: string) {
  const { session } = readCheckpoint(checkpoint);
  return { ...readRunOf(checkpoint), parameters: session.parameters };
}

/** What a program needs beside the file. */
function describe(people: readonly string[], size: number): object {
  return {
    labels: people,
    input: { width: size, height: size, colour: 'RGB', scaling: 'x / 127.5 - 1', fit: 'stretch' },
    output: 'logits, one a label',
  };
}
