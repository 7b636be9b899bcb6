/** A buffer and the operations, by number, between which it holds something. */
export interface Lifetime {
  readonly floats: number;
  first: number;
  last: number;
}

const ALIGNMENT = 16;

/**
 * Places buffers in one block of memory so that no two that live at the same time overlap: the largest first, each at the
 * lowest place that is free for its whole life (the “greedy by size” rule of Pisarchyk and Lee 2020, which comes
 * within a few per cent of the lower bound on networks like these).
 *
 * @returns offsets in floats, multiples of 16, in the order of the buffers, and the size of the block
 */
export function placeBuffers(buffers: readonly Lifetime[]): { offsets: number[]; floats: number } {
  const offsets = new Array<number>(buffers.length).fill(0);
  const bySize = buffers.map((_, i) => i).sort((a, b) => buffers[b]!.floats - buffers[a]!.floats || a - b);
  /** Placed so far, by offset. */
  const placed: number[] = [];
  let total = 0;
  for (const i of bySize) {
    const { floats, first, last } = buffers[i]!;
    let offset = 0;
    for (const other of placed) {
      const neighbour = buffers[other]!;
      if (neighbour.last < first || neighbour.first > last) continue;
      if (offsets[other]! >= offset + floats) break;
      offset = Math.max(offset, roundUp(offsets[other]! + neighbour.floats));
    }
    offsets[i] = offset;
    const at = placed.findIndex((other) => offsets[other]! > offset);
    placed.splice(at === -1 ? placed.length : at, 0, i);
    total = Math.max(total, offset + floats);
  }
  return { offsets, floats: roundUp(total) };
}

function roundUp(floats: number): number {
  return Math.ceil(floats / ALIGNMENT) * ALIGNMENT;
}
