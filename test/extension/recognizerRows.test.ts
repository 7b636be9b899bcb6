import assert from 'node:assert/strict';
import { personRow, pictureRow, recognizerRow } from '../../src/extension/views/recognizerRows.js';
import { addNegatives, renamePerson } from '../../src/recognizers/edits.js';
import { summaryOf } from '../../src/recognizers/recognizer.js';
import { faceOf, NETWORK, recognizerOf, seenPicture } from '../support/syntheticFaces.js';

const recognizer = recognizerOf(['Anna', 'Bo']);

describe('rows of the view Recognizers', () => {
  it('say of a recognizer how many people and pictures, which network and what its threshold is worth', () => {
    const row = recognizerRow(summaryOf(recognizer, '/w/door'));
    assert.deepEqual([row.label, row.description, row.kind], ['door', '2 people  ·  6 pictures', 'recognizer']);
    assert.match(
      row.hint,
      /^face network face-reidentification-retail-0095\. Of 1,000 strangers about 10 would be named/,
    );
    assert.equal(
      row.spoken,
      'door, recognizer of 2 people, 6 pictures, face network face-reidentification-retail-0095',
    );
    const changed = summaryOf(renamePerson('Bo', 'Bob')(recognizer), '/w/door');
    assert.equal(recognizerRow(changed).kind, 'recognizer.changed', 'has something to be taken back');
  });

  it('warn where dlib’s network is at work', () => {
    const { record, embeddings } = recognizer;
    const network = { ...NETWORK, kind: 'dlib', name: 'dlib-face-recognition-resnet' } as const;
    const row = recognizerRow(summaryOf({ record: { ...record, network }, embeddings }, '/w/door'));
    assert.equal(row.icon, 'warning');
    assert.match(row.description, /dlib$/);
    assert.match(row.spoken, /dlib’s small face network, as the better one is not here$/);
  });

  it('say of a person how many pictures, whether these are few, and what was said not to be them', () => {
    const [anna] = recognizer.record.people;
    assert.deepEqual(
      [personRow('/d', anna!).description, personRow('/d', anna!).picture],
      ['3 pictures', '/Anna/0.jpg'],
    );
    const few = recognizerOf(['Cy'], 1).record.people[0]!;
    assert.equal(personRow('/d', few).description, '1 picture  ·  few: 5 are better');
    const said = addNegatives('Anna', [seenPicture('/n.jpg', faceOf(5, 1))])(recognizer).record.people[0]!;
    assert.equal(personRow('/d', said).description, '3 pictures  ·  1 said not to be');
  });

  it('tell pictures of somebody from those that are not', () => {
    const [anna] = recognizer.record.people;
    const own = pictureRow(anna!, anna!.pictures[1]!, false);
    assert.deepEqual([own.label, own.description, own.picture], ['1.jpg', '', '/Anna/1.jpg']);
    const elsewhere = pictureRow(anna!, { ...anna!.pictures[1]!, file: '/holidays/7.jpg' }, false);
    assert.equal(elsewhere.description, '/holidays');
    const not = pictureRow(anna!, anna!.pictures[1]!, true);
    assert.deepEqual([not.description, not.picture, not.kind], ['not Anna', undefined, 'enrolledPicture.negative']);
    assert.equal(not.spoken, '1.jpg, said not to be Anna');
  });
});
