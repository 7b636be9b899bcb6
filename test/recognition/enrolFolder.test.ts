import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../src/core/userError.js';
import type { Enrolment } from '../../src/protocol/recognition.js';
import { answerFor } from '../../src/recognition/answer.js';
import { enrolFolder, type EnrolOptions } from '../../src/recognition/enrolFolder.js';
import { galleryOf } from '../../src/recognition/gallery.js';
import { FolderFaces } from '../../src/recognition/keptFaces.js';
import type { KeptFaces } from '../../src/recognition/lookAt.js';
import { readRecognizer } from '../../src/recognizers/recognizerFolder.js';
import { tableThreshold } from '../../src/recognizers/thresholdTable.js';
import { drawFaces, fakeSight } from '../support/fakeSight.js';
import { faceOf, NETWORK } from '../support/syntheticFaces.js';
import { scratchFolder } from '../support/scratch.js';

const scratch = scratchFolder();
const dataset = () => path.join(scratch(), 'people');
const target = () => path.join(scratch(), 'door');
const at = (person: string, picture: number | string) => path.join(dataset(), person, `${picture}.jpg`);
const names = ['Anna', 'Bo', 'Cy'];

/** So many pictures of each of three people, with one face each. */
function drawPeople(each = 8): void {
  for (const [person, name] of names.entries())
    for (let picture = 0; picture < each; picture++) drawFaces(at(name, picture), [{ person, picture }]);
}

async function enrol(
  options: Partial<EnrolOptions> = {},
  kept?: KeptFaces,
  sight = fakeSight(),
): Promise<Enrolment & { asked: ReturnType<typeof fakeSight>['asked'] }> {
  const all = { dataset: dataset(), recognizer: target(), seed: 0, strangersPer1000: 10, ...options };
  const enrolment = await enrolFolder(
    sight,
    all,
    kept,
    () => undefined,
    () => false,
  );
  assert.ok(enrolment);
  return { ...enrolment, asked: sight.asked };
}

const filesOf = (name: string) =>
  readRecognizer(target())
    .record.people.find((person) => person.name === name)
    ?.pictures.map(({ file }) => file);

describe('enrolling a folder', () => {
  it('makes a recognizer that knows its people and nobody else', async () => {
    drawPeople();
    const { recognizer, pictures, enrolled, leftOut, severalFaces, warnings } = await enrol();
    assert.deepEqual([pictures, enrolled, leftOut, severalFaces, warnings], [24, 24, [], [], []]);
    assert.deepEqual(
      recognizer.people,
      names.map((person) => ({ person, pictures: 8, notThisPerson: 0 })),
    );
    assert.deepEqual(recognizer.threshold.evidence, { kind: 'table', people: 3 });
    assert.equal(recognizer.threshold.value, tableThreshold(NETWORK, 3, 10));
    const gallery = galleryOf(readRecognizer(target()));
    for (const [person, name] of names.entries())
      assert.equal(answerFor(faceOf(person, 40), gallery, recognizer.threshold.value).person, name);
    assert.equal(answerFor(faceOf(50, 0), gallery, recognizer.threshold.value).person, 'unknown');
    const [picture] = readRecognizer(target()).record.people[0]!.pictures;
    const stat = fs.statSync(at('Anna', 0));
    assert.deepEqual([picture!.file, picture!.bytes, picture!.modifiedMs], [at('Anna', 0), stat.size, stat.mtimeMs]);
  });

  it('takes one person as well', async () => {
    drawFaces(at('Anna', 0), [{ person: 0, picture: 0 }]);
    const { recognizer } = await enrol();
    assert.deepEqual(recognizer.people, [{ person: 'Anna', pictures: 1, notThisPerson: 0 }]);
  });

  it('draws pictures by the seed, and looks at no others', async () => {
    drawPeople();
    const first = await enrol({ pictures: 3, seed: 1 });
    assert.deepEqual([first.pictures, first.enrolled, first.asked.pictures], [9, 9, 9]);
    const drawn = names.map(filesOf);
    await enrol({ pictures: 3, seed: 1 });
    assert.deepEqual(names.map(filesOf), drawn);
    await enrol({ pictures: 3, seed: 2 });
    assert.notDeepEqual(names.map(filesOf), drawn);
  });

  it('draws for each person apart: another one changes nobody’s pictures', async () => {
    drawPeople();
    await enrol({ pictures: 3 });
    const drawn = names.map(filesOf);
    drawFaces(at('Aaron', 0), [{ person: 9, picture: 0 }]);
    const { warnings } = await enrol({ pictures: 3 });
    assert.deepEqual(names.map(filesOf), drawn);
    assert.deepEqual(warnings, ['1 person has fewer than 3 pictures.']);
  });

  it('lists pictures without a face and those that cannot be read, and draws others in their place', async () => {
    drawPeople();
    for (let picture = 0; picture < 4; picture++) drawFaces(at('Bo', picture), []);
    drawFaces(at('Cy', 0), 'is damaged');
    for (const seed of [0, 1, 2]) {
      const { leftOut } = await enrol({ pictures: 4, seed });
      assert.deepEqual(
        filesOf('Bo')!.sort(),
        [4, 5, 6, 7].map((picture) => at('Bo', picture)),
      );
      assert.equal(filesOf('Cy')!.length, 4);
      assert.deepEqual(
        leftOut.filter(({ person }) => person === 'Bo').map(({ reason }) => reason)[0],
        'shows no face that could be found',
      );
    }
    const { leftOut } = await enrol();
    assert.deepEqual(leftOut.map(({ file, reason }) => [path.basename(file), reason]).at(-1), ['0.jpg', 'is damaged']);
  });

  it('of several faces takes the one that is most like the others of the folder, and says so', async () => {
    drawPeople(4);
    drawFaces(at('Anna', 'group'), [
      { person: 1, picture: 60 },
      { person: 0, picture: 61 },
      { person: 2, picture: 62 },
    ]);
    const { severalFaces } = await enrol();
    assert.deepEqual(severalFaces, [{ file: at('Anna', 'group'), person: 'Anna', faces: 3 }]);
    const recognizer = readRecognizer(target());
    const group = galleryOf(recognizer)[0]!.pictures.find(({ file }) => file === at('Anna', 'group'))!;
    assert.deepEqual([...group.embedding], [...faceOf(0, 61)]);
  });

  it('of several faces takes the largest where nothing else tells', async () => {
    drawFaces(at('Anna', 'group'), [
      { person: 1, picture: 60 },
      { person: 0, picture: 61 },
    ]);
    drawFaces(at('Bo', 1), [{ person: 3, picture: 1 }]);
    await enrol();
    const [anna] = galleryOf(readRecognizer(target()));
    assert.deepEqual([...anna!.pictures[0]!.embedding], [...faceOf(1, 60)]);
  });

  it('takes faces that can hardly be seen only of somebody who has no other, and says so', async () => {
    drawPeople(3);
    drawFaces(at('Anna', 'far'), [{ person: 0, picture: 20, doubt: 'too-small' }]);
    drawFaces(at('Dan', 'far'), [{ person: 4, picture: 20, doubt: 'too-blurred' }]);
    const { leftOut, warnings } = await enrol();
    assert.deepEqual(leftOut, [
      { file: at('Anna', 'far'), person: 'Anna', reason: 'shows a face of too few pixels to tell whose it is' },
    ]);
    assert.deepEqual(warnings, ['Dan is enrolled with faces that can hardly be seen: add better pictures.']);
    assert.deepEqual(filesOf('Dan'), [at('Dan', 'far')]);
  });

  it('says who has no picture that serves, and refuses a folder in which nobody has', async () => {
    drawPeople(2);
    drawFaces(at('Dan', 0), []);
    const { warnings, recognizer } = await enrol();
    assert.deepEqual(warnings, ['Dan is not enrolled: no picture shows a face that can be used.']);
    assert.equal(recognizer.people.length, 3);
    fs.rmSync(dataset(), { recursive: true });
    drawFaces(at('Dan', 0), []);
    await assert.rejects(enrol(), (error) => {
      assert.ok(error instanceof UserError && error.code === 'dataset-nothing-usable');
      assert.match(error.message, /0\.jpg shows no face that could be found/);
      return true;
    });
  });

  it('refuses a folder called like strangers, and one that is no recognizer to write over', async () => {
    drawPeople(1);
    fs.mkdirSync(target());
    fs.writeFileSync(path.join(target(), 'mine.txt'), '');
    await assert.rejects(enrol(), (error) => error instanceof UserError && error.code === 'output-unwritable');
    fs.rmSync(target(), { recursive: true });
    drawFaces(at('Unknown', 0), [{ person: 5, picture: 0 }]);
    await assert.rejects(enrol(), (error) => error instanceof UserError && error.code === 'recognizer-person');
    assert.ok(!fs.existsSync(target()));
  });

  it('takes the place of the recognizer that was there, whole', async () => {
    drawPeople(2);
    await enrol();
    fs.rmSync(path.join(dataset(), 'Bo'), { recursive: true });
    await enrol();
    assert.deepEqual(
      readRecognizer(target()).record.people.map(({ name }) => name),
      ['Anna', 'Cy'],
    );
    assert.equal(fs.readdirSync(target()).length, 2);
  });

  it('leaves nothing when it is stopped', async () => {
    drawPeople(30);
    const options = { dataset: dataset(), recognizer: target(), seed: 0, strangersPer1000: 10 };
    let looked = 0;
    const stopped = await enrolFolder(
      fakeSight(),
      options,
      undefined,
      (done) => (looked = done),
      () => looked > 3,
    );
    assert.equal(stopped, undefined);
    assert.ok(!fs.existsSync(target()) && looked < 90, String(looked));
  });
});

describe('what is kept of faces', () => {
  const open = (sight = fakeSight()) => FolderFaces.open(path.join(scratch(), 'kept'), dataset(), sight);

  it('spares the network the second time, and gives the same gallery', async () => {
    drawPeople();
    drawFaces(at('Bo', 'two'), [
      { person: 1, picture: 30 },
      { person: 2, picture: 31, doubt: 'turned-away' },
    ]);
    drawFaces(at('Cy', 'none'), []);
    const kept = open();
    const first = await enrol({}, kept);
    kept.save();
    const gallery = galleryOf(readRecognizer(target()));
    const second = await enrol({}, open());
    assert.equal(first.asked.pictures, 26);
    assert.equal(second.asked.pictures, 0);
    assert.deepEqual(galleryOf(readRecognizer(target())), gallery);
    assert.deepEqual([second.leftOut, second.severalFaces], [first.leftOut, first.severalFaces]);
    if (process.platform !== 'win32') assert.equal(fs.statSync(path.join(scratch(), 'kept')).mode & 0o077, 0);
  });

  it('looks again at a picture that was changed, and with another network at all', async () => {
    drawPeople();
    const kept = open();
    await enrol({}, kept);
    kept.save();
    drawFaces(at('Bo', 0), [{ person: 1, picture: 200 }]);
    assert.equal((await enrol({}, open())).asked.pictures, 1);
    const other = fakeSight();
    const network = { ...NETWORK, digest: 'cd'.repeat(32) };
    const sight = { ...other, embedder: { ...other.embedder, network } };
    assert.equal((await enrol({}, open(sight), sight)).asked.pictures, 24);
  });

  it('is done without where it is damaged', async () => {
    drawPeople(2);
    const kept = open();
    await enrol({}, kept);
    kept.save();
    const [file] = fs.readdirSync(path.join(scratch(), 'kept')).map((name) => path.join(scratch(), 'kept', name));
    const bytes = fs.readFileSync(file!);
    for (const damaged of [bytes.subarray(0, 100), Buffer.alloc(0), Buffer.from('x'.repeat(500))]) {
      fs.writeFileSync(file!, damaged);
      assert.equal((await enrol({}, open())).asked.pictures, 6);
    }
  });
});
