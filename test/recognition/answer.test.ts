import assert from 'node:assert/strict';
import { dot } from '../../src/core/cosine.js';
import { answerFor } from '../../src/recognition/answer.js';
import { galleryOf } from '../../src/recognition/gallery.js';
import { addNegatives, addPictures, undo } from '../../src/recognizers/edits.js';
import { emptyRecognizer, faceOf, recognizerOf, seenPicture } from '../support/syntheticFaces.js';

const names = ['Anna', 'Bo', 'Cy'];
const recognizer = recognizerOf(names);
const gallery = galleryOf(recognizer);

describe('the answer for a face', () => {
  it('is the person it is most like, with the runner-up and the picture it is most like', () => {
    for (const [person, name] of names.entries())
      for (let picture = 10; picture < 30; picture++) {
        const face = faceOf(person, picture);
        const answer = answerFor(face, gallery, 0.5);
        assert.deepEqual([answer.person, answer.known, answer.nearest], [name, true, name]);
        const likes = gallery.map(({ prototype }) => dot(face, prototype)).sort((a, b) => b - a);
        assert.deepEqual([answer.similarity, answer.runnerUp!.similarity], likes.slice(0, 2));
        const own = gallery[person]!.pictures.map(({ file, embedding }) => ({
          file,
          similarity: dot(face, embedding),
        }));
        const best = own.reduce((a, b) => (b.similarity > a.similarity ? b : a));
        assert.deepEqual(answer.mostLike, { person: name, ...best });
        assert.equal(answer.ruledOut, undefined);
      }
  });

  it('is unknown below the threshold, known at it, and says whom it is most like all the same', () => {
    const stranger = faceOf(77, 0);
    const { similarity } = answerFor(stranger, gallery, 1);
    const below = answerFor(stranger, gallery, similarity + 1e-9);
    assert.deepEqual([below.person, below.known, below.threshold], ['unknown', false, similarity + 1e-9]);
    assert.ok(names.includes(below.nearest!) && below.mostLike !== undefined);
    const at = answerFor(stranger, gallery, similarity);
    assert.deepEqual([at.person, at.known], [below.nearest, true]);
  });

  it('has no runner-up where one person is enrolled, and is nothing where nobody is', () => {
    const alone = galleryOf(recognizerOf(['Anna']));
    assert.equal(answerFor(faceOf(0, 10), alone, 0.5).runnerUp, undefined);
    assert.throws(() => answerFor(faceOf(0, 10), [], 0.5), RangeError);
    assert.deepEqual(galleryOf(emptyRecognizer()), []);
  });

  it('compares by a trained vector where there is one', () => {
    const [anna, ...others] = recognizer.record.people;
    // Anna's vector is that of Bo's first picture.
    const people = [{ ...anna!, prototype: others[0]!.pictures[0]!.row }, ...others];
    const trained = galleryOf({ ...recognizer, record: { ...recognizer.record, people } });
    assert.equal(answerFor(faceOf(1, 0), trained, 0.5).person, 'Anna');
  });
});

describe('“not this person”', () => {
  // A stranger who looks like Anna: half way between her and somebody else.
  const like = (picture: number) => {
    const [a, b] = [faceOf(0, 500 + picture, 0.2), faceOf(88, picture, 0.2)];
    const sum = a.map((v, i) => v + b[i]!);
    const norm = Math.sqrt(dot(sum, sum));
    return sum.map((v) => v / norm);
  };
  const threshold = 0.55;
  const before = answerFor(like(1), gallery, threshold);
  const told = addNegatives('Anna', [seenPicture('/not.jpg', like(0))])(recognizer);

  it('changes the answer for faces like it, and for no face of the person', () => {
    assert.equal(before.person, 'Anna', 'that is the mistake');
    const after = answerFor(like(1), galleryOf(told), threshold);
    assert.deepEqual([after.person, after.known], ['unknown', false]);
    assert.deepEqual(after.ruledOut, { person: 'Anna', similarity: before.similarity });
    assert.notEqual(after.nearest, 'Anna');
    for (let picture = 10; picture < 30; picture++)
      assert.equal(answerFor(faceOf(0, picture), galleryOf(told), threshold).person, 'Anna');
  });

  it('is taken back by undo', () => {
    assert.deepEqual(answerFor(like(1), galleryOf(undo(told)), threshold), before);
  });

  it('rules the only person out, so that nobody is nearest', () => {
    const alone = addNegatives('Anna', [seenPicture('/not.jpg', like(0))])(recognizerOf(['Anna']));
    const answer = answerFor(like(1), galleryOf(alone), threshold);
    assert.deepEqual([answer.person, answer.nearest, answer.runnerUp], ['unknown', undefined, undefined]);
    assert.equal(answer.ruledOut?.person, 'Anna');
  });

  it('gives way to “this is …” of somebody else', () => {
    const named = addPictures('Dan', [seenPicture('/not.jpg', like(0))])(told);
    assert.equal(answerFor(like(1), galleryOf(named), threshold).person, 'Dan');
  });
});
