import path from 'node:path';
import { UserError } from '../core/userError.js';
import { requireExportable } from '../export/encoders.js';
import { factsOf, graphOf } from '../export/exportSource.js';
import type { ModelCard } from '../export/modelCard.js';
import { parameterCount } from '../graph/graph.js';
import type { Measurements } from '../protocol/comparison.js';
import type { MessageOf, TrainerOrder } from '../protocol/jobs.js';
import type { TrainingOptions } from '../protocol/options.js';
import { writeCards, writeExport } from '../export/writeExport.js';
import { openCheckpoint, type OpenedCheckpoint } from './openCheckpoint.js';
import { version } from '../../package.json';
import { measure } from './measure.js';
import { runFolderOf } from '../runs/runFolder.js';

type ExportOrder = Extract<TrainerOrder, { type: 'export' }>;

/**
 * Writes a checkpoint as a file for a runtime, and a model card in Markdown and JSON beside it.
 *
 * @returns undefined when cancelled; nothing is written then
 * @throws UserError what the checkpoint or the wish is refused for; `output-unwritable` or `disk-full`
 */
export async function exportWithCard(
  { checkpoint, options, output, measure: wished }: Omit<ExportOrder, 'type' | 'protocol'>,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<Omit<MessageOf<'exported'>, 'type'> | undefined> {
  const source = openCheckpoint(checkpoint);
  requireExportable(source, options);
  requireNames(source, options);
  // Measured before it is written: a file that is there has its card.
  const measured = wished ? await measuredOf(source, onProgress, cancelled) : undefined;
  if (cancelled()) return undefined;
  const { files, bytes } = await writeExport(source, options, output);
  const card: ModelCard = {
    ...{ file: path.basename(output), bytes, format: options.format, precision: options.precision },
    facts: factsOf(source, options),
    parameters: parameterCount(graphOf(source, options.part)),
    training: trainingOf(checkpoint, source),
    // Accuracy is of who is named: an embedding names nobody.
    ...(measured && options.part === 'classifier' && { measured }),
    faceTrainer: version,
  };
  const cards = writeCards(files[0]!, card);
  return { file: files[0]!, bytes, cards, ...(measured && { measured }) };
}

/** @throws UserError `model-embedding` for scores of a network that was trained on pictures without names, which count as one person's */
function requireNames({ facts }: OpenedCheckpoint, { part }: ExportOrder['options']): void {
  if (part === 'embedding' || facts.labels.length > 1) return;
  throw new UserError(
    'model-embedding',
    'This network was trained on pictures without names: it has no scores of people to export.',
    'Export its embedding: --part embedding.',
  );
}

/** What a card tells of the run that a checkpoint is of. */
export function trainingOf(checkpoint: string, { facts, run }: OpenedCheckpoint): NonNullable<ModelCard['training']> {
  return {
    checkpoint: `${path.basename(runFolderOf(checkpoint))}/${path.basename(checkpoint)}`,
    people: facts.labels.length,
    fingerprint: run.fingerprint,
    options: withoutPlaces(run.options),
  };
}

/** An export does without what cannot be measured. */
async function measuredOf(
  source: OpenedCheckpoint,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<Measurements | undefined> {
  try {
    return (await measure(source, onProgress, cancelled))?.measurements;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Where things lie on this machine is nobody else's business. */
function withoutPlaces({
  dataset,
  weights,
  faceWeights,
  parent,
  exclude,
  ...options
}: TrainingOptions): TrainingOptions {
  const name = (file: string | undefined) => file && path.basename(file);
  return Object.assign(options, {
    dataset: path.basename(dataset),
    weights: name(weights),
    faceWeights: name(faceWeights),
    parent: parent && `${path.basename(runFolderOf(parent))}/${path.basename(parent)}`,
    exclude: name(exclude),
  });
}
