import { setImmediate } from 'node:timers/promises';
import { meanDirection, normalizeRows } from '../../core/cosine.js';
import { Random } from '../../core/random.js';
import { cutBatches } from '../../dataset/batches.js';
import type { Dataset } from '../../dataset/dataset.js';
import { firstOfEach } from '../../dataset/firstOfEach.js';
import type { BatchReader } from '../batchReader.js';
import { AT_ONCE, emptyColumns, type ClassStore } from './classStore.js';

/**
 * Pictures whose mean a person's column starts with: of more than five a recognizer is right no more often (docs/recognition.md), and
 * those of many people would be looked at for longer than an epoch takes.
 */
const PICTURES = 5;

/**
 * Fills a store before any training (Qi et al. 2018, "imprinted weights"): each column is the direction of the mean of some of the
 * person's embeddings, as long as the scale. Whoever has no picture that can be read has a column of zeros, as in `imprintedHead`.
 *
 * @param reader gives embeddings, [N, E], of pictures as they are
 */
export async function imprint(
  store: ClassStore,
  { split, labels }: Pick<Dataset, 'split' | 'labels'>,
  batchSize: number,
  logitScale: number,
  reader: BatchReader,
): Promise<void> {
  const writer = new ColumnWriter(store, logitScale);
  const own = { label: -1, embeddings: [] as Float32Array[] };
  // Pictures come person by person, whose labels ascend: one person's embeddings are there at a time.
  for (const pictures of cutBatches(firstOfEach(split.train, labels, PICTURES), batchSize)) {
    const batch = await reader.read(pictures);
    const length = batch.images.length / Math.max(1, batch.labels.length);
    batch.labels.forEach((label, i) => {
      if (label !== own.label) writer.add(own.label, own.embeddings.splice(0));
      own.label = label;
      own.embeddings.push(
        normalizeRows(Float32Array.from(batch.images.subarray(i * length, (i + 1) * length)), length),
      );
    });
    await setImmediate(); // a stop can arrive
  }
  writer.add(own.label, own.embeddings);
  writer.flush();
}

/** Fills a store with unrelated directions, for a network whose embeddings say nothing yet. */
export function scatter(store: ClassStore, seed: number, logitScale: number): void {
  const random = Random.forPurpose(seed, 'people');
  const writer = new ColumnWriter(store, logitScale);
  for (let label = 0; label < store.classes; label++)
    writer.add(label, [Float32Array.from({ length: store.length }, () => random.between(-1, 1))]);
  writer.flush();
}

/** Writes columns some at a time. */
class ColumnWriter {
  private readonly classes: number[] = [];
  private readonly columns;

  constructor(
    private readonly store: ClassStore,
    private readonly logitScale: number,
  ) {
    this.columns = emptyColumns(AT_ONCE, store.length);
  }

  /** @param vectors whose sum is the direction */
  add(label: number, vectors: readonly Float32Array[]): void {
    if (vectors.length === 0) return;
    const { length } = this.store;
    const mean = meanDirection(vectors);
    for (let i = 0; i < length; i++) this.columns.values[this.classes.length * length + i] = mean[i]! * this.logitScale;
    this.classes.push(label);
    if (this.classes.length === AT_ONCE) this.flush();
  }

  flush(): void {
    this.store.write(Int32Array.from(this.classes), this.columns, 0);
    this.classes.length = 0;
  }
}
