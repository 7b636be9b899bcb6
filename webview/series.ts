import { gaussian, type Bins } from './gaussian.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Buckets of what is shown of a line: about one for each pixel of a chart. Each draws two points at most. */
const BUCKETS = 400;
/** Points that a line begins with room for. */
const ROOM = 1024;
/** A bucket of a level holds so many of the level below; the first level's hold so many points. */
const FAN = 8;
/** Levels are buckets of 8, 64, … points. The coarsest serves lines of ten million points and more. */
const LEVELS = 5;

/** A part of a line, `first` to `end` without it, in buckets of `size` points, a power of two. */
export interface Stretch {
  readonly first: number;
  readonly end: number;
  readonly size: number;
}

/**
 * A line that grows at its end, and what is drawn of any part of it. However long it is, a point more costs as much as one more, and
 * a frame as much as the pixels: over the values lie levels of buckets of 8, 64, 512, … points with their smallest, their largest
 * and their sum. So no peak is lost at any zoom, and what a bucket draws never depends on when it was filled.
 */
export class Series {
  /** Appended so far; `x` rises. */
  length = 0;
  private xs = new Float64Array(ROOM);
  private ys = new Float64Array(ROOM);
  private readonly levels = Array.from({ length: LEVELS }, (_, i) => new Level(FAN ** (i + 1)));

  append(x: number, y: number): void {
    const i = this.length++;
    if (i === this.xs.length) {
      this.xs = doubled(this.xs);
      this.ys = doubled(this.ys);
    }
    this.xs[i] = x;
    this.ys[i] = y;
    for (const level of this.levels) level.append(i, this.ys);
  }

  /** The point next to a place, by bisection. @returns undefined of a line without points */
  nearest(x: number): Point | undefined {
    if (this.length === 0) return undefined;
    const i = this.firstFrom(x);
    if (i === this.length) return this.at(i - 1);
    return i > 0 && x - this.xs[i - 1]! < this.xs[i]! - x ? this.at(i - 1) : this.at(i);
  }

  /** What lies between two places, and a bucket more on either side, so that a line leaves the picture at its edge. */
  between(from = -Infinity, to = Infinity): Stretch {
    const [first, end] = [this.firstFrom(from), Math.min(this.length, this.firstFrom(to) + 1)];
    const size = strideOf(end - first);
    const aligned = (i: number) => Math.floor(i / size) * size;
    return { first: Math.max(0, aligned(first) - size), end: Math.min(this.length, aligned(end - 1) + 2 * size), size };
  }

  /** What is drawn of the points themselves: the smallest and the largest of each bucket, and the last point of the line. */
  points(stretch: Stretch = this.between()): Point[] {
    const drawn: Point[] = [];
    let last = -1;
    for (const bucket of bucketsOf(stretch)) {
      const [low, high] = this.extremes(bucket, stretch.size);
      drawn.push(this.at(Math.min(low, high)));
      last = Math.max(low, high);
      if (low !== high) drawn.push(this.at(last));
    }
    if (stretch.end === this.length && last !== this.length - 1 && this.length > 0)
      drawn.push(this.at(this.length - 1));
    return drawn;
  }

  /**
   * The mean of the points around each bucket, weighted by a Gaussian; what lies beside the stretch counts too.
   *
   * @param sigma its standard deviation in points
   */
  average(stretch: Stretch, sigma: number): Point[] {
    const { size } = stretch;
    const bins: Bins = {
      length: Math.ceil(this.length / size),
      count: (bucket) => Math.min(size, this.length - bucket * size),
      sum: (bucket) => this.sum(bucket, size),
    };
    const buckets = bucketsOf(stretch);
    const means = gaussian(bins, buckets[0] ?? 0, buckets.length, sigma / size);
    return buckets.map((bucket, i) => {
      const [begin, end] = [bucket * size, Math.min(this.length, (bucket + 1) * size) - 1];
      return { x: (this.xs[begin]! + this.xs[end]!) / 2, y: means[i]! };
    });
  }

  private at(i: number): Point {
    return { x: this.xs[i]!, y: this.ys[i]! };
  }

  /** Where the first point at a place or behind it stands. */
  private firstFrom(x: number): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.xs[middle]! < x) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Where the smallest and the largest point of a bucket stand, the first of equal ones. */
  private extremes(bucket: number, size: number): [low: number, high: number] {
    const { level, from, to } = this.partsOf(bucket, size);
    let [low, high] = level ? [level.lowest[from]!, level.highest[from]!] : [from, from];
    for (let part = from + 1; part < to; part++) {
      const [lower, higher] = level ? [level.lowest[part]!, level.highest[part]!] : [part, part];
      if (this.ys[lower]! < this.ys[low]!) low = lower;
      if (this.ys[higher]! > this.ys[high]!) high = higher;
    }
    return [low, high];
  }

  private sum(bucket: number, size: number): number {
    const { level, from, to } = this.partsOf(bucket, size);
    const values = level ? level.sums : this.ys;
    let sum = 0;
    for (let part = from; part < to; part++) sum += values[part]!;
    return sum;
  }

  /** The parts that a bucket consists of: buckets of the coarsest level that fits, or points. */
  private partsOf(bucket: number, size: number): { level: Level | undefined; from: number; to: number } {
    const level = this.levels.findLast((one) => one.size <= size);
    const unit = level?.size ?? 1;
    const end = Math.min(this.length, (bucket + 1) * size);
    return { level, from: (bucket * size) / unit, to: Math.ceil(end / unit) };
  }
}

/** Buckets of one size over a whole line. */
class Level {
  /** Where the smallest and the largest of each bucket stand. */
  lowest = new Uint32Array(ROOM / FAN);
  highest = new Uint32Array(ROOM / FAN);
  sums = new Float64Array(ROOM / FAN);

  constructor(readonly size: number) {}

  append(i: number, ys: Float64Array): void {
    const bucket = Math.floor(i / this.size);
    if (i % this.size === 0) {
      if (bucket === this.sums.length) this.grow();
      this.lowest[bucket] = this.highest[bucket] = i;
      this.sums[bucket] = ys[i]!;
      return;
    }
    this.sums[bucket]! += ys[i]!;
    if (ys[i]! < ys[this.lowest[bucket]!]!) this.lowest[bucket] = i;
    if (ys[i]! > ys[this.highest[bucket]!]!) this.highest[bucket] = i;
  }

  private grow(): void {
    this.lowest = doubled(this.lowest);
    this.highest = doubled(this.highest);
    this.sums = doubled(this.sums);
  }
}

/** How many points stand for one in a picture of so many. */
export function strideOf(points: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(points / BUCKETS)));
}

/** The numbers of the buckets that a stretch touches. Buckets lie at multiples of their size, whatever is shown: a pan moves none. */
function bucketsOf({ first, end, size }: Stretch): number[] {
  const begin = Math.floor(first / size);
  return Array.from({ length: Math.ceil(end / size) - begin }, (_, i) => begin + i);
}

function doubled<Values extends Float64Array | Uint32Array>(values: Values): Values {
  const larger =
    values instanceof Float64Array ? new Float64Array(2 * values.length) : new Uint32Array(2 * values.length);
  larger.set(values);
  return larger as Values;
}
