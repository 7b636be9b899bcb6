import { Builder, type Offset } from 'flatbuffers';

/** Tables and vectors of a FlatBuffer, which is written from its end: what a table points to is there before it. */
export class FlatTables {
  constructor(readonly builder: Builder) {}

  table<T extends { readonly fields: number }>(layout: T, fill: (layout: T) => void): Offset {
    this.builder.startObject(layout.fields);
    fill(layout);
    return this.builder.endObject();
  }

  /** @param bytes of an element, and `alignment` of the first one */
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
