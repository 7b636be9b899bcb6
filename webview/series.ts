export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Buckets of a line: about one for each pixel of a chart. Each draws two points at most. */
const BUCKETS = 400;
/** Points that a line begins with room for. */
const ROOM = 1024;

/**
 * A line that grows at its end, and what is drawn of it. However long it is, a point more costs as much as one more, and a
 * frame as much as the pixels: the values lie in arrays that double, and are taken together in buckets of 1, 2, 4, … points,
 * whose smallest and largest are drawn. So no peak is lost, and what a bucket draws never depends on when it was filled.
 */
export class Series {
  /** Appended so far; `x` rises. */
  length = 0;
  private xs = new Float64Array(ROOM);
  private ys = new Float64Array(ROOM);
  /** Moving averages, of the first `smoothed.length` points. */
  private averages = new Float64Array(ROOM);
  private smoothed = { length: 0, window: 0, sum: 0, weight: 0 };
  /** Points of a bucket, a power of two. */
  private size = 1;
  /** Where the smallest and the largest of each bucket stand. */
  private readonly lowest = new Uint32Array(BUCKETS);
  private readonly highest = new Uint32Array(BUCKETS);

  append(x: number, y: number): void {
    const i = this.length++;
    if (i === this.xs.length) this.grow();
    this.xs[i] = x;
    this.ys[i] = y;
    if (i === this.size * BUCKETS) this.joinBuckets();
    const bucket = Math.floor(i / this.size);
    if (i % this.size === 0) {
      this.lowest[bucket] = this.highest[bucket] = i;
      return;
    }
    if (y < this.ys[this.lowest[bucket]!]!) this.lowest[bucket] = i;
    if (y > this.ys[this.highest[bucket]!]!) this.highest[bucket] = i;
  }

  /** What is drawn of the points themselves; always the last of them. */
  points(): Point[] {
    const drawn: Point[] = [];
    const used = Math.ceil(this.length / this.size);
    const draw = (i: number) => drawn.push({ x: this.xs[i]!, y: this.ys[i]! });
    let last = -1;
    for (let bucket = 0; bucket < used; bucket++) {
      const [low, high] = [this.lowest[bucket]!, this.highest[bucket]!];
      draw(Math.min(low, high));
      last = Math.max(low, high);
      if (low !== high) draw(last);
    }
    if (last !== this.length - 1 && this.length > 0) draw(this.length - 1);
    return drawn;
  }

  /** What is drawn of the moving average: its value at the end of each bucket. */
  average(): Point[] {
    this.smooth();
    const drawn: Point[] = [];
    for (let end = this.size; end < this.length + this.size; end += this.size) {
      const i = Math.min(end, this.length) - 1;
      drawn.push({ x: this.xs[i]!, y: this.averages[i]! });
    }
    return drawn;
  }

  /**
   * An exponential moving average over about a thirtieth of the line, without the pull towards its start (the bias correction of
   * Adam). A short line is drawn as it is. The window grows with the line in steps of 3 to 6 %, and only then is the past averaged anew.
   */
  private smooth(): void {
    const window = windowOf(this.length);
    if (window !== this.smoothed.window) this.smoothed = { length: 0, window, sum: 0, weight: 0 };
    const keep = 1 - 1 / window;
    let { sum, weight } = this.smoothed;
    for (let i = this.smoothed.length; i < this.length; i++) {
      sum = sum * keep + this.ys[i]! * (1 - keep);
      weight = weight * keep + (1 - keep);
      this.averages[i] = sum / weight;
    }
    this.smoothed = { length: this.length, window, sum, weight };
  }

  private grow(): void {
    const doubled = (values: Float64Array) => {
      const larger = new Float64Array(2 * values.length);
      larger.set(values);
      return larger;
    };
    this.xs = doubled(this.xs);
    this.ys = doubled(this.ys);
    this.averages = doubled(this.averages);
  }

  /** Two buckets become one, when all are full. */
  private joinBuckets(): void {
    const { ys, lowest, highest } = this;
    for (let i = 0; i < BUCKETS / 2; i++) {
      const [low, nextLow] = [lowest[2 * i]!, lowest[2 * i + 1]!];
      const [high, nextHigh] = [highest[2 * i]!, highest[2 * i + 1]!];
      lowest[i] = ys[nextLow]! < ys[low]! ? nextLow : low;
      highest[i] = ys[nextHigh]! > ys[high]! ? nextHigh : high;
    }
    this.size *= 2;
  }
}

/** A thirtieth of the points, of which the five highest binary digits count; at least one. */
function windowOf(points: number): number {
  const unit = 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, points))) - 4);
  return Math.max(1, (Math.floor(points / unit) * unit) / 30);
}
