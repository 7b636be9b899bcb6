import { inputShapeOf, type Graph } from '../graph/graph.js';
import type { ParameterValues } from '../graph/networkState.js';
import type { Template } from '../graph/preprocessing.js';
import { FACE_NETWORKS, type FaceNetworkRole, type FaceWeightsFiles } from './faceWeights.js';
import { networkDigest } from './networkDigest.js';
import type { DetectorPriors } from './openVino/detectorTail.js';
import { readOpenVino, unreadableNetwork, type OpenVinoNetwork } from './openVino/readOpenVino.js';

/** A network that works on faces, ready to run: its pixels are RGB, and how they are scaled stands in the graph's input. */
export interface FaceNetwork {
  readonly name: string;
  /** `networkDigest`. */
  readonly digest: string;
  readonly graph: Graph;
  readonly parameters: ParameterValues;
  /** Side of its square input in pixels; a detector's width. */
  readonly size: number;
  /** Of a network whose faces must be aligned to it. */
  readonly template?: Template;
}

/** Gives a map of boxes instead of a vector. */
export interface FaceDetectorNetwork extends FaceNetwork {
  readonly priors: DetectorPriors;
}

export interface FaceNetworks {
  /** Gives the embedding of an aligned face. */
  readonly face: FaceNetwork;
  /** Gives five points of a face as x0, y0, … y4, fractions of the box that it is shown, in the order of a template. */
  readonly landmarks: FaceNetwork;
  readonly detector: FaceDetectorNetwork;
}

/** What the publisher of face-reidentification-retail-0095 asks for ("Pre-processing" in its documentation). */
const TEMPLATE_OF_0095: Template = [
  [0.31556875, 0.46157411],
  [0.68262292, 0.46157411],
  [0.50026249, 0.64050536],
  [0.34947188, 0.82469196],
  [0.65343646, 0.82469196],
];

/** @throws UserError `weights-unreadable` */
export function readFaceNetworks(files: FaceWeightsFiles): FaceNetworks {
  return {
    face: readFaceNetwork(files),
    landmarks: readVector('landmarks', files, 10),
    detector: readFaceDetector(files),
  };
}

/**
 * The network that tells faces apart, alone: reading takes time.
 *
 * @throws UserError `weights-unreadable`
 */
export function readFaceNetwork(files: FaceWeightsFiles): FaceNetwork {
  return { ...readVector('face', files), template: TEMPLATE_OF_0095 };
}

/**
 * The detector alone; it is made of convolutions, so that it works on pictures of any size.
 *
 * @param input 300 x 300 when absent
 * @throws UserError `weights-unreadable`
 */
export function readFaceDetector(
  files: FaceWeightsFiles,
  input?: readonly [height: number, width: number],
): FaceDetectorNetwork {
  const network = read('detector', files, input);
  if (!network.priors) throw unreadableNetwork(files.detector.xml, 'it does not find boxes');
  return { ...networkOf('detector', network), priors: network.priors };
}

/** @param length of the vector, where only one will do */
function readVector(role: FaceNetworkRole, files: FaceWeightsFiles, length?: number): FaceNetwork {
  const network = networkOf(role, read(role, files));
  const { nodes, outputs } = network.graph;
  const [height, width, found] = nodes.find(({ name }) => name === outputs.embedding)!.shape;
  const [inputHeight, inputWidth] = inputShapeOf(network.graph);
  if (height !== 1 || width !== 1 || (length !== undefined && found !== length))
    throw unreadableNetwork(files[role].xml, `it gives [${found}, ${height}, ${width}]`);
  if (inputHeight !== inputWidth) throw unreadableNetwork(files[role].xml, 'its pictures are not square');
  return network;
}

/** All of them were trained on blue, green and red. */
function read(
  role: FaceNetworkRole,
  files: FaceWeightsFiles,
  input?: readonly [height: number, width: number],
): OpenVinoNetwork {
  return readOpenVino(files[role], { name: FACE_NETWORKS[role], colours: 'BGR', input });
}

function networkOf(role: FaceNetworkRole, { graph, parameters }: OpenVinoNetwork): FaceNetwork {
  const [, size] = inputShapeOf(graph);
  return { name: FACE_NETWORKS[role], digest: networkDigest(graph, parameters), graph, parameters, size };
}
