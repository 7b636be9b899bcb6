import type { Dataset } from '../../dataset/dataset.js';
import type { Engine, SessionOptions } from '../../engine/engine.js';
import { withPeople } from '../../graph/cosineHead.js';
import type { Graph } from '../../graph/graph.js';
import type { ParameterValues } from '../../graph/networkState.js';
import { splitAt } from '../../graph/subgraph.js';
import { embeddingsFolder } from '../../platform/cacheFolder.js';
import { networkDigest } from '../../weights/networkDigest.js';
import { FeatureReader, PixelReader } from '../batchReader.js';
import { lossOfPeople } from '../cosineHeadSession.js';
import { HeadSession } from '../headSession.js';
import { KeptFeatures } from '../keptFeatures.js';
import type { SettledOptions } from '../logitScale.js';
import type { Stage, TrainedBefore } from '../stage.js';
import { trainedHead } from '../trainedHead.js';
import { ClassTally } from './classTally.js';
import { imprint, scatter } from './imprint.js';
import { openClasses, type ClassPlace } from './openClasses.js';
import { columnLength, fillFromHead, momentsWithEmptyHead, withEmptyHead } from './sampledHead.js';
import { SampledSession } from './sampledSession.js';

/** A network with a head of some people, and what it starts with. */
interface Sampled {
  readonly options: SettledOptions;
  readonly dataset: Dataset;
  readonly engine: Engine;
  readonly graph: Graph;
  readonly start: ParameterValues;
  readonly settings: SessionOptions;
}

/** What trains below the store of all people, and who looks at pictures for it. */
type Trained = Pick<Stage, 'session' | 'reader' | 'save'> & {
  /** Embeddings of pictures as they are, before the first step. */
  readonly embeddings: FeatureReader;
  /** Nothing is imprinted any more. */
  readonly imprinted?: () => void;
};

/**
 * The one stage of a run whose people are many, the network frozen or every layer of it trained: its cosine head has columns for some of
 * them, which start from pictures where the network is not random. Strangers are not measured beside it: each of five heads without a fifth of the people would be as large
 * as one of all.
 *
 * @param graph with a cosine head of everybody
 * @param values before the first step, however far a run has come; the head's count where the run fine-tunes another
 * @param columns of the head that trains
 * @param place for the columns of everybody
 */
export async function sampledStage(
  options: SettledOptions,
  dataset: Dataset,
  engine: Engine,
  { graph: whole, columns, place }: { readonly graph: Graph; readonly columns: number; readonly place: ClassPlace },
  values: ParameterValues,
  from?: TrainedBefore,
): Promise<Stage> {
  const { frozen, logitScale, seed, parent, batchSize, fromRandom, weights } = options;
  const graph = withPeople(whole, columns);
  const start = withEmptyHead(graph, from?.session.parameters ?? values);
  const resume = from && { step: from.session.step, moments: momentsWithEmptyHead(graph, from.session.moments) };
  const settings = { ...trainedHead(options, graph).options, ...(resume && { resume }) };
  const sampled: Sampled = { options, dataset, engine, graph, start, settings };
  const { session: inner, reader, save, embeddings, imprinted } = frozen ? onFrozen(sampled) : throughout(sampled);

  const layout = { people: dataset.people.length, length: columnLength(graph), scale: logitScale };
  const store = openClasses(layout, place, seed, from?.people);
  if (from) {
    if (!from.people) fillFromHead(store, from.session);
  } else if (parent !== undefined) fillFromHead(store, { step: 0, parameters: values, moments: new Map() });
  else if (fromRandom || weights === undefined) scatter(store, seed, logitScale);
  else await imprint(store, dataset, batchSize, logitScale, embeddings);
  imprinted?.();
  const session = new SampledSession(inner, store, { columns, logitScale, seed, step: from?.session.step ?? 0 });
  const tally = new ClassTally(engine, graph, store, lossOfPeople(options));
  return { name: frozen ? 'head' : 'all', session, reader, tally, ...(save && { save }) };
}

/** The head alone. */
function onFrozen({ options, dataset, engine, graph, start, settings }: Sampled): Trained {
  const session = new HeadSession(engine, graph, graph.outputs.embedding, start, settings);
  const { below } = splitAt(graph, graph.outputs.embedding);
  const identity = [networkDigest(below, start), engine.detail, dataset.root, options.faces];
  const kept = new KeptFeatures(session, embeddingsFolder(), identity, dataset.root);
  const reader = new FeatureReader(dataset, kept, options);
  return { session, reader, embeddings: reader, save: () => kept.save() };
}

/** Every layer. */
function throughout({ options, dataset, engine, graph, start, settings }: Sampled): Trained {
  const session = engine.createSession(graph, start, settings);
  const { below } = splitAt(graph, graph.outputs.embedding);
  const before = engine.createSession(below, start);
  const features: HeadSession['features'] = async (batch) =>
    (await before.evaluate(batch, { wants: ['embedding'] })).outputs.embedding!;
  const embeddings = new FeatureReader(dataset, { features }, options);
  return { session, reader: new PixelReader(dataset, options), embeddings, imprinted: () => before.dispose() };
}
