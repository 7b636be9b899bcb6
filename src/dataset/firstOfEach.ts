/**
 * The first pictures of each person, in their order.
 *
 * @param owners person of each picture number
 * @param each of a person, at most
 * @param most in all
 */
export function firstOfEach(pictures: readonly number[], owners: Int32Array, each: number, most = Infinity): number[] {
  const seen = new Map<number, number>();
  const taken: number[] = [];
  for (const picture of pictures) {
    if (taken.length === most) break;
    const count = seen.get(owners[picture]!) ?? 0;
    if (count === each) continue;
    seen.set(owners[picture]!, count + 1);
    taken.push(picture);
  }
  return taken;
}
