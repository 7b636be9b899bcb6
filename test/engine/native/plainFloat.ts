import { sizeOf, type Nodes, type Padding, type Shape } from '../../../src/graph/graph.js';
import type { FloatNode } from '../../../src/graph/operations.js';

// The operations that are only computed in float, as their definitions read, in float64: forward and backward.

export interface Tensor {
  readonly shape: Shape;
  /** [N, H, W, C]. */
  readonly values: Float64Array;
}

/** What an operation sees of the network that it is a part of. */
export interface Around {
  /** Pictures in the batch. */
  readonly n: number;
  readonly out: (node: string) => Tensor;
  readonly parameter: (name: string) => ArrayLike<number>;
}

export interface AroundBackward extends Around {
  /** The gradient of a node's output, to be added to. */
  readonly into: (node: string) => Float64Array;
  /** That of a parameter; undefined of one that is not trained. */
  readonly gradient: (parameter: string) => Float64Array | undefined;
}

interface PlainOperation<N> {
  forward(node: N, around: Around): Float64Array;
  backward(node: N, dy: Float64Array, around: AroundBackward): void;
}

/** Windows that move over a map. */
export interface Windows {
  /** Rows and columns of a window. */
  readonly kernel: readonly [number, number];
  readonly stride: number;
  /** SAME when absent. */
  readonly padding: Padding | undefined;
}

/** Every (output pixel, input pixel, tap) of such windows, as offsets of their first channels. */
export function eachTap(
  n: number,
  [h, w, inC]: Shape,
  [outH, outW, outC]: Shape,
  { kernel: [kH, kW], stride, padding }: Windows,
  visit: (out: number, x: number, tap: number) => void,
): void {
  const before = (size: number, outSize: number, k: number) =>
    Math.floor(Math.max(0, (outSize - 1) * stride + k - size) / 2);
  const [top, left] = padding ? [padding.top, padding.left] : [before(h, outH, kH), before(w, outW, kW)];
  for (let image = 0; image < n; image++)
    for (let oy = 0; oy < outH; oy++)
      for (let ox = 0; ox < outW; ox++)
        for (let i = 0; i < kH; i++)
          for (let j = 0; j < kW; j++) {
            const [iy, ix] = [oy * stride - top + i, ox * stride - left + j];
            if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
            visit(((image * outH + oy) * outW + ox) * outC, ((image * h + iy) * w + ix) * inC, i * kW + j);
          }
}

const prelu: PlainOperation<Nodes['prelu']> = {
  forward({ input, slope, shape }, { out, parameter }) {
    const slopes = parameter(slope);
    return out(input).values.map((v, i) => (v > 0 ? v : slopes[i % shape[2]]! * v));
  },
  backward({ input, slope, shape }, dy, { out, parameter, into, gradient }) {
    const [x, slopes, dx, dSlope] = [out(input).values, parameter(slope), into(input), gradient(slope)];
    dy.forEach((g, i) => {
      const c = i % shape[2];
      dx[i]! += x[i]! > 0 ? g : slopes[c]! * g;
      if (dSlope && x[i]! <= 0) dSlope[c]! += g * x[i]!;
    });
  },
};

const sigmoid: PlainOperation<Nodes['sigmoid']> = {
  forward: ({ input }, { out }) => out(input).values.map((v) => 1 / (1 + Math.exp(-v))),
  backward({ name, input }, dy, { out, into }) {
    const [y, dx] = [out(name).values, into(input)];
    dy.forEach((g, i) => (dx[i]! += g * y[i]! * (1 - y[i]!)));
  },
};

/** Where the factor of value i stands. */
function factorAt(i: number, [h, w, c]: Shape): number {
  return Math.floor(i / (h * w * c)) * c + (i % c);
}

const multiply: PlainOperation<Nodes['multiply']> = {
  forward({ input, other, shape }, { out }) {
    const factors = out(other).values;
    return out(input).values.map((v, i) => v * factors[factorAt(i, shape)]!);
  },
  backward({ input, other, shape }, dy, { out, into }) {
    const [x, factors, dx, dFactors] = [out(input).values, out(other).values, into(input), into(other)];
    dy.forEach((g, i) => {
      const at = factorAt(i, shape);
      dx[i]! += g * factors[at]!;
      dFactors[at]! += g * x[i]!;
    });
  },
};

/** Where value i of two maps side by side comes from. */
function sideBySide(i: number, own: number, others: number): readonly ['input' | 'other', number] {
  const [pixel, c] = [Math.floor(i / (own + others)), i % (own + others)];
  return c < own ? ['input', pixel * own + c] : ['other', pixel * others + c - own];
}

const concat: PlainOperation<Nodes['concat']> = {
  forward(node, { n, out }) {
    const [own, others] = [out(node.input).shape[2], out(node.other).shape[2]];
    return Float64Array.from({ length: n * sizeOf(node.shape) }, (_, i) => {
      const [from, at] = sideBySide(i, own, others);
      return out(node[from]).values[at]!;
    });
  },
  backward(node, dy, { out, into }) {
    const [own, others] = [out(node.input).shape[2], out(node.other).shape[2]];
    dy.forEach((g, i) => {
      const [from, at] = sideBySide(i, own, others);
      into(node[from])[at]! += g;
    });
  },
};

const maxPool: PlainOperation<Nodes['maxPool']> = {
  forward(node, around) {
    return winnersOf(node, around).map((at) => around.out(node.input).values[at]!);
  },
  backward(node, dy, around) {
    const dx = around.into(node.input);
    winnersOf(node, around).forEach((at, i) => (dx[at]! += dy[i]!));
  },
};

/** Where the maximum of each window stands: the first of those that are as large. */
function winnersOf(node: Nodes['maxPool'], { n, out }: Around): Float64Array {
  const { shape, values } = out(node.input);
  const winners = new Float64Array(n * sizeOf(node.shape)).fill(-1);
  const { kernelSize, stride, padding } = node;
  eachTap(n, shape, node.shape, { kernel: [kernelSize, kernelSize], stride, padding }, (y, x) => {
    for (let c = 0; c < shape[2]; c++)
      if (winners[y + c] === -1 || values[x + c]! > values[winners[y + c]!]!) winners[y + c] = x + c;
  });
  return winners;
}

const l2Normalize: PlainOperation<Nodes['l2Normalize']> = {
  forward({ input, shape }, { out }) {
    const { values } = out(input);
    return values.map((v, i) => v / divisor(values, i, shape[2]));
  },
  /** y = x / ‖x‖: (dy − y (y · dy)) / ‖x‖. A vector below the limit is divided by a constant. */
  backward({ name, input, shape }, dy, { out, into }) {
    const [x, y, dx] = [out(input).values, out(name).values, into(input)];
    dy.forEach((g, i) => {
      const [length, from] = [divisor(x, i, shape[2]), i - (i % shape[2])];
      let along = 0;
      if (length > SHORTEST) for (let c = from; c < from + shape[2]; c++) along += y[c]! * dy[c]!;
      dx[i]! += (g - y[i]! * along) / length;
    });
  },
};

const SHORTEST = 1e-12;

/** What value i is divided by: the length of its vector. */
function divisor(values: Float64Array, i: number, channels: number): number {
  const from = i - (i % channels);
  return Math.max(Math.hypot(...values.subarray(from, from + channels)), SHORTEST);
}

const OPERATIONS: { readonly [Op in FloatNode['op']]: PlainOperation<Nodes[Op]> } = {
  ...{ prelu, sigmoid, multiply, concat, maxPool, l2Normalize },
};

export function floatOperation<Op extends FloatNode['op']>(op: Op): PlainOperation<Nodes[Op]> {
  return OPERATIONS[op];
}
