import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../../src/core/random.js';
import { arenaBytes } from '../../src/export/microcontroller/arena.js';
import { onnxFile } from '../../src/export/onnx/onnxFile.js';
import { integerOnnx } from '../../src/export/onnx/onnxModels.js';
import { networkOfTflite } from '../../src/export/tflite/fromTflite.js';
import { readTflite } from '../../src/export/tflite/readTflite.js';
import { tfliteFile } from '../../src/export/tflite/tfliteFile.js';
import { integerTflite } from '../../src/export/tflite/tfliteModels.js';
import { fixedMultiplier } from '../../src/quantization/interpreter/fixedPoint.js';
import {
  addMultipliers,
  preluMultipliers,
  type IntegerLayer,
  type IntegerNetwork,
  type IntegerOperation,
  type IntegerTensor,
} from '../../src/quantization/interpreter/integerNetwork.js';
import { runPicture } from '../../src/quantization/interpreter/interpreter.js';
import { leakySlope } from '../../src/quantization/interpreter/leakyRelu.js';
import { ROUNDINGS, type RoundingName } from '../../src/quantization/interpreter/roundings.js';
import { runLiteRtAll } from '../support/litert.js';
import { runMicrocontroller } from '../support/microcontroller.js';
import { runOnnxIntegers } from '../support/onnxIntegers.js';
import { scratchFolder } from '../support/scratch.js';

const SEED = 18;
/** Every integer. */
const ALL = Array.from({ length: 256 }, (_, i) => i - 128);

interface Case {
  readonly network: IntegerNetwork;
  /** Integers of the input. */
  readonly pictures: readonly Int8Array[];
}

/** Scales and zero points as they happen in networks, and wider. */
class Chance {
  private readonly random = Random.forPurpose(SEED, 'fuzz');
  /** @param whole scales are powers of two: halves between two steps are everyday then */
  constructor(readonly whole = false) {}
  below = (n: number): number => this.random.integer(n);
  between = (low: number, high: number): number => this.random.between(low, high);
  scale = (low = -9, high = 0): number => {
    const exponent = this.between(low, high);
    return Math.fround(2 ** (this.whole ? Math.round(exponent) : exponent));
  };
  zeroPoint = (): number => this.below(256) - 128;
  tensor = (name: string, shape: IntegerTensor['shape'], scale = this.scale()): IntegerTensor => ({
    ...{ name, shape, scale, zeroPoint: this.zeroPoint() },
  });
}

function networkOf(tensors: readonly IntegerTensor[], operations: readonly IntegerOperation[]): IntegerNetwork {
  const [{ scale, zeroPoint }] = tensors as [IntegerTensor];
  const [minimum, maximum] = [(-128 - zeroPoint) * scale, (127 - zeroPoint) * scale];
  const input = { scale, zeroPoint, lowest: -128, highest: 127, minimum, maximum };
  const embedding = operations.at(-1)!.output;
  return { name: operations.at(-1)!.op, input, tensors, operations, outputs: { embedding } };
}

/** Slopes by channel, or one for all of them, and each integer in each channel. */
function prelu(chance: Chance, one: boolean): Case {
  const channels = 16;
  const x = chance.tensor('x', [1, 1, channels]);
  const y = chance.tensor('y', [1, 1, channels], Math.fround(x.scale * chance.scale(-2, 3)));
  const slopeScale = Math.fround(chance.scale(-6, 2) / (chance.whole ? 128 : 127));
  const slope = () => (chance.below(2) === 0 ? 1 : -1) * (1 + chance.below(127));
  const shared = slope();
  const slopes = Int8Array.from({ length: channels }, () => (one ? shared : slope()));
  const multipliers = preluMultipliers(x.scale, slopeScale, y.scale);
  const operation = { op: 'prelu', name: 'prelu', input: 0, output: 1, slopes, slopeScale, ...multipliers } as const;
  const pictures = ALL.map((q) => new Int8Array(channels).fill(q));
  return { network: networkOf([x, y], [operation]), pictures };
}

function sigmoid(chance: Chance, x = chance.tensor('x', [1, 1, 256])): Case {
  const y = { name: 'y', shape: [1, 1, 256], scale: 1 / 256, zeroPoint: -128 } as const;
  const operation = { op: 'sigmoid', name: 'sigmoid', input: 0, output: 1 } as const;
  return { network: networkOf([x, y], [operation]), pictures: [Int8Array.from(ALL)] };
}

/** Inputs of which a sigmoid lies within 2e-5 of the middle between two steps: where runtimes part. */
function closeSigmoids(chance: Chance): Case[] {
  return Array.from({ length: 12_000 }, () => chance.tensor('x', [1, 1, 256]))
    .filter(({ scale, zeroPoint }) =>
      ALL.some((q) => {
        const steps = 256 / (1 + Math.exp(-Math.fround((q - zeroPoint) * scale)));
        return Math.abs(steps - Math.floor(steps) - 0.5) < 2e-5;
      }),
    )
    .map((x) => sigmoid(chance, x));
}

/** Every pair of integers: two places of the input, which convolutions take apart, times each other or added. */
function pairs(chance: Chance, op: 'multiply' | 'add'): Case {
  const x: IntegerTensor = { ...chance.tensor('x', [1, 2, 256]), zeroPoint: 0 };
  const [a, b] = [chance.tensor('a', [1, 1, 256]), chance.tensor('b', [1, 1, 256])];
  const most =
    op === 'multiply' ? a.scale * b.scale * chance.scale(5, 9) : Math.max(a.scale, b.scale) * chance.scale(-1, 2);
  const y = chance.tensor('y', [1, 1, 256], Math.fround(most));
  const clamp = { lowest: -128, highest: 127, relu6: false };
  const taken = (name: string, place: number, output: number, { scale }: IntegerTensor): IntegerLayer => {
    const weightScales = new Float32Array(256).fill(scale / x.scale / 127);
    return {
      ...{ op: 'depthwiseConv2d', name, input: 0, output, stride: 1, kernelShape: [1, 2, 256, 1], ...clamp },
      padding: { top: 0, bottom: 0, left: 0, right: 0 },
      weights: Int8Array.from({ length: 512 }, (_, i) => (Math.floor(i / 256) === place ? 127 : 0)),
      ...{ weightScales, bias: new Int32Array(256) },
      multipliers: Array.from(weightScales, (step) => fixedMultiplier((step * x.scale) / scale)),
    };
  };
  const reads = { name: 'pair', input: 1, other: 2, output: 3, ...clamp } as const;
  const last: IntegerOperation =
    op === 'multiply'
      ? { op, ...reads, multiplier: fixedMultiplier((a.scale * b.scale) / y.scale) }
      : { op, ...reads, ...addMultipliers(a.scale, b.scale, y.scale) };
  const network = networkOf([x, a, b, y], [taken('left', 0, 1, a), taken('right', 1, 2, b), last]);
  return { network, pictures: ALL.map((q) => Int8Array.from([...ALL, ...ALL.map(() => q)])) };
}

/** Vectors of all lengths, one of them of zeros. */
function unit(chance: Chance): Case {
  const length = [3, 24, 256, 512][chance.below(4)]!;
  const x = chance.tensor('x', [1, 1, length]);
  const y = { name: 'y', shape: x.shape, scale: 1 / 128, zeroPoint: 0 };
  const operation = { op: 'l2Normalize', name: 'unit', input: 0, output: 1 } as const;
  const pictures = Array.from({ length: 64 }, (_, i) => {
    const spread = chance.below(i === 0 ? 1 : 128);
    return Int8Array.from({ length }, () => clampedByte(x.zeroPoint + chance.below(2 * spread + 1) - spread));
  });
  return { network: networkOf([x, y], [operation]), pictures };
}

function clampedByte(q: number): number {
  return Math.max(-128, Math.min(127, q));
}

describe('what integers compute of each value or pair of values', function () {
  this.timeout(300_000);
  const folder = scratchFolder();

  /** That every runtime gives the integers of the interpreter, and a file read again is the network. */
  const check = async (cases: readonly Case[]) => {
    const models = cases.map(({ network }) => integerTflite(network, new Map()));
    const jobs = cases.map(({ pictures }, i) => {
      const model = path.join(folder(), `${i}.tflite`);
      fs.writeFileSync(model, tfliteFile(models[i]!));
      return {
        model,
        input: Buffer.concat(pictures.map(({ buffer }) => new Uint8Array(buffer))),
        arena: arenaBytes(models[i]!),
      };
    });
    const theirs: Record<Exclude<RoundingName, 'simulation'>, readonly Int8Array[]> = {
      xnnpack: (await runLiteRtAll(jobs)).map(integersOf),
      liteRtReference: (await runLiteRtAll(jobs, true)).map(integersOf),
      microcontroller: (await runMicrocontroller(jobs)).map(integersOf),
      onnxRuntime: await Promise.all(
        cases.map(({ network, pictures }) =>
          runOnnxIntegers(onnxFile(integerOnnx(network, 'embedding', new Map(), 'uint8')), network, pictures),
        ),
      ),
    };
    for (const [i, { network, pictures }] of cases.entries()) {
      const again = networkOfTflite(readTflite(fs.readFileSync(jobs[i]!.model)), 'embedding');
      assert.ok(again.precision === 'int8');
      const both: readonly IntegerNetwork[] = [network, again.network];
      for (const name of Object.keys(theirs) as (keyof typeof theirs)[])
        for (const one of both) {
          const ours = pictures.flatMap((picture) => [...runPicture(one, picture, name)]);
          const place = ours.findIndex((q, k) => q !== theirs[name][i]![k]);
          const what = `${name}, ${network.name} ${i} of seed ${SEED}, ${JSON.stringify(network.tensors)}, value ${place}`;
          assert.equal(theirs[name][i]!.length, ours.length, what);
          assert.equal(ours[place], theirs[name][i]![place], what);
        }
    }
  };
  const chance = new Chance();
  const whole = new Chance(true);
  /** Half of them with scales that are powers of two. */
  const some = (count: number, make: (of: Chance) => Case) =>
    Array.from({ length: count }, (_, i) => make(i % 2 === 0 ? chance : whole));

  it('PReLU with a slope for each channel: 24 of 16 slopes, each integer', async () => {
    await check(some(24, (of) => prelu(of, false)));
  });

  it('PReLU with one slope: 64, each integer, most of them as LEAKY_RELU', async () => {
    const cases = some(64, (of) => prelu(of, true));
    const leaky = cases.filter(({ network: { operations, tensors } }) => {
      const [operation] = operations;
      return operation?.op === 'prelu' && leakySlope(operation, tensors[0]!, tensors[1]!) !== undefined;
    });
    assert.ok(leaky.length > 24 && leaky.length < cases.length, `${leaky.length}`);
    await check(cases);
  });

  it('sigmoid: 24, and some with a value close to the middle between two steps, each integer', async () => {
    const close = closeSigmoids(chance);
    assert.ok(close.length > 40, `${close.length}`);
    const tables = close.map(({ network: { tensors } }) =>
      [ROUNDINGS.microcontroller, ROUNDINGS.liteRtReference, ROUNDINGS.xnnpack, ROUNDINGS.onnxRuntime].map((rounding) =>
        rounding.sigmoid(tensors[0]!, tensors[1]!).join(),
      ),
    );
    // Each of them differs from each other one somewhere: one formula for two would not do.
    for (let a = 0; a < 4; a++)
      for (let b = 0; b < a; b++)
        assert.ok(
          tables.some((all) => all[a] !== all[b]),
          `${a} ${b}`,
        );
    await check([...some(24, (of) => sigmoid(of)), ...close]);
  });

  it('product by channel: 12, each pair of integers', async () => {
    await check(some(12, (of) => pairs(of, 'multiply')));
  });

  it('sum: 24, each pair of integers', async () => {
    await check(some(24, (of) => pairs(of, 'add')));
  });

  it('unit vectors: 24 of 64 vectors, zeros among them', async () => {
    await check(some(24, (of) => unit(of)));
  });
});

function integersOf({ bytes }: { readonly bytes: Uint8Array }): Int8Array {
  return new Int8Array(new Uint8Array(bytes).buffer);
}
