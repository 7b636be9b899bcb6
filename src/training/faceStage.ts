import { setImmediate } from 'node:timers/promises';
import { concatenated } from '../core/concatenated.js';
import { cutBatches } from '../dataset/batches.js';
import type { Dataset } from '../dataset/dataset.js';
import { firstOfEach } from '../dataset/firstOfEach.js';
import type { Batch, Engine, StepSettings } from '../engine/engine.js';
import { imprintedHead } from '../graph/cosineHead.js';
import type { Graph } from '../graph/graph.js';
import { splitAt } from '../graph/subgraph.js';
import { embeddingsFolder } from '../platform/cacheFolder.js';
import type { SessionState } from '../graph/networkState.js';
import { FeatureReader, type ReadBatch } from './batchReader.js';
import { cosineOptions, CosineHeadSession } from './cosineHeadSession.js';
import { networkDigest } from '../weights/networkDigest.js';
import { KeptFeatures } from './keptFeatures.js';
import type { SettledOptions } from './logitScale.js';
import { byPerson, StrangerWatch, type Embedded, type StageStrangers, type Strangers } from './strangers.js';
import type { Stage, TrainedBefore } from './stage.js';

/**
 * The one stage of a run on the face network: the head imprinted from the training pictures, then trained on the cached features
 * of their views; beside it the heads that strangers are measured with.
 *
 * @param values of the graph's parameters; the head's are imprinted here, but for a run that goes on
 */
export async function faceStage(
  options: SettledOptions,
  dataset: Dataset,
  engine: Engine,
  graph: Graph,
  values: ReadonlyMap<string, Float32Array>,
  from?: TrainedBefore,
): Promise<Stage> {
  const { logitScale, headRateFactor: rateFactor } = options;
  const settings = cosineOptions(options, rateFactor);
  const resumed = { ...settings, ...(from && { resume: from.session }) };
  const session = new CosineHeadSession(engine, graph, from?.session.parameters ?? values, logitScale, resumed);
  const { below } = splitAt(graph, graph.outputs.embedding);
  const identity = [networkDigest(below, values), engine.detail, dataset.root, options.faces];
  const kept = new KeptFeatures(session, embeddingsFolder(), identity, dataset.root);
  const reader = new FeatureReader(dataset, kept, options);
  const all = await together(dataset.split.train, options.batchSize, (pictures) => reader.read(pictures));
  const embeddings = byPerson(all, dataset.people.length);
  if (!from) session.assign(imprintedHead(embeddings, logitScale));
  const strangers = new WatchedStrangers(
    new StrangerWatch(engine, graph, embeddings, { ...options, rateFactor }, from?.beside),
    dataset,
    reader,
    options.batchSize,
  );
  // With fewer than three people nobody can be left out.
  const save = () => kept.save();
  return { name: 'head', session, reader, save, ...(dataset.people.length > 2 && { strangers }) };
}

class WatchedStrangers implements StageStrangers {
  constructor(
    private readonly watch: StrangerWatch,
    private readonly dataset: Dataset,
    private readonly reader: FeatureReader,
    private readonly batchSize: number,
  ) {}

  trainStep(batch: Batch, settings: StepSettings): Promise<void> {
    return this.watch.trainStep(batch, settings);
  }

  async measure(): Promise<Strangers> {
    const pictures = this.probes();
    const read = (how: (some: readonly number[]) => Promise<ReadBatch>) => together(pictures, this.batchSize, how);
    return this.watch.measure({
      clean: embedded(await read((some) => this.reader.read(some))),
      damaged: embedded(await read((some) => this.reader.readDamaged(some))),
    });
  }

  readState(): Promise<SessionState[]> {
    return this.watch.readState();
  }

  dispose(): void {
    this.watch.dispose();
  }

  /** The validation pictures of everybody; who has none stands with the first that trains, as a stranger to the heads without him. */
  private probes(): number[] {
    const { split, labels } = this.dataset;
    const known = split.validation.filter((picture) => labels[picture]! >= 0);
    const seen = new Set(known.map((picture) => labels[picture]!));
    const others = split.train.filter((picture) => !seen.has(labels[picture]!));
    return [...known, ...firstOfEach(others, labels, 1)];
  }
}

function embedded({ images, labels }: Batch): Embedded {
  return { rows: Float32Array.from(images), people: labels };
}

/** Reads many pictures, a batch at a time. */
async function together(
  pictures: readonly number[],
  batchSize: number,
  read: (pictures: readonly number[]) => Promise<ReadBatch>,
): Promise<Batch> {
  const images: Float32Array[] = [];
  const labels: number[] = [];
  for (const some of cutBatches(pictures, batchSize)) {
    const batch = await read(some);
    images.push(Float32Array.from(batch.images));
    labels.push(...batch.labels);
    await setImmediate(); // a stop can arrive
  }
  return { images: concatenated(images), labels: Int32Array.from(labels) };
}
