import { CONTENT_BYTES, DIFFERENCE_HASH_BYTES, type PictureFacts } from './pictureFacts.js';

/** Pictures that are one and the same, by number, ascending; at least two. */
export type Group = readonly number[];

/**
 * Bits of 256 by which two pictures may differ and count as the same. Measured on 3,705 pictures of faces in the same
 * frame: saved again as JPEG of quality 50, at half the size or a fifth brighter a picture stays within 28 bits of the
 * original (within 19 in 95 of 100 cases), the copies among them differ in up to 23, and others begin to meet at 40.
 */
export const NEAR_DISTANCE = 26;

/** Within it two pictures are the same beyond doubt: enough to say that one of them lies in the wrong folder. */
export const SURE_DISTANCE = 12;

const WORDS = DIFFERENCE_HASH_BYTES / 4;
const BANDS = DIFFERENCE_HASH_BYTES / 2;
/** Pictures that share a band and are compared each with each; more are told apart by another band first. */
const BUCKET = 2048;

/** Groups of pictures whose files have the same contents. */
export function sameContents(facts: PictureFacts, pictures: readonly number[]): Group[] {
  const groups = new Map<string, number[]>();
  const bytes = Buffer.from(facts.contents.buffer, facts.contents.byteOffset, facts.contents.byteLength);
  for (const picture of pictures) {
    const key = bytes.toString('latin1', picture * CONTENT_BYTES, (picture + 1) * CONTENT_BYTES);
    const group = groups.get(key);
    if (group) group.push(picture);
    else groups.set(key, [picture]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/**
 * Groups of pictures that look the same, exact copies among them. Pictures are compared only when 16 of their 256 bits, in
 * one of 16 fixed places, are equal: two that differ in at most 15 bits always meet (pigeonhole), those that differ in
 * 26 nearly always; and a hundred thousand pictures need far fewer than their five thousand million pairs.
 */
export function nearDuplicates(facts: PictureFacts, pictures: readonly number[], distance = NEAR_DISTANCE): Group[] {
  return duplicatesWithin(facts, pictures, [distance])[0]!;
}

/** {@link nearDuplicates} for several distances at once: what takes its time is finding who to compare. */
export function duplicatesWithin(
  facts: PictureFacts,
  pictures: readonly number[],
  distances: readonly number[],
): Group[][] {
  const words = new Uint32Array(
    facts.differenceHashes.buffer,
    facts.differenceHashes.byteOffset,
    facts.differenceHashes.byteLength / 4,
  );
  const bands = new Uint16Array(
    facts.differenceHashes.buffer,
    facts.differenceHashes.byteOffset,
    facts.differenceHashes.byteLength / 2,
  );
  const unions = distances.map(() => new Union(facts.count));
  const most = Math.max(...distances);
  const join = (a: number, b: number) => {
    const apart = differingBits(words, a, b, most);
    if (apart <= most) distances.forEach((distance, i) => apart <= distance && unions[i]!.join(a, b));
  };
  for (let band = 0; band < BANDS; band++)
    for (const bucket of bucketsOf(pictures, bands, band))
      compareAll(bucket, bands, band, 1, (some) => {
        for (let i = 0; i < some.length; i++) for (let j = i + 1; j < some.length; j++) join(some[i]!, some[j]!);
      });
  return unions.map((union) => union.groups(pictures));
}

/** @returns the number of bits, or any number above `limit` */
export function differingBits(words: Uint32Array, a: number, b: number, limit = Infinity): number {
  let count = 0;
  for (let w = 0; w < WORDS && count <= limit; w++) {
    let x = words[a * WORDS + w]! ^ words[b * WORDS + w]!;
    x -= (x >>> 1) & 0x55555555;
    x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
    count += Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}

function bucketsOf(pictures: readonly number[], bands: Uint16Array, band: number): number[][] {
  const buckets = new Map<number, number[]>();
  for (const picture of pictures) {
    const value = bands[picture * BANDS + band]!;
    const bucket = buckets.get(value);
    if (bucket) bucket.push(picture);
    else buckets.set(value, [picture]);
  }
  return [...buckets.values()].filter((bucket) => bucket.length > 1);
}

/** Splits a crowded bucket by the bands that follow; the flat backgrounds of studio pictures make such. */
function compareAll(
  bucket: number[],
  bands: Uint16Array,
  band: number,
  depth: number,
  compare: (some: readonly number[]) => void,
): void {
  if (bucket.length <= BUCKET) compare(bucket);
  else if (depth < BANDS)
    for (const part of bucketsOf(bucket, bands, (band + depth) % BANDS))
      compareAll(part, bands, band, depth + 1, compare);
  else for (let i = 1; i < bucket.length; i++) compare([bucket[0]!, bucket[i]!]); // all alike, bit by bit
}

/** Disjoint sets. */
class Union {
  private readonly parents: Int32Array;

  constructor(count: number) {
    this.parents = Int32Array.from({ length: count }, (_, i) => i);
  }

  join(a: number, b: number): void {
    const [x, y] = [this.root(a), this.root(b)];
    // The smallest number stands for the set.
    if (x < y) this.parents[y] = x;
    else this.parents[x] = y;
  }

  groups(members: readonly number[]): number[][] {
    const groups = new Map<number, number[]>();
    for (const member of members) {
      const root = this.root(member);
      const group = groups.get(root);
      if (group) group.push(member);
      else groups.set(root, [member]);
    }
    return [...groups.values()].filter((group) => group.length > 1);
  }

  private root(i: number): number {
    let at = i;
    while (this.parents[at] !== at) {
      this.parents[at] = this.parents[this.parents[at]!]!;
      at = this.parents[at]!;
    }
    return at;
  }
}
