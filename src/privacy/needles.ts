/** Of each piece so many bytes are looked for, where they vary most: a white wall is in everybody's pictures. */
const BYTES = 256;
/** Fewer values than these in it, and it is such a wall. */
const LEAST_VALUES = 16;
const FIRST = 4;

/** Many pieces of bytes that are looked for at the same time, wherever they begin. */
export class Needles {
  static readonly LONGEST = BYTES;
  private readonly byFirst = new Map<number, Buffer[]>();
  /** Whether any begins with these two bytes: sorts out nearly every place. */
  private readonly begins = new Uint8Array(1 << 16);
  readonly count: number;

  /** @param needles as `tellingPart` gives them */
  constructor(needles: readonly Buffer[]) {
    this.count = needles.length;
    for (const needle of needles) {
      const first = needle.readUInt32LE(0);
      this.byFirst.set(first, [...(this.byFirst.get(first) ?? []), needle]);
      this.begins[needle.readUInt16LE(0)] = 1;
    }
  }

  isIn(content: Buffer): boolean {
    if (this.count === 0) return false;
    for (let i = 0; i + FIRST <= content.length; i++) {
      if (this.begins[content[i]! | (content[i + 1]! << 8)] === 0) continue;
      const some = this.byFirst.get(content.readUInt32LE(i));
      if (some?.some((needle) => content.subarray(i, i + needle.length).equals(needle))) return true;
    }
    return false;
  }
}

/** What of a piece is looked for. @returns undefined where no part of it is like no other */
export function tellingPart(piece: Uint8Array): Buffer | undefined {
  let best: Buffer | undefined;
  let most = LEAST_VALUES - 1;
  const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  const last = Math.max(0, bytes.length - BYTES);
  for (let at = 0; at <= last; at += BYTES) {
    const part = bytes.subarray(at, at + BYTES);
    const values = new Set(part).size;
    if (part.length >= 2 * LEAST_VALUES && values > most) {
      most = values;
      best = Buffer.from(part);
    }
  }
  return best;
}
