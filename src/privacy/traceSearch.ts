import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { TraceSearch } from '../protocol/personalData.js';
import { headerOf } from '../runs/safetensors.js';
import { filesIn } from './folderSize.js';
import { Needles } from './needles.js';
import type { PersonName } from './personName.js';

/** What must not be found any more. */
export interface Sought {
  readonly name: PersonName;
  /** SHA-256 of pictures of the person, as hexadecimal digits. */
  readonly pictures: ReadonlySet<string>;
  /** Of pixels and of vectors (`tellingPart`). */
  readonly pixels: readonly Buffer[];
  readonly vectors: readonly Buffer[];
}

/** Plain text, as the product writes it: searched for the name as a word. */
const TEXT = /\.(?:json|ndjson|html|txt|md|csv|log|h|c)$|\/index\.html$/;
/** Numbers alone: pixels, and the tensors of a network. A name would be found in them by chance; the header says names. */
const PIXELS = /[\\/](?:pixels|index)$/;
const TENSORS = /\.safetensors$/;
/** In bytes that are no text a shorter name is found by chance. */
const LEAST_BYTES = 4;
const CHUNK_BYTES = 1 << 26;
const TEXT_BYTES = 1 << 29;

/**
 * Reads every byte of every file in some places and looks for the name in all ways to write it, for copies of the pictures, and for
 * the pixels and vectors that were erased.
 *
 * @param said what is told of a path: without the name
 */
export async function searchTraces(
  places: readonly string[],
  sought: Sought,
  said: (path: string) => string,
  onProgress: (files: number) => void,
  cancelled: () => boolean,
): Promise<TraceSearch> {
  const hits: { path: string; what: string }[] = [];
  const pixels = new Needles(sought.pixels);
  const vectors = new Needles(sought.vectors);
  const names = new NameSearch(sought.name);
  let files = 0;
  let bytes = 0;
  for (const file of new Set(places.flatMap((place) => [...filesIn(place)]))) {
    // A stop is heard, and a sign of life sent, between two files.
    onProgress(files);
    await setImmediate();
    if (cancelled()) break;
    const hit = (what: string) => hits.push({ path: said(file), what });
    files++;
    bytes += fs.statSync(file).size;
    if (sought.name.stands(file)) hit('the name in the path');
    const { digest, found } = readThrough(file, [pixels, vectors]);
    if (names.isIn(file)) hit('the name');
    if (sought.pictures.has(digest)) hit('a copy of a picture');
    if (found.has(pixels)) hit('pixels of a picture');
    if (found.has(vectors)) hit('a vector of a face');
  }
  return {
    ...{ places: places.length, files, bytes, names: names.count, hits },
    ...{ pictures: sought.pictures.size + pixels.count, vectors: vectors.count },
  };
}

/** Piece by piece, each with the end of the one before: what is sought may lie across. */
function readThrough(file: string, needles: readonly Needles[]): { digest: string; found: Set<Needles> } {
  const hash = createHash('sha256');
  const found = new Set<Needles>();
  const handle = fs.openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(Math.min(CHUNK_BYTES, fs.fstatSync(handle).size) + Needles.LONGEST);
    let kept = 0;
    for (;;) {
      const got = fs.readSync(handle, buffer, kept, buffer.length - kept, null);
      if (got === 0) break;
      hash.update(buffer.subarray(kept, kept + got));
      const all = buffer.subarray(0, kept + got);
      for (const one of needles) if (!found.has(one) && one.isIn(all)) found.add(one);
      kept = Math.min(Needles.LONGEST, all.length);
      buffer.copyWithin(0, all.length - kept, all.length);
    }
    return { digest: hash.digest('hex'), found };
  } finally {
    fs.closeSync(handle);
  }
}

class NameSearch {
  private readonly written: readonly PersonName[];
  private readonly bytes: readonly Buffer[];
  private readonly stays: readonly Buffer[];

  constructor(name: PersonName) {
    this.written = name.written;
    this.bytes = name.bytes;
    this.stays = name.stays.filter((text) => name.name !== text).map((text) => Buffer.from(text));
  }

  get count(): number {
    return this.bytes.length;
  }

  isIn(file: string): boolean {
    if (PIXELS.test(file)) return false;
    if (TENSORS.test(file)) return this.inText(headerOf(file).toString('utf8'));
    const { size } = fs.statSync(file);
    if (TEXT.test(file) && size <= TEXT_BYTES) return this.inText(fs.readFileSync(file, 'utf8'));
    return size <= TEXT_BYTES && this.inBytes(fs.readFileSync(file));
  }

  private inText(text: string): boolean {
    return this.written.some((name) => name.stands(text));
  }

  /** In a file of a runtime a length or another text may touch the name: it counts wherever it stands, unless in a longer name. */
  private inBytes(content: Buffer): boolean {
    return this.bytes.some((name) => {
      if (name.length < LEAST_BYTES) return this.inText(printable(content));
      for (let at = content.indexOf(name); at >= 0; at = content.indexOf(name, at + 1))
        if (!this.isOther(content, at, name)) return true;
      return false;
    });
  }

  private isOther(content: Buffer, at: number, name: Buffer): boolean {
    return this.stays.some((text) => {
      const inside = text.indexOf(name);
      return inside >= 0 && content.subarray(at - inside, at - inside + text.length).equals(text);
    });
  }
}

/** The texts in what is none: at least eight characters that can be printed. */
function printable(content: Buffer): string {
  return (content.toString('latin1').match(/[\n\t\x20-\x7e]{8,}/g) ?? []).join('\0');
}
