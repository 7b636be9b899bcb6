import type { Random } from '../../src/core/random.js';

// What a stranger may do to a file: by chance, and where it hurts. The same random state makes the same of the same bytes.

type Change = (bytes: Buffer, at: number, random: Random) => Buffer;

const INT32 = [0, 1, -1, 2, 7, 8, 127, 128, 255, 256, 32_767, 65_535, 65_536, 0x7fffffff, -0x80000000, 0x7ffffff0];
const INT64 = [0n, 1n, -1n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)];

const CHANGES: readonly Change[] = [
  (bytes, at, random) => {
    bytes[at]! ^= 1 << random.integer(8);
    return bytes;
  },
  (bytes, at, random) => {
    bytes[at] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.integer(256)]);
    return bytes;
  },
  (bytes, at, random) => {
    if (at + 4 > bytes.length) return bytes;
    if (random.integer(2) === 0) bytes.writeInt32LE(random.pick(INT32), at);
    else bytes.writeInt32BE(random.pick(INT32), at);
    return bytes;
  },
  (bytes, at, random) => {
    // A little more or less than it said.
    if (at + 4 <= bytes.length) bytes.writeInt32LE((bytes.readInt32LE(at) + random.integer(33) - 16) | 0, at);
    return bytes;
  },
  (bytes, at, random) => {
    if (at + 8 <= bytes.length) bytes.writeBigInt64LE(random.pick(INT64), at);
    return bytes;
  },
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at, random) =>
    Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + stretch(random)), bytes.subarray(at)]),
  (bytes, at, random) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + stretch(random))]),
  (bytes, at, random) => {
    bytes.copyWithin(at, placeIn(bytes.length, random), bytes.length);
    return bytes;
  },
];

/** One change or a few, most of them near the beginning, some near the end. */
export function mutateBytes(original: Uint8Array, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(original);
  const changes = 1 + (random.integer(2) === 0 ? 0 : random.integer(4));
  for (let i = 0; i < changes && bytes.length > 0; i++)
    bytes = random.pick(CHANGES)(bytes, placeIn(bytes.length, random), random);
  return bytes;
}

function stretch(random: Random): number {
  return 1 + random.integer(random.pick([4, 16, 64, 1024]));
}

/** A place of a file: its first bytes say what the rest is, and of archives the last do. */
function placeIn(length: number, random: Random): number {
  const kind = random.integer(8);
  if (kind < 3) return random.integer(Math.min(length, 64));
  if (kind < 5) return random.integer(Math.min(length, 1024));
  if (kind === 5) return length - 1 - random.integer(Math.min(length, 256));
  return random.integer(length);
}

const NESTED = 20_000;
/** Stands in a text of JSON where an array in arrays shall stand: no writer nests so deep. */
const NEST = '\u0001nest\u0001';
const STRINGS = [
  ...['', ' ', '__proto__', 'constructor', 'prototype', '..', '/dev/zero', '../../../../etc/passwd', 'C:\\x', 'a\0b'],
  ...['<img src=x onerror=alert(1)>', '\u202egnp', 'NaN', '1e999', '-1', 'x'.repeat(5000)],
];
const NUMBERS = [0, -0, 1, -1, 0.5, 2, 255, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), 1e9, 1e18, 1e308, -1e308, 5e-324];

/** A hostile value of JSON. */
function hostile(random: Random): unknown {
  switch (random.integer(7)) {
    case 0:
      return random.pick(STRINGS);
    case 1:
    case 2:
      return random.pick(NUMBERS);
    case 3:
      return random.pick([null, true, false]);
    case 4:
      return random.pick([[], [[]], [null], {}, Array.from({ length: 1000 }, () => 1)]);
    case 5:
      return withKey({}, random.pick(['__proto__', 'constructor']), { polluted: 1, length: 1e9 });
    default:
      return NEST;
  }
}

function withKey(holder: object, key: string, value: unknown): object {
  // An assignment to __proto__ would be none.
  return Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Somewhere in a value: what holds it, and under which key. */
function places(value: unknown, found: [object, string][] = []): [object, string][] {
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, inner] of Object.entries(value)) {
    found.push([value, key]);
    places(inner, found);
  }
  return found;
}

/** JSON of which a node or a few are replaced, removed, doubled or moved; sometimes the text itself is broken. */
export function mutateJson(text: string, random: Random): string {
  const whole = random.integer(12) === 0 ? undefined : parsed(text);
  if (whole === undefined) return mutateBytes(Buffer.from(text), random).toString('utf8');
  let json: unknown = whole;
  const changes = 1 + (random.integer(2) === 0 ? 0 : random.integer(3));
  for (let i = 0; i < changes; i++) json = mutateValue(json, random);
  const nested = '['.repeat(NESTED) + ']'.repeat(NESTED);
  return JSON.stringify(json).replaceAll(JSON.stringify(NEST), nested);
}

/** Undefined for what an earlier change has made no JSON, or nested beyond what can be walked through. */
function parsed(text: string): unknown {
  if (text.includes('['.repeat(100))) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function mutateValue(json: unknown, random: Random): unknown {
  const all = places(json);
  if (all.length === 0 || random.integer(100) === 0) return hostile(random);
  const [holder, key] = random.pick(all);
  const own = holder as Record<string, unknown>;
  switch (random.integer(6)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else Reflect.deleteProperty(own, key);
      break;
    case 1:
      if (Array.isArray(holder)) holder.push(own[key]);
      else withKey(holder, random.pick(['__proto__', 'constructor', 'toString', `${key}2`]), own[key]);
      break;
    case 2: {
      const [from, name] = random.pick(all);
      withKey(holder, key, structuredClone((from as Record<string, unknown>)[name]));
      break;
    }
    default:
      withKey(holder, key, hostile(random));
  }
  return json;
}

/** A text of lines: one is removed, doubled, moved, or changed by `line`; or the bytes are. */
export function mutateLines(text: string, random: Random, line: (text: string, random: Random) => string): string {
  if (random.integer(6) === 0) return mutateBytes(Buffer.from(text), random).toString('utf8');
  const lines = text.split('\n');
  const changes = 1 + random.integer(4);
  for (let i = 0; i < changes; i++) {
    const at = random.integer(lines.length);
    const kind = random.integer(6);
    if (kind === 0) lines.splice(at, 1);
    else if (kind === 1) lines.splice(random.integer(lines.length + 1), 0, lines[at]!);
    else lines[at] = lines[at] === '' ? random.pick(STRINGS) : line(lines[at] ?? '', random);
    if (lines.length === 0) lines.push('');
  }
  return lines.join('\n');
}

const WORDS = /[^\s,;:"'<>=/()[\]]+/g;

/** A text in which some words become hostile: names, numbers, attributes. */
export function mutateWords(text: string, random: Random): string {
  if (random.integer(6) === 0) return mutateBytes(Buffer.from(text), random).toString('utf8');
  const words = [...text.matchAll(WORDS)];
  if (words.length === 0) return random.pick(STRINGS);
  let changed = text;
  const changes = 1 + random.integer(3);
  for (let i = 0; i < changes; i++) {
    const { 0: word, index } = random.pick(words);
    const other = random.pick([random.pick(STRINGS), String(random.pick(NUMBERS)), random.pick(words)[0]]);
    changed = changed.slice(0, index) + other + changed.slice(index + word.length);
  }
  return changed;
}
