import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../../src/core/random.js';
import { reduceAll } from '../../src/core/runState.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { inputOf } from '../../src/graph/graph.js';
import { openCheckpoint } from '../../src/inference/openCheckpoint.js';
import { inputPixels } from '../../src/inference/predict.js';
import type { TrainingOptions, TrainingOptionsInput } from '../../src/protocol/options.js';
import { withRecipe } from '../../src/protocol/recipes.js';
import { RunReader } from '../../src/runs/runReader.js';
import { StopSignal } from '../../src/training/stopSignal.js';
import { trainRun } from '../../src/training/trainRun.js';
import { writePeople } from '../support/scratch.js';
import { sharedPaths } from '../support/shared.js';

// Runs with settings that nobody should choose: what becomes of them has to be said.

/** How such a run ended. */
export type CollapseEnd = 'trained' | 'collapsed, and said so' | 'diverged, and said so';

/** Cosine of two pictures of different people, on average, from which a network tells nobody apart, whatever the product measures. */
const ALIKE = 0.9999;

type Draw = <T>(of: readonly T[]) => T;

/** A tiny folder: how many people, and pictures of each. */
export interface TinyFolder {
  readonly people: number;
  readonly pictures: number;
}

export function drawFolder(random: Random): TinyFolder {
  return { people: 3 + random.integer(4), pictures: 1 + random.integer(4) };
}

/** Options that invite collapse: huge margins, scales and rates. */
export function drawOptions(random: Random, { people, pictures }: TinyFolder): Partial<TrainingOptionsInput> {
  const draw: Draw = (of) => of[random.integer(of.length)]!;
  const power = (least: number, most: number) => 10 ** (least + random.uniform() * (most - least));
  const common = {
    ...{ seed: random.integer(1000), epochs: 2 + random.integer(4), learningRate: power(-4, 1) },
    ...{ batchSize: 2 + random.integer(7), clipNorm: draw([0, 0, 1]), warmupEpochs: draw([0, 0, 1]) },
    ...{ lossRamp: draw([0, 0, 0.5]), optimizer: draw(['adam', 'adamw', 'sgd'] as const) },
    ...{
      margin: draw([0, 0.4, 0.9, 0.99]),
      mining: draw(['hard', 'semi-hard'] as const),
      schedule: 'constant' as const,
    },
    ...{ headEpochs: 0, split: 0.6 },
    // Whoever has one picture can be validated with as somebody left out alone.
    ...(pictures === 1 && { splitBy: 'identity' as const, split: 0.5 }),
  };
  const triplets = pictures >= 3 && random.uniform() < 0.5;
  const batches = { loss: 'triplet' as const, sampler: { people: Math.min(people, 3), pictures: 2 } };
  if (random.uniform() < 0.1 && fs.existsSync(sharedPaths.faceWeights)) {
    const face = {
      weights: 'faces',
      faceWeights: sharedPaths.faceWeights,
      faces: 'off' as const,
      logitScale: draw([1, 32, 511]),
    };
    if (random.uniform() < 0.7)
      return { ...common, ...face, recipe: 'face', loss: draw(['cosface', 'arcface', 'softmax']) };
    return {
      ...common,
      ...face,
      recipe: 'door',
      epochs: 2,
      ...(triplets ? batches : { loss: draw(['cosface', 'arcface']) }),
    };
  }
  const network = {
    size: 32,
    width: 0.1,
    pooling: draw(['max', 'average'] as const),
    embedding: draw([undefined, 64]),
  };
  const cosines = {
    loss: draw(['softmax', 'cosface', 'arcface', 'combined'] as const),
    logitScale: draw([1, 32, 511]),
  };
  return { ...common, ...network, ...(triplets ? batches : cosines), labelSmoothing: draw([0, 0.9]) };
}

/**
 * Trains with such options.
 *
 * @throws AssertionError where it ends in numbers that are none, or tells nobody apart, and does not say so
 */
export async function runProneToCollapse(
  { dataset, runFolder, cache }: { readonly dataset: string; readonly runFolder: string; readonly cache: string },
  { recipe = 'original', ...overrides }: Partial<TrainingOptionsInput>,
): Promise<CollapseEnd> {
  const options = withRecipe(recipe, { dataset, ...overrides });
  assert.ok(options.success, options.error?.message);
  const ports = { now: () => new Date(0), pixelCache: cache, selectEngine };
  await trainRun({ runFolder, options: options.data, version: '0' }, () => undefined, new StopSignal(), ports);
  const { failure, warnings, checkpoints, epochs } = reduceAll(new RunReader(runFolder).readNew());
  if (failure) {
    assert.equal(failure.code, 'not-finite', `${failure.code}: ${failure.message}`);
    assert.match(failure.advice, /lower learning rate/);
  }
  const said = warnings.some(({ code }) => code === 'collapsed');
  const last = checkpoints.at(-1);
  if (last) {
    const likeness = await meanLikeness(path.join(runFolder, last.path), options.data);
    assert.ok(said || likeness < ALIKE, `cosine ${likeness} between people after ${epochs.length} epochs, and no word`);
  }
  return failure ? 'diverged, and said so' : said ? 'collapsed, and said so' : 'trained';
}

/** The mean cosine of pictures of different people, each alone in its batch; of embeddings of zeros 1. */
async function meanLikeness(checkpoint: string, { dataset }: TrainingOptions): Promise<number> {
  const { float, parameters, facts } = openCheckpoint(checkpoint); // refuses what is not finite
  const { engine } = await selectEngine({ engine: 'native', threads: 1 });
  assert.equal(inputOf(float).values, 'pixels');
  const session = engine.createSession(float, parameters);
  const people = fs.readdirSync(dataset).sort();
  const embeddings: number[][] = [];
  for (const person of people) {
    const [picture] = fs.readdirSync(path.join(dataset, person)).sort();
    const images = await inputPixels(path.join(dataset, person, picture!), { ...facts, output: 'embedding' });
    assert.ok(typeof images !== 'string');
    const { outputs } = await session.evaluate({ images, labels: Int32Array.of(0) }, { wants: ['embedding'] });
    embeddings.push([...outputs.embedding!]);
  }
  session.dispose();
  let [sum, pairs] = [0, 0];
  embeddings.forEach((a, i) =>
    embeddings.slice(i + 1).forEach((b) => {
      sum += likenessOf(a, b);
      pairs++;
    }),
  );
  return sum / pairs;
}

function likenessOf(a: readonly number[], b: readonly number[]): number {
  const length = Math.hypot(...a) * Math.hypot(...b);
  return length > 0 ? a.reduce((sum, v, i) => sum + v * b[i]!, 0) / length : 1;
}

/** So many runs, each with a folder and settings of its own. */
export async function attackByCollapse(count: number, seed: number, folder: string): Promise<void> {
  const tally: Record<CollapseEnd, number> = { trained: 0, 'collapsed, and said so': 0, 'diverged, and said so': 0 };
  const cache = path.join(folder, 'cache');
  for (let i = 0; i < count; i++) {
    const random = Random.fromSeed(seed * 100_000 + i);
    const tiny = drawFolder(random);
    const dataset = path.join(folder, `${tiny.people} people with ${tiny.pictures}`);
    if (!fs.existsSync(dataset)) await writePeople(dataset, tiny.people, tiny.pictures);
    const options = drawOptions(random, tiny);
    const runFolder = path.join(folder, 'run');
    try {
      tally[await runProneToCollapse({ dataset, runFolder, cache }, options)]++;
    } catch (error) {
      throw new Error(`run ${i}, ${JSON.stringify({ ...tiny, ...options })}`, { cause: error });
    }
    fs.rmSync(runFolder, { recursive: true, force: true });
    if ((i + 1) % 100 === 0) console.log(`${i + 1} of ${count}: ${JSON.stringify(tally)}`);
  }
  console.log(`${count} runs: ${JSON.stringify(tally)}; none that told nobody apart without a word`);
}
