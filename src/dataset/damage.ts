import { Random } from '../core/random.js';
import type { Augmentation } from '../protocol/options.js';

type Colour = readonly [red: number, green: number, blue: number];

/** What a camera at a door does to a face, or its wearer. Lengths are in pixels of the picture that a network reads. */
export type Damage =
  /** Too far away: as sharp as a picture of `side` x `side`. */
  | { readonly kind: 'small'; readonly side: number }
  /** Too little light: every value times `gain`, with noise of the standard deviation `noise`, of 255. */
  | { readonly kind: 'dark'; readonly gain: number; readonly noise: number; readonly seed: number }
  /** Moved while the shutter was open: along a line of `length` at `angle` to the rows, in radians. */
  | { readonly kind: 'moved'; readonly length: number; readonly angle: number }
  /** Behind a mask, a scarf, glasses or a hand: left, top, right, bottom of one colour. */
  | { readonly kind: 'covered'; readonly area: readonly [number, number, number, number]; readonly colour: Colour };

/** In the order in which the shares of the options lie beside each other. */
const KINDS = ['small', 'dark', 'moved', 'covered'] as const;
const DRAW: Readonly<Record<Damage['kind'], (random: Random, size: number) => Damage>> = {
  small: (random, size) => ({ kind: 'small', side: Math.max(1, Math.round(size * logBetween(random, 0.11, 0.35))) }),
  dark: (random) => ({
    ...{ kind: 'dark', gain: logBetween(random, 0.08, 0.5), noise: random.between(2, 10), seed: random.uint32() },
  }),
  moved: (random, size) => ({
    ...{ kind: 'moved', length: size * random.between(0.025, 0.125), angle: random.between(0, Math.PI) },
  }),
  covered: (random, size) => ({ kind: 'covered', area: drawCover(random, size), colour: drawColour(random) }),
};

/** At most one kind a picture, each with the share that the options give it; what goes beyond 1 together never comes. */
export function drawDamage(
  shares: Pick<Augmentation, Damage['kind']>,
  size: number,
  random: Random,
): Damage | undefined {
  let place = random.uniform();
  for (const kind of KINDS) {
    if (place < shares[kind]) return DRAW[kind](random, size);
    place -= shares[kind];
  }
  return undefined;
}

function logBetween(random: Random, low: number, high: number): number {
  return Math.exp(random.between(Math.log(low), Math.log(high)));
}

/** Three of four are the lower part, from the nose or the mouth on; the rest a bar across the eyes or anywhere. */
function drawCover(random: Random, size: number): [number, number, number, number] {
  const at = (share: number) => Math.round(size * share);
  if (random.uniform() < 0.75) return [0, at(random.between(0.5, 0.8)), size, size];
  const from = random.uniform() < 0.5 ? random.between(0.25, 0.5) : random.between(0, 0.8);
  const [near, far] = [at(from), Math.min(size, at(from + random.between(0.12, 0.3)))];
  return random.uniform() < 0.6 ? [0, near, size, far] : [near, 0, far, size];
}

/** Half of them grey, black and white among them: masks are. */
function drawColour(random: Random): Colour {
  const [red, green, blue] = [random.integer(256), random.integer(256), random.integer(256)];
  return random.uniform() < 0.5 ? [red, red, red] : [red, green, blue];
}

/** Damages a picture in place: [size, size, 3] of `pixels` from `at` on. */
export function applyDamage(pixels: Uint8Array, at: number, size: number, damage: Damage): void {
  const picture = pixels.subarray(at, at + size * size * 3);
  if (damage.kind === 'small') shrink(picture, size, damage.side);
  else if (damage.kind === 'dark') darken(picture, damage);
  else if (damage.kind === 'moved') blur(picture, size, damage);
  else cover(picture, size, damage);
}

/** Mean of the areas on the way down, bilinear on the way up, both with the corners of the picture in place. */
function shrink(picture: Uint8Array, size: number, side: number): void {
  if (side >= size) return;
  const down = areaWeights(size, side);
  const up = linearWeights(side, size);
  const rows = resample(picture, size, size, down);
  const small = resampleRows(rows, size, side, down);
  const wide = resample(small, side, side, up);
  picture.set(resampleRows(wide, side, size, up));
}

/** Of each output place: the first input place that it reads, and the weights of those from there on. */
type Weights = readonly { readonly first: number; readonly weights: readonly number[] }[];

function areaWeights(from: number, to: number): Weights {
  const step = from / to;
  return Array.from({ length: to }, (_, i) => {
    const [begin, end] = [i * step, (i + 1) * step];
    const first = Math.floor(begin);
    const count = Math.min(from, Math.ceil(end - 1e-9)) - first;
    const share = (k: number) => (Math.min(end, first + k + 1) - Math.max(begin, first + k)) / step;
    return { first, weights: Array.from({ length: count }, (__, k) => share(k)) };
  });
}

function linearWeights(from: number, to: number): Weights {
  return Array.from({ length: to }, (_, i) => {
    const centre = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const first = Math.min(Math.max(0, from - 2), Math.floor(centre));
    const after = centre - first;
    return { first, weights: from === 1 ? [1] : [1 - after, after] };
  });
}

/** Along the rows: [height, width, 3] to [height, weights.length, 3]. */
function resample(source: ArrayLike<number>, height: number, width: number, columns: Weights): Float32Array {
  const target = new Float32Array(height * columns.length * 3);
  let o = 0;
  for (let y = 0; y < height; y++)
    for (const { first, weights } of columns)
      for (let c = 0; c < 3; c++, o++)
        for (let k = 0; k < weights.length; k++)
          target[o] = target[o]! + source[(y * width + first + k) * 3 + c]! * weights[k]!;
  return target;
}

/** Along the columns, rounded to bytes (halves up, as a byte's are none of quantization): [height, width, 3] to [rows.length, width, 3]. */
function resampleRows(source: Float32Array, height: number, width: number, rows: Weights): Uint8Array {
  const row = (source.length / height) | 0;
  if (row !== width * 3) throw new RangeError(`${source.length} values are not ${height} rows of ${width}`);
  const target = new Uint8Array(rows.length * row);
  rows.forEach(({ first, weights }, y) => {
    for (let x = 0; x < row; x++) {
      let sum = 0.5;
      for (let k = 0; k < weights.length; k++) sum += source[(first + k) * row + x]! * weights[k]!;
      target[y * row + x] = sum;
    }
  });
  return target;
}

/** Of the sum of four random bytes. */
const FOUR_BYTES = { mean: 2 * 255, deviation: Math.sqrt((4 * (256 ** 2 - 1)) / 12) } as const;

/** The noise of each value is the sum of four random bytes, brought to its deviation: all but normal, for one number drawn. */
function darken(picture: Uint8Array, { gain, noise, seed }: Extract<Damage, { kind: 'dark' }>): void {
  const random = Random.fromSeed(seed);
  const factor = noise / FOUR_BYTES.deviation;
  for (let i = 0; i < picture.length; i++) {
    const bits = random.uint32();
    const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
    picture[i] = Math.max(0, Math.min(255, picture[i]! * gain + (sum - FOUR_BYTES.mean) * factor + 0.5));
  }
}

/** The mean of the picture at as many places along the line as it is long in pixels; beyond the border the border goes on. */
function blur(picture: Uint8Array, size: number, { length, angle }: Extract<Damage, { kind: 'moved' }>): void {
  const places = Math.max(2, Math.round(length) + 1);
  const steps = Array.from({ length: places }, (_, i) => {
    const along = length * (i / (places - 1) - 0.5);
    return { x: Math.round(along * Math.cos(angle)), y: Math.round(along * Math.sin(angle)) };
  });
  const source = picture.slice();
  const inside = (v: number) => (v < 0 ? 0 : v >= size ? size - 1 : v);
  let o = 0;
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++, o += 3) {
      let [red, green, blue] = [0, 0, 0];
      for (const step of steps) {
        const i = (inside(y + step.y) * size + inside(x + step.x)) * 3;
        red += source[i]!;
        green += source[i + 1]!;
        blue += source[i + 2]!;
      }
      picture[o] = red / places + 0.5;
      picture[o + 1] = green / places + 0.5;
      picture[o + 2] = blue / places + 0.5;
    }
}

function cover(picture: Uint8Array, size: number, { area, colour }: Extract<Damage, { kind: 'covered' }>): void {
  const [left, top, right, bottom] = area;
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) picture.set(colour, (y * size + x) * 3);
}
