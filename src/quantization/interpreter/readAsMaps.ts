interface Reading {
  readonly op: string;
  readonly input: number;
  readonly other?: number;
}

/**
 * The tensors that anything but a dense layer reads. A dense layer gives runtimes a vector without height and width: where its output
 * is one of these, it is written as the convolution of one place that it amounts to.
 */
export function readAsMaps(operations: readonly Reading[]): ReadonlySet<number> {
  return new Set(
    operations.flatMap(({ op, input, other }) =>
      op === 'dense' ? [] : [input, ...(other === undefined ? [] : [other])],
    ),
  );
}
