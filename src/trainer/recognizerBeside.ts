import { UserError } from '../core/userError.js';
import { formatOf } from '../protocol/exportFormats.js';
import type { OrderOf } from '../protocol/jobs.js';
import { enrolForExport } from '../recognition/checkpointGallery.js';
import { modelSight } from '../recognition/modelSight.js';

/**
 * What an exported embedding needs to name anybody, beside its file.
 *
 * @returns undefined for a file that gives scores or that cannot be read back, where nothing is to be measured, and where the
 *   pictures are gone
 */
export async function recognizerBeside(
  { checkpoint, options, measure }: OrderOf<'export'>,
  file: string,
  progress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<string | undefined> {
  if (options.part !== 'embedding' || !measure || !formatOf(options.format).readable) return undefined;
  const sight = await modelSight(file, 'on');
  try {
    return await enrolForExport(sight, checkpoint, file, progress, cancelled);
  } catch (error) {
    if (error instanceof UserError && error.code === 'dataset-missing') return undefined;
    throw error;
  } finally {
    await sight.close();
  }
}
