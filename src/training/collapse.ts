import { computeLoss } from '../core/losses/losses.js';
import { hasMargin, namedLoss } from '../core/losses/named.js';
import { rowsAlike, spreadOf } from '../core/spread.js';
import type { Dataset } from '../dataset/dataset.js';
import { firstOfEach } from '../dataset/firstOfEach.js';
import { COSINE_HEAD } from '../graph/cosineHead.js';
import type { ParameterValues } from '../graph/networkState.js';
import type { TrainingOptions } from '../protocol/options.js';
import type { Warning, WarningCode } from '../protocol/runEvents.js';
import type { ClassTally } from './classes/classTally.js';
import type { Stage } from './stage.js';

/** Code of the warning. */
export const COLLAPSED = 'collapsed' satisfies WarningCode;

/** Vectors that lie nearer together than this, by `spreadOf`, answer every question alike; unrelated ones are at 1. */
const LEAST_SPREAD = 0.02;
/** Two embeddings with at least this cosine are as near as a spread of `LEAST_SPREAD` has them. */
const ALIKE = 1 - LEAST_SPREAD ** 2;
/** Triplets this near to the margin, as a share of it, are told apart by nothing, where the embeddings are near as well. */
const AT_MARGIN = { share: 0.02, spread: 0.1 };
/** Pictures of either side of the split that are asked, no more than a batch has, and so many of a person. */
const [MOST_PICTURES, OF_A_PERSON] = [32, 2];

/** Of very many people so many are asked. */
const MOST_PEOPLE = 1024;

/** What has collapsed, with how far apart it lies or how many of the pictures that were asked are alike. */
type Collapse =
  | { readonly what: 'embeddings' | 'new embeddings' | 'people'; readonly spread: number }
  | { readonly what: 'most embeddings' | 'most new embeddings'; readonly alike: number; readonly asked: number }
  | { readonly what: 'triplets' };

/** What of a stage is asked. */
export interface Asked {
  readonly session: Pick<Stage['session'], 'evaluate' | 'readState'>;
  readonly reader: Stage['reader'];
  readonly tally?: Stage['tally'];
}

/** Where the pictures come from. */
type Pictures = Pick<Dataset, 'owners' | 'people' | 'split'>;

/**
 * Looks behind an epoch whether a network has stopped telling pictures apart: all or most have one embedding, if only of those that it
 * does not train on, all triplets stand at the margin, or the vectors of all people are one. Such a network trains on without any
 * number that is wrong, and never comes back.
 *
 * @param active quantizers that round
 */
export async function collapseOf(
  asked: Asked,
  dataset: Pictures,
  { loss, margin, mining, batchSize }: Pick<TrainingOptions, 'loss' | 'margin' | 'mining' | 'batchSize'>,
  active?: Uint8Array,
): Promise<Collapse | undefined> {
  const most = Math.min(MOST_PICTURES, Math.max(4, batchSize));
  const { owners, split } = dataset;
  const trained = await someEmbeddings(asked, firstOfEach(split.train, owners, OF_A_PERSON, most), owners, active);
  if (trained && trained.spread < LEAST_SPREAD) return { what: 'embeddings', spread: trained.spread };
  const fresh = await someEmbeddings(asked, firstOfEach(split.validation, owners, OF_A_PERSON, most), owners, active);
  if (fresh && fresh.spread < LEAST_SPREAD) return { what: 'new embeddings', spread: fresh.spread };
  for (const [what, embedded] of [['most embeddings', trained] as const, ['most new embeddings', fresh] as const])
    if (embedded && 2 * embedded.alike > embedded.labels.length)
      return { what, alike: embedded.alike, asked: embedded.labels.length };
  if (trained && loss === 'triplet' && trained.spread < AT_MARGIN.spread) {
    const { embedding, labels } = trained;
    const { lossSum } = computeLoss({ kind: 'triplet', margin, mining }, { embedding }, labels);
    if (Math.abs(lossSum / labels.length - margin) < AT_MARGIN.share * margin) return { what: 'triplets' };
  }
  const { session, tally } = asked;
  const ofPeople = tally ? spreadOfSome(tally) : spreadOfAll((await session.readState()).parameters, dataset);
  return ofPeople < LEAST_SPREAD ? { what: 'people', spread: ofPeople } : undefined;
}

interface Embedded {
  /** [N, E] */
  readonly embedding: Float32Array;
  /** [N], numbers of people. */
  readonly labels: Int32Array;
  readonly spread: number;
  /** So many, of different people, have the same embedding. */
  readonly alike: number;
}

/** @returns undefined where the pictures that can be read show fewer than two people */
async function someEmbeddings(
  { session, reader }: Asked,
  pictures: readonly number[],
  owners: Int32Array,
  active: Uint8Array | undefined,
): Promise<Embedded | undefined> {
  if (pictures.length < 2) return undefined;
  const batch = await reader.read(pictures);
  const labels = Int32Array.from(batch.pictures, (picture) => owners[picture]!);
  if (new Set(labels).size < 2) return undefined;
  const { outputs } = await session.evaluate(batch, {
    wants: ['embedding'],
    ...(active && { quantization: { active } }),
  });
  const embedding = outputs.embedding!;
  const length = embedding.length / labels.length;
  const layout = { rows: labels.length, length, row: length, value: 1 };
  const alike = rowsAlike(embedding, layout, ALIKE);
  const mixed = new Set(alike.map((row) => labels[row])).size > 1;
  return { embedding, labels, spread: spreadOf(embedding, layout), alike: mixed ? alike.length : 0 };
}

/** Of the vectors of all people; endless where there are none, or one. */
function spreadOfAll(parameters: ParameterValues, { people: { length: people } }: Pick<Dataset, 'people'>): number {
  const kernel = parameters.get(COSINE_HEAD.kernel);
  if (!kernel || people < 2) return Infinity;
  return spreadOf(kernel, { rows: people, length: kernel.length / people, row: 1, value: people });
}

/** Of the first of very many. */
function spreadOfSome({ store }: ClassTally): number {
  const rows = Math.min(store.classes, MOST_PEOPLE);
  const values = new Float32Array(rows * store.length);
  store.readValues(0, values);
  return spreadOf(values, { rows, length: store.length, row: store.length, value: 1 });
}

const APART = 'where unrelated ones lie 1';

/** What a collapse is called, and what to change. */
export function collapseWarning(collapse: Collapse, options: TrainingOptions, epoch: number): Warning {
  const after = `After epoch ${epoch}`;
  const message = () => {
    switch (collapse.what) {
      case 'embeddings':
      case 'new embeddings':
        return `${after} all ${collapse.what === 'embeddings' ? '' : 'new '}pictures have nearly the same embedding: they lie ${collapse.spread.toFixed(3)} apart, ${APART}. The network has collapsed.`;
      case 'most embeddings':
      case 'most new embeddings':
        return `${after}, ${collapse.alike} of the ${collapse.asked} ${collapse.what === 'most embeddings' ? '' : 'new '}pictures that were asked have nearly the same embedding. The network has collapsed for them.`;
      case 'people':
        return `${after} the vectors of all people are nearly the same: they lie ${collapse.spread.toFixed(3)} apart, ${APART}. The last layer has collapsed.`;
      case 'triplets':
        return `${after} every triplet stands at its margin, ${options.margin}: no picture is nearer to its own person than to others. The network has collapsed.`;
    }
  };
  return { code: COLLAPSED, message: message(), advice: adviceFor(options) };
}

function adviceFor(options: TrainingOptions): string {
  const { mining, weights, parent, margin, lossRamp, warmupEpochs } = options;
  const loss = namedLoss(options);
  const changes: string[] = ['a lower learning rate (--learning-rate)'];
  if (loss === 'triplet' && mining === 'hard') changes.push('--mining semi-hard');
  if (loss === 'combined') changes.push('smaller margins (--margin-m1, --margin-m2, --margin-m3)');
  else if (hasMargin(loss) && margin > 0.2) changes.push('a smaller --margin');
  if (loss !== 'softmax' && loss !== 'distillation' && lossRamp === 0) changes.push('--loss-ramp 0.3');
  if (warmupEpochs === 0) changes.push('--warmup-epochs 1');
  const random = weights === undefined && parent === undefined;
  const first = random ? 'From random weights this may pass within the first epochs. If it stays, stop' : 'Stop';
  return `${first}, and train again with ${changes.join(', or ')}.`;
}
