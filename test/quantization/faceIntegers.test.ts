import assert from 'node:assert/strict';
import { quantizerOf } from '../../src/core/fakeQuantize.js';
import { UserError } from '../../src/core/userError.js';
import { GraphBuilder, type Value } from '../../src/graph/graphBuilder.js';
import type { Graph } from '../../src/graph/graph.js';
import { initialValues } from '../../src/graph/networkState.js';
import { pixelTables } from '../../src/graph/pixelTables.js';
import { fixedRange } from '../../src/quantization/fixedRange.js';
import { fixedInverseRoot } from '../../src/quantization/interpreter/fixedPoint.js';
import { integerNetwork, type IntegerNetwork } from '../../src/quantization/interpreter/integerNetwork.js';
import { runOperation } from '../../src/quantization/interpreter/interpreter.js';
import { ROUNDINGS } from '../../src/quantization/interpreter/roundings.js';
import { initialRanges, quantizeGraph, rangeOf } from '../../src/quantization/quantizeGraph.js';
import { quantizersOf } from '../../src/quantization/quantizers.js';

const SCALING = { scale: [1 / 64, 1 / 48, 1 / 72], shift: [-1.5, -1.25, -1] } as const;
const VALID = { top: 1, bottom: 1, left: 1, right: 1 };

/** A block of the face network: convolutions with biases and paddings, PReLU, squeeze and excitation, a sum, a unit vector. */
function faceGraph(): Graph {
  const b = new GraphBuilder();
  let x: Value = b.input(8, 8, 3, 'pixels', SCALING);
  x = b.prelu('first_prelu', b.conv2d('first', x, 8, 3, 2, { bias: true, padding: VALID }));
  const own = b.depthwiseConv2d('deep', x, 3, 1, { bias: true });
  const squeezed = b.prelu('squeeze_prelu', b.dense('squeeze', b.globalAveragePool('mean', own), 4));
  const factors = b.sigmoid('factors', b.dense('excite', squeezed, 8));
  x = b.add('sum', x, b.multiply('scaled', own, factors));
  x = b.depthwiseConv2d('whole', x, 4, 1, { bias: true, padding: { top: 0, bottom: 0, left: 0, right: 0 } });
  return b.build('faces', { embedding: b.l2Normalize('unit', b.dense('embedding', x, 6)) });
}

const float = faceGraph();
const graph = quantizeGraph(float);

/** With slopes from −0.5 on, and ranges of −2 to 2 wherever they are not fixed. */
function parameters(): Map<string, Float32Array> {
  const values = new Map([...initialValues(float, 7), ...initialRanges(graph)]);
  for (const [name, value] of values) {
    if (name.endsWith('/alpha')) value.forEach((_, i) => (value[i] = i / 4 - 0.5));
    if (name.endsWith('/range') && value[1] === 0) value.set([-2, 2]);
  }
  return values;
}

describe('quantized face networks', () => {
  it('have a quantizer before and behind each PReLU, one for its slopes, and fixed ranges where TFLite fixes them', () => {
    const rows = quantizersOf(graph).map(({ kind, parameter, observed }) => [kind[0], parameter, observed].join(' '));
    assert.deepEqual(rows, [
      'a input/range false',
      'w first/kernel false',
      'a first/range true',
      'w first_prelu/alpha false',
      'a first_prelu/range true',
      'w deep/depthwise_kernel false',
      'a deep/range true',
      'w squeeze/kernel false',
      'a squeeze/range true',
      'w squeeze_prelu/alpha false',
      'a squeeze_prelu/range true',
      'w excite/kernel false',
      'a excite/range true',
      'a factors/range false',
      'a scaled/range true',
      'a sum/range true',
      'w whole/depthwise_kernel false',
      'a whole/range true',
      'w embedding/kernel false',
      'a embedding/range true',
      'a unit/range false',
    ]);
    const ranges = initialRanges(graph);
    const scaleOf = (name: string) => {
      const [min, max] = ranges.get(rangeOf(name))!;
      const { scale, zeroPoint } = quantizerOf(min!, max!, 8);
      return [scale, zeroPoint];
    };
    assert.deepEqual(scaleOf('factors'), [1 / 256, -128]);
    assert.deepEqual(scaleOf('unit'), [1 / 128, 0]);
    // The mean shares the range of what it reads, which observers find.
    assert.deepEqual([...ranges.get('deep/range')!], [0, 0]);
    assert.ok(!ranges.has('mean/range'));
  });

  it('leave a PReLU in float with its layer', () => {
    const partly = quantizersOf(quantizeGraph(float, { weightBits: 8, floatLayers: ['first'] }));
    const gone = quantizersOf(graph).filter(({ parameter }) => !partly.some((other) => other.parameter === parameter));
    assert.deepEqual(
      gone.map(({ parameter }) => parameter),
      ['first/kernel', 'first/range', 'first_prelu/alpha', 'first_prelu/range'],
    );
  });

  it('are refused where integers do not compute them', () => {
    const refused = (make: (b: GraphBuilder, x: Value) => Value) => {
      const b = new GraphBuilder();
      const embedding = b.globalAveragePool('pool', make(b, b.conv2d('conv', b.input(6, 6, 3), 4, 3)));
      assert.throws(
        () => quantizeGraph(b.build('other', { embedding })),
        (error) => error instanceof UserError && error.code === 'not-quantizable',
      );
    };
    refused((b, x) => b.concat('both', x, x));
    refused((b, x) => b.maxPool('most', x, 3, 2, VALID));
    refused((b, x) => b.relu6('clamp', b.sigmoid('sigmoid', x)));
    refused((b, x) => b.batchNorm('norm', b.conv2d('biased', x, 4, 1, 1, { bias: true })));
  });

  it('read every byte as a step of its own where the colours are scaled alike, and none half way between two', () => {
    for (const [scale, shift] of [
      [1, 0],
      [1 / 255, 0],
      [1 / 128, -127.5 / 128],
      [1 / 64, -2],
    ] as const) {
      const shape = [2, 2, 3] as const;
      const scaling = { scale: [scale, scale, scale], shift: [shift, shift, shift] } as const;
      const input = { op: 'input', name: 'input', values: 'pixels', shape, scaling } as const;
      const [min, max] = fixedRange(input)!;
      const { scale: step, zeroPoint } = quantizerOf(min, max, 8);
      const places = [...pixelTables(input)[0]!].map((x) => x / step + zeroPoint);
      assert.ok(
        places.every((q) => Math.abs(q - Math.floor(q) - 0.5) > 9e-5),
        `${scale}`,
      );
      const levels = new Set(places.map((q) => Math.max(-128, Math.min(127, Math.round(q)))));
      assert.ok(levels.size >= 254, `${scale}: ${levels.size} levels`);
    }
  });
});

describe('the integer interpreter on what face networks are made of', () => {
  const network: IntegerNetwork = integerNetwork(graph, parameters());
  const operation = (name: string) => network.operations.find((one) => one.name === name)!;
  /** Every integer from −128 to 127 in channel 0 of the input, by places. */
  const EVERY = Int8Array.from({ length: 256 }, (_, i) => i - 128);
  const run = (name: string, inputs: readonly Int8Array[], rounding = ROUNDINGS.simulation) => {
    const one = operation(name);
    const values: Int8Array[] = [];
    [one.input, ...('other' in one ? [one.other] : [])].forEach((tensor, i) => (values[tensor] = inputs[i]!));
    return { one, out: runOperation(network.tensors, one, values, rounding) };
  };

  it('scales the two sides of a PReLU apart, with slopes of int8', () => {
    const { one, out } = run('first_prelu', [Int8Array.from(EVERY, (_, i) => i)]);
    assert.ok(one.op === 'prelu');
    // Slopes −0.5 … 1.25: the largest is 127 steps, and −0.5 is 50.8 of them.
    assert.deepEqual([...one.slopes], [-51, -25, 0, 25, 51, 76, 102, 127]);
    const [x, y] = [network.tensors[one.input]!, network.tensors[one.output]!];
    out.forEach((q, i) => {
      const value = ((i << 24) >> 24) - x.zeroPoint;
      const real = value * x.scale * (value >= 0 ? 1 : one.slopes[i % 8]! * one.slopeScale);
      const expected = Math.max(-128, Math.min(127, real / y.scale + y.zeroPoint));
      assert.ok(Math.abs(q - expected) <= 0.5 + 1e-4, `${value}: ${q}, not ${expected}`);
    });
  });

  it('knows the sigmoid of each integer in steps of 1 / 256', () => {
    const { one, out } = run('factors', [EVERY]);
    const x = network.tensors[one.input]!;
    out.forEach((q, i) => {
      const real = 1 / (1 + Math.exp(-(i - 128 - x.zeroPoint) * x.scale));
      assert.ok(Math.abs((q + 128) / 256 - real) <= 0.5 / 256 + 1e-6, `${i - 128}: ${q}`);
    });
    for (const name of ['liteRtReference', 'xnnpack', 'onnxRuntime'] as const)
      assert.deepEqual(run('factors', [EVERY], ROUNDINGS[name]).out, out, name);
  });

  it('multiplies each channel by its factor', () => {
    const map = Int8Array.from({ length: 4 * 4 * 8 }, (_, i) => (i * 37) % 256);
    const factors = Int8Array.from({ length: 8 }, (_, c) => c * 36 - 128);
    const { one, out } = run('scaled', [map, factors]);
    const [x, y] = [network.tensors[one.input]!, network.tensors[one.output]!];
    out.forEach((q, i) => {
      const real = ((map[i]! - x.zeroPoint) * x.scale * (factors[i % 8]! + 128)) / 256;
      assert.ok(Math.abs((q - y.zeroPoint) * y.scale - real) <= y.scale * (0.5 + 1e-4), `${i}`);
    });
  });

  it('gives unit vectors in steps of 1 / 128, of zeros zeros', () => {
    const zero = network.tensors[operation('unit').input]!.zeroPoint;
    for (const vector of [
      [3, 4, 0, 0, 0, 0],
      [-90, 3, 17, 60, -1, 2],
      [1, 0, 0, 0, 0, 0],
      [0, -9, 0, 0, 0, 0],
    ])
      for (const name of ['simulation', 'liteRtReference', 'onnxRuntime'] as const) {
        const input = Int8Array.from(vector, (x) => x + zero);
        const { out } = run('unit', [input], ROUNDINGS[name]);
        const length = Math.hypot(...vector);
        const expected = vector.map((x) => Math.min(127, Math.round((x / length) * 128)));
        assert.deepEqual([...out], expected, `${name}: ${vector.join()}`);
      }
    assert.deepEqual([...run('unit', [new Int8Array(6).fill(zero)]).out], [0, 0, 0, 0, 0, 0]);
  });

  it('takes 1 / √x in fixed point within two parts in a million', () => {
    for (let x = 2; x < 2 ** 31; x = Math.ceil(x * 1.37)) {
      const { multiplier, shift } = fixedInverseRoot(x);
      const off = (multiplier / 2 ** 31) * 2 ** shift * Math.sqrt(x) - 1;
      assert.ok(Math.abs(off) < 2e-6, `${x}: ${off}`);
    }
  });

  it('gives a channel without a weight, and slopes of zero, zeros', () => {
    const values = parameters();
    values.get('first/kernel')!.forEach((_, i, all) => {
      if (i % 8 === 3) all[i] = 0;
    });
    values.get('first/bias')![3] = 0;
    values.get('first_prelu/alpha')!.fill(0);
    for (const made of integerNetwork(graph, values).operations) {
      if (made.name === 'first')
        assert.ok('weights' in made && made.weights.every((w, i) => (i % 8 === 3 ? w === 0 : true)));
      if (made.name === 'first_prelu') assert.deepEqual('slopes' in made && [...made.slopes], [0, 0, 0, 0, 0, 0, 0, 0]);
    }
  });

  it('pads with real zeros as the layer says, above and before alone where it says so', () => {
    const layer = operation('first');
    assert.ok('weights' in layer);
    const x = network.tensors[layer.input]!;
    const [height, width, channels] = network.tensors[layer.output]!.shape;
    const picture = Int8Array.from({ length: 8 * 8 * 3 }, (_, i) => (i * 53) % 256);
    const values: Int8Array[] = [];
    values[layer.input] = picture;
    const out = runOperation(network.tensors, layer, values, ROUNDINGS.simulation);
    const y = network.tensors[layer.output]!;
    for (let oy = 0; oy < height; oy++)
      for (let ox = 0; ox < width; ox++)
        for (let c = 0; c < channels; c++) {
          let sum = layer.bias[c]!;
          for (let tap = 0; tap < 9; tap++) {
            const [iy, ix] = [oy * 2 - 1 + Math.floor(tap / 3), ox * 2 - 1 + (tap % 3)];
            if (iy < 0 || iy >= 8 || ix < 0 || ix >= 8) continue;
            for (let k = 0; k < 3; k++)
              sum += (picture[(iy * 8 + ix) * 3 + k]! - x.zeroPoint) * layer.weights[(tap * 3 + k) * channels + c]!;
          }
          const real = (sum * x.scale * layer.weightScales[c]!) / y.scale + y.zeroPoint;
          const q = out[(oy * width + ox) * channels + c]!;
          assert.ok(Math.abs(q - Math.max(-128, Math.min(127, real))) <= 0.5 + 1e-4, `${oy} ${ox} ${c}: ${q}, ${real}`);
        }
  });
});
