import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { Random } from '../../src/core/random.js';
import { decodePicture } from '../../src/dataset/decodePicture.js';
import { differingBits, NEAR_DISTANCE, sameContents, nearDuplicates } from '../../src/dataset/duplicates.js';
import { DIFFERENCE_HASH_BYTES, PictureFacts } from '../../src/dataset/pictureFacts.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';

const folder = scratchFolder();

function allOf(facts: PictureFacts): number[] {
  return Array.from({ length: facts.count }, (_, i) => i);
}

function randomFacts(count: number, random: Random): PictureFacts {
  const facts = new PictureFacts(count);
  for (let i = 0; i < facts.differenceHashes.length; i++) facts.differenceHashes[i] = random.integer(256);
  return facts;
}

/** Turns `bits` different bits of a hash. */
function turn(facts: PictureFacts, from: number, to: number, bits: number, random: Random): void {
  const hash = facts.differenceHashes.slice(from * DIFFERENCE_HASH_BYTES, (from + 1) * DIFFERENCE_HASH_BYTES);
  const places = random.shuffle(Array.from({ length: 256 }, (_, i) => i)).slice(0, bits);
  for (const bit of places) hash[bit >> 3]! ^= 1 << (bit & 7);
  facts.differenceHashes.set(hash, to * DIFFERENCE_HASH_BYTES);
}

describe('nearDuplicates', () => {
  it('finds planted copies of up to 15 bits always, of 26 nearly always, and no others', () => {
    const random = Random.fromSeed(1);
    for (const [bits, least] of [
      [0, 200],
      [8, 200],
      [15, 200],
      [NEAR_DISTANCE, 190],
    ] as const) {
      const facts = randomFacts(2000, random);
      for (let i = 0; i < 200; i++) turn(facts, i, 1000 + i, bits, random);
      const groups = nearDuplicates(facts, allOf(facts));
      assert.ok(groups.length >= least, `${bits} bits: ${groups.length} of 200`);
      for (const group of groups) assert.deepEqual(group, [group[0]!, group[0]! + 1000]);
    }
    const facts = randomFacts(2000, random);
    for (let i = 0; i < 200; i++) turn(facts, i, 1000 + i, NEAR_DISTANCE + 1, random);
    assert.equal(nearDuplicates(facts, allOf(facts)).length, 0);
  });

  it('compares the same as all pairs do', () => {
    const random = Random.fromSeed(2);
    const facts = randomFacts(400, random);
    for (let i = 0; i < 400; i += 2) turn(facts, i, i + 1, random.integer(14), random);
    const words = new Uint32Array(facts.differenceHashes.buffer);
    const pairs = nearDuplicates(facts, allOf(facts)).flatMap((group) => group.slice(1).map((b) => [group[0]!, b]));
    const expected = allOf(facts).flatMap((a) =>
      allOf(facts)
        .filter((b) => b > a && differingBits(words, a, b) <= NEAR_DISTANCE)
        .map((b) => [a, b]),
    );
    assert.deepEqual(pairs, expected);
  });

  it('does not drown in pictures that are all alike', () => {
    const facts = new PictureFacts(30_000); // as of blank pages
    const started = performance.now();
    const groups = nearDuplicates(facts, allOf(facts));
    assert.equal(groups[0]!.length, 30_000);
    assert.ok(performance.now() - started < 10_000);
  });

  withShared('difference hashes of real pictures', [sharedPaths.wild], () =>
    it('takes a picture saved again for the same and other pictures of the same person for others', async () => {
      const people = fs
        .readdirSync(sharedPaths.wild)
        .filter((name) => !name.includes('.'))
        .slice(0, 40);
      const files = people.flatMap((name) =>
        fs
          .readdirSync(path.join(sharedPaths.wild, name))
          .slice(0, 5)
          .map((file) => path.join(sharedPaths.wild, name, file)),
      );
      const changes: [string, (picture: Sharp) => Sharp][] = [
        ['jpeg', (p) => p.jpeg({ quality: 50 })],
        ['half', (p) => p.resize(125, 125).jpeg({ quality: 90 })],
        ['bright', (p) => p.linear(1.2, 0).png()],
        ['grey', (p) => p.greyscale().webp()],
      ];
      const facts = new PictureFacts(files.length * (1 + changes.length));
      for (const [i, file] of files.entries()) {
        facts.set(i, (await decodePicture(file, 144)).fact);
        for (const [k, [name, change]] of changes.entries()) {
          const copy = path.join(folder(), `${i}-${name}`);
          await change(sharp(file)).toFile(copy);
          facts.set((k + 1) * files.length + i, (await decodePicture(copy, 144)).fact);
        }
      }
      const groupOf = new Map(
        nearDuplicates(facts, allOf(facts)).flatMap((group) => group.map((p) => [p, group[0]!] as const)),
      );
      for (const [k, [name]] of changes.entries()) {
        const found = files.filter((_, i) => {
          const own = groupOf.get((k + 1) * files.length + i);
          return own !== undefined && own === groupOf.get(i);
        }).length;
        assert.ok(found >= 0.97 * files.length, `${name}: ${found} of ${files.length}`);
      }
      const originals = nearDuplicates(
        facts,
        files.map((_, i) => i),
      );
      assert.ok(originals.length <= 4, `${originals.length} groups among the originals`);
    }).timeout(60_000),
  );
});

describe('sameContents', () => {
  it('groups equal contents, in the order of the pictures', () => {
    const facts = new PictureFacts(5);
    facts.contents.set([1], 0);
    facts.contents.set([2], 16);
    facts.contents.set([1], 32);
    facts.contents.set([3], 48);
    facts.contents.set([1], 64);
    assert.deepEqual(sameContents(facts, [0, 1, 2, 3, 4]), [[0, 2, 4]]);
    assert.deepEqual(sameContents(facts, [1, 2, 3, 4]), [[2, 4]]);
  });
});
