import { lotSeed } from '../../core/half.js';
import type { Columns } from '../../engine/engine.js';
import { diskError, withDiskErrors, type DiskWords } from '../../platform/files.js';
import { PAGE_PEOPLE } from '../../runs/pageTable.js';
import type { PeopleFile } from '../../runs/peopleFile.js';
import { PeoplePage, type PersonColumn } from '../../runs/peoplePage.js';
import type { ClassStore } from './classStore.js';
import { fitRows } from './columns.js';

/** A page in memory, from the step's reading to its writing. */
interface HeldPage {
  readonly bytes: Uint8Array;
  readonly numbers: PeoplePage;
}

/**
 * Classes in a file, 16 bits a number: what the system has room for of it stays in its cache, and none of it is this process's memory.
 * Numbers are rounded by lot, seeded by step and class, so that small updates count in the mean and a run that goes on rounds alike.
 */
export class FileClasses implements ClassStore {
  private readonly held = new Map<number, HeldPage>();
  /** Pages that wait for their next use. */
  private readonly spare: HeldPage[] = [];

  constructor(
    private readonly file: PeopleFile,
    private readonly seed: number,
    /** What an error of the disk says. */
    private readonly disk: DiskWords,
    /** Closes the file, and removes it where it belongs to nobody. */
    private readonly close: () => void = () => file.close(),
  ) {}

  get classes(): number {
    return this.file.layout.people;
  }

  get length(): number {
    return this.file.layout.length;
  }

  /** Columns are as long as the scale again, which rounding has changed by a few ten-thousandths. */
  read(classes: Int32Array, into: Columns): void {
    this.letGo(); // of a step that failed
    withDiskErrors(this.disk, () =>
      classes.forEach((label, i) => this.page(label).numbers.read(label % PAGE_PEOPLE, partOf(into, i, this.length))),
    );
    fitRows(into.values, this.length, this.file.layout.scale);
  }

  /** Those of a page are side by side: it is written once. */
  write(classes: Int32Array, columns: Columns, step: number): void {
    withDiskErrors(this.disk, () => {
      classes.forEach((label, i) => {
        const lot = lotSeed(this.seed, step, label);
        this.page(label).numbers.write(label % PAGE_PEOPLE, partOf(columns, i, this.length), lot);
      });
      for (const [page, { bytes }] of this.held) this.file.write(page, bytes);
    });
    this.letGo();
  }

  readValues(from: number, into: Float32Array): void {
    const { length } = this;
    const bytes = new Uint8Array(2 * PAGE_PEOPLE * length);
    const numbers = new PeoplePage(bytes, this.file.layout);
    for (let label = from, at = 0; at < into.length; label++, at += length) {
      if (at === 0 || label % PAGE_PEOPLE === 0) this.file.read(Math.floor(label / PAGE_PEOPLE), bytes);
      numbers.readValues(label % PAGE_PEOPLE, into.subarray(at, at + length));
    }
    fitRows(into, length, this.file.layout.scale);
  }

  /** What a checkpoint holds of them, when the disk has all of it. @throws UserError where it does not take it */
  async hold(): Promise<Uint8Array> {
    try {
      return await this.file.hold();
    } catch (error) {
      throw diskError(this.disk, error);
    }
  }

  dispose(): void {
    this.close();
  }

  private page(label: number): HeldPage {
    const page = Math.floor(label / PAGE_PEOPLE);
    const held = this.held.get(page);
    if (held) return held;
    const fresh = this.spare.pop() ?? this.newPage();
    this.file.read(page, fresh.bytes);
    this.held.set(page, fresh);
    return fresh;
  }

  private newPage(): HeldPage {
    const bytes = new Uint8Array(this.file.pageBytes);
    return { bytes, numbers: new PeoplePage(bytes, this.file.layout) };
  }

  private letGo(): void {
    this.spare.push(...this.held.values());
    this.held.clear();
  }
}

function partOf({ values, first, second }: Columns, i: number, length: number): PersonColumn {
  const part = (all: Float32Array) => all.subarray(i * length, (i + 1) * length);
  return { values: part(values), first: part(first), second: part(second) };
}
