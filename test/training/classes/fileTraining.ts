import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../../../src/core/random.js';
import type { Engine } from '../../../src/engine/engine.js';
import { selectEngine } from '../../../src/engine/selectEngine.js';
import { COSINE_HEAD, fitColumns, withCosineHead, withPeople } from '../../../src/graph/cosineHead.js';
import type { Graph } from '../../../src/graph/graph.js';
import { GraphBuilder } from '../../../src/graph/graphBuilder.js';
import { initialValues, type ParameterValues } from '../../../src/graph/networkState.js';
import { readCheckpoint, writeCheckpoint, type ReadCheckpoint } from '../../../src/runs/checkpoint.js';
import type { ClassStore } from '../../../src/training/classes/classStore.js';
import { openClasses } from '../../../src/training/classes/openClasses.js';
import { fillFromHead, momentsWithEmptyHead, withEmptyHead } from '../../../src/training/classes/sampledHead.js';
import { SampledSession } from '../../../src/training/classes/sampledSession.js';
import { randomBatch } from '../../engine/native/comparing.js';

// A training whose people are in a file, small enough to be killed a few times in a test. As a program it trains until it is killed.

export const PEOPLE = 211;
const [WIDTH, SCALE, ROWS, COLUMNS, SEED] = [24, 16, 6, 60, 5];
/** Steps from one checkpoint to the next, of which two are kept. */
const BETWEEN = 4;
const STEP = { learningRate: 0.01, batchNormMomentum: 0.9 };

function smallNetwork(): Graph {
  const b = new GraphBuilder();
  const x = b.prelu('prelu', b.batchNorm('norm', b.conv2d('conv', b.input(6, 5, 3), 7, 3, 2)));
  const embedding = b.conv2d('embedding', b.globalAveragePool('pool', x), WIDTH, 1, 1);
  return withCosineHead(b.build('small', { embedding }), PEOPLE);
}

const graph = smallNetwork();
const some = withPeople(graph, COLUMNS);

function startOf(): ParameterValues {
  const values = initialValues(graph, 3);
  const kernel = fitColumns(values.get(COSINE_HEAD.kernel)!, PEOPLE, SCALE);
  return new Map([...values, [COSINE_HEAD.kernel, kernel] as const]);
}

export const engineOf = async (): Promise<Engine> => (await selectEngine({ engine: 'native', threads: 1 })).engine;

function checkpointsIn(folder: string): string[] {
  const there = fs.readdirSync(folder).filter((name) => /^step-\d+$/.test(name));
  return there.sort().map((name) => path.join(folder, name));
}

/** Beside the newest checkpoint of a folder, or at the beginning. */
function goOn(engine: Engine, folder: string, inMemory: boolean): SampledSession {
  const newest = checkpointsIn(folder).at(-1);
  const from: ReadCheckpoint | undefined = newest ? readCheckpoint(newest, { withPeople: false }) : undefined;
  // A run that is killed before its first checkpoint begins anew.
  if (!from) fs.rmSync(path.join(folder, 'people.rows'), { force: true });
  const layout = { people: PEOPLE, length: WIDTH, scale: SCALE };
  const place = { checkpoints: folder, inMemoryBytes: inMemory ? Infinity : 0 };
  const store: ClassStore = openClasses(layout, place, SEED, from?.people);
  if (!from) fillFromHead(store, { step: 0, parameters: startOf(), moments: new Map() });
  const values = withEmptyHead(some, from?.session.parameters ?? startOf());
  const inner = engine.createSession(some, values, {
    loss: { kind: 'cosface', scale: SCALE, margin: 0.3 },
    learningRateFactors: new Map([[COSINE_HEAD.bias, 0]]),
    ...(from && { resume: { step: from.session.step, moments: momentsWithEmptyHead(some, from.session.moments) } }),
  });
  const step = from?.session.step ?? 0;
  return new SampledSession(inner, store, { columns: COLUMNS, logitScale: SCALE, seed: SEED, step });
}

async function keep(session: SampledSession, folder: string): Promise<void> {
  const people = await session.store.hold();
  const state = await session.readState();
  const name = path.join(folder, `step-${String(state.step).padStart(5, '0')}`);
  const position = { epoch: 0, batch: 0, shuffle: [1, 2, 3, 4] as const };
  writeCheckpoint(name, graph, { position, session: state, ...(people && { people }) });
  for (const old of checkpointsIn(folder).slice(0, -2)) fs.rmSync(old, { recursive: true });
}

/** Trains on from the newest checkpoint of a folder. @returns the columns of all people, and the session, to be disposed of */
export async function trainTo(
  folder: string,
  steps: number,
  { inMemory = false, told = undefined as ((step: number) => unknown) | undefined } = {},
): Promise<{ columns: Float32Array; parameters: ParameterValues }> {
  const session = goOn(await engineOf(), folder, inMemory);
  let { step } = await session.readState();
  while (step < steps) {
    await session.trainStep(randomBatch(graph, Random.fromSeed(step), ROWS), STEP);
    step++;
    if (step % BETWEEN === 0 && !inMemory) await keep(session, folder);
    told?.(step);
  }
  const columns = new Float32Array(PEOPLE * WIDTH);
  session.store.readValues(0, columns);
  const { parameters } = await session.readState();
  const result = { columns, parameters: new Map([...parameters].map(([name, v]) => [name, v.slice()])) };
  session.dispose();
  return result;
}

if (process.argv[2] === 'train')
  trainTo(process.argv[3]!, 1e6, { told: (step) => process.stdout.write(`${step}\n`) }).catch((error: unknown) => {
    throw error;
  });
