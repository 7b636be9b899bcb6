import path from 'node:path';
import * as z from 'zod';
import type { AdamMoments } from '../core/adam.js';
import type { RandomState } from '../core/random.js';
import { UserError } from '../core/userError.js';
import type { SessionState } from '../graph/networkState.js';
import type { Graph } from '../graph/graph.js';
import { readGraph } from '../graph/graphSchema.js';
import { readOwnFile } from '../platform/regularFile.js';
import { sha256 } from '../platform/sha256.js';
import { manifestSchema, SMALL_BYTES, STATE, stateSchema } from './checkpointFacts.js';
import { json, MANIFEST, VERSION, writeCheckpointFiles, type CheckpointFiles } from './checkpointFiles.js';
import type { KeptState, LoopState } from './loopState.js';
import { readPeople } from './checkpointPeople.js';
import { PEOPLE_FILE, PEOPLE_TABLE } from './peopleFile.js';
import { damagedCheckpoint } from './damagedCheckpoint.js';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from './safetensors.js';

/** Where in a run a checkpoint stands, with what the steps after it depend on beside the network itself. */
export interface TrainingPosition {
  /** Epochs finished. */
  readonly epoch: number;
  /** Batches taken of the epoch after that. */
  readonly batch: number;
  /** State of the shuffling generator before the first batch of the unfinished epoch. */
  readonly shuffle: RandomState;
}

/** Everything needed to go on exactly where a run was. */
export interface Checkpoint {
  readonly position: TrainingPosition;
  readonly session: SessionState;
  /** Sessions that train beside the network's own, none of them a part of it. */
  readonly beside?: readonly SessionState[];
  /** Where the columns of very many people stand in the file that the run's checkpoints share (`peopleFile.ts`); they are not in `session`. */
  readonly people?: Uint8Array;
  /** Absent in checkpoints of 0.1: such a run cannot be gone on with. */
  readonly loop?: LoopState;
  readonly kept?: KeptState;
}

/** A checkpoint that was read, with the shape of each parameter. */
export interface ReadCheckpoint extends Checkpoint {
  readonly beside: readonly SessionState[];
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Name of the graph. */
  readonly graph: string;
  /** The network itself, where no builder makes it; its values are all there. */
  readonly network: Graph | undefined;
}

const MODEL = 'model.safetensors';
const OPTIMIZER = 'optimizer.safetensors';
const BESIDE = 'beside.safetensors';
const NETWORK = 'graph.json';

/** 1 (0.1) did not say what a run needs to go on. */
const READ: readonly number[] = [1, 2];
/** The face network's has 50 KB. */
const NETWORK_BYTES = 1 << 22;
/**
 * Writes a checkpoint folder: {@link encodeCheckpoint}, {@link writeCheckpointFiles}.
 *
 * @param network in float, to be held as well: one that no builder makes
 * @returns bytes written
 */
export function writeCheckpoint(folder: string, graph: Graph, checkpoint: Checkpoint, network?: Graph): number {
  return writeCheckpointFiles(folder, encodeCheckpoint(graph, checkpoint, network));
}

/** The files of a checkpoint. Nothing in them is the session's own: it may train on while they are written. */
export function encodeCheckpoint(graph: Graph, checkpoint: Checkpoint, network?: Graph): CheckpointFiles {
  const { position, session, beside = [], people, loop, kept } = checkpoint;
  const shapes = new Map(graph.parameters.map((spec) => [spec.name, spec.shape]));
  const tensor = (name: string, parameter: string, values: Float32Array) => ({
    name,
    shape: shapes.get(parameter)!,
    values,
  });
  const metadata = { graph: graph.name, step: String(session.step) };
  const parameters = [...session.parameters].map(([name, values]) => tensor(name, name, values));
  const moments = [...session.moments].flatMap(([name, { first, second }]) => [
    tensor(`${name}/m`, name, first),
    tensor(`${name}/v`, name, second),
  ]);
  const steps = beside.map(({ step }) => step);
  const files: CheckpointFiles['files'] = [
    [MODEL, encodeSafetensors(parameters, metadata)],
    [OPTIMIZER, encodeSafetensors(moments, metadata)],
    ...(beside.length > 0 ? [[BESIDE, encodeSafetensors(beside.flatMap(tensorsBeside))] as const] : []),
    [STATE, json({ version: VERSION, step: session.step, ...position, loop, kept, beside: steps })],
    ...(people ? [[PEOPLE_TABLE, people] as const] : []),
    ...(network ? [[NETWORK, json(network)] as const] : []),
  ];
  return { graph: graph.name, files };
}

/**
 * @param withPeople columns of very many people as part of the network, as a network in use has them; a run that goes on reads them
 *   out of their file itself
 * @throws UserError `checkpoint-damaged` naming the file that is missing or does not match its SHA-256
 */
export function readCheckpoint(folder: string, { withPeople = true } = {}): ReadCheckpoint {
  const { manifest, contents, get, parse } = filesOf(folder);
  const { step, epoch, batch, shuffle, loop, kept, beside = [] } = parse(stateSchema, STATE, get(STATE));
  const tensorsOf = (file: string) => {
    try {
      return decodeSafetensors(get(file)).tensors;
    } catch (cause) {
      if (cause instanceof UserError) throw cause;
      throw damagedCheckpoint(folder, `${file} is not what it should be`, cause);
    }
  };
  const tensors = tensorsOf(MODEL);
  const people = contents.get(PEOPLE_TABLE);
  const head = people && peopleOf(folder, people, withPeople);
  const parameters = new Map([
    ...tensors.map(({ name, values }) => [name, values] as const),
    ...(head?.parameters ?? []),
  ]);
  const shapes = new Map([...tensors.map(({ name, shape }) => [name, shape] as const), ...(head?.shapes ?? [])]);
  const slots = new Map(tensorsOf(OPTIMIZER).map(({ name, values }) => [name, values]));
  const session = { step, parameters, moments: momentsOf(parameters.keys(), slots) };
  const others = beside.length > 0 ? sessionsBeside(tensorsOf(BESIDE), beside) : [];
  const network = contents.has(NETWORK) ? networkOf(folder, get(NETWORK), shapes) : undefined;
  return {
    ...{ position: { epoch, batch, shuffle }, session, shapes, graph: manifest.graph, network },
    ...{ beside: others, ...(people && { people }), ...(loop && { loop }), ...(kept && { kept }) },
  };
}

/**
 * The files of a checkpoint, each as its manifest says.
 *
 * @throws UserError `checkpoint-damaged`, `checkpoint-version`
 */
function filesOf(folder: string) {
  const read = (file: string, mostBytes: number) => {
    // A manifest of a stranger could name any file of the machine, or a pipe.
    if (path.basename(file) !== file) throw damagedCheckpoint(folder, `${file} does not lie in it`);
    try {
      return readOwnFile(path.join(folder, file), mostBytes);
    } catch (cause) {
      throw damagedCheckpoint(folder, `${file} cannot be read`, cause);
    }
  };
  const parse = <T>(schema: z.ZodType<T>, file: string, bytes: Uint8Array): T => {
    try {
      return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    } catch (cause) {
      throw damagedCheckpoint(folder, `${file} is not what it should be`, cause);
    }
  };
  const contents = new Map<string, Uint8Array>();
  const manifest = parse(manifestSchema, MANIFEST, read(MANIFEST, SMALL_BYTES));
  if (!READ.includes(manifest.version))
    throw new UserError(
      'checkpoint-version',
      `The checkpoint “${folder}” has format ${manifest.version}; this version of Face Trainer reads formats up to ${VERSION}.`,
      manifest.version > VERSION ? 'Update Face Trainer to read it.' : 'Train the network again.',
    );
  for (const { file, bytes, sha256: expected } of manifest.files) {
    const content = read(file, bytes);
    if (content.length !== bytes || sha256(content) !== expected || (file === NETWORK && bytes > NETWORK_BYTES))
      throw damagedCheckpoint(folder, `${file} was changed or cut short`);
    contents.set(file, content);
  }
  const get = (file: string) => {
    const content = contents.get(file);
    if (!content) throw damagedCheckpoint(folder, `${file} is not in its manifest`);
    return content;
  };
  return { manifest, contents, get, parse };
}

/** @throws UserError `checkpoint-damaged` */
function peopleOf(folder: string, table: Uint8Array, withValues: boolean): ReturnType<typeof readPeople> {
  try {
    return readPeople(folder, table, withValues);
  } catch (cause) {
    throw damagedCheckpoint(
      folder,
      `the vectors of its people, in ${PEOPLE_FILE} beside it, are not what they were`,
      cause,
    );
  }
}

/** `2/head/kernel` is a parameter of the third, `2/head/kernel/m` its first moment. */
function tensorsBeside({ parameters, moments }: SessionState, i: number): NamedTensor[] {
  const flat = (name: string, values: Float32Array) => ({ name: `${i}/${name}`, shape: [values.length], values });
  return [
    ...[...parameters].map(([name, values]) => flat(name, values)),
    ...[...moments].flatMap(([name, { first, second }]) => [flat(`${name}/m`, first), flat(`${name}/v`, second)]),
  ];
}

function sessionsBeside(tensors: readonly NamedTensor[], steps: readonly number[]): SessionState[] {
  return steps.map((step, i) => {
    const own = tensors.flatMap(({ name, values }): [string, Float32Array][] =>
      name.startsWith(`${i}/`) ? [[name.slice(`${i}/`.length), values]] : [],
    );
    return { step, ...withMoments(new Map(own)) };
  });
}

/** Parameters, and the moments that stand among them under `/m` and `/v`. */
function withMoments(tensors: ReadonlyMap<string, Float32Array>): Pick<SessionState, 'parameters' | 'moments'> {
  const parameters = new Map(
    [...tensors].filter(([name]) => !tensors.has(name.replace(/\/[mv]$/, '')) || !/\/[mv]$/.test(name)),
  );
  return { parameters, moments: momentsOf(parameters.keys(), tensors) };
}

/** Of those parameters that have any. */
function momentsOf(names: Iterable<string>, slots: ReadonlyMap<string, Float32Array>): Map<string, AdamMoments> {
  const moments = new Map<string, AdamMoments>();
  for (const name of names) {
    const first = slots.get(`${name}/m`);
    const second = slots.get(`${name}/v`);
    if (first && second) moments.set(name, { first, second });
  }
  return moments;
}

/** @throws UserError `checkpoint-damaged` */
function networkOf(folder: string, bytes: Uint8Array, shapes: ReadCheckpoint['shapes']): Graph {
  try {
    const graph = readGraph(JSON.parse(new TextDecoder().decode(bytes)));
    for (const { name, shape } of graph.parameters)
      if (shape.join() !== shapes.get(name)?.join()) throw new RangeError(`${name} is not [${shape.join()}]`);
    return graph;
  } catch (cause) {
    throw damagedCheckpoint(folder, `${NETWORK} is not what it should be`, cause);
  }
}
