import fs from 'node:fs';
import { UserError } from '../core/userError.js';
import { networkOptions, type FacesSeen, type NetworkOptions } from '../graph/networkOptions.js';
import type { Template } from '../graph/preprocessing.js';
import type { TrainerOrder } from '../protocol/jobs.js';
import { FINE_TUNING_EPOCHS } from '../protocol/fineTuning.js';
import { optionsOf } from '../protocol/optionInfo.js';
import { trainingOptions, type TrainingOptions } from '../protocol/options.js';
import { quantization } from '../protocol/quantizationOptions.js';
import { readCheckpoint } from './checkpoint.js';
import { RunFolder, runFolderOf } from './runFolder.js';
import { readRunRecord } from './runRecord.js';

/** What a run knows of the one that it goes on from. */
export interface CheckpointRun {
  readonly options: TrainingOptions;
  readonly network: NetworkOptions;
  /** Undefined for a run of version 1, which does not say. */
  readonly faces: FacesSeen | undefined;
  /** To which its pictures were aligned, where the network has one of its own. */
  readonly template: Template | undefined;
  readonly people: readonly string[];
  readonly fingerprint: string;
  /** Pictures that it left out because no face was found in them, relative to the folder. */
  readonly withoutFace: readonly string[];
}

/**
 * The run that a checkpoint belongs to.
 *
 * @param checkpoint folder
 * @throws UserError `checkpoint-damaged`, `checkpoint-version`, `already-quantized`, or `checkpoint-parentless` where its
 *   run cannot be read
 */
export function runToFineTune(checkpoint: string): CheckpointRun {
  const { session } = readCheckpoint(checkpoint);
  if ([...session.parameters.keys()].some((name) => name.endsWith('/range')))
    throw new UserError(
      'already-quantized',
      `The checkpoint “${checkpoint}” is quantized already.`,
      'Use a checkpoint of the run it was made from, or fine-tune that one again with other options.',
    );
  return runOfCheckpoint(checkpoint);
}

/**
 * What the record of a checkpoint's run says.
 *
 * @throws UserError `checkpoint-parentless`
 */
export function runOfCheckpoint(checkpoint: string): CheckpointRun {
  const runFolder = runFolderOf(checkpoint);
  const file = new RunFolder(runFolder).record;
  try {
    const { options, network, faces, template, data } = readRunRecord(runFolder);
    if (!data || !network) throw new Error('the run ended before its pictures were read');
    const { people, fingerprint, withoutFace = [] } = data;
    return { options, network: networkOptions.parse(network), faces, template, people, fingerprint, withoutFace };
  } catch (cause) {
    throw new UserError(
      'checkpoint-parentless',
      `The run of the checkpoint “${checkpoint}” cannot be read: “${file}” is missing or damaged.`,
      'A checkpoint works only inside its run’s folder: put it back where it was written.',
      { cause },
    );
  }
}

/** Options that a fine-tuning does not take over: how its parent began. */
const ANEW: ReadonlySet<string> = new Set(
  optionsOf(trainingOptions).flatMap(({ path: [name], info }) => (info.startsAnew ? [name!] : [])),
);

/**
 * How a run on the face network is fine-tuned: the embedding in int8 is to be that in float. Whom the pictures show does not matter to
 * that, and a rate that was made for people's vectors alone is too high for layers.
 */
const OF_FACES = {
  weights: 'faces',
  loss: 'distillation',
  distillationWeight: 0,
  batchSize: 32,
  learningRate: 1e-3,
  schedule: 'cosine',
};

/**
 * The options of a run that fine-tunes a checkpoint for int8: those of its own run, every layer from the first step on.
 *
 * @throws UserError as `runToFineTune`, or `dataset-missing` where the pictures have moved
 */
export function fineTuningOptions(
  checkpoint: string,
  { quantization: wished, ...overrides }: Extract<TrainerOrder, { type: 'qat' }>['overrides'],
): TrainingOptions {
  const { options } = runToFineTune(checkpoint);
  const dataset = overrides.dataset ?? options.dataset;
  if (!fs.existsSync(dataset))
    throw new UserError(
      'dataset-missing',
      `The pictures of this network are not where they were: “${dataset}”.`,
      'Bring the folder back, or say where it is now.',
    );
  return trainingOptions.parse({
    ...Object.fromEntries(Object.entries(options).filter(([name]) => !ANEW.has(name))),
    ...(options.weights === 'faces' && OF_FACES),
    epochs: FINE_TUNING_EPOCHS,
    ...overrides,
    dataset,
    parent: checkpoint,
    quantization: quantization.parse(wished ?? {}),
  });
}

/**
 * Whether a run sees what its parent saw.
 *
 * @throws UserError `dataset-people-changed` when the classes stand for other people, `dataset-changed` when the pictures are
 *   others and nobody agreed to that
 */
export function requireSameData(
  parent: CheckpointRun,
  people: readonly string[],
  fingerprint: string,
  agreed: boolean,
): void {
  if (people.length !== parent.people.length || people.some((name, i) => name !== parent.people[i]))
    throw new UserError(
      'dataset-people-changed',
      `The network knows ${parent.people.length} people; the folder has ${people.length === parent.people.length ? 'different ones' : people.length}.`,
      'Bring back the people it was trained with, or train a new network.',
    );
  if (fingerprint !== parent.fingerprint && !agreed)
    throw new UserError(
      'dataset-changed',
      'The pictures are not those that the network was trained with: some were added, removed or changed.',
      'Continue with the pictures as they are now, bring the old ones back, or train a new network.',
    );
}

/**
 * A run goes on with the pictures that it began with.
 *
 * @throws UserError `dataset-changed`
 */
export function requireUnchanged(
  before: Pick<CheckpointRun, 'people' | 'fingerprint'>,
  people: readonly string[],
  fingerprint: string,
): void {
  if (people.join('\0') === before.people.join('\0') && fingerprint === before.fingerprint) return;
  throw new UserError(
    'dataset-changed',
    'The pictures are not those that the run began with: some were added, removed or changed.',
    'Bring the old ones back, or start a new training from its last checkpoint with --weights.',
  );
}
