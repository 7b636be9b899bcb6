import assert from 'node:assert/strict';
import { distilledWords } from '../../src/core/metricWords.js';
import { Random } from '../../src/core/random.js';
import { fewPeople } from '../../src/training/fewPeople.js';
import { distilledOf } from '../../src/training/studentValidation.js';

const LENGTH = 8;

/** Embeddings around a direction of each person, of any length. */
function embeddingsOf(people: readonly number[], noise: number, seed: number): Float32Array {
  const random = Random.fromSeed(seed);
  return Float32Array.from(
    people.flatMap((person) => {
      const by = random.between(0.5, 3);
      return Array.from({ length: LENGTH }, (_, i) => by * (Number(i === person) + noise * random.between(-1, 1)));
    }),
  );
}

describe('what is measured of a student', () => {
  const people = Array.from({ length: 40 }, (_, picture) => picture % LENGTH);
  const teacher = embeddingsOf(people, 0.1, 1);

  it('is the mean cosine, and the pairs of people left out that it and its teacher tell right', () => {
    const student = embeddingsOf(people, 3, 2);
    const { cosine, pairs, ...counts } = distilledOf({ student, teacher, people, areStrangers: true });
    let sum = 0;
    for (let i = 0; i < people.length; i++) {
      const [a, b] = [student, teacher].map((rows) => rows.subarray(i * LENGTH, (i + 1) * LENGTH));
      sum += a!.reduce((dot, v, k) => dot + v * b![k]!, 0) / Math.hypot(...a!) / Math.hypot(...b!);
    }
    assert.ok(Math.abs(cosine - sum / people.length) < 1e-6, `${cosine}, not ${sum / people.length}`);
    assert.deepEqual(counts, { people: LENGTH, pictures: 40 });
    // Each of eight people has ten pairs of five pictures, and there are as many of two people.
    assert.equal(pairs!.count, 160);
    // The threshold is the highest that suits the other folds: a pair of one person may lie a hair below it.
    assert.ok(pairs!.teacher > 0.95, `${pairs!.teacher}`);
    assert.ok(pairs!.student > 0.4 && pairs!.student < 0.8, `${pairs!.student} of noise`);
  });

  it('is the cosine alone where nobody was left out, and where a threshold has no other people to come from', () => {
    const own = { student: teacher, teacher, people, areStrangers: false };
    const { cosine, ...rest } = distilledOf(own);
    assert.ok(Math.abs(cosine - 1) < 1e-6);
    assert.deepEqual(rest, { people: 0, pictures: 40 });
    const few = people.map((person) => person % 3);
    assert.equal(distilledOf({ ...own, people: few, areStrangers: true }).pairs, undefined);
  });

  it('is told in a sentence, and before it begins how many people it saw', () => {
    const pairs = { count: 1600, student: 0.923, teacher: 0.988 };
    assert.equal(
      distilledWords({ people: 16, pictures: 370, cosine: 0.8714, pairs }),
      'Cosine to the teacher 0.871, on 370 pictures of 16 people left out of training. Of 1,600 pairs of these pictures the student tells 92.3 % right, the teacher 98.8 %.',
    );
    assert.equal(
      distilledWords({ people: 0, pictures: 1, cosine: 0.5 }),
      'Cosine to the teacher 0.500, on 1 picture held back.',
    );
    const named = (count: number) => ({ people: Array.from({ length: count }, String), unnamed: false });
    assert.equal(fewPeople(named(10_000)), undefined);
    const warning = fewPeople(named(9999));
    assert.ok(warning?.type === 'warning');
    assert.match(warning.message, /sees 9,?999 people, which is few/);
    assert.match(warning.advice, /face network itself in int8/);
    assert.ok(fewPeople({ people: ['faces'], unnamed: true }));
  });
});
