import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/userError.js';
import { exportDisk, writeExport } from '../export/writeExport.js';
import { openCheckpoint } from '../inference/openCheckpoint.js';
import { withDiskErrors, writeFileAtomically } from '../platform/files.js';
import { temporaryFolder } from '../platform/temporaryFolder.js';
import { formatOf } from '../protocol/exportFormats.js';
import type { OrderOf } from '../protocol/jobs.js';
import type { RoundingName } from '../quantization/interpreter/roundings.js';
import { enrolForExport } from '../recognition/checkpointGallery.js';
import { galleryHeader, headerOf } from '../recognition/galleryHeader.js';
import { modelSight } from '../recognition/modelSight.js';
import { readRecognizer } from '../recognizers/recognizerFolder.js';
import { runOfCheckpoint } from '../runs/checkpointRun.js';

/** The pictures, or what finds faces in them, are gone: the file is as good without. */
const WITHOUT: ReadonlySet<string> = new Set(['dataset-missing', 'weights-absent']);

type Progress = (done: number, total: number) => void;

/**
 * What an exported embedding needs to name anybody, beside its file: a recognizer, for C a header of it.
 *
 * @returns where it lies; undefined for a file that gives scores, where nothing is to be measured, and where the pictures are gone
 */
export async function recognizerBeside(
  order: OrderOf<'export'>,
  file: string,
  progress: Progress,
  cancelled: () => boolean,
): Promise<string | undefined> {
  const { options, measure, checkpoint } = order;
  if (options.part !== 'embedding' || !measure) return undefined;
  try {
    if (formatOf(options.format).readable) return await enrolled(file, checkpoint, progress, cancelled);
    return await galleryBeside(order, file, progress, cancelled);
  } catch (error) {
    if (error instanceof UserError && WITHOUT.has(error.code)) return undefined;
    throw error;
  }
}

async function enrolled(
  file: string,
  checkpoint: string,
  progress: Progress,
  cancelled: () => boolean,
  rounding?: RoundingName,
) {
  const { faceWeights } = runOfCheckpoint(checkpoint).options;
  const sight = await modelSight(file, 'on', undefined, faceWeights, rounding);
  try {
    return await enrolForExport(sight, checkpoint, file, progress, cancelled);
  } finally {
    await sight.close();
  }
}

/** By the vectors that a microcontroller gives of the file in the header, which is read from a folder that goes again. */
async function galleryBeside(
  { checkpoint, options }: OrderOf<'export'>,
  file: string,
  progress: Progress,
  cancelled: () => boolean,
): Promise<string | undefined> {
  const folder = temporaryFolder('gallery');
  try {
    const held = path.join(folder, 'model.tflite');
    await writeExport(openCheckpoint(checkpoint), { ...options, format: 'tflite' }, held);
    const recognizer = await enrolled(held, checkpoint, progress, cancelled, 'microcontroller');
    if (recognizer === undefined) return undefined;
    const output = headerOf(file);
    withDiskErrors(exportDisk(output), () => writeFileAtomically(output, galleryHeader(readRecognizer(recognizer))));
    return output;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
