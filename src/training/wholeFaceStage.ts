import { setImmediate } from 'node:timers/promises';
import { cutBatches } from '../dataset/batches.js';
import type { Dataset } from '../dataset/dataset.js';
import type { Engine } from '../engine/engine.js';
import { imprintedHead } from '../graph/cosineHead.js';
import type { Graph } from '../graph/graph.js';
import type { ParameterValues } from '../graph/networkState.js';
import { splitAt } from '../graph/subgraph.js';
import { embeddingsFolder } from '../platform/cacheFolder.js';
import type { TrainingOptions } from '../protocol/options.js';
import { networkDigest } from '../weights/networkDigest.js';
import { averagedBy } from './averagedBy.js';
import { FeatureReader, PixelReader, type BatchReader, type ReadBatch } from './batchReader.js';
import { cosineOptions, fitted, FittedSession } from './cosineHeadSession.js';
import { KeptFeatures } from './keptFeatures.js';
import type { SettledOptions } from './logitScale.js';
import { goesOnWith, type Stage, type TrainedBefore } from './stage.js';
import { TaughtReader } from './taughtReader.js';

/**
 * The one stage of a run that trains every layer of the face network, on views that chance makes anew in every epoch. Its head is
 * imprinted with what the network gives before it trains, where that is not random, or that of the run that is fine-tuned. Where the
 * loss asks for it, each view comes with the embedding that the network gave before it trained: of the picture as it is, or, where the
 * network is quantized, of the same view, since that is to change as little as can be.
 *
 * @param float the network with a cosine head
 * @param values of the graph's parameters before the first step, however far a run has come
 */
export async function wholeFaceStage(
  options: SettledOptions,
  dataset: Dataset,
  engine: Engine,
  { float, trainedGraph }: { readonly float: Graph; readonly trainedGraph: Graph },
  values: ParameterValues,
  from?: TrainedBefore,
): Promise<Stage> {
  const { logitScale, headRateFactor, parent } = options;
  const distils = options.loss === 'distillation' || options.distillationWeight > 0;
  const { below } = splitAt(float, float.outputs.embedding);
  const begins = !from && parent === undefined;
  const imprints = begins && !options.fromRandom;
  const ofViews = options.quantization !== undefined;
  const embeddings =
    imprints || (distils && !ofViews) ? await cleanEmbeddings(options, dataset, engine, below, values) : undefined;
  const { state, average } = await goesOnWith('all', undefined, from, options.averageDecay > 0);
  const first = () => (begins ? fitted(values, logitScale) : values);
  const start = state?.parameters ?? (imprints ? imprinted(values, embeddings!, dataset, logitScale) : first());
  const session = engine.createSession(trainedGraph, start, {
    ...cosineOptions(options, headRateFactor),
    ...(state && { resume: state }),
  });
  const pixels = new PixelReader(dataset, options);
  const whole = new FittedSession(session, logitScale, options.loss === 'triplet');
  const stage = { name: 'all', ...averagedBy(options, whole, average, true) } as const;
  if (!distils) return { ...stage, reader: pixels };
  if (!ofViews) return { ...stage, reader: new TargetReader(pixels, embeddings!) };
  const teacher = engine.createSession(below, values);
  return { ...stage, reader: new TaughtReader(pixels, teacher), teacher };
}

function imprinted(
  values: ParameterValues,
  embeddings: ReadonlyMap<number, Float32Array>,
  { people, labels, split }: Dataset,
  logitScale: number,
): ParameterValues {
  const byPerson: Float32Array[][] = people.map(() => []);
  for (const picture of split.train) {
    const embedding = embeddings.get(picture);
    if (embedding) byPerson[labels[picture]!]!.push(embedding);
  }
  return new Map([...values, ...imprintedHead(byPerson, logitScale)]);
}

/** Pictures with what their embedding is compared with. */
class TargetReader implements BatchReader {
  constructor(
    private readonly pictures: BatchReader,
    /** By picture, [E]. */
    private readonly targets: ReadonlyMap<number, Float32Array>,
  ) {}

  async read(pictures: readonly number[], epoch?: number): Promise<ReadBatch> {
    const batch = await this.pictures.read(pictures, epoch);
    const { length } = this.targets.values().next().value ?? [];
    const targets = new Float32Array(batch.pictures.length * length);
    // What could not be read before asks for nothing: zeros.
    batch.pictures.forEach((picture, i) => targets.set(this.targets.get(picture) ?? [], i * length));
    return { ...batch, targets };
  }
}

/**
 * What a network gives for the pictures of both splits as they are; kept in the user's cache for the next run.
 *
 * @returns by picture, [E]; without those that cannot be read
 */
async function cleanEmbeddings(
  options: TrainingOptions,
  dataset: Dataset,
  engine: Engine,
  network: Graph,
  values: ParameterValues,
): Promise<Map<number, Float32Array>> {
  const { split } = dataset;
  const session = engine.createSession(network, values);
  const embeddings = new Map<number, Float32Array>();
  try {
    const identity = [networkDigest(network, values), engine.detail, dataset.root, options.faces, 'as they are'];
    const kept = new KeptFeatures(
      { features: async (batch) => (await session.evaluate(batch, { wants: ['embedding'] })).outputs.embedding! },
      embeddingsFolder(),
      identity,
      dataset.root,
    );
    const reader = new FeatureReader(dataset, kept, options);
    for (const some of cutBatches([...split.train, ...split.validation], options.batchSize)) {
      const { images, pictures } = await reader.read(some);
      const length = images.length / Math.max(1, pictures.length);
      pictures.forEach((picture, i) =>
        embeddings.set(picture, Float32Array.from(images.subarray(i * length, (i + 1) * length))),
      );
      await setImmediate(); // a stop can arrive
    }
    kept.save();
    return embeddings;
  } finally {
    session.dispose();
  }
}
