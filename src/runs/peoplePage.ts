import { lotSeed, readBfloats, readHalves, writeBfloats, writeHalves } from '../core/half.js';
import { PAGE_PEOPLE, type PeopleLayout } from './pageTable.js';

/** A person's column and what the optimizer remembers of it: [E] each. */
export interface PersonColumn {
  readonly values: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/**
 * The numbers of a page: the columns of its people as unit vectors in binary16, which has three bits more where numbers are below one;
 * then their first moments and their second in bfloat16, whose range is that of float32: a second moment may be 1e-12.
 */
export class PeoplePage {
  private readonly halves: Uint16Array;
  private readonly unit: Float32Array;

  constructor(
    bytes: Uint8Array,
    private readonly layout: PeopleLayout,
  ) {
    this.halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    this.unit = new Float32Array(layout.length);
  }

  /** The column of a person, as long as it was rounded to. @param place of the person in the page */
  readValues(place: number, into: Float32Array): void {
    readHalves(this.part(0, place), into, this.layout.scale);
  }

  read(place: number, { values, first, second }: PersonColumn): void {
    this.readValues(place, values);
    readBfloats(this.part(1, place), first);
    readBfloats(this.part(2, place), second);
  }

  /** @param lot rounds: a number for each time that the person is written */
  write(place: number, { values, first, second }: PersonColumn, lot: number): void {
    for (let i = 0; i < values.length; i++) this.unit[i] = values[i]! / this.layout.scale;
    writeHalves(this.unit, this.part(0, place), lotSeed(lot, place, 0));
    writeBfloats(first, this.part(1, place), lotSeed(lot, place, 1));
    writeBfloats(second, this.part(2, place), lotSeed(lot, place, 2));
  }

  private part(which: number, place: number): Uint16Array {
    const { length } = this.layout;
    const from = (which * PAGE_PEOPLE + place) * length;
    return this.halves.subarray(from, from + length);
  }
}
