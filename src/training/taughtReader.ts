import type { Batch, Engine, TrainingSession } from '../engine/engine.js';
import { resample } from '../faces/resample.js';
import { inputShapeOf, type Graph } from '../graph/graph.js';
import type { ParameterValues } from '../graph/networkState.js';
import type { BatchReader, ReadBatch } from './batchReader.js';

/** Pictures with what a teacher gives for them. */
export class TaughtReader implements BatchReader {
  /** Of pictures as they are, which every validation sees, by their number: [E]. */
  private readonly kept = new Map<number, Float32Array>();

  /** @param seen what the teacher sees of the pictures; the same pixels when absent */
  constructor(
    private readonly pictures: BatchReader,
    private readonly teacher: Pick<TrainingSession, 'evaluate'>,
    private readonly seen?: BatchReader,
  ) {}

  async read(pictures: readonly number[], epoch?: number): Promise<ReadBatch> {
    const batch = await this.pictures.read(pictures, epoch);
    if (batch.labels.length === 0) return batch;
    return { ...batch, targets: await (epoch === undefined ? this.asTheyAre(batch) : this.ofView(batch, epoch)) };
  }

  private async ofView(batch: ReadBatch, epoch: number): Promise<Float32Array> {
    const view = await this.seen?.read(batch.pictures, epoch);
    // A picture may have vanished meanwhile.
    return this.embeddings(view?.pictures.length === batch.pictures.length ? view : batch);
  }

  private async asTheyAre(batch: ReadBatch): Promise<Float32Array> {
    const { pictures } = batch;
    if (!pictures.every((picture) => this.kept.has(picture))) {
      const rows = await this.embeddings(batch);
      const length = rows.length / pictures.length;
      pictures.forEach((picture, i) => this.kept.set(picture, rows.slice(i * length, (i + 1) * length)));
      return rows;
    }
    const { length } = this.kept.get(pictures[0]!)!;
    const rows = new Float32Array(pictures.length * length);
    pictures.forEach((picture, i) => rows.set(this.kept.get(picture)!, i * length));
    return rows;
  }

  private async embeddings(batch: Batch): Promise<Float32Array> {
    const { outputs } = await this.teacher.evaluate(batch, { wants: ['embedding'] });
    return Float32Array.from(outputs.embedding!);
  }
}

/** A network in use, which sees pictures of any size brought to its own. */
export class SizedNetwork implements Pick<TrainingSession, 'evaluate' | 'dispose'> {
  private readonly session: TrainingSession;
  private readonly side: number;

  constructor(engine: Engine, graph: Graph, parameters: ParameterValues) {
    this.session = engine.createSession(graph, parameters);
    [this.side] = inputShapeOf(graph);
  }

  evaluate(
    batch: Batch,
    settings?: Parameters<TrainingSession['evaluate']>[1],
  ): ReturnType<TrainingSession['evaluate']> {
    return this.session.evaluate({ ...batch, images: resized(batch, this.side) }, settings);
  }

  dispose(): void {
    this.session.dispose();
  }
}

/** @param images bytes [N, S, S, 3]. @returns [N, side, side, 3] */
function resized({ images, labels }: Batch, side: number): Batch['images'] {
  const bytes = images.length / labels.length;
  const size = Math.sqrt(bytes / 3);
  if (size === side || images instanceof Float32Array) return images;
  const target = new Uint8Array(labels.length * side * side * 3);
  const by = size / side;
  const map = { xx: by, xy: 0, x0: 0, yx: 0, yy: by, y0: 0 };
  labels.forEach((_, i) => {
    const pixels = images.subarray(i * bytes, (i + 1) * bytes);
    target.set(resample({ pixels, width: size, height: size }, map, side, side), i * side * side * 3);
  });
  return target;
}
