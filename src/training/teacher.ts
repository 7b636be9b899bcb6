import { UserError } from '../core/userError.js';
import { sizeOf, type Graph } from '../graph/graph.js';
import type { ParameterValues } from '../graph/networkState.js';
import type { Template } from '../graph/preprocessing.js';
import { subgraph } from '../graph/subgraph.js';
import type { TrainingOptions } from '../protocol/options.js';
import { readCheckpoint } from '../runs/checkpoint.js';
import { isCheckpoint } from '../runs/checkpointFacts.js';
import { runOfCheckpoint } from '../runs/checkpointRun.js';
import { floatNetworkOf } from '../runs/checkpointValues.js';
import { readFaceNetwork } from '../weights/faceNetwork.js';
import { findFaceWeights, requireFaceWeights, type FaceWeightsFiles } from '../weights/faceWeights.js';
import { networkDigest } from '../weights/networkDigest.js';
import type { FaceStart } from './faceStart.js';

/** A network whose embedding another one learns to give. */
export interface Teacher {
  readonly name: string;
  /** `networkDigest`: a run goes on with the teacher that it began with. */
  readonly digest: string;
  /** To its embedding. */
  readonly graph: Graph;
  readonly parameters: ParameterValues;
  /** Numbers of its embedding, and of the student's. */
  readonly length: number;
  /** Where faces have their points in the pictures of either, where the teacher wants them somewhere. */
  readonly template: Template | undefined;
  /** What finds them there, in crops of the student's size; where pictures are not aligned already. */
  readonly looks: FaceStart | undefined;
}

type Wish = Pick<TrainingOptions, 'teacher' | 'faceWeights' | 'faces' | 'size'>;

/**
 * The teacher that the options name.
 *
 * @returns undefined for a training without one
 * @throws UserError `weights-absent`, `weights-unreadable`, or what a checkpoint is refused for
 */
export function teacherOf(options: Wish): Teacher | undefined {
  const { teacher } = options;
  if (teacher === undefined) return undefined;
  return isCheckpoint(teacher) ? ofCheckpoint(teacher, options) : ofFaces(teacher, options);
}

function ofFaces(teacher: string, options: Wish): Teacher {
  const files = findFaceWeights(teacher === 'faces' ? options.faceWeights : teacher);
  if (!files)
    throw new UserError(
      'weights-absent',
      'The face network, which is to be the teacher, is not on this machine.',
      'Get it with “face-trainer download-weights --face”, or name its .xml or a checkpoint with --teacher.',
    );
  const { name, graph, parameters, template } = readFaceNetwork(files);
  return taughtBy(name, graph, parameters, template, () => files, options);
}

function ofCheckpoint(checkpoint: string, options: Wish): Teacher {
  const read = readCheckpoint(checkpoint);
  const run = runOfCheckpoint(checkpoint);
  const { template, options: own } = run;
  if (own.quantization)
    throw new UserError(
      'already-quantized',
      `The checkpoint “${checkpoint}” is quantized, and a teacher gives its embeddings in float.`,
      'Name a checkpoint of the run that it was made from.',
    );
  const whole = floatNetworkOf(checkpoint, read, run);
  const graph = subgraph(whole, whole.outputs.embedding);
  const files = () => requireFaceWeights(options.faceWeights, own.faceWeights);
  return taughtBy(whole.name, graph, read.session.parameters, template, files, options);
}

function taughtBy(
  name: string,
  graph: Graph,
  parameters: ParameterValues,
  template: Template | undefined,
  files: () => FaceWeightsFiles,
  { faces, size }: Wish,
): Teacher {
  const { shape } = graph.nodes.find((node) => node.name === graph.outputs.embedding)!;
  return {
    ...{ name, digest: networkDigest(graph, parameters), graph, parameters, length: sizeOf(shape), template },
    looks: template && faces === 'on' ? looksFor(files(), template, size) : undefined,
  };
}

/** The face network says which of several faces it is. */
function looksFor(files: FaceWeightsFiles, template: Template, size: number): FaceStart {
  return { files, network: { ...readFaceNetwork(files), size }, template };
}

/** What finds the faces of a training, where its pictures are not crops of faces already. */
export function looksOf(
  { faces }: Pick<TrainingOptions, 'faces'>,
  face: FaceStart | undefined,
  teacher: Teacher | undefined,
): FaceStart | undefined {
  return (faces === 'on' ? face : undefined) ?? teacher?.looks;
}

/**
 * That a run goes on with the teacher that it began with: another one has other directions.
 *
 * @param before digest
 * @throws UserError `teacher-changed`
 */
export function requireSameTeacher(now: Teacher | undefined, before: string | undefined): void {
  if (now?.digest === before) return;
  throw new UserError(
    'teacher-changed',
    `The teacher of this run, “${now?.name ?? 'a network'}”, is not the one that it began with.`,
    'Bring the old one back, or begin a new training.',
  );
}
