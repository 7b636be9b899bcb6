/** The whole state of a generator: four unsigned 32-bit words. */
export type RandomState = readonly [number, number, number, number];

/**
 * Seeded pseudo-random numbers: xoshiro128** (Blackman and Vigna 2018), seeded through SplitMix32.
 * The same seed gives the same sequence on every machine; the state can be saved and restored.
 */
export class Random {
  private s: [number, number, number, number];

  private constructor(state: RandomState) {
    this.s = [...state];
  }

  /** @param seed any integer; its low 32 bits count. */
  static fromSeed(seed: number): Random {
    let z = seed >>> 0;
    const next = () => {
      z = (z + 0x9e3779b9) >>> 0;
      let t = z ^ (z >>> 16);
      t = Math.imul(t, 0x21f0aaad);
      t ^= t >>> 15;
      t = Math.imul(t, 0x735a2d97);
      return (t ^ (t >>> 15)) >>> 0;
    };
    return new Random([next(), next(), next(), next()]);
  }

  /** A stream of its own for each purpose ("split", "weights", "shuffle"), so that a change in one leaves the others as they were. */
  static forPurpose(seed: number, purpose: string): Random {
    let hash = 0x811c9dc5; // FNV-1a over the UTF-16 code units
    for (let i = 0; i < purpose.length; i++) hash = Math.imul(hash ^ purpose.charCodeAt(i), 0x01000193);
    return Random.fromSeed((seed ^ hash) >>> 0);
  }

  static fromState(state: RandomState): Random {
    return new Random(state);
  }

  get state(): RandomState {
    return [...this.s];
  }

  /** An unsigned 32-bit integer. */
  uint32(): number {
    const s = this.s;
    const scrambled = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotateLeft(s[3], 11);
    for (let i = 0; i < 4; i++) s[i] = s[i]! >>> 0;
    return scrambled;
  }

  /** A real number in [0, 1), with 53 random bits. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
  }

  /** A real number in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** An integer in [0, bound), without bias (Lemire 2019, by rejection). */
  integer(bound: number): number {
    const limit = 4294967296 - (4294967296 % bound);
    let value = this.uint32();
    while (value >= limit) value = this.uint32();
    return value % bound;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(items.length)]!;
  }

  /** Fisher–Yates, in place; returns its argument. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const swap = items[i];
      items[i] = items[j];
      items[j] = swap;
    }
    return items;
  }
}

function rotateLeft(x: number, bits: number): number {
  return ((x << bits) | (x >>> (32 - bits))) >>> 0;
}
