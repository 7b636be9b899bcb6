import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import type { Engine } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { mobileNetV2 } from '../support/networks.js';
import { startWeights } from '../../src/weights/startWeights.js';
import { sharedPaths, withShared } from '../support/shared.js';

interface Described {
  /** Norm, then the dot products with cos(k (i + 1)) for k = 0.1, 0.7, 1.3. */
  readonly projections: readonly number[];
  readonly first: readonly number[];
  /** Relative distance of Keras' own float32 from its float64. */
  readonly float32: number;
}

interface Reference {
  readonly pixels_sha256: string;
  readonly momentum: number;
  readonly learning_rate: number;
  readonly logits: readonly number[];
  readonly logits_float32: number;
  readonly losses: readonly number[];
  readonly losses_float32: readonly number[];
  readonly gradients: Readonly<Record<string, Described>>;
  readonly statistics: Readonly<Record<string, Described>>;
  readonly after: Readonly<Record<string, Described>>;
}

/** PyTorch's: ten steps of SGD with momentum instead of Adam's, and no running statistics. */
type TorchReference = Omit<Reference, 'statistics'>;

const PEOPLE = 4;
const read = (name: string): unknown =>
  JSON.parse(fs.readFileSync(path.join(import.meta.dirname, '../reference', name), 'utf8'));
const reference = read('mobilenet_v2.json') as Reference;
const torch = read('mobilenet_v2_torch.json') as TorchReference;

async function pictures(): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  for (let person = 1; person <= PEOPLE; person++)
    for (let i = 1; i <= 2; i++)
      parts.push(
        await sharp(path.join(sharedPaths.orl, `s0${person}`, `0${i}.jpg`))
          .extract({ left: 14, top: 24, width: 64, height: 64 })
          .toColourspace('srgb')
          .raw()
          .toBuffer(),
      );
  return Buffer.concat(parts);
}

async function headedWeights(): Promise<Map<string, Float32Array>> {
  const graph = mobileNetV2({ size: 64, people: PEOPLE, width: 0.5 });
  const values = await startWeights(graph, { seed: 0, width: 0.5, people: [], weights: sharedPaths.weights05 });
  values.set(
    'predictions/kernel',
    Float32Array.from({ length: 1280 * PEOPLE }, (_, i) => 0.02 * Math.sin(1.7 * i)),
  );
  values.set('predictions/bias', Float32Array.from([-0.1, -0.1 + 0.2 / 3, -0.1 + 0.4 / 3, 0.1]));
  return values;
}

function project(values: Float32Array): number[] {
  const dot = (weight: (i: number) => number) => values.reduce((sum, x, i) => sum + x * weight(i), 0);
  const norm = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
  return [norm, ...[0.1, 0.7, 1.3].map((k) => dot((i) => Math.cos(k * (i + 1))))];
}

/**
 * Compares norm, projections and first values. The tolerance is a multiple of the distance that Keras' own float32 has
 * from float64 on the same tensor, with a lower bound (TensorFlow's own kernels stay within 5e-4 with oneDNN and 1.2e-3
 * without it: batch norm over few values magnifies rounding); a tensor that is zero but for rounding is held to `floor`.
 */
function agree(what: string, actual: Float32Array, expected: Described, relative: number, floor: number): void {
  const [norm] = expected.projections as [number];
  const tolerance = Math.min(1, Math.max(relative, 8 * expected.float32)) * norm + floor;
  project(actual).forEach((value, i) => {
    const off = Math.abs(value - expected.projections[i]!);
    assert.ok(
      off <= tolerance,
      `${what}, projection ${i}: ${value} against ${expected.projections[i]}, tolerance ${tolerance}`,
    );
  });
  expected.first.forEach((value, i) => {
    assert.ok(
      Math.abs(actual[i]! - value) <= tolerance,
      `${what}[${i}]: ${actual[i]} against ${value}, tolerance ${tolerance}`,
    );
  });
}

withShared('the reference check against Keras', [sharedPaths.orl, sharedPaths.weights05], () => {
  for (const name of ['native', 'tensorflow'] as const)
    describe(`a training step on ${name} against Keras in float64 (real weights, real pictures)`, function () {
      this.timeout(60_000);
      const graph = mobileNetV2({ size: 64, people: PEOPLE, width: 0.5 });
      const labels = Int32Array.from([0, 0, 1, 1, 2, 2, 3, 3]);
      let engine: Engine;
      let images: Uint8Array;

      before(async () => {
        engine = (await selectEngine({ engine: name, threads: 2 })).engine;
        images = await pictures();
      });

      it('sees the same bytes', () => {
        const hash = createHash('sha256').update(images).digest('hex');
        assert.equal(hash, reference.pixels_sha256);
        assert.equal(hash, torch.pixels_sha256);
      });

      it('agrees with PyTorch in every gradient, and in loss and weights over ten steps of SGD with momentum', async () => {
        const optimizer = { kind: 'sgd', momentum: torch.momentum } as const;
        const session = engine.createSession(graph, await headedWeights(), { optimizer });
        for (const [i, expected] of torch.losses.entries()) {
          const { lossSum, outputs } = await session.trainStep(
            { images, labels },
            { learningRate: torch.learning_rate, batchNormMomentum: 0.9 },
          );
          const logits = outputs.scores!;
          const own = Math.abs(expected - torch.losses_float32[i]!);
          const tolerance = i === 0 ? 1e-5 : Math.max(5e-3, 8 * own);
          const off = Math.abs(lossSum / labels.length - expected);
          assert.ok(off <= tolerance, `step ${i + 1}: ${lossSum / labels.length} against ${expected}`);
          if (i > 0) continue;
          torch.logits.forEach((value, k) => {
            const off = Math.abs(logits[k]! - value);
            assert.ok(
              off < 8 * torch.logits_float32 * Math.hypot(...torch.logits),
              `logit ${k}: ${logits[k]} against ${value}`,
            );
          });
          // The first velocity is the gradient times the learning rate.
          const { moments } = await session.readState();
          for (const [parameter, described] of Object.entries(torch.gradients)) {
            const gradient = moments.get(parameter)!.first.map((v) => -v / torch.learning_rate);
            agree(parameter, gradient, described, 2e-3, 2e-6);
          }
        }
        const { parameters } = await session.readState();
        for (const [parameter, expected] of Object.entries(torch.after))
          agree(parameter, parameters.get(parameter)!, expected, 2e-2, 5e-3);
        session.dispose();
      });

      it('agrees in logits, in every gradient and in every running statistic', async () => {
        const session = engine.createSession(graph, await headedWeights());
        const { outputs } = await session.trainStep(
          { images, labels },
          { learningRate: reference.learning_rate, batchNormMomentum: reference.momentum },
        );
        const logits = outputs.scores!;
        reference.logits.forEach((expected, i) => {
          const tolerance = 8 * reference.logits_float32 * Math.hypot(...reference.logits);
          assert.ok(Math.abs(logits[i]! - expected) < tolerance, `logit ${i}: ${logits[i]} against ${expected}`);
        });
        // After the first step Adam's first moment is a tenth of the gradient: exact but for one rounding.
        const names = Object.keys(reference.gradients);
        const { moments, parameters } = await session.readState();
        assert.equal(names.length, moments.size);
        for (const parameter of names) {
          const gradient = moments.get(parameter)!.first.map((m) => m / (1 - 0.9));
          agree(parameter, gradient, reference.gradients[parameter]!, 2e-3, 2e-6);
        }
        // Exact but for rounding: a missing Bessel's correction would show here as 3 % of a variance.
        for (const [parameter, expected] of Object.entries(reference.statistics))
          agree(parameter, parameters.get(parameter)!, expected, 1e-4, 1e-5);
        session.dispose();
      });

      it('agrees in loss, running statistics and weights over ten steps', async () => {
        const session = engine.createSession(graph, await headedWeights());
        for (const [i, expected] of reference.losses.entries()) {
          const { lossSum } = await session.trainStep(
            { images, labels },
            { learningRate: reference.learning_rate, batchNormMomentum: reference.momentum },
          );
          // The first loss has seen no update; the later ones carry Adam's sign-like steps on gradients that are rounding.
          const own = Math.abs(expected - reference.losses_float32[i]!);
          const tolerance = i === 0 ? 1e-5 : Math.max(5e-3, 8 * own);
          const off = Math.abs(lossSum / labels.length - expected);
          assert.ok(off <= tolerance, `step ${i + 1}: ${lossSum / labels.length} against ${expected}`);
        }
        const { parameters } = await session.readState();
        for (const [parameter, expected] of Object.entries(reference.after))
          agree(parameter, parameters.get(parameter)!, expected, 2e-2, 5e-3);
        session.dispose();
      });
    });
});
