import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../src/core/userError.js';
import type { Evaluation } from '../../src/protocol/evaluation.js';
import { evaluateModel, type EvaluateOptions } from '../../src/recognition/evaluateModel.js';
import { enrolFolder } from '../../src/recognition/enrolFolder.js';
import { evidencedThreshold } from '../../src/recognizers/evidencedThreshold.js';
import { readRecognizer } from '../../src/recognizers/recognizerFolder.js';
import type { Recognizer } from '../../src/recognizers/recognizer.js';
import { drawFaces, fakeSight } from '../support/fakeSight.js';
import { scratchFolder } from '../support/scratch.js';

const scratch = scratchFolder();
const names = ['Anna', 'Bo', 'Cy'];
const folder = (name: string) => path.join(scratch(), name);
const at = (set: string, person: string, picture: number | string) => path.join(folder(set), person, `${picture}.jpg`);
const nothing = () => undefined;
const never = () => false;

/** In a suite: what is cached is cached in a folder of its own. */
function withOwnCache(): void {
  let before: string | undefined;
  beforeEach(() => {
    before = process.env['FACE_TRAINER_CACHE'];
    process.env['FACE_TRAINER_CACHE'] = folder('cache');
  });
  afterEach(() => {
    if (before === undefined) delete process.env['FACE_TRAINER_CACHE'];
    else process.env['FACE_TRAINER_CACHE'] = before;
  });
}

function drawPeople(set: string, pictures: readonly number[]): void {
  for (const [person, name] of names.entries())
    for (const picture of pictures) drawFaces(at(set, name, picture), [{ person, picture }]);
}

async function enrolled(): Promise<Recognizer> {
  drawPeople('people', [0, 1, 2, 3]);
  const options = { dataset: folder('people'), recognizer: folder('door'), seed: 0, strangersPer1000: 10 };
  await enrolFolder(fakeSight(), options, undefined, nothing, never);
  return readRecognizer(folder('door'));
}

async function evaluated(
  recognizer: Recognizer | undefined,
  options: Partial<EvaluateOptions> = {},
  sight = fakeSight(),
): Promise<Evaluation> {
  const evaluation = await evaluateModel(
    sight,
    recognizer,
    { strangersPer1000: 10, seed: 0, ...options },
    nothing,
    never,
  );
  assert.ok(evaluation);
  return evaluation;
}

describe('evaluating a recognizer', () => {
  withOwnCache();

  it('tries each enrolled picture against the others, and looks at no picture', async () => {
    const sight = fakeSight();
    const evaluation = await evaluated(await enrolled(), {}, sight);
    assert.equal(sight.asked.pictures, 0);
    assert.deepEqual([evaluation.protocol, evaluation.people], ['leave-one-out', names]);
    assert.deepEqual([evaluation.closedSet?.right, evaluation.closedSet?.of], [12, 12]);
    assert.equal(evaluation.openSet?.strangersFrom, 'in-turn');
    assert.equal(evaluation.thresholdFrom, 'given');
  });

  it('tries other pictures where they are named, none that is enrolled, and nobody whom it does not know', async () => {
    const recognizer = await enrolled();
    drawPeople('people', [10, 11]);
    drawFaces(at('people', 'Dan', 0), [{ person: 7, picture: 0 }]);
    drawFaces(at('people', 'Bo', 'none'), []);
    drawFaces(at('people', 'Bo', 'dark'), [{ person: 1, picture: 12, doubt: 'too-blurred' }]);
    const evaluation = await evaluated(recognizer, { probes: folder('people') });
    assert.deepEqual([evaluation.protocol, evaluation.closedSet?.of], ['gallery', 6]);
    assert.ok(evaluation.notes.includes('Dan is not enrolled under this name: left out.'));
    assert.ok(
      evaluation.notes.includes(
        '2 pictures of 8 pictures to recognize left out: no face can be seen well enough to answer.',
      ),
      evaluation.notes.join('\n'),
    );
  });

  it('takes strangers from folders of people, and from a folder of pictures, each of somebody else', async () => {
    const recognizer = await enrolled();
    for (let person = 20; person < 30; person++)
      for (const picture of [0, 1]) drawFaces(at('strangers', `S${person}`, picture), [{ person, picture }]);
    drawFaces(at('strangers', 'Anna', 0), [{ person: 0, picture: 50 }]);
    const { openSet, notes } = await evaluated(recognizer, { strangers: folder('strangers') });
    assert.deepEqual([openSet?.strangersFrom, openSet?.ofStrangers, openSet?.byPicture.ofPictures], ['given', 10, 20]);
    assert.ok(notes.some((note) => note.startsWith('1 stranger has the name of somebody enrolled')));
    for (let person = 20; person < 25; person++)
      drawFaces(path.join(folder('flat'), `${person}.jpg`), [{ person, picture: 0 }]);
    assert.equal((await evaluated(recognizer, { strangers: folder('flat') })).openSet?.ofStrangers, 5);
  });

  it('reads pairs in LFW’s format, and leaves out those of which a picture shows no face', async () => {
    const recognizer = await enrolled();
    const picture = (person: number, number: number) =>
      path.join(folder('pairs'), `P${person}`, `P${person}_000${number}.jpg`);
    for (const person of [40, 41])
      for (const number of [1, 2]) drawFaces(picture(person, number), [{ person, picture: number }]);
    const list = ['2\t1', 'P40\t1\t2', 'P40\t1\tP41\t1', 'P41\t1\t2', 'P40\t2\tP41\t2'].join('\n');
    fs.writeFileSync(path.join(folder('pairs'), 'pairs.txt'), list);
    const { verification } = await evaluated(recognizer, { pairs: folder('pairs') });
    assert.deepEqual([verification?.pairsFrom, verification?.same, verification?.different], ['file', 2, 2]);
    drawFaces(picture(41, 2), []);
    const { verification: fewer, notes } = await evaluated(recognizer, { pairs: folder('pairs') });
    assert.deepEqual([fewer?.same, fewer?.different], [1, 1]);
    assert.ok(notes.includes('2 pairs of 4 left out with them.'));
    fs.rmSync(picture(40, 1));
    await assert.rejects(
      evaluated(recognizer, { pairs: folder('pairs') }),
      (error) => error instanceof UserError && /picture 1 of P40, which is not there/.test(error.message),
    );
    fs.writeFileSync(path.join(folder('pairs'), 'pairs.txt'), ['1\t1', '..\t1\t2', 'P41\t1\t..\t1'].join('\n'));
    await assert.rejects(evaluated(recognizer, { pairs: folder('pairs') }), UserError);
  });

  it('looks at a folder once: the second evaluation has its vectors', async () => {
    const recognizer = await enrolled();
    drawPeople('people', [10, 11]);
    const first = await evaluated(recognizer, { probes: folder('people') });
    const sight = fakeSight();
    assert.deepEqual(await evaluated(recognizer, { probes: folder('people') }, sight), first);
    assert.equal(sight.asked.pictures, 0);
  });

  it('ends without a word when it is stopped', async () => {
    const recognizer = await enrolled();
    drawPeople('people', [10, 11]);
    const options = { probes: folder('people'), strangersPer1000: 10, seed: 0 };
    assert.equal(await evaluateModel(fakeSight(), recognizer, options, nothing, () => true), undefined);
  });
});

describe('evaluating a network alone', () => {
  withOwnCache();

  it('tries each picture of a folder against the others', async () => {
    drawPeople('people', [0, 1, 2, 3, 4]);
    const evaluation = await evaluated(undefined, { probes: folder('people') });
    assert.deepEqual([evaluation.protocol, evaluation.closedSet?.of], ['leave-one-out', 15]);
    assert.equal(evaluation.thresholdFrom, 'evidence');
  });

  it('asks for a folder', async () => {
    await assert.rejects(evaluated(undefined), (error) => error instanceof UserError && /--probes/.test(error.advice));
  });
});

describe('a threshold with its evidence', () => {
  withOwnCache();

  it('says how many strangers it names, and at most how many of all', async () => {
    const recognizer = await enrolled();
    for (let person = 20; person < 90; person++) drawFaces(at('strangers', `S${person}`, 0), [{ person, picture: 0 }]);
    const evaluation = await evaluated(recognizer, { strangers: folder('strangers') });
    const highest = evaluation.evidence.strangers[0]!;
    const above = evidencedThreshold(evaluation, highest + 0.01);
    assert.ok(above.evidence.kind === 'strangers');
    assert.deepEqual([above.evidence.named, above.evidence.strangers, above.evidence.from], [0, 70, 'given']);
    assert.ok(Math.abs(above.evidence.bound - (1 - 0.05 ** (1 / 70))) < 1e-9, 'Clopper and Pearson for none of 70');
    const below = evidencedThreshold(evaluation, highest);
    assert.ok(below.evidence.kind === 'strangers' && below.evidence.named === 1);
  });
});
