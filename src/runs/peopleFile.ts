import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { namesIn } from '../platform/namesIn.js';
import { openOwnFile, readOwnFile } from '../platform/regularFile.js';
import { PRIVATE_FILE } from '../platform/rights.js';
import { PageTable, sumOf, type PeopleLayout } from './pageTable.js';

/** In the folder of a run's checkpoints, which all of them share. */
export const PEOPLE_FILE = 'people.rows';
/** In each checkpoint. */
export const PEOPLE_TABLE = 'people.pages';
/** Of a million people and more. */
const TABLE_BYTES = 1 << 26;

const sync = promisify(fs.fdatasync);

/**
 * The columns of very many people and their moments, in a file that training changes page by page while checkpoints hold what it was:
 * they hold where the pages stood (`PageTable`), and a page that one of them holds is never written again, but moves to a slot that
 * none does (copy on write, as in shadow paging; Lorie 1977). So a checkpoint of a million people writes half a megabyte, a kill at any
 * moment harms none, and each kept one costs what changed since.
 */
export class PeopleFile {
  /** Of the pages, those whose slot no checkpoint can hold. */
  private readonly own: Uint8Array;
  private free: number[] = [];
  /** Slots of the file so far. */
  private count: number;
  /** What the newest checkpoint holds, which may be on its way. */
  private held: Int32Array | undefined;

  private constructor(
    private readonly folder: string,
    private readonly handle: number,
    private readonly table: PageTable,
  ) {
    this.own = new Uint8Array(table.slots.length);
    this.count = Math.ceil(fs.fstatSync(handle).size / table.pageBytes);
  }

  /** @throws what the file system says */
  static create(folder: string, layout: PeopleLayout): PeopleFile {
    const file = path.join(folder, PEOPLE_FILE);
    return new PeopleFile(folder, fs.openSync(file, 'wx+', PRIVATE_FILE), PageTable.empty(layout));
  }

  /**
   * Goes on from a checkpoint.
   *
   * @param table that it holds
   * @throws what the file system says; RangeError for what is no table
   */
  static goOn(folder: string, table: Uint8Array): PeopleFile {
    const file = path.join(folder, PEOPLE_FILE);
    fs.closeSync(openOwnFile(file)); // a link is refused
    const people = new PeopleFile(folder, fs.openSync(file, 'r+'), PageTable.decode(table));
    people.held = people.table.slots.slice();
    people.findFree();
    return people;
  }

  get layout(): PeopleLayout {
    return this.table.layout;
  }

  get pageBytes(): number {
    return this.table.pageBytes;
  }

  /** @param into the first bytes of the page, as many as it has room for. @throws what the file system says */
  read(page: number, into: Uint8Array): void {
    readPage(this.handle, this.table, page, into);
  }

  /** @param bytes all of the page. @throws what the file system says */
  write(page: number, bytes: Uint8Array): void {
    if (!this.own[page]) {
      this.table.slots[page] = this.free.pop() ?? this.count++;
      this.own[page] = 1;
    }
    writeAll(this.handle, bytes, this.table.slots[page]! * this.pageBytes);
    this.table.sums[page] = sumOf(bytes);
  }

  /**
   * What a checkpoint holds, when the disk has all of it. Checkpoints that have gone by now make room.
   *
   * @throws what the file system says
   */
  async hold(): Promise<Uint8Array> {
    await sync(this.handle);
    this.findFree();
    this.held = this.table.slots.slice();
    this.own.fill(0);
    return this.table.encode();
  }

  close(): void {
    fs.closeSync(this.handle);
  }

  /** Slots that neither training nor a checkpoint holds: those on the disk, and the newest, which may not be there yet. */
  private findFree(): void {
    const used = new Uint8Array(this.count);
    const mark = (slots: Int32Array | undefined) => slots?.forEach((slot) => slot >= 0 && (used[slot] = 1));
    mark(this.table.slots);
    mark(this.held);
    for (const name of namesIn(this.folder)) mark(tableIn(path.join(this.folder, name))?.slots);
    this.free = [];
    for (let slot = this.count - 1; slot >= 0; slot--) if (!used[slot]) this.free.push(slot);
  }
}

/** Of a checkpoint that has one and can be read. */
function tableIn(checkpoint: string): PageTable | undefined {
  try {
    return PageTable.decode(readOwnFile(path.join(checkpoint, PEOPLE_TABLE), TABLE_BYTES));
  } catch {
    return undefined;
  }
}

/**
 * Reads all pages of a checkpoint, in order.
 *
 * @param checkpoint its folder
 * @param visit is given each page's bytes, which are the next one's later
 * @throws what the file system says; RangeError for pages that were changed or cut short
 */
export function visitPages(
  checkpoint: string,
  table: PageTable,
  visit: (page: number, bytes: Uint8Array) => void = () => undefined,
): void {
  const handle = openOwnFile(path.join(path.dirname(checkpoint), PEOPLE_FILE));
  try {
    const bytes = new Uint8Array(table.pageBytes);
    table.slots.forEach((slot, page) => {
      readPage(handle, table, page, bytes);
      if (slot >= 0 && sumOf(bytes) !== table.sums[page]) throw new RangeError(`page ${page} was changed`);
      visit(page, bytes);
    });
  } finally {
    fs.closeSync(handle);
  }
}

function readPage(handle: number, { slots, pageBytes }: PageTable, page: number, into: Uint8Array): void {
  if (slots[page]! < 0) {
    into.fill(0);
    return;
  }
  const length = Math.min(into.length, pageBytes);
  const read = fs.readSync(handle, into, 0, length, slots[page]! * pageBytes);
  if (read !== length) throw new RangeError(`page ${page} was cut short`);
}

function writeAll(handle: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length;) done += fs.writeSync(handle, bytes, done, bytes.length - done, at + done);
}
