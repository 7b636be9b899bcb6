// Numbers of 16 bits, and rounding to them by lot: up with a chance as large as the rest is, so that the mean of many roundings is the
// number. Rounded to the nearest, a sum would not see what is less than half of its last bit, and training many small steps would stand
// still (Gupta et al. 2015, section 4).

/** The bits of a lot that decide a rounding: of float32 halves drop 13, bfloat16 drops 16. */
const HALF_DROPS = 13;
/** 2⁻¹⁴ as bits of a float32: below it halves are multiples of 2⁻²⁴. */
const LEAST_NORMAL = 0x38800000;
/** Halves end at 65,504. */
const LARGEST_HALF = 0x7bff;

let values: Float32Array | undefined;

/** Every half as a float32. */
function halfValues(): Float32Array {
  if (values) return values;
  values = new Float32Array(1 << 16);
  for (let bits = 0; bits < 1 << 16; bits++) {
    const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
    const size = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
    values[bits] = (bits >> 15 === 1 ? -1 : 1) * (exponent < 31 ? size : fraction === 0 ? Infinity : NaN);
  }
  return values;
}

/** IEEE 754 binary16 to float32. @param into as many, each times `factor` */
export function readHalves(halves: Uint16Array, into: Float32Array, factor = 1): void {
  const table = halfValues();
  for (let i = 0; i < halves.length; i++) into[i] = table[halves[i]!]! * factor;
}

/**
 * Rounds finite numbers to binary16 by lot.
 *
 * @param seed of the lots; the same gives the same bits
 */
export function writeHalves(numbers: Float32Array, into: Uint16Array, seed: number): void {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  let lot = seed | 0;
  for (let i = 0; i < bits.length; i++) {
    lot = nextLot(lot);
    const rest = lot >>> (32 - HALF_DROPS);
    const sign = (bits[i]! >>> 16) & 0x8000;
    const size = bits[i]! & 0x7fffffff;
    const half =
      size >= LEAST_NORMAL
        ? Math.min(LARGEST_HALF, (size + rest - 0x38000000) >>> HALF_DROPS)
        : Math.floor(Math.abs(numbers[i]!) * 2 ** 24 + rest / (1 << HALF_DROPS));
    into[i] = sign | half;
  }
}

/** bfloat16 to float32: its upper half. */
export function readBfloats(bfloats: Uint16Array, into: Float32Array): void {
  const bits = new Uint32Array(into.buffer, into.byteOffset, into.length);
  for (let i = 0; i < bfloats.length; i++) bits[i] = bfloats[i]! << 16;
}

/** Rounds finite numbers to bfloat16 by lot, as {@link writeHalves} does. */
export function writeBfloats(numbers: Float32Array, into: Uint16Array, seed: number): void {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  let lot = seed | 0;
  for (let i = 0; i < bits.length; i++) {
    lot = nextLot(lot);
    into[i] = (bits[i]! + (lot >>> 16)) >>> 16;
  }
}

/** A linear congruential generator (Knuth's, as in Numerical Recipes), whose upper bits are taken. */
function nextLot(lot: number): number {
  return (Math.imul(lot, 1664525) + 1013904223) | 0;
}

/** A seed for each row of a table at each step: all bits of all numbers count (Murmur3's finish after each). */
export function lotSeed(...numbers: readonly number[]): number {
  let seed = 0x9e3779b9;
  for (const number of numbers) {
    seed = Math.imul(seed ^ number, 0x85ebca6b);
    seed = Math.imul(seed ^ (seed >>> 13), 0xc2b2ae35);
    seed ^= seed >>> 16;
  }
  return seed | 0;
}
