import assert from 'node:assert/strict';
import { PAGE_PEOPLE, PageTable, pageBytes, sumOf, type PeopleLayout } from '../../src/runs/pageTable.js';

const LAYOUT: PeopleLayout = { people: 3 * PAGE_PEOPLE + 1, length: 8, scale: 32 };

function filled(layout = LAYOUT): PageTable {
  const table = PageTable.empty(layout);
  table.slots.forEach((_, page) => {
    table.slots[page] = page * 7;
    table.sums[page] = 0xffffffff - page;
  });
  return table;
}

/** A table’s bytes with some 32-bit numbers written over. */
function changed(at: number, ...numbers: readonly number[]): Uint8Array {
  const bytes = filled().encode();
  new Int32Array(bytes.buffer).set(numbers, at);
  return bytes;
}

describe('the table of the pages of a file of people', () => {
  it('has a page for each sixteen people, the last one too, and none of them a place at first', () => {
    const { slots, sums } = PageTable.empty(LAYOUT);
    assert.deepEqual([...slots], [-1, -1, -1, -1]);
    assert.deepEqual([...sums], [0, 0, 0, 0]);
    assert.equal(PageTable.empty({ ...LAYOUT, people: PAGE_PEOPLE }).slots.length, 1);
    assert.equal(PageTable.empty({ ...LAYOUT, people: 1_000_000 }).encode().length, 16 + 8 * 62_500);
  });

  it('is read back as it was written, from any place in memory', () => {
    const bytes = filled().encode();
    const shifted = Buffer.concat([Buffer.from([1]), bytes]).subarray(1);
    for (const own of [bytes, shifted]) {
      const { layout, slots, sums } = PageTable.decode(own);
      assert.deepEqual(layout, LAYOUT);
      assert.deepEqual([...slots], [0, 7, 14, 21]);
      assert.deepEqual([...sums], [0xffffffff, 0xfffffffe, 0xfffffffd, 0xfffffffc]);
    }
  });

  it('does not change with the bytes that it was read from', () => {
    const bytes = filled().encode();
    const table = PageTable.decode(bytes);
    bytes.fill(0);
    assert.deepEqual([...table.slots], [0, 7, 14, 21]);
  });

  it('refuses what is no table, in words', () => {
    for (const [bytes, why] of [
      [new Uint8Array(), /a table of 0 bytes/],
      [new Uint8Array(15), /a table of 15 bytes/],
      [filled().encode().subarray(0, -4), /no table of people/],
      [filled().encode().subarray(0, -1), /a table of/],
      [changed(0, 2), /version 2/],
      [changed(1, 0), /0 x 8/],
      [changed(1, 16), /no table/],
      [changed(2, 0), /x 0/],
      [changed(2, 5000), /x 5000/],
      [changed(3, 0), /no table/],
      [changed(4, -2), /lies nowhere/],
      [changed(5, 1 << 28), /lies nowhere/],
    ] as const)
      assert.throws(
        () => PageTable.decode(bytes),
        (error) => error instanceof RangeError && why.test(error.message),
      );
    const infinite = filled().encode();
    for (const scale of [NaN, Infinity, -1, 1e7]) {
      new Float32Array(infinite.buffer).set([scale], 3);
      assert.throws(() => PageTable.decode(infinite), RangeError, String(scale));
    }
  });

  it('knows what a page weighs: a column and two moments of sixteen people, two bytes a number', () => {
    assert.equal(pageBytes(LAYOUT), 16 * 8 * 3 * 2);
    assert.equal(filled().pageBytes, pageBytes(LAYOUT));
  });
});

describe('the sum of a page', () => {
  /** FNV-1a as its authors write it, over words. */
  const plain = (words: readonly number[]) =>
    Number(words.reduce((sum, word) => ((sum ^ BigInt(word)) * 0x01000193n) % (1n << 32n), 0x811c9dc5n));

  it('is FNV-1a over words of 32 bits', () => {
    for (const words of [[], [0], [1, 2, 3], [0xffffffff, 0x80000000, 7]])
      assert.equal(sumOf(new Uint8Array(Uint32Array.from(words).buffer)), plain(words), words.join());
  });

  it('is another one for each bit that is another one', () => {
    const page = new Uint8Array(pageBytes(LAYOUT)).map((_, i) => i * 31);
    const sum = sumOf(page);
    for (let bit = 0; bit < 8 * page.length; bit += 5) {
      page[bit >> 3]! ^= 1 << (bit & 7);
      assert.notEqual(sumOf(page), sum, `bit ${bit}`);
      page[bit >> 3]! ^= 1 << (bit & 7);
    }
    assert.equal(sumOf(page), sum);
  });
});
