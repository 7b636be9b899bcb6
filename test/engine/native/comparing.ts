import assert from 'node:assert/strict';
import { nativeAddonFile } from '../../../src/platform/nativeAddon.js';
import { loadAddon, type NativeAddon } from '../../../src/engine/native/addon.js';
import { NativeSession } from '../../../src/engine/native/nativeSession.js';
import type { Batch } from '../../../src/engine/engine.js';
import { inputOf, sizeOf, widthOf, type Graph } from '../../../src/graph/graph.js';
import type { Random } from '../../../src/core/random.js';
import type { PlainQuantization } from './plainForward.js';
import { plainEvaluate, plainStep } from './plainNetwork.js';
import { quantizersOf } from '../../../src/quantization/quantizers.js';

export function addon(): NativeAddon {
  const file = nativeAddonFile();
  assert.ok(file, 'the tests need the native engine: npm run build:native');
  return loadAddon(file);
}

export function randomBatch(graph: Graph, random: Random, count: number): Batch {
  const { shape, values } = inputOf(graph);
  const length = count * sizeOf(shape);
  return {
    images:
      values === 'pixels'
        ? Uint8Array.from({ length }, () => random.integer(256))
        : Float32Array.from({ length }, () => random.between(-1, 1)),
    labels: Int32Array.from({ length: count }, () => random.integer(widthOf(graph, 'scores') || 1)),
  };
}

function norm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum);
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return norm(Float64Array.from(b, (value, i) => a[i]! - value));
}

const SETTINGS = { learningRate: 0.01, batchNormMomentum: 0.9, seed: 7 };
const LOSS = { kind: 'softmax', labelSmoothing: 0.1 } as const;

/**
 * One training step and one evaluation against the plain network in float64: logits, loss, every gradient and every
 * statistic. Distances are those of whole arrays. Float32 keeps 7 digits; a batch norm over few values magnifies what is
 * lost by up to 1 / sqrt(epsilon) = 32 each, so gradients are held to 3e-4 of their own size or of the largest one.
 */
export async function compareWithPlain(
  what: string,
  graph: Graph,
  values: ReadonlyMap<string, Float32Array>,
  batch: Batch,
  instructionSet: string,
  threads = 2,
  quantization: PlainQuantization = { active: new Set(), frozen: false },
  tolerances = { logits: 2e-4, gradients: 3e-4 },
): Promise<void> {
  const { images, labels } = batch;
  const plain = plainStep(graph, values, images, labels, LOSS.labelSmoothing, SETTINGS.seed, quantization);
  const active = Uint8Array.from(quantizersOf(graph), ({ parameter }) => Number(quantization.active.has(parameter)));
  const session = new NativeSession(addon(), graph, values, { threads, instructionSet }, { loss: LOSS });
  const close = (
    name: string,
    actual: ArrayLike<number>,
    expected: ArrayLike<number>,
    relative: number,
    floor: number,
  ) => {
    const off = distance(actual, expected);
    const tolerance = relative * norm(expected) + floor;
    const nodes = graph.nodes.map(({ name: n, op, shape }) => `${n} ${op} ${shape.join('x')}`).join(', ');
    assert.ok(off <= tolerance, `${what}, ${instructionSet}, ${name}: off by ${off}, tolerance ${tolerance}; ${nodes}`);
  };
  const logits = (await session.evaluate(batch, { quantization: { active } })).outputs.scores!;
  const evaluated = plainEvaluate(graph, values, images, labels.length, quantization);
  close('evaluation', logits, evaluated, tolerances.logits / 2, 1e-6);
  const settings = { ...SETTINGS, quantization: { active, frozenBatchNorm: quantization.frozen } };
  const result = await session.trainStep(batch, settings);
  close('logits', result.outputs.scores!, plain.logits, tolerances.logits, 1e-5);
  close('loss', [result.lossSum], [plain.lossSum], tolerances.logits, 1e-6);
  const largest = Math.max(...[...plain.gradients.values()].map(norm));
  const gradients = session.gradients;
  for (const [name, expected] of plain.gradients)
    close(name, gradients.get(name)!, expected, tolerances.gradients, tolerances.gradients * largest);
  const after = (await session.readState()).parameters;
  for (const [name, expected] of plain.statistics) {
    const before = values.get(name)!;
    // The running statistic moved a tenth of the way to the batch's.
    const found = after
      .get(name)!
      .map((v, i) => (v - SETTINGS.batchNormMomentum * before[i]!) / (1 - SETTINGS.batchNormMomentum));
    close(name, found, expected, tolerances.logits / 2, tolerances.logits / 10);
  }
  session.dispose();
}
