import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { normalizeRows } from '../src/core/cosine.js';
import { Random } from '../src/core/random.js';
import type { Batch, Engine, SessionOptions, TrainingSession } from '../src/engine/engine.js';
import { selectEngine } from '../src/engine/selectEngine.js';
import { COSINE_HEAD, fitColumns, withCosineHead, withPeople } from '../src/graph/cosineHead.js';
import { inputOf, inputShapeOf, sizeOf, type Graph } from '../src/graph/graph.js';
import { initialValues, type ParameterValues } from '../src/graph/networkState.js';
import { splitAt } from '../src/graph/subgraph.js';
import { scatter } from '../src/training/classes/imprint.js';
import { openClasses } from '../src/training/classes/openClasses.js';
import { columnLength, withEmptyHead } from '../src/training/classes/sampledHead.js';
import { SampledSession } from '../src/training/classes/sampledSession.js';
import { FittedSession } from '../src/training/cosineHeadSession.js';
import { readFaceNetworks } from '../src/weights/faceNetwork.js';
import { faceWeightsIn } from '../src/weights/faceWeights.js';
import { median, randomPixels } from './support.js';

// Steps with very many synthetic people: their time, memory and disk, by how many there are. A thousand have a head of everybody; more
// are sampled, and from 21,846 on their columns are in a file. Times are of one process, in turns; memory of one process each.

const [SCALE, SEED] = [32, 1];
const STEP = { learningRate: 2e-4, batchNormMomentum: 0.99 };
const OPTIONS: SessionOptions = {
  loss: { kind: 'cosface', scale: SCALE, margin: 0.4 },
  learningRateFactors: new Map([
    [COSINE_HEAD.kernel, 0.8 * SCALE],
    [COSINE_HEAD.bias, 0],
  ]),
};

/** What is measured. */
interface Setting {
  /** The face network from bytes on, or its head alone, on embeddings. */
  readonly below: 'network' | 'embeddings';
  readonly rows: number;
  /** Other people that a batch is held against; 0: all. */
  readonly sample: number;
}

interface Crowd {
  readonly people: number;
  readonly session: TrainingSession;
  readonly nextBatch: () => Batch;
  /** Milliseconds of each step. */
  readonly times: number[];
}

/** The network, or what lies above its embedding, and its values but for the head's. */
function networkOf(below: Setting['below'], weights: string): { graph: Graph; values: ParameterValues } {
  const { graph, parameters } = readFaceNetworks(faceWeightsIn(weights)).face;
  const whole = withCosineHead(graph, 1);
  return { graph: below === 'network' ? whole : splitAt(whole, whole.outputs.embedding).above, values: parameters };
}

function batchesOf(graph: Graph, rows: number, people: number): () => Batch {
  const random = Random.fromSeed(people);
  const size = sizeOf(inputShapeOf(graph));
  return () => {
    const labels = Int32Array.from({ length: rows }, () => random.integer(people));
    if (inputOf(graph).values !== 'floats') return { images: randomPixels(rows * size), labels };
    const values = Float32Array.from({ length: rows * size }, () => random.between(-1, 1));
    return { images: normalizeRows(values, size), labels };
  };
}

function crowdOf(engine: Engine, people: number, setting: Setting, weights: string, folder: string): Crowd {
  const { graph, values } = networkOf(setting.below, weights);
  const nextBatch = batchesOf(graph, setting.rows, people);
  const columns = setting.sample + setting.rows + 1;
  if (setting.sample === 0 || columns >= people) {
    const all = withPeople(graph, people);
    const start = initialValues(all, SEED);
    const kernel = fitColumns(start.get(COSINE_HEAD.kernel)!, people, SCALE);
    const own = new Map([...start, ...values, [COSINE_HEAD.kernel, kernel] as const]);
    return { people, session: new FittedSession(engine.createSession(all, own, OPTIONS), SCALE), nextBatch, times: [] };
  }
  const some = withPeople(graph, columns);
  const checkpoints = path.join(folder, `${people}`);
  fs.mkdirSync(checkpoints);
  const store = openClasses({ people, length: columnLength(graph), scale: SCALE }, { checkpoints }, SEED);
  scatter(store, SEED, SCALE);
  const inner = engine.createSession(some, withEmptyHead(some, values), OPTIONS);
  const session = new SampledSession(inner, store, { columns, logitScale: SCALE, seed: SEED, step: 0 });
  return { people, session, nextBatch, times: [] };
}

async function step({ session, nextBatch, times }: Crowd): Promise<void> {
  const batch = nextBatch();
  const begin = performance.now();
  await session.trainStep(batch, STEP);
  times.push(performance.now() - begin);
}

/** @param counts of people, the first is what the others are held against */
async function inTurns(counts: readonly number[], setting: Setting, weights: string, steps: number): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-bench-'));
  try {
    const { engine } = await selectEngine({ engine: 'native', threads: 0 });
    const crowds = counts.map((people) => crowdOf(engine, people, setting, weights, folder));
    for (let i = 0; i < steps + 2; i++) for (const crowd of crowds) await step(crowd);
    const medians = crowds.map(({ times }) => median(times.slice(2)));
    crowds.forEach(({ people, session }, i) => {
      const of = session instanceof SampledSession ? `a sample of ${setting.sample}` : 'all of them';
      const longer = ((medians[i]! / medians[0]! - 1) * 100).toFixed(1);
      console.log(
        `${setting.below.padEnd(10)} batch ${setting.rows}  ${String(people).padStart(9)} people, ${of.padEnd(16)} ${medians[i]!.toFixed(1).padStart(8)} ms a step  ${longer} % more than the first`,
      );
      session.dispose();
    });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** What a process of its own comes to, after so many steps and a checkpoint: printed. */
async function alone(people: number, setting: Setting, weights: string, steps: number): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-bench-'));
  try {
    const { engine } = await selectEngine({ engine: 'native', threads: 0 });
    const crowd = crowdOf(engine, people, setting, weights, folder);
    for (let i = 0; i < steps; i++) await step(crowd);
    const begin = performance.now();
    const table = crowd.session instanceof SampledSession ? await crowd.session.store.hold() : undefined;
    const held = performance.now() - begin;
    const before = diskOf(folder);
    for (let i = 0; i < steps; i++) await step(crowd);
    const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
    console.log(
      `${String(people).padStart(9)} people: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB of memory at most; file ${megabytes(before)}, ${megabytes(diskOf(folder) - before)} more by ${steps} steps after a checkpoint, which took ${held.toFixed(0)} ms and holds ${megabytes(table?.length ?? 0)} of it`,
    );
    crowd.session.dispose();
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function diskOf(folder: string): number {
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  return files.reduce(
    (sum, file) => sum + (file.isFile() ? fs.statSync(path.join(file.parentPath, file.name)).size : 0),
    0,
  );
}

const NETWORK: Setting = { below: 'network', rows: 32, sample: 4096 };
/** Where next to nothing lies below the columns; a thousand are sampled as well, so that moving columns is in both. */
const EMBEDDINGS: Setting = { below: 'embeddings', rows: 64, sample: 512 };

/** @param counts of people */
export async function manyPeople(counts: readonly number[], weights: string, steps: number): Promise<void> {
  await inTurns(counts, NETWORK, weights, steps);
  await inTurns(counts, EMBEDDINGS, weights, 10 * steps);
  for (const people of counts) {
    const program = ['--import', 'tsx', import.meta.filename, 'alone', String(people), weights, String(steps)];
    process.stdout.write(execFileSync(process.execPath, program));
  }
}

if (process.argv[2] === 'alone') {
  const [people, weights, steps] = process.argv.slice(3);
  alone(Number(people), NETWORK, weights!, Number(steps)).catch((error: unknown) => {
    throw error;
  });
}
