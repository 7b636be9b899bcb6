/**
 * Cuts an order of pictures into batches. The last one may be smaller; a single picture left over joins the batch
 * before it, because batch statistics of one picture say nothing.
 */
export function cutBatches(order: readonly number[], batchSize: number): number[][] {
  const batches: number[][] = [];
  for (let start = 0; start < order.length; start += batchSize) batches.push(order.slice(start, start + batchSize));
  if (batches.length > 1 && batches.at(-1)!.length === 1) {
    const single = batches.pop()!;
    batches.at(-1)!.push(...single);
  }
  return batches;
}

/** Number of batches that {@link cutBatches} makes. */
export function batchCount(pictures: number, batchSize: number): number {
  const whole = Math.ceil(pictures / batchSize);
  return whole > 1 && pictures % batchSize === 1 ? whole - 1 : whole;
}
