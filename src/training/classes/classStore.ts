import { COLUMN_PARTS, type Columns } from '../../engine/engine.js';

/**
 * The columns of all classes, with what the optimizer remembers of each, while a session holds some of them. A step reads those that
 * it trains and writes them back.
 */
export interface ClassStore {
  readonly classes: number;
  /** E: numbers of a column. */
  readonly length: number;
  /** @param classes ascending. @param into [classes, E] each, filled in that order */
  read(classes: Int32Array, into: Columns): void;
  /** @param step updates behind what is written */
  write(classes: Int32Array, columns: Columns, step: number): void;
  /** The columns alone of so many classes from one on. @param into [count, E] */
  readValues(from: number, into: Float32Array): void;
  /** What a checkpoint holds of the store beside the network; undefined where it holds all columns. */
  hold(): Promise<Uint8Array | undefined>;
  dispose(): void;
}

/** Columns that are written at once where all of them are. */
export const AT_ONCE = 256;

/** Zeros for so many columns. */
export function emptyColumns(count: number, length: number): Columns {
  const zeros = () => new Float32Array(count * length);
  return { values: zeros(), first: zeros(), second: zeros() };
}

/** In memory, as they are. */
export class MemoryClasses implements ClassStore {
  constructor(
    readonly classes: number,
    readonly length: number,
    private readonly columns = emptyColumns(classes, length),
  ) {}

  /** [classes, E] each; not to be changed. */
  get all(): Columns {
    return this.columns;
  }

  read(classes: Int32Array, into: Columns): void {
    const { length } = this;
    for (const part of COLUMN_PARTS)
      classes.forEach((label, i) =>
        into[part].set(this.columns[part].subarray(label * length, (label + 1) * length), i * length),
      );
  }

  write(classes: Int32Array, columns: Columns): void {
    const { length } = this;
    for (const part of COLUMN_PARTS)
      classes.forEach((label, i) =>
        this.columns[part].set(columns[part].subarray(i * length, (i + 1) * length), label * length),
      );
  }

  readValues(from: number, into: Float32Array): void {
    into.set(this.columns.values.subarray(from * this.length, from * this.length + into.length));
  }

  hold(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  dispose(): void {
    // Memory goes with its owner.
  }
}
