import { setImmediate } from 'node:timers/promises';
import type { Validated } from '../core/best.js';
import { concatenated } from '../core/concatenated.js';
import { cutBatches } from '../dataset/batches.js';
import type { Dataset } from '../dataset/dataset.js';
import { nearestNeighbours } from '../evaluation/nearestNeighbour.js';
import type { EventOf, Metric, Warning } from '../protocol/runEvents.js';
import { Answers, highestOf, type Answered } from './answers.js';
import type { ClassTally } from './classes/classTally.js';
import type { StopSignal } from './stopSignal.js';
import { distilledOf, type Distilled } from './studentValidation.js';
import { Tally } from './tally.js';
import type { Stage } from './stage.js';

/** Pictures that are looked up among very many people at once: the columns of all are read once for them. */
const LOOKED_UP = 8192;

/** What validation pictures came to. */
export interface Validation {
  /** By the metric of the dataset; of a student the cosine to its teacher. */
  readonly accuracy: number;
  readonly meanLoss: number;
  /** Of what is counted in pictures. */
  readonly answers?: Answered;
  readonly distilled?: Distilled;
}

/**
 * What a network makes of the validation pictures: loss and accuracy, or of people who have no class how many are most like a picture
 * of themselves; of a student how near it comes to its teacher.
 *
 * @param active quantizers that round
 * @returns undefined when stopped on the way
 */
export async function validate(
  { session, reader, tally: amongAll, isStudent }: Pick<Stage, 'session' | 'reader' | 'tally' | 'isStudent'>,
  { openSet, owners, split, people: names }: Dataset,
  batchSize: number,
  active: Uint8Array | undefined,
  stop: StopSignal,
): Promise<Validation | undefined> {
  const tally = new Tally();
  const answers = new Answers();
  const embeddings: Float32Array[] = [];
  const targets: Float32Array[] = [];
  const people: number[] = [];
  const byEmbedding = openSet || amongAll !== undefined || isStudent === true;
  for (const pictures of cutBatches(split.validation, batchSize)) {
    if (stop.requested) return undefined;
    const batch = await reader.read(pictures);
    if (batch.labels.length === 0) continue;
    const quantization = active ? { quantization: { active } } : {};
    const result = await session.evaluate(batch, { wants: [byEmbedding ? 'embedding' : 'scores'], ...quantization });
    if (byEmbedding) {
      embeddings.push(result.outputs.embedding!);
      if (isStudent) targets.push(batch.targets!);
      people.push(...(openSet ? batch.pictures.map((picture) => owners[picture]!) : batch.labels));
    } else {
      tally.add(result, batch.labels.length);
      const highest = highestOf(result.outputs.scores!, batch.labels.length);
      answers.addEach(batch.labels, (row) => highest[row] === batch.labels[row]);
    }
    if (!openSet && amongAll && people.length >= LOOKED_UP)
      await lookUp(amongAll, embeddings, people, { tally, answers });
    await setImmediate();
  }
  if (isStudent) {
    const [student, teacher] = [concatenated(embeddings), concatenated(targets)];
    const distilled = distilledOf({ student, teacher, people, areStrangers: openSet });
    const { cosine } = distilled;
    return { accuracy: Math.min(1, Math.max(0, cosine)), meanLoss: 1 - cosine, distilled };
  }
  if (openSet) {
    const { hits, asked } = nearestNeighbours(embeddings, people);
    tally.add({ lossSum: 0, correct: hits }, asked);
    answers.add(hits, asked);
  } else if (amongAll) await lookUp(amongAll, embeddings, people, { tally, answers });
  const { accuracy, meanLoss } = tally;
  return { accuracy, meanLoss, answers: answers.told(names) };
}

/** A validation in the words of an epoch: a loss that is no number is no line of a log, and one of classes is none of strangers. */
export function validatedOf(validation: Validation, dataset: Pick<Dataset, 'openSet'>): Validated {
  const { accuracy: valAccuracy, meanLoss: valLoss } = validation;
  return metricOf(validation, dataset) !== 'nearestNeighbour' && Number.isFinite(valLoss)
    ? { valLoss, valAccuracy }
    : { valAccuracy };
}

/** What else it says, in the words of an epoch. */
export function countedOf({ answers, distilled }: Validation): Pick<EventOf<'epoch'>, 'answers' | 'distilled'> {
  return { ...(answers && { answers }), ...(distilled && { distilled }) };
}

/** What its accuracy is. */
export function metricOf({ distilled }: Validation, { openSet }: Pick<Dataset, 'openSet'>): Metric {
  if (distilled) return 'cosine';
  return openSet ? 'nearestNeighbour' : 'accuracy';
}

/** Of a loss that is left out of the log. */
export function lossNotFinite(epoch: number): Warning {
  return {
    code: 'validation-not-finite',
    message: `The validation loss after epoch ${epoch} is not a finite number, and is left out.`,
    advice: 'The training is about to diverge: lower the learning rate, or take an earlier checkpoint.',
  };
}

/** Adds pictures to what is counted, and takes them from the lists. */
async function lookUp(
  amongAll: ClassTally,
  embeddings: Float32Array[],
  people: number[],
  into: { readonly tally: Tally; readonly answers: Answers },
): Promise<void> {
  const labels = Int32Array.from(people.splice(0));
  if (labels.length === 0) return;
  const found = await amongAll.of(concatenated(embeddings.splice(0)), labels);
  into.tally.add(found, labels.length);
  into.answers.addEach(labels, (row) => found.right[row]!);
}
