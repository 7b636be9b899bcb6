import assert from 'node:assert/strict';
import { UserError } from '../../src/core/userError.js';
import {
  addNegatives,
  addPictures,
  forgetPerson,
  mergePeople,
  movePictures,
  removePerson,
  removePictures,
  renamePerson,
  setThreshold,
  undo,
  type Edit,
} from '../../src/recognizers/edits.js';
import {
  embeddingAt,
  MOST_HISTORY,
  recognizerRecord,
  rowsOf,
  type Recognizer,
} from '../../src/recognizers/recognizer.js';
import { Random } from '../../src/core/random.js';
import { faceOf, recognizerOf, seenPicture } from '../support/syntheticFaces.js';

const people = ({ record }: Recognizer) => record.people.map(({ name }) => name);
const files = ({ record }: Recognizer, name: string) =>
  record.people.find((person) => person.name === name)?.pictures.map(({ file }) => file);
const negatives = ({ record }: Recognizer, name: string) =>
  record.people.find((person) => person.name === name)?.negatives.map(({ file }) => file);
const pictureOf = (file: string) => [seenPicture(file, faceOf(9, 1))];

function refused(edit: Edit, recognizer: Recognizer): string {
  try {
    edit(recognizer);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.code, 'recognizer-person');
    return error.message;
  }
  throw new Error('was taken');
}

describe('the edits of a recognizer', () => {
  const before = recognizerOf(['Anna', 'Bo', 'Cy']);

  it('add a new person in the order of the names, and pictures to one who is there', () => {
    const added = addPictures('Bea', pictureOf('/x.jpg'))(before);
    assert.deepEqual(people(added), ['Anna', 'Bea', 'Bo', 'Cy']);
    const more = addPictures('Bo', pictureOf('/y.jpg'))(added);
    assert.deepEqual(files(more, 'Bo'), ['/Bo/0.jpg', '/Bo/1.jpg', '/Bo/2.jpg', '/y.jpg']);
    const row = more.record.people.find(({ name }) => name === 'Bo')!.pictures[3]!.row;
    assert.deepEqual([...embeddingAt(more, row)], [...faceOf(9, 1)]);
    assert.equal(more.record.history.at(-1)!.done, 'Added 1 picture of Bo');
  });

  it('leave what they are given as it was', () => {
    const copy = structuredClone(before);
    for (const edit of [
      addPictures('Bo', pictureOf('/y.jpg')),
      removePerson('Anna'),
      mergePeople('Anna', 'Bo'),
      renamePerson('Bo', 'Zoe'),
    ])
      edit(before);
    assert.deepEqual(before, copy);
  });

  it('put a picture in the place of the same one', () => {
    const twice = addPictures('Bo', pictureOf('/Bo/1.jpg'))(before);
    assert.deepEqual(files(twice, 'Bo'), ['/Bo/0.jpg', '/Bo/2.jpg', '/Bo/1.jpg']);
  });

  it('believe what was said last of a picture', () => {
    const not = addNegatives('Bo', pictureOf('/Bo/1.jpg'))(before);
    assert.deepEqual([files(not, 'Bo'), negatives(not, 'Bo')], [['/Bo/0.jpg', '/Bo/2.jpg'], ['/Bo/1.jpg']]);
    const is = addPictures('Bo', pictureOf('/Bo/1.jpg'))(not);
    assert.deepEqual([files(is, 'Bo'), negatives(is, 'Bo')], [['/Bo/0.jpg', '/Bo/2.jpg', '/Bo/1.jpg'], []]);
  });

  it('take pictures away, and with the last one the person', () => {
    const fewer = removePictures('Bo', ['/Bo/0.jpg', '/Bo/2.jpg'])(before);
    assert.deepEqual(files(fewer, 'Bo'), ['/Bo/1.jpg']);
    assert.deepEqual(people(removePictures('Bo', ['/Bo/1.jpg'])(fewer)), ['Anna', 'Cy']);
    assert.match(refused(removePictures('Bo', ['/Anna/0.jpg']), before), /Bo has no picture/);
  });

  it('move pictures from one to the other, and with the last one the person goes', () => {
    const moved = movePictures('Bo', 'Cy', ['/Bo/0.jpg', '/Bo/2.jpg'])(before);
    assert.deepEqual(files(moved, 'Bo'), ['/Bo/1.jpg']);
    assert.deepEqual(files(moved, 'Cy')!.slice(-2), ['/Bo/0.jpg', '/Bo/2.jpg']);
    const row = (recognizer: Recognizer, name: string) =>
      recognizer.record.people
        .find((person) => person.name === name)!
        .pictures.find(({ file }) => file === '/Bo/2.jpg')!.row;
    assert.deepEqual(embeddingAt(moved, row(moved, 'Cy')), embeddingAt(before, row(before, 'Bo')));
    assert.deepEqual(people(movePictures('Bo', 'Cy', ['/Bo/1.jpg'])(moved)), ['Anna', 'Cy']);
    const said = addNegatives('Cy', pictureOf('/Bo/0.jpg'))(before);
    assert.deepEqual(negatives(movePictures('Bo', 'Cy', ['/Bo/0.jpg'])(said), 'Cy'), []);
    assert.deepEqual(undo(moved).record.people, before.record.people);
    assert.match(refused(movePictures('Bo', 'Cy', ['/Anna/0.jpg']), before), /Bo has no picture/);
    assert.match(refused(movePictures('Bo', 'Bo', ['/Bo/0.jpg']), before), /“Bo” is one person/);
  });

  it('rename, remove and merge', () => {
    assert.deepEqual(people(renamePerson('Anna', 'Zoe')(before)), ['Bo', 'Cy', 'Zoe']);
    assert.match(refused(renamePerson('Anna', 'Bo'), before), /There is a person called Bo already/);
    assert.deepEqual(people(removePerson('Bo')(before)), ['Anna', 'Cy']);
    const merged = mergePeople('Cy', 'Anna')(before);
    assert.deepEqual(people(merged), ['Anna', 'Bo']);
    assert.equal(files(merged, 'Anna')!.length, 6);
    assert.match(refused(mergePeople('Cy', 'Cy'), before), /“Cy” is one person, and two are needed/);
    const said = addNegatives('Anna', pictureOf('/Cy/0.jpg'))(before);
    assert.deepEqual(negatives(mergePeople('Cy', 'Anna')(said), 'Anna'), [], 'they are one person after all');
  });

  it('know whom they are about', () => {
    for (const edit of [
      removePerson('Dan'),
      forgetPerson('Dan'),
      renamePerson('Dan', 'Eve'),
      mergePeople('Dan', 'Bo'),
      mergePeople('Bo', 'Dan'),
      movePictures('Bo', 'Dan', ['/Bo/0.jpg']),
      addNegatives('Dan', pictureOf('/x')),
      removePictures('anna', ['/Anna/0.jpg']),
    ])
      assert.match(refused(edit, before), /“door” knows nobody called (Dan|anna)/);
  });

  it('refuse names that lists could not show, and the one of strangers', () => {
    for (const name of [
      '',
      ' Anna',
      'Anna ',
      'a\nb',
      'a\u202eb',
      'a\u2028b',
      '\u0000',
      'unknown',
      'Unknown',
      'x'.repeat(201),
    ]) {
      assert.match(refused(addPictures(name, pictureOf('/x')), before), /Nobody can be called/);
      assert.match(refused(renamePerson('Bo', name), before), /Nobody can be called/);
    }
    for (const name of ['x'.repeat(200), 'Ærøskøbing', '安娜', 'O’Neil, Jr.', '../..', '__proto__'])
      assert.ok(people(addPictures(name, pictureOf('/x'))(before)).includes(name));
  });

  it('forget somebody for good: nothing of theirs is left, and nothing brings it back', () => {
    const renamed = renamePerson('Bo', 'Bob')(addNegatives('Anna', pictureOf('/n.jpg'))(removePerson('Cy')(before)));
    const forgotten = forgetPerson('Bob')(renamed);
    assert.ok(!JSON.stringify(forgotten.record).includes('Bob'));
    assert.deepEqual(people(forgotten), ['Anna']);
    const removed = removePerson('Bo')(before);
    const gone = forgetPerson('Bo')(removed);
    assert.ok(!JSON.stringify(gone.record).includes('Bo'), 'also somebody whom only an earlier change knows');
    assert.match(refused(undo, gone), /no change to take back/);
  });

  it('drop a trained vector when the pictures change that it was trained on', () => {
    const trained: Recognizer = {
      ...before,
      record: { ...before.record, people: before.record.people.map((person) => ({ ...person, prototype: 0 })) },
    };
    const prototypeOf = ({ record }: Recognizer) => record.people.find(({ name }) => name === 'Bo')?.prototype;
    for (const edit of [
      addPictures('Bo', pictureOf('/y.jpg')),
      removePictures('Bo', ['/Bo/1.jpg']),
      mergePeople('Cy', 'Bo'),
      addNegatives('Bo', pictureOf('/Bo/0.jpg')),
    ])
      assert.equal(prototypeOf(edit(trained)), undefined);
    assert.equal(prototypeOf(addNegatives('Bo', pictureOf('/n.jpg'))(trained)), 0);
    assert.equal(prototypeOf(removePerson('Cy')(trained)), 0);
  });
});

describe('undo', () => {
  it('takes back whatever was done, the last first', () => {
    const seed = 7;
    const random = Random.fromSeed(seed);
    for (let round = 0; round < 40; round++) {
      let recognizer = recognizerOf(['Anna', 'Bo', 'Cy']);
      const states = [recognizer];
      const told: string[] = [];
      while (states.length < 9) {
        const names = people(recognizer);
        const [one, other] = [random.pick(names), random.pick(names)];
        const edit = random.pick<Edit>([
          addPictures(random.pick([one, `P${random.integer(5)}`]), pictureOf(`/${random.integer(9)}.jpg`)),
          addNegatives(one, pictureOf(`/${random.integer(9)}.jpg`)),
          removePictures(one, files(recognizer, one)!.slice(0, 1)),
          names.length > 1 ? removePerson(one) : addPictures('Q', pictureOf('/q.jpg')),
          renamePerson(one, `R${states.length}`),
          one === other ? renamePerson(one, `S${states.length}`) : mergePeople(one, other),
          one === other ? removePerson(one) : movePictures(one, other, files(recognizer, one)!.slice(0, 1)),
          setThreshold({ value: random.uniform(), strangersPer1000: 1, evidence: { kind: 'hand', people: 3 } }),
        ]);
        if (people(edit(recognizer)).length === 0) continue;
        recognizer = edit(recognizer);
        told.push(recognizer.record.history.at(-1)!.done);
        states.push(recognizer);
        recognizerRecord.parse(recognizer.record);
        assert.ok(rowsOf(recognizer.record).every((row) => row * 32 < recognizer.embeddings.length));
      }
      for (const before of states.slice(0, -1).reverse()) {
        recognizer = undo(recognizer);
        // Rows of what was taken back stay until the next write.
        const { gallery } = recognizer.record;
        assert.deepEqual(
          recognizer.record,
          { ...before.record, gallery },
          `seed ${seed}, round ${round}: ${told.join('; ')}`,
        );
      }
    }
  });

  it('reaches back so far and no farther', () => {
    let recognizer = recognizerOf(['Anna']);
    for (let i = 0; i < MOST_HISTORY + 5; i++) recognizer = renamePerson(people(recognizer)[0]!, `A${i}`)(recognizer);
    for (let i = 0; i < MOST_HISTORY; i++) recognizer = undo(recognizer);
    assert.deepEqual(people(recognizer), ['A4']);
    assert.match(refused(undo, recognizer), /no change/);
  });
});
