import { Builder, type Offset } from 'flatbuffers';

/** Tables and vectors of a FlatBuffer, which is written from its end: what a table points to is there before it. */
export class FlatTables {
  constructor(readonly builder: Builder) {}

  /**
   * `layout.fields` is how many a table of the schema has. A field that equals its default, or is not added at all,
   * takes no space: a reader cannot tell the two apart, so both sides need the schema's default.
   *
   * @param fill adds fields that are numbers or offsets made before; a table, vector or string begun in it throws
   */
  table<T extends { readonly fields: number }>(layout: T, fill: (layout: T) => void): Offset {
    this.builder.startObject(layout.fields);
    fill(layout);
    return this.builder.endObject();
  }

  /**
   * Elements go in from the last to the first, and in front of them their count, a uint32. The alignment is that of the
   * first element, not of the count, and counts from the end of the file, whose length `finish` makes a multiple of the
   * largest.
   *
   * @param bytes of an element, and `alignment` of the first one
   */
  vector(count: number, bytes: number, alignment: number, add: (i: number) => void): Offset {
    this.builder.startVector(bytes, count, alignment);
    for (let i = count - 1; i >= 0; i--) add(i);
    return this.builder.endVector();
  }

  offsets(values: readonly Offset[]): Offset {
    return this.vector(values.length, 4, 4, (i) => this.builder.addOffset(values[i]!));
  }

  int32s(values: readonly number[]): Offset {
    return this.vector(values.length, 4, 4, (i) => this.builder.addInt32(values[i]!));
  }
}
