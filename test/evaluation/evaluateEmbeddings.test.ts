import assert from 'node:assert/strict';
import { upperBound } from '../../src/evaluation/bounds.js';
import { evaluateEmbeddings } from '../../src/evaluation/evaluateEmbeddings.js';
import type { EvaluationInput } from '../../src/evaluation/evaluationInput.js';
import { makePairs } from '../../src/evaluation/pairs.js';
import { sentenceAt } from '../../src/evaluation/sentence.js';
import { evaluation, EVALUATION_LIMITS, type Evaluation } from '../../src/protocol/evaluation.js';
import { joined, peopleByChance } from './people.js';
import { reference, referenceFaces } from './reference.js';

const wanted = { strangersPer1000: 10, confidence: 0.95 };
/** Checked against the schema, after a way through JSON. */
function evaluate(input: Omit<EvaluationInput, 'wanted' | 'seed'> & Partial<EvaluationInput>): Evaluation {
  const result = evaluateEmbeddings({ wanted, seed: 0, ...input });
  assert.deepEqual(evaluation.parse(JSON.parse(JSON.stringify(result))), result);
  return result;
}

describe('an evaluation of the reference', () => {
  const faces = referenceFaces();
  const strangers = referenceFaces(true);
  const { right, top5, of, own, other, strangers: highest } = reference.identification;
  const threshold = 0.8;
  const result = evaluate({ ...faces, strangers, threshold });

  it('counts as NumPy does', () => {
    assert.equal(result.protocol, 'leave-one-out');
    assert.deepEqual(result.counts, { people: 12, pictures: 45, single: 1, strangers: 10, strangerPictures: 20 });
    assert.deepEqual([result.closedSet!.right, result.closedSet!.of], [right, of]);
    assert.equal(result.closedSet!.top5, top5 / of);
    const missed = own.filter(
      (similarity, i) => similarity !== null && !(similarity > other[i]! && similarity >= threshold),
    );
    assert.deepEqual([result.openSet!.missed, result.openSet!.ofPictures], [missed.length, of]);
    const named = highest.filter((similarity) => similarity >= threshold).length;
    assert.deepEqual([result.openSet!.named, result.openSet!.ofStrangers], [named, 10]);
    assert.ok(named > 0 && named < 10 && missed.length > 0, 'the reference has both');
    assert.deepEqual(result.evidence.strangers.length, 10);
    highest
      .toSorted((a, b) => b - a)
      .forEach((similarity, i) => {
        const kept = result.evidence.strangers[i]!;
        assert.ok(kept >= similarity - 1e-6 && kept < similarity + 3e-6, `${kept} for ${similarity}`);
      });
  });

  it('says what its evidence says, at its own threshold', () => {
    assert.equal(result.threshold, threshold);
    assert.equal(result.thresholdFrom, 'given');
    assert.equal(result.sentence, sentenceAt(result.evidence, threshold));
    assert.match(
      result.sentence,
      /^Whether at most 10 of 1,000 strangers would be named .* 10 strangers were tried, of whom/,
    );
    assert.deepEqual([result.suggestion!.carried, result.suggestion!.missing], [false, 289]);
    assert.ok(result.suggestion!.threshold > result.evidence.strangers[0]!);
  });

  it('lists every mistake, with what it was taken for and why', () => {
    const { openSet, mistakes, mistakeCount } = result;
    assert.equal(mistakeCount, openSet!.missed + openSet!.named);
    assert.equal(mistakes.length, mistakeCount);
    const kinds = new Set(mistakes.map(({ kind }) => kind));
    assert.deepEqual([...kinds], ['taken-for-another', 'stranger-named', 'not-recognized']);
    for (const { kind, person, nearestPerson, picture, nearestPicture, similarity, why } of mistakes) {
      assert.ok(nearestPicture.startsWith(`${nearestPerson}/`) && picture.startsWith(`${person}/`), picture);
      assert.notEqual(picture, nearestPicture);
      assert.equal(similarity >= threshold, kind !== 'not-recognized');
      assert.equal(kind === 'taken-for-another' && person === nearestPerson, false);
      assert.ok(why.endsWith('.') && why.includes(similarity.toFixed(2)) && why.includes(nearestPerson), why);
    }
  });

  it('lists pictures that look like somebody else, and people who look alike', () => {
    const strays = own.flatMap((similarity, i) =>
      similarity !== null && other[i]! > similarity ? [faces.pictures[i]] : [],
    );
    assert.equal(result.strayCount, strays.length);
    assert.deepEqual(result.strayPictures.map(({ picture }) => picture).sort(), strays.sort());
    const margins = result.strayPictures.map(({ similarity, ownSimilarity }) => similarity - ownSimilarity);
    assert.deepEqual(
      margins,
      margins.toSorted((a, b) => b - a),
    );
    const alike = result.alikePeople.map(({ similarity }) => similarity);
    assert.deepEqual(
      alike,
      alike.toSorted((a, b) => b - a),
    );
    const confused = result.alikePeople.reduce((sum, pair) => sum + pair.confused, 0);
    assert.equal(confused, of - right);
    for (const { people, pictures } of result.alikePeople)
      people.forEach((person, i) => assert.ok(pictures[i]!.startsWith(`${person}/`)));
  });

  it('lists the strangers nearest to the threshold', () => {
    const away = result.nearStrangers.map(({ similarity }) => Math.abs(similarity - threshold));
    assert.deepEqual(
      away,
      away.toSorted((a, b) => a - b),
    );
    assert.equal(result.nearStrangers.length, 10);
    assert.equal(result.nearStrangers.filter(({ named }) => named).length, result.openSet!.named);
  });

  it('draws every similarity once', () => {
    const sum = (bins: readonly number[]) => bins.reduce((total, count) => total + count, 0);
    const { samePerson, otherPeople, strangers: stranger } = result.histogram;
    assert.deepEqual([sum(samePerson), sum(otherPeople), sum(stranger)], [of, 45 * 11, 10]);
    const bins = samePerson.length;
    const middle = (i: number) => -1 + ((i + 0.5) * 2) / bins;
    const mean = stranger.reduce((total, count, i) => total + count * middle(i), 0) / 10;
    assert.ok(Math.abs(mean - highest.reduce((total, v) => total + v) / 10) < 1.5 / bins);
  });

  it('has a map of all, the strangers apart', () => {
    const { picture, person, components, length } = result.map!;
    assert.deepEqual([picture.length, length], [55, 6]);
    assert.equal(components.length, 55 * 6);
    assert.equal(person.filter((place) => place === -1).length, 10);
    picture.forEach((file, i) => {
      if (person[i] !== -1) assert.ok(file.startsWith(`${result.people[person[i]!]}/`), file);
    });
  });

  it('is the same for the same seed', () => {
    assert.deepEqual(evaluate({ ...faces, strangers, threshold }), result);
  });

  it('does not take what does not fit together', () => {
    assert.throws(() => evaluate({ ...faces, pictures: [] }), RangeError);
    const { people, pictures } = peopleByChance(1, { people: 2, pictures: 1 });
    assert.throws(
      () => evaluate({ ...faces, strangers: { people, pictures, embeddings: new Float32Array(10) } }),
      RangeError,
    );
    const gallery = { kind: 'prototypes', vectors: new Float32Array(5), people: ['a'] } as const;
    assert.throws(() => evaluate({ ...faces, gallery }), RangeError);
  });
});

describe('an evaluation', () => {
  const faces = peopleByChance(1, { people: 20, pictures: 6, length: 32 });
  const faces4 = peopleByChance(13, { people: 3, pictures: 3, length: 4 });
  const strangers = peopleByChance(2, { people: 400, pictures: 2, length: 32, name: 's' });

  it('chooses the threshold where none is given, and keeps the wish', () => {
    const { threshold, thresholdFrom, thresholdInterval, suggestion, openSet, sentence } = evaluate({
      ...faces,
      strangers,
    });
    assert.equal(thresholdFrom, 'evidence');
    assert.deepEqual(suggestion, { threshold, carried: true, missing: 0 });
    assert.ok(thresholdInterval[0] <= threshold && threshold <= thresholdInterval[1]);
    assert.ok(openSet!.fpirBound <= 0.01 && upperBound(openSet!.named + 1, 400) > 0.01);
    assert.match(
      sentence,
      /^Of 1,000 strangers, at most (8|9|10) would be named \(95 % sure; tried with 400\)\. Of 1,000 pictures/,
    );
  });

  it('lets each person be a stranger to the others where no strangers are given, and says so', () => {
    const result = evaluate(faces);
    assert.equal(result.openSet!.strangersFrom, 'in-turn');
    assert.deepEqual([result.evidence.compared, result.evidence.enrolled], [19, 20]);
    assert.equal(result.counts.strangers, 20);
    assert.deepEqual([result.suggestion!.carried, result.suggestion!.missing], [false, 299]);
    assert.match(result.notes.join(' '), /each person in turn is a stranger/);
    assert.match(
      result.sentence,
      /20 of your own people were tried as strangers to each other; 299 other strangers are needed/,
    );
  });

  it('enrols some pictures of each person and tries the others', () => {
    const gallery = { kind: 'draw', pictures: 2 } as const;
    const drawn = evaluate({ ...faces, strangers, gallery });
    assert.equal(drawn.protocol, 'gallery');
    assert.equal(drawn.closedSet!.of, 20 * 4);
    assert.notDeepEqual(evaluate({ ...faces, strangers, gallery, seed: 1 }).evidence.known, drawn.evidence.known);
    const enrolled = faces.people.map((_, row) => row % 6 < 2);
    const rows = evaluate({ ...faces, strangers, gallery: { kind: 'rows', enrolled } });
    assert.equal(rows.closedSet!.of, 20 * 4);
    const nearest = [...rows.nearStrangers, ...rows.mistakes].map(({ nearestPicture }) => nearestPicture);
    assert.ok(
      nearest.every((picture) => /\/[01]\.jpg$/.test(picture)),
      'only enrolled pictures are compared with',
    );
  });

  it('leaves out pictures of people who are not enrolled', () => {
    const some = faces.people.map((person, row) => person !== 'p0003' && row % 6 < 3);
    const result = evaluate({ ...faces, strangers, gallery: { kind: 'rows', enrolled: some } });
    assert.equal(result.counts.people, 19);
    assert.equal(result.closedSet!.of, 19 * 3);
    assert.match(result.notes.join(' '), /^6 pictures are of people who are not enrolled: left out\./);
  });

  it('takes prototypes that were trained, and tries all pictures', () => {
    const own = faces.people.map((_, row) => row).filter((row) => row % 6 === 0);
    const vectors = Float32Array.from(own.flatMap((row) => [...faces.embeddings.subarray(row * 32, row * 32 + 32)]));
    const gallery = { kind: 'prototypes', vectors, people: own.map((row) => faces.people[row]!) } as const;
    const result = evaluate({ ...faces, strangers, gallery });
    assert.equal(result.closedSet!.of, 120);
    assert.ok(
      result.evidence.known.filter((similarity) => similarity > 0.999).length >= 20,
      'the prototypes themselves',
    );
    assert.ok(result.mistakes.every(({ nearestPicture }) => nearestPicture !== ''));
  });

  it('leaves out strangers who have the name of somebody enrolled', () => {
    const namesakes = { ...peopleByChance(1, { people: 2, pictures: 6, length: 32 }) };
    const result = evaluate({ ...faces, strangers: joined(strangers, namesakes), threshold: 0.6 });
    assert.equal(result.counts.strangers, 400);
    assert.match(result.notes.join(' '), /^2 strangers have the name of somebody enrolled: left out/);
  });

  it('counts a stranger as named when any picture of his is', () => {
    const one = peopleByChance(1, { people: 1, pictures: 1, length: 32 });
    const hidden = { ...joined(strangers, one), people: [...strangers.people, 's0000'] };
    const before = evaluate({ ...faces, strangers, threshold: 0.8 });
    const after = evaluate({ ...faces, strangers: hidden, threshold: 0.8 });
    assert.equal(after.openSet!.named, before.openSet!.named + 1);
    assert.equal(after.openSet!.ofStrangers, 400);
  });

  it('warns of pictures in the wrong folder where people play strangers', () => {
    const people = faces.people.map((person, row) => (row === 0 ? 'p0001' : person));
    const result = evaluate({ ...faces, people });
    assert.equal(result.strayPictures[0]!.picture, faces.pictures[0]);
    assert.equal(result.strayPictures[0]!.nearestPerson, 'p0000');
    assert.match(
      result.notes.join(' '),
      /1 picture looks like somebody else, which counts as a stranger .* wrong folder/,
    );
  });

  it('verifies pairs of its own people, or those that are given', () => {
    const own = evaluate({ ...faces, strangers }).verification!;
    assert.deepEqual([own.pairsFrom, own.same, own.different, own.folds], ['made', 300, 300, 10]);
    const list = makePairs(strangers.people, 3);
    const given = evaluate({ ...faces, strangers, pairs: { faces: strangers, list } }).verification!;
    assert.deepEqual([given.pairsFrom, given.same, given.different], ['file', 400, 400]);
    assert.ok(given.auc > 0.99 && given.auc <= 1 && given.accuracy! > 0.95, `${given.auc}`);
  });

  it('says nothing that cannot be known', () => {
    const nobody = evaluate({ embeddings: new Float32Array(0), people: [], pictures: [] });
    assert.deepEqual([nobody.closedSet, nobody.openSet, nobody.verification, nobody.map], new Array(4).fill(undefined));
    assert.deepEqual([nobody.threshold, nobody.thresholdFrom, nobody.suggestion], [1, 'none', undefined]);
    assert.match(nobody.sentence, /no stranger was tried; 299 more are missing\. How many .* is not known/);
    const alone = evaluate(peopleByChance(3, { people: 1, pictures: 4 }));
    assert.equal(alone.openSet, undefined);
    assert.equal(alone.closedSet!.accuracy, 1);
    const singles = evaluate(peopleByChance(4, { people: 5, pictures: 1 }));
    assert.equal(singles.closedSet, undefined);
    assert.deepEqual([singles.counts.single, singles.openSet!.ofStrangers, singles.openSet!.ofPictures], [5, 5, 0]);
    assert.equal(singles.verification, undefined);
    assert.match(singles.notes.join(' '), /There are no pairs/);
  });

  it('says why what happens at 5 % is not given', () => {
    const noisy = evaluate(peopleByChance(5, { people: 20, pictures: 4, length: 4, noise: 2 }));
    assert.equal(noisy.openSet!.fpirAtFnir['0.05'], undefined);
    assert.match(noisy.notes.join(' '), /More than 5 % of the pictures are more like another person/);
    const few = evaluate(peopleByChance(6, { people: 3, pictures: 3 }));
    assert.match(few.notes.join(' '), /9 pictures are too few to say what happens where 5 % are missed/);
  });

  it('shows 200 mistakes of some of every kind where there are many more', () => {
    const noisy = peopleByChance(7, { people: 60, pictures: 8, length: 6, noise: 1.2 });
    const others = peopleByChance(8, { people: 300, pictures: 1, length: 6, name: 's' });
    const { mistakes, mistakeCount, strayPictures, strayCount } = evaluate({
      ...noisy,
      strangers: others,
      threshold: 0.85,
    });
    assert.ok(mistakeCount > 300 && strayCount > 200, `${mistakeCount}, ${strayCount}`);
    assert.equal(mistakes.length, EVALUATION_LIMITS.list);
    assert.equal(strayPictures.length, EVALUATION_LIMITS.list);
    for (const kind of ['taken-for-another', 'stranger-named', 'not-recognized'])
      assert.ok(mistakes.filter((mistake) => mistake.kind === kind).length >= 60, kind);
  });

  it('tries a sample of very many pictures, and says so', () => {
    const many = joined(
      peopleByChance(9, { people: 1, pictures: 1100, length: 4, noise: 0.1 }),
      peopleByChance(10, { people: 5, pictures: 2, length: 4, noise: 0.1, name: 'q' }),
    );
    const { notes, counts, closedSet } = evaluate(many);
    assert.equal(
      notes[0],
      'Tried were 1,010 of 1,110 pictures of your people, of 6 people chosen by the seed: all of them would take too long.',
    );
    assert.deepEqual([counts.pictures, closedSet!.of], [1110, 1010]);
    const strangers = { ...many, people: many.people.map((person) => `s${person}`) };
    assert.match(
      evaluate({ ...faces4, strangers }).notes[0]!,
      /^Tried were 1,010 of 1,110 pictures of strangers, of 6 people/,
    );
  });

  it('has a map of no more points than a page draws, a fifth of them for strangers', () => {
    const many = peopleByChance(11, { people: 300, pictures: 20, length: 4 });
    const others = peopleByChance(12, { people: 1200, pictures: 1, length: 4, name: 's' });
    const { map } = evaluate({ ...many, strangers: others });
    assert.equal(map!.picture.length, EVALUATION_LIMITS.points);
    assert.equal(map!.person.filter((person) => person === -1).length, 1000);
    assert.equal(new Set(map!.picture).size, EVALUATION_LIMITS.points);
  });
});
