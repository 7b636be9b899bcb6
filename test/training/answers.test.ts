import assert from 'node:assert/strict';
import { Answers, highestOf } from '../../src/training/answers.js';

const names = ['Anna', 'Bo', 'Cy'];

describe('the answers of a validation', () => {
  it('are counted, and name the person of whom the least can be hoped for', () => {
    const answers = new Answers();
    // Anna 1 of 1, Bo 0 of 1, Cy 1 of 6: the single miss of Bo may be bad luck.
    answers.addEach([0, 1, 2, 2, 2, 2], (row) => row === 0 || row === 2);
    answers.addEach([2, 2], () => false);
    assert.deepEqual(answers.told(names), { right: 2, pictures: 8, weakest: { person: 'Cy', right: 1, pictures: 6 } });
  });

  it('name nobody where all are right, and nobody of people who are not trained on', () => {
    const all = new Answers();
    all.addEach([0, 1], () => true);
    assert.deepEqual(all.told(names), { right: 2, pictures: 2 });
    const strangers = new Answers();
    strangers.add(3, 5);
    assert.deepEqual(strangers.told(names), { right: 3, pictures: 5 });
    assert.deepEqual(new Answers().told(names), { right: 0, pictures: 0 });
  });

  it('name the first of two who are known as badly', () => {
    const answers = new Answers();
    answers.addEach([2, 1], () => false);
    assert.equal(answers.told(names).weakest?.person, 'Bo');
  });

  it('go by the highest score, of equal ones the first', () => {
    assert.deepEqual([...highestOf(Float32Array.of(1, 3, 2, 5, 5, 0, -1, -2, -0.5), 3)], [1, 0, 2]);
    assert.deepEqual([...highestOf(new Float32Array(0), 0)], []);
  });
});
