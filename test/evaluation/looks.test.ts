import assert from 'node:assert/strict';
import type { FaceSet } from '../../src/evaluation/faceSet.js';
import { compare, galleryOf } from '../../src/evaluation/gallery.js';
import {
  alikePeopleOf,
  fairly,
  mistakesOf,
  nearStrangersOf,
  straysIn,
  straysOf,
  type Looks,
} from '../../src/evaluation/looks.js';

/** Faces in the plane, each at an angle in degrees: their similarity is the cosine of the angle between them. */
function atAngles(angles: Readonly<Record<string, readonly number[]>>): FaceSet {
  const rows = Object.entries(angles).flatMap(([person, list]) => list.map((angle, i) => ({ person, angle, i })));
  return {
    embeddings: Float32Array.from(
      rows.flatMap(({ angle }) => [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]),
    ),
    people: rows.map(({ person }) => person),
    pictures: rows.map(({ person, i }) => `${person}/${i + 1}.jpg`),
  };
}

const cosine = (degrees: number) => Math.cos((degrees * Math.PI) / 180);

function looksAt(threshold: number, people: FaceSet, others: FaceSet): Looks {
  const gallery = galleryOf(people);
  const rows = people.people.map((_, row) => row);
  const known = { faces: people, rows, comparison: compare(people, rows, gallery, { enrolled: () => true }) };
  const strangerRows = others.people.map((_, row) => row);
  const found = compare(others, strangerRows, gallery, { strangers: true });
  return {
    ...{ gallery, enrolledFaces: people, known, triedPlaces: rows, threshold },
    strangers: { faces: others, rows: strangerRows, comparison: found },
    strangerPlaces: strangerRows.toSorted((a, b) => found.other[b]! - found.other[a]!),
  };
}

// Anna around 0 degrees, Bert around 90; one of Bert's pictures lies at 10, one of Anna's at -50.
const people = atAngles({ Anna: [0, 2, 4, -50], Bert: [88, 90, 92, 10] });
const strangers = atAngles({ Cora: [120], Dora: [200], Emil: [45] });

describe('mistakes', () => {
  it('are known people taken for others, strangers named, and known people who are not recognized', () => {
    const { mistakes, count } = mistakesOf(looksAt(0.8, people, strangers));
    assert.deepEqual(
      mistakes.map(({ kind, picture, nearestPicture }) => [kind, picture, nearestPicture]),
      [
        // Anna's mean is at -10.5 degrees or so, her nearest picture at 4.
        ['taken-for-another', 'Bert/4.jpg', 'Anna/3.jpg'],
        // Bert's mean is at 73 degrees: 28 away from 45, 47 from 120. His picture nearest to 45 is that at 10.
        ['stranger-named', 'Emil/1.jpg', 'Bert/4.jpg'],
        ['not-recognized', 'Anna/4.jpg', 'Anna/1.jpg'],
      ],
    );
    assert.equal(count, 3);
    const [taken, named, missed] = mistakes;
    // Without it, Bert's others are at 90.
    assert.equal(
      taken!.why,
      `More like Anna (${taken!.similarity.toFixed(2)}) than like Bert (${cosine(80).toFixed(2)}).`,
    );
    assert.match(named!.why, /^Emil is a stranger, and 0\.\d\d like Bert: the threshold is 0\.80\.$/);
    assert.ok(Math.abs(missed!.similarity - cosine(52)) < 1e-3, 'the others of Anna are at 2');
    assert.equal(missed!.why, 'Most like Anna, but only 0.62: the threshold is 0.80.');
  });

  it('are others at another threshold', () => {
    const kinds = (threshold: number) =>
      mistakesOf(looksAt(threshold, people, strangers)).mistakes.map(({ kind }) => kind);
    assert.deepEqual(kinds(-1), ['taken-for-another', 'stranger-named', 'stranger-named', 'stranger-named']);
    assert.deepEqual(kinds(0.6), ['taken-for-another', 'stranger-named', 'stranger-named']);
    assert.deepEqual(kinds(1.01), new Array<string>(8).fill('not-recognized'));
  });

  it('of a picture that is more like another, below the threshold, name that other', () => {
    const { mistakes } = mistakesOf(looksAt(1.01, people, strangers));
    const bert = mistakes.find(({ picture }) => picture === 'Bert/4.jpg')!;
    assert.deepEqual([bert.person, bert.nearestPerson], ['Bert', 'Anna']);
    assert.match(bert.why, /^Most like Anna, but only 0\.\d\d: the threshold is 1\.01\.$/);
  });

  it('of known people begin with the clearest', () => {
    const { mistakes } = mistakesOf(looksAt(1.01, people, strangers));
    assert.equal(mistakes[0]!.picture, 'Bert/4.jpg', 'the one that is least like its own');
    assert.equal(mistakes[1]!.picture, 'Anna/4.jpg');
  });

  it('are none where all goes well', () => {
    const well = looksAt(0.7, atAngles({ Anna: [0, 2], Bert: [88, 90] }), atAngles({ Dora: [200] }));
    assert.deepEqual(mistakesOf(well), { mistakes: [], count: 0 });
    assert.deepEqual(straysOf(well), { strays: [], count: 0 });
    const empty = looksAt(0.7, atAngles({}), atAngles({}));
    assert.deepEqual(mistakesOf(empty), { mistakes: [], count: 0 });
    assert.deepEqual(alikePeopleOf(empty), []);
    assert.deepEqual(nearStrangersOf(empty), []);
  });
});

describe('pictures that look like somebody else', () => {
  it('are nearer to another person than to the others of their own', () => {
    const { strays, count } = straysOf(looksAt(0.8, people, strangers));
    assert.deepEqual(straysIn(people), { strays, count }, 'whatever strangers there are');
    assert.equal(count, 1);
    const [stray] = strays;
    assert.deepEqual(
      [stray!.picture, stray!.nearestPerson, stray!.nearestPicture],
      ['Bert/4.jpg', 'Anna', 'Anna/3.jpg'],
    );
    assert.ok(Math.abs(stray!.ownSimilarity - cosine(80)) < 1e-6);
    assert.ok(stray!.similarity > stray!.ownSimilarity);
  });

  it('do not include those of somebody with a single picture, with whom nothing can be compared', () => {
    const single = looksAt(0.8, atAngles({ Anna: [0, 2], Bert: [1] }), strangers);
    assert.ok(straysOf(single).strays.every(({ person }) => person === 'Anna'));
  });
});

describe('people who are alike', () => {
  it('are pairs with their two pictures that are most alike, and how many were confused', () => {
    const [pair, ...more] = alikePeopleOf(looksAt(0.8, people, strangers));
    assert.deepEqual(more, []);
    assert.deepEqual(pair!.people, ['Anna', 'Bert']);
    assert.deepEqual(pair!.pictures, ['Anna/3.jpg', 'Bert/4.jpg']);
    assert.equal(pair!.confused, 1);
  });

  it('come in the order of how alike they are', () => {
    const three = atAngles({ Anna: [0, 1], Bert: [30, 31], Cora: [90, 91] });
    const pairs = alikePeopleOf(looksAt(0.8, three, strangers));
    assert.deepEqual(
      pairs.map(({ people: [a, b] }) => `${a} ${b}`),
      ['Anna Bert', 'Bert Cora'],
    );
    assert.ok(Math.abs(pairs[0]!.similarity - cosine(30)) < 1e-6);
    assert.ok(Math.abs(pairs[1]!.similarity - cosine(60)) < 1e-6);
  });
});

describe('strangers near the threshold', () => {
  it('stand on both sides of it, the nearest first', () => {
    // Bert's mean is at 73 degrees: Emil, at 45, has 0.88, Cora, at 120, 0.69; Dora, at 200, is like nobody.
    const near = nearStrangersOf(looksAt(0.75, people, strangers));
    assert.deepEqual(
      near.map(({ person, named }) => [person, named]),
      [
        ['Cora', false],
        ['Emil', true],
        ['Dora', false],
      ],
    );
    assert.deepEqual(near[0]!.nearestPicture, 'Bert/3.jpg');
  });
});

describe('taking from each in turn', () => {
  it('gives each group its part and what others leave', () => {
    const groups = [[1, 2, 3, 4, 5], [6], [7, 8, 9]];
    assert.deepEqual(fairly(groups, 6), [1, 2, 3, 6, 7, 8]);
    assert.deepEqual(fairly(groups, 100), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(fairly(groups, 0), []);
    assert.deepEqual(fairly([[], []], 5), []);
    assert.deepEqual(fairly([], 5), []);
  });
});
