import { UserError } from '../core/userError.js';
import { withCosineHead, withPeople } from '../graph/cosineHead.js';
import { fromRandom } from '../graph/fromRandom.js';
import { initialValues } from '../graph/networkState.js';
import type { Graph } from '../graph/graph.js';
import type { Template } from '../graph/preprocessing.js';
import type { TrainingOptions } from '../protocol/options.js';
import { readCheckpoint } from '../runs/checkpoint.js';
import { requireValues } from '../runs/checkpointValues.js';
import { openAlignedFaces } from '../faces/openFaceFinder.js';
import { normalizeRows } from '../core/cosine.js';
import type { Engine } from '../engine/engine.js';
import { sampledColumns } from './classes/sampledClasses.js';
import type { FaceLook, FacesOf } from './alignedDataset.js';
import { SizedNetwork } from './taughtReader.js';
import { readFaceNetworks, type FaceNetwork } from '../weights/faceNetwork.js';
import { findFaceWeights, type FaceWeightsFiles } from '../weights/faceWeights.js';

/** A run that starts from the face network. */
export interface FaceStart {
  readonly files: FaceWeightsFiles;
  readonly network: FaceNetwork;
  readonly template: Template | undefined;
}

/**
 * The face network that the options ask for.
 *
 * @returns undefined for a run that starts otherwise
 * @throws UserError `weights-absent`, `weights-unreadable`, or `invalid-options` for what does not go with the face network
 */
export function faceStart(options: TrainingOptions): FaceStart | undefined {
  if (options.weights !== 'faces') return undefined;
  const files = findFaceWeights(options.faceWeights);
  if (!files)
    throw new UserError(
      'weights-absent',
      'The face weights are not on this machine.',
      'Download them, name them with --face-weights, or use --recipe default, which starts from ImageNet weights.',
    );
  const network = readFaceNetworks(files).face;
  if (network.size !== options.size)
    throw new UserError(
      'invalid-options',
      `The face network reads pictures of ${network.size} pixels, not ${options.size}.`,
      `Leave the size at ${network.size}.`,
    );
  return { files, network, template: network.template };
}

/**
 * The network with a score for each person, and what its parameters start with: those of the checkpoint that is fine-tuned, random
 * ones, or its weights, where the head is still to be imprinted.
 *
 * @throws UserError what the checkpoint is refused for
 */
export function faceNetworkFor(
  { network }: FaceStart,
  people: number,
  options: TrainingOptions,
): { readonly graph: Graph; readonly values: Map<string, Float32Array> } {
  const { seed, parent, fromRandom: isRandom } = options;
  const graph = withCosineHead(isRandom ? fromRandom(network.graph) : network.graph, people);
  // A head of very many people is in no session, and its values nowhere but in a store.
  const columns = sampledColumns(people, options) ?? people;
  const before = isRandom ? undefined : network.parameters;
  const trained = parent === undefined ? (before ?? []) : readCheckpoint(parent).session.parameters;
  if (parent !== undefined) requireValues(graph, new Map(trained), parent);
  return { graph, values: new Map([...initialValues(withPeople(graph, columns), seed), ...trained]) };
}

/**
 * Finds and aligns faces for the network, and keeps them for the next run.
 *
 * @throws UserError `weights-unreadable`, `engine-unavailable`; `invalid-options` for a network that says no places of the points
 */
export async function openFacesFor({ files, network, template }: FaceStart): Promise<FacesOf> {
  if (template) return openAlignedFaces(files, { template, size: network.size });
  throw new UserError(
    'invalid-options',
    `The network “${network.name}” does not say where eyes, nose and mouth have to lie.`,
    'Use --faces off on pictures that are aligned for it.',
  );
}

/** The face network itself, for as long as faces are chosen: of crops of any size. */
export function openEmbedding(
  engine: Engine,
  { graph, parameters }: Pick<FaceNetwork, 'graph' | 'parameters'>,
): { readonly embed: FaceLook['embed']; readonly dispose: () => void } {
  const session = new SizedNetwork(engine, graph, parameters);
  return {
    async embed(images, count) {
      const { outputs } = await session.evaluate({ images, labels: new Int32Array(count) }, { wants: ['embedding'] });
      const rows = Float32Array.from(outputs.embedding!);
      const length = rows.length / count;
      normalizeRows(rows, length);
      return Array.from({ length: count }, (_, i) => rows.slice(i * length, (i + 1) * length));
    },
    dispose: () => session.dispose(),
  };
}
