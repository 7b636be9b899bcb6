import type { NativeAddon } from '../../src/engine/native/addon.js';
import type { PlanDescription } from '../../src/engine/native/description.js';
import { planInference } from '../../src/engine/native/inferencePlan.js';
import { planIntegers, supportsIntegers } from '../../src/engine/native/integerPlan.js';
import { NumberedGraph } from '../../src/engine/native/numberedGraph.js';
import { planTraining } from '../../src/engine/native/trainingPlan.js';
import type { Random } from '../../src/core/random.js';
import { sizeOf, type Graph } from '../../src/graph/graph.js';
import { quantizeGraph } from '../../src/quantization/quantizeGraph.js';
import { randomFaceGraph, randomGraph, randomQuantizable } from '../engine/native/randomGraph.js';

/** What became of the calls of a case. */
export interface Tally {
  /** That threw, or whose promise was rejected: with an Error, else the case fails. */
  refused: number;
  /** Steps that were computed. */
  ran: number;
}

type Call = (...args: readonly unknown[]) => unknown;
/** A session and what it was made of. */
interface Open {
  readonly handle: unknown;
  readonly length: number;
  readonly quantizers: number;
  /** The plans that it took, as it was told them. */
  readonly plans: Plan[];
}
type Plan = Record<string, unknown> & Pick<PlanDescription, 'batch' | 'height' | 'width' | 'channels'>;

const NUMBERS = [
  -2,
  -1,
  0,
  1,
  2,
  3,
  5,
  16,
  40,
  255,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 + 1,
  1e9,
  1e18,
  0.5,
  NaN,
  -Infinity,
];
const OTHERS: readonly unknown[] = [
  undefined,
  null,
  true,
  'x',
  '',
  {},
  [],
  [1],
  7n,
  Symbol.iterator,
  () => 1,
  new Float32Array(3),
];

/**
 * One or two networks in native memory, described soundly or not, and a dozen calls upon them in any order: plans, states, steps
 * that are not waited for, disposal in the middle of one. It fails by throwing; what the addon does to memory its sanitizer says.
 */
export async function attackCase(native: NativeAddon, random: Random): Promise<Tally> {
  const tally: Tally = { refused: 0, ran: 0 };
  // As somebody calls it who knows no types.
  const untyped = new Map(Object.entries(native) as [string, Call][]);
  const underWay: Promise<void>[] = [];
  const attempt = (name: keyof NativeAddon, ...args: readonly unknown[]): unknown => {
    try {
      const result = untyped.get(name)!(...args);
      if (!(result instanceof Promise)) return result;
      const settled = result.then(
        () => {
          tally.ran++;
        },
        (error: unknown) => refuse(error, tally),
      );
      underWay.push(settled);
      return undefined;
    } catch (error) {
      refuse(error, tally);
      return undefined;
    }
  };
  const graph = someGraph(random);
  const sessions = [0, 1].slice(random.integer(2)).flatMap(() => {
    const open = openSession(native, graph, random, attempt);
    return open ? [open] : [];
  });
  for (let call = 0; call < 12 && sessions.length > 0; call++) {
    await oneCall(random.pick(sessions), graph, random, attempt);
    if (random.integer(3) === 0) await Promise.all(underWay.splice(0));
  }
  for (const { handle } of sessions) attempt('dispose', handle);
  await Promise.all(underWay);
  return tally;
}

function refuse(error: unknown, tally: Tally): void {
  if (!(error instanceof Error)) throw new Error(`the addon threw ${String(error)}`);
  tally.refused++;
}

/** A session whose loss reads something else refuses the plan. */
const READS = [['scores'], ['embedding', 'scores'], ['embedding']] as const;
const OF_EMBEDDINGS = [{ kind: 'distillation' }, { kind: 'triplet', margin: 0.3, mining: 'semi-hard' }] as const;
const CALLS = [
  'plan',
  'plan',
  'write',
  'read',
  'average',
  'columns',
  'times',
  'run',
  'run',
  'run',
  'run',
  'run',
  'run',
  'dispose',
] as const;

type Attempt = (name: keyof NativeAddon, ...args: readonly unknown[]) => unknown;

function someGraph(random: Random): Graph {
  const kind = random.integer(3);
  if (kind === 0) return randomGraph(random);
  return kind === 1 ? randomFaceGraph(random) : quantizeGraph(randomQuantizable(random));
}

function openSession(native: NativeAddon, graph: Graph, random: Random, attempt: Attempt): Open | undefined {
  const { description } = new NumberedGraph(graph);
  const softmax = { weight: 1, loss: { kind: 'softmax', labelSmoothing: 0.1 } };
  const spec = plain({
    ...description,
    threads: random.pick([1, 1, 2, 3]),
    instructionSet: random.pick(['', ...native.instructionSets()]),
    loss: random.integer(2) === 0 ? [softmax] : [softmax, { weight: 0.5, loss: random.pick(OF_EMBEDDINGS) }],
    optimizer: random.pick([
      { kind: 'sgd', momentum: 0.9, clipNorm: 0.1 },
      { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.01 },
    ]),
  });
  if (random.integer(2) === 0) damage(spec, random);
  const handle = attempt('createSession', spec);
  if (handle === undefined) return undefined;
  const length = description.parameters.reduce((sum, { size }) => sum + size, 0);
  const open = { handle, length, quantizers: description.quantizers.length, plans: [] };
  addPlan(handle, open, graph, random, attempt, false);
  return open;
}

async function oneCall(open: Open, graph: Graph, random: Random, attempt: Attempt): Promise<void> {
  const session = random.integer(20) === 0 ? random.pick([...OTHERS, structuredClone({})]) : open.handle;
  switch (random.pick(CALLS)) {
    case 'plan':
      addPlan(session, open, graph, random, attempt, random.integer(2) === 0);
      return;
    case 'write': {
      const state = () => (random.integer(8) === 0 ? oddArray(random, open.length) : floats(open.length, random));
      attempt('write', session, state(), state(), state(), random.integer(6) === 0 ? random.pick(NUMBERS) : 3);
      return;
    }
    case 'run':
      attempt('run', session, ...stepOf(open, random));
      return;
    case 'dispose':
      if (random.integer(4) === 0) attempt('dispose', session);
      return;
    case 'read':
      attempt('read', session);
      return;
    case 'average': {
      const some = graph.parameters.map(({ shape }) => floats(sizeOf(shape), random));
      if (random.integer(3) === 0) some[random.integer(some.length)] = oddArray(random, 3) as Float32Array;
      if (random.integer(5) === 0) some.push(floats(2, random));
      attempt('averageInto', session, random.integer(9) === 0 ? some[0] : some, random.pick([0, 0.5, 1, ...NUMBERS]));
      return;
    }
    case 'columns': {
      const [index, { shape }] = [...graph.parameters.entries()][random.integer(graph.parameters.length)]!;
      const arrays: unknown[] = Array.from({ length: 3 }, () => floats(sizeOf(shape), random));
      if (random.integer(3) === 0) arrays[random.integer(3)] = oddArray(random, 3);
      const parameter = random.integer(5) === 0 ? random.pick(NUMBERS) : index;
      const rows = random.integer(5) === 0 ? random.pick(NUMBERS) : (shape[0] ?? 1);
      attempt(random.pick(['readColumns', 'writeColumns']), session, parameter, rows, ...arrays);
      return;
    }
    case 'times':
      attempt('times', session, random.pick([0, 1, ...NUMBERS]));
      // Others may come between: a step that is under way goes on.
      await new Promise((resolve) => setImmediate(resolve));
  }
}

function addPlan(session: unknown, open: Open, graph: Graph, random: Random, attempt: Attempt, damaged: boolean): void {
  const plan = plain(somePlan(graph, random)) as Plan;
  if (damaged) for (let n = 0; n <= random.integer(3); n++) damage(plan, random);
  if (attempt('addPlan', session, plan) !== undefined) open.plans.push(plan);
}

function somePlan(graph: Graph, random: Random): object {
  const model = new NumberedGraph(graph, { reads: random.pick(READS) });
  const batch = 1 + random.integer(3);
  const kinds = [() => planInference(model, batch), () => planInference(model, batch, true)];
  if (graph.outputs.scores !== undefined) kinds.push(() => planTraining(model, batch));
  if (supportsIntegers(graph, (name) => model.onlyConsumerOf(name))) kinds.push(() => planIntegers(model, batch));
  return random.pick(kinds)();
}

/** Plan, images, labels and settings of a step: nearly always such as fit. */
function stepOf({ plans, quantizers }: Open, random: Random): readonly unknown[] {
  const index = random.integer(Math.max(1, plans.length));
  const plan = plans[index];
  const { batch = 1, height = 1, width = 1, channels = 1 } = plan ?? {};
  const pixels = within(batch * height * width * channels);
  const odd = (usual: unknown, length: number) => (random.integer(12) === 0 ? oddArray(random, length) : usual);
  const images = plan?.['floats'] === true ? floats(pixels, random) : bytes(pixels, random);
  const labels = Int32Array.from({ length: within(batch) }, () =>
    random.integer(40) === 0 ? random.pick([-1, 99]) : 0,
  );
  const settings = plain({
    ...{ train: plan?.['training'] === true, scores: true, embedding: random.integer(2) === 0 },
    ...{ learningRate: 0.01, batchNormMomentum: 0.9, seed: random.integer(1000), rangeMomentum: 0.1 },
    ...{ frozenBatchNorm: random.integer(4) === 0, ramp: { scale: 1, margin: random.pick([1, 0.5]) } },
  });
  settings['active'] = odd(
    Uint8Array.from({ length: quantizers }, () => random.integer(2)),
    quantizers,
  );
  const embedding = plan ? embeddingWidth(plan) : 0;
  if (random.integer(8) > 0) settings['targets'] = odd(floats(within(batch * embedding), random), batch * embedding);
  if (random.integer(6) === 0) {
    Object.assign(settings, { observe: true, bins: random.pick([1, 64, 2048, -1, 0, 2 ** 21]) });
    settings['limits'] = odd(floats(2 * quantizers, random), 2 * quantizers);
  }
  if (random.integer(10) === 0) damage(settings, random);
  const number = random.integer(15) === 0 ? random.pick([...NUMBERS, ...OTHERS]) : index;
  return [number, odd(images, pixels), odd(labels, batch), random.integer(30) === 0 ? random.pick(OTHERS) : settings];
}

/** What a plan that may be damaged says. */
function embeddingWidth(plan: Plan): number {
  const rows = (key: string) => (Array.isArray(plan[key]) ? (plan[key] as Record<string, unknown>[]) : []);
  const output = rows('outputs').find((row) => row['output'] === 'embedding');
  const width = rows('tensors')[Number(output?.['tensor'])]?.['c'];
  return typeof width === 'number' ? width : 0;
}

/** A number of values that an array may have here. */
function within(count: number): number {
  return Number.isInteger(count) && count >= 0 && count < 1 << 20 ? count : 1;
}

function bytes(length: number, random: Random): Uint8Array {
  return Uint8Array.from({ length }, () => random.integer(256));
}

/** Now and then such as arithmetic does not like. */
function floats(length: number, random: Random): Float32Array {
  const wild = random.integer(6) === 0;
  return Float32Array.from({ length }, () =>
    wild && random.integer(8) === 0 ? random.pick([NaN, Infinity, -1e38, 1e-40, 3e9, 0]) : random.between(-1, 1),
  );
}

/** In the place of an array of so many values. */
function oddArray(random: Random, length: number): unknown {
  const most = within(length);
  const detached = new Float32Array(most);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  return random.pick([
    ...[new Float32Array(most + 1), new Float32Array(Math.max(0, most - 1)), new Float64Array(most)],
    ...[new Uint8Array(most), new Int32Array(most), new Float32Array(new ArrayBuffer(4 * most + 8), 4, most)],
    ...[
      detached,
      new DataView(new ArrayBuffer(most)),
      new Float32Array(new SharedArrayBuffer(4 * most)),
      new Float32Array(),
    ],
    ...OTHERS,
  ]);
}

/** A copy of nothing but data. */
function plain(value: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
}

/** Changes a value, a list or the order of one somewhere in a description. */
function damage(description: object, random: Random): void {
  const places: [owner: Record<string, unknown>, key: string][] = [];
  const visit = (value: object) => {
    for (const [key, inner] of Object.entries(value)) {
      places.push([value as Record<string, unknown>, key]);
      if (typeof inner === 'object' && inner !== null && !ArrayBuffer.isView(inner)) visit(inner as object);
    }
  };
  visit(description);
  if (places.length === 0) return;
  const [owner, key] = random.pick(places);
  const old = owner[key];
  const what = random.integer(12);
  if (what === 0) Reflect.deleteProperty(owner, key);
  else if (what === 1) owner[key] = random.pick(OTHERS);
  else if (Array.isArray(old)) damageList(old as unknown[], random);
  else if (typeof old === 'number') owner[key] = random.pick([...NUMBERS, old + 1, old - 1, old * 2, -old]);
  else if (typeof old === 'boolean') owner[key] = !old;
  else if (typeof old === 'string') owner[key] = random.pick(['conv', 'add', 'dropout', 'scores', 'x'.repeat(100), '']);
}

function damageList(list: unknown[], random: Random): void {
  const at = () => random.integer(Math.max(1, list.length));
  const what = random.integer(4);
  if (what === 0) list.splice(at(), 1);
  else if (what === 1) list.splice(at(), 0, list[at()]);
  else if (what === 2) list.reverse();
  else list.length = list.length > 0 ? at() : 3;
}
