/** People whose rows lie in one page, side by side: the least that is read and written. */
export const PAGE_PEOPLE = 16;

/** What a file of people holds. */
export interface PeopleLayout {
  readonly people: number;
  /** Numbers of a column. */
  readonly length: number;
  /** How long a column is; it lies in the file as a unit vector. */
  readonly scale: number;
}

const VERSION = 1;
const HEADER = 4;
/** A page that was never written is zeros, and has no slot. */
const NOWHERE = -1;

/**
 * Where the pages of a file of people stood at one moment, and what their bytes come to: what a checkpoint holds of the file. Numbers of
 * 32 bits, little-endian: version, people, length, scale (a float); the slot of each page; the sum of each.
 */
export class PageTable {
  private constructor(
    readonly layout: PeopleLayout,
    readonly slots: Int32Array,
    readonly sums: Uint32Array,
  ) {}

  static empty(layout: PeopleLayout): PageTable {
    const pages = Math.ceil(layout.people / PAGE_PEOPLE);
    return new PageTable(layout, new Int32Array(pages).fill(NOWHERE), new Uint32Array(pages));
  }

  /** @throws RangeError for bytes that are no table */
  static decode(bytes: Uint8Array): PageTable {
    const copy = Uint8Array.from(bytes); // a Buffer’s slice would be of memory that others use
    if (copy.length < 4 * HEADER || copy.length % 4 !== 0) throw new RangeError(`a table of ${copy.length} bytes`);
    const [version, people, length] = new Uint32Array(copy.buffer, 0, HEADER - 1);
    const [scale] = new Float32Array(copy.buffer, 4 * (HEADER - 1), 1);
    const pages = Math.ceil(people! / PAGE_PEOPLE);
    const isLayout = version === VERSION && people! > 0 && length! > 0 && length! <= 4096 && scale! > 0 && scale! < 1e6;
    if (!isLayout || copy.length !== 4 * (HEADER + 2 * pages))
      throw new RangeError(`no table of people: version ${version}, ${people} x ${length}, ${copy.length} bytes`);
    const slots = new Int32Array(copy.buffer, 4 * HEADER, pages);
    if (slots.some((slot) => slot < NOWHERE || slot >= 1 << 28)) throw new RangeError('a page lies nowhere');
    const layout = { people: people!, length: length!, scale: scale! };
    return new PageTable(layout, slots, new Uint32Array(copy.buffer, 4 * (HEADER + pages), pages));
  }

  encode(): Uint8Array {
    const { people, length, scale } = this.layout;
    const pages = this.slots.length;
    const bytes = new Uint8Array(4 * (HEADER + 2 * pages));
    new Uint32Array(bytes.buffer, 0, HEADER - 1).set([VERSION, people, length]);
    new Float32Array(bytes.buffer, 4 * (HEADER - 1), 1).set([scale]);
    new Int32Array(bytes.buffer, 4 * HEADER, pages).set(this.slots);
    new Uint32Array(bytes.buffer, 4 * (HEADER + pages), pages).set(this.sums);
    return bytes;
  }

  get pageBytes(): number {
    return pageBytes(this.layout);
  }
}

/** Of a page: a column and two moments of each person, 16 bits a number. */
export function pageBytes({ length }: PeopleLayout): number {
  return PAGE_PEOPLE * length * 6;
}

/** A sum by which changed bytes are found out: FNV-1a over words of 32 bits. */
export function sumOf(page: Uint8Array): number {
  const words = new Uint32Array(page.buffer, page.byteOffset, page.length / 4);
  let sum = 0x811c9dc5 | 0;
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ words[i]!, 0x01000193);
  return sum >>> 0;
}
