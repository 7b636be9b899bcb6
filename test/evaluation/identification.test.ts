import assert from 'node:assert/strict';
import { closedSetOf } from '../../src/evaluation/closedSet.js';
import { compare, galleryOf, mostAlike } from '../../src/evaluation/gallery.js';
import { lengthOf } from '../../src/evaluation/faceSet.js';
import { joined, peopleByChance } from './people.js';
import { reference, referenceFaces } from './reference.js';

const rowsOf = ({ people }: { readonly people: readonly string[] }) => people.map((_, row) => row);
const all = { enrolled: () => true };

describe('who is who', () => {
  const expected = reference.identification;
  const faces = referenceFaces();
  const gallery = galleryOf(faces);
  const comparison = compare(faces, rowsOf(faces), gallery, all);

  it('is as NumPy has it, each picture against the gallery without it', () => {
    assert.equal(gallery.people.length, 12);
    expected.own.forEach((own, i) => {
      if (own === null) assert.ok(Number.isNaN(comparison.own[i]), `picture ${i} is the only one of its person`);
      else assert.ok(Math.abs(comparison.own[i]! - own) < 1e-5, `own ${i}: ${comparison.own[i]} for ${own}`);
      assert.ok(Math.abs(comparison.other[i]! - expected.other[i]!) < 1e-5, `other ${i}`);
      assert.equal(comparison.otherPerson[i], expected.otherPerson[i], `other person ${i}`);
    });
  });

  it('is counted as NumPy has it: right, among the first five', () => {
    const tried = rowsOf(faces).filter((i) => !Number.isNaN(comparison.own[i]!));
    const result = closedSetOf(comparison, tried, 12)!;
    assert.ok(
      expected.right < expected.top5 && expected.top5 < expected.of,
      'the reference has mistakes of both kinds',
    );
    assert.deepEqual([result.right, result.of], [expected.right, expected.of]);
    assert.equal(result.accuracy, expected.right / expected.of);
    assert.equal(result.top5, expected.top5 / expected.of);
    assert.equal(result.byPerson.length, 12);
    const wrong = result.confusions.reduce((sum, { count }) => sum + count, 0);
    assert.equal(wrong, expected.of - expected.right);
    for (const { person, takenFor } of result.confusions) assert.notEqual(person, takenFor);
    const counts = result.confusions.map(({ count }) => count);
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => b - a),
    );
    for (const [low, value, high] of [
      [result.accuracyInterval[0], result.accuracy, result.accuracyInterval[1]],
      [result.top5Interval[0], result.top5, result.top5Interval[1]],
    ] as const)
      assert.ok(low < value && value < high, `${low} ${value} ${high}`);
  });

  it('has strangers as NumPy has them', () => {
    const strangers = referenceFaces(true);
    const found = compare(strangers, rowsOf(strangers), gallery, { strangers: true });
    const highest = new Map<string, number>();
    strangers.people.forEach((person, i) => highest.set(person, Math.max(highest.get(person) ?? -1, found.other[i]!)));
    [...highest.values()].forEach((similarity, i) =>
      assert.ok(Math.abs(similarity - expected.strangers[i]!) < 1e-5, `stranger ${i}: ${similarity}`),
    );
    assert.ok(found.ownPerson.every((person) => person === -1));
  });

  it('takes a stranger for a stranger, be he called like somebody', () => {
    const { embeddings, pictures } = peopleByChance(1, {
      people: 2,
      pictures: 1,
      length: expected.embeddings.length / expected.people.length,
    });
    const namesakes = { embeddings, pictures, people: ['p01', 'p02'] };
    const found = compare(namesakes, [0, 1], gallery, { strangers: true });
    assert.deepEqual([...found.ownPerson], [-1, -1]);
    assert.ok(found.otherPerson.every((person) => person >= 0));
  });

  it('counts a picture that is as much like another as wrong', () => {
    const twins = {
      embeddings: Float32Array.of(1, 0, 1, 0, 1, 0, 1, 0),
      people: ['Anna', 'Anna', 'Bert', 'Bert'],
      pictures: ['1', '2', '3', '4'],
    };
    const equal = compare(twins, [0, 1, 2, 3], galleryOf(twins), all);
    assert.equal(closedSetOf(equal, [0, 1, 2, 3], 2)!.right, 0);
    assert.equal(closedSetOf(equal, [0, 1, 2, 3], 2)!.top5, 1);
  });

  it('says nothing where nothing was tried', () => {
    assert.equal(closedSetOf(comparison, [], 12), undefined);
  });

  it('compares with as many people as there are, whatever their number is divided by', () => {
    for (let people = 1; people < 10; people++) {
      const faces = peopleByChance(people, { people, pictures: 2, length: 5, noise: 0.1 });
      const similarities: number[] = [];
      const found = compare(faces, [0, 1], galleryOf(faces), {
        enrolled: () => true,
        each: (v) => similarities.push(v),
      });
      assert.equal(similarities.length, 2 * (people - 1));
      if (people === 1) assert.deepEqual([found.other[0], found.otherPerson[0]], [-1, -1]);
      else assert.ok(Math.abs(Math.max(...similarities.slice(0, people - 1)) - found.other[0]!) < 1e-12);
    }
  });

  it('compares pictures that are not enrolled with whole prototypes', () => {
    const faces = peopleByChance(2, { people: 3, pictures: 3, length: 8 });
    const some = galleryOf(faces, (row) => row % 3 !== 0);
    const found = compare(faces, [0], some, { enrolled: (row) => row % 3 !== 0 });
    const sum = Array.from({ length: 8 }, (_, k) => faces.embeddings[8 + k]! + faces.embeddings[16 + k]!);
    const cosine = sum.reduce((total, v, k) => total + v * faces.embeddings[k]!, 0) / Math.hypot(...sum);
    assert.ok(Math.abs(found.own[0]! - cosine) < 1e-6);
  });

  it('finds the picture that is most like another, never itself', () => {
    const faces = peopleByChance(3, { people: 2, pictures: 2, noise: 0.1 });
    assert.equal(mostAlike(faces, 0, faces, [0, 1, 2, 3])!.row, 1);
    assert.equal(mostAlike(faces, 0, faces, [0]), undefined);
    assert.equal(mostAlike(faces, 0, joined(faces), [0])!.row, 0);
  });

  it('does not take sets whose parts do not fit together', () => {
    const { embeddings, people, pictures } = faces;
    assert.throws(() => lengthOf({ embeddings, people, pictures: [] }), RangeError);
    assert.throws(() => lengthOf({ embeddings: embeddings.subarray(1), people, pictures }), RangeError);
    assert.throws(() => lengthOf({ embeddings, people: [], pictures: [] }), RangeError);
    assert.equal(lengthOf({ embeddings: new Float32Array(0), people: [], pictures: [] }), 0);
  });
});
