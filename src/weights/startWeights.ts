import fs from 'node:fs';
import path from 'node:path';
import { formatList } from '../core/format.js';
import { UserError } from '../core/userError.js';
import { inputShapeOf, type Graph } from '../graph/graph.js';
import { featuresOf } from '../graph/network.js';
import { initialValues } from '../graph/networkState.js';
import { subgraph } from '../graph/subgraph.js';
import { readRegularFile } from '../platform/regularFile.js';
import { absentWeights, imageNetFile, isDownloaded, type PretrainedNetwork } from './imageNetWeights.js';
import { readCheckpoint } from '../runs/checkpoint.js';
import { readNpz, type NpyArray } from './npz.js';
import { readKeras } from './readKeras.js';
import { runFolderOf } from '../runs/runFolder.js';
import { peopleOfRun } from '../runs/runRecord.js';

const MOST_BYTES = 1 << 30;

export interface StartOptions {
  readonly seed: number;
  /** Of the network; MobileNetV2 when absent. */
  readonly backbone?: PretrainedNetwork['backbone'];
  readonly width: number;
  /** `imagenet`, a `.h5` or `.npz` in Keras layout, or the folder of a checkpoint; a random start when absent. */
  readonly weights?: string | undefined;
  /** Whom the classes stand for. */
  readonly people: readonly string[];
}

/** What a file or checkpoint holds: arrays by name, and in their order where the names of Keras' layers may differ. */
interface WeightsFile {
  readonly arrays: ReadonlyMap<string, NpyArray>;
  readonly ordered?: readonly NpyArray[];
  /** Its scores are for the same people in the same order. */
  readonly samePeople: boolean;
}

/**
 * The parameters a run starts with: seeded random values, and over them what the weights hold. What leads to the features must
 * fit; the layer that makes an embedding of them keeps its random start when the weights have nothing there, or one of another
 * length, and what makes scores of it also where they are of other people.
 *
 * @throws UserError `weights-absent`, `weights-none`, `weights-unreadable`, `weights-mismatch` or `checkpoint-damaged`
 */
export async function startWeights(graph: Graph, options: StartOptions): Promise<Map<string, Float32Array>> {
  const values = initialValues(graph, options.seed);
  if (options.weights === undefined) return values;
  const source = sourceOf(options.weights, { ...options, size: inputShapeOf(graph)[0] });
  const names = new Set(graph.parameters.map(({ name }) => name));
  const found = await read(source, options.people, names);
  const body = subgraph(graph, featuresOf(graph)).parameters;
  const byName = body.some(({ name }) => found.arrays.has(name));
  const misfits: string[] = [];
  body.forEach((spec, i) => {
    const array = byName ? found.arrays.get(spec.name) : found.ordered?.[i];
    if (array && sameShape(array.shape, spec.shape)) values.set(spec.name, array.values);
    else {
      const is = array ? `[${array.shape.join(', ')}]` : 'absent';
      misfits.push(`${spec.name} is ${is}, not [${spec.shape.join(', ')}]`);
    }
  });
  if (misfits.length > 0)
    throw new UserError(
      'weights-mismatch',
      `The weights in “${path.basename(source)}” do not fit ${graph.name}: ${formatList(misfits, 2)}.`,
      'Use weights of the same network and width, or start from random weights.',
    );
  const rest = found.samePeople ? graph : subgraph(graph, graph.outputs.embedding);
  for (const { name, shape } of rest.parameters) {
    const array = found.arrays.get(name);
    if (array && sameShape(array.shape, shape)) values.set(name, array.values);
  }
  return values;
}

/**
 * Whether the weights are there at all: looked at before an hour goes into the pictures.
 *
 * @throws UserError `weights-absent`, `weights-none` or `weights-unreadable`
 */
export function requireWeights(options: PretrainedNetwork & { readonly weights?: string | undefined }): void {
  if (options.weights === undefined) return;
  const source = sourceOf(options.weights, options);
  if (!fs.existsSync(source)) throw unreadable(source, 'does not exist');
}

function sourceOf(weights: string, network: PretrainedNetwork): string {
  if (weights !== 'imagenet') return weights;
  const file = imageNetFile(network);
  if (!isDownloaded(file)) throw absentWeights(network);
  return file.path;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** @param names of the arrays that are looked for: an archive is unpacked no further */
async function read(source: string, people: readonly string[], names: ReadonlySet<string>): Promise<WeightsFile> {
  const stat = fs.statSync(source, { throwIfNoEntry: false });
  if (!stat) throw unreadable(source, 'does not exist');
  if (stat.isDirectory()) return readRun(source, people);
  try {
    if (/\.(h5|hdf5|keras)$/i.test(source)) {
      const { arrays: ordered } = await readKeras(source);
      return { arrays: new Map(ordered.map((array) => [array.name, array])), ordered, samePeople: false };
    }
    return { arrays: readNpz(readRegularFile(source, MOST_BYTES), names), samePeople: false };
  } catch (cause) {
    if (!/\.(h5|hdf5|keras)$/i.test(source))
      throw unreadable(source, 'is not a readable .npz archive of float arrays', cause);
    throw unreadable(
      source,
      `is not a Keras weights file (${cause instanceof Error ? cause.message : String(cause)})`,
      cause,
    );
  }
}

/** A checkpoint's folder. */
function readRun(folder: string, people: readonly string[]): WeightsFile {
  const { session, shapes } = readCheckpoint(folder);
  const arrays = [...session.parameters].map(([name, values]) => [name, { values, shape: shapes.get(name)! }] as const);
  const before = peopleOfRun(runFolderOf(folder));
  const samePeople = before?.length === people.length && before.every((name, i) => name === people[i]);
  return { arrays: new Map(arrays), samePeople };
}

function unreadable(file: string, why: string, cause?: unknown): UserError {
  return new UserError(
    'weights-unreadable',
    `The weights “${file}” cannot be read: it ${why}.`,
    'Use a .h5 or .npz file in Keras layout or the folder of a checkpoint, or start from random weights.',
    { cause },
  );
}
