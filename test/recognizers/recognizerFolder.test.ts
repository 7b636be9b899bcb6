import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { UserError, type UserErrorCode } from '../../src/core/userError.js';
import { addPictures, removePerson, undo } from '../../src/recognizers/edits.js';
import { editRecognizer } from '../../src/recognizers/editRecognizer.js';
import type { Recognizer } from '../../src/recognizers/recognizer.js';
import {
  isRecognizer,
  readRecognizer,
  recognizerStamp,
  writeRecognizer,
} from '../../src/recognizers/recognizerFolder.js';
import { recognizerName, recognizersFolder, recognizersIn } from '../../src/recognizers/recognizersFolder.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/runs/safetensors.js';
import { faceOf, LENGTH, recognizerOf, seenPicture } from '../support/syntheticFaces.js';
import { scratchFolder } from '../support/scratch.js';

const scratch = scratchFolder();
const place = () => path.join(scratch(), 'door');

function written(recognizer = recognizerOf(['Anna', 'Bo'])): string {
  writeRecognizer(place(), recognizer);
  return place();
}

const refusedAs = (code: UserErrorCode, told?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof UserError && error.code === code, String(error));
  if (told) assert.match(error.message, told);
  return true;
};

/** The record of a recognizer as a value to be damaged. */
function recordOf(folder: string): Record<string, unknown> {
  return JSON.parse(fs.readFileSync(path.join(folder, 'recognizer.json'), 'utf8')) as Record<string, unknown>;
}
function putRecord(folder: string, record: unknown): void {
  fs.writeFileSync(path.join(folder, 'recognizer.json'), JSON.stringify(record));
}
const galleriesIn = (folder: string) => fs.readdirSync(folder).filter((name) => name.startsWith('gallery-'));

describe('a recognizer on the disk', () => {
  it('is read as it was written, with a gallery that any reader of safetensors opens', () => {
    const recognizer = recognizerOf(['Anna', 'Bo']);
    const folder = written(recognizer);
    const read = readRecognizer(folder);
    assert.deepEqual(read.record.people, recognizer.record.people);
    assert.deepEqual([...read.embeddings], [...recognizer.embeddings]);
    const { gallery, network } = read.record;
    const bytes = fs.readFileSync(path.join(folder, gallery.file));
    assert.equal(createHash('sha256').update(bytes).digest('hex'), gallery.sha256);
    const { tensors, metadata } = decodeSafetensors(bytes);
    assert.deepEqual(
      tensors.map(({ name, shape }) => [name, shape]),
      [['embeddings', [6, LENGTH]]],
    );
    assert.equal(metadata['digest'], network.digest);
    if (process.platform !== 'win32')
      assert.equal(fs.statSync(folder).mode & 0o077, 0, 'faces are nobody else’s business');
  });

  it('holds nothing of rows that nothing points to, and no gallery of before', async () => {
    const folder = written();
    const before = recognizerStamp(folder);
    await editRecognizer(folder, removePerson('Bo'));
    assert.notEqual(recognizerStamp(folder), before);
    assert.equal(readRecognizer(folder).record.gallery.rows, 6, 'undo may want them');
    const one = galleriesIn(folder);
    assert.equal(one.length, 1);
    const { record, embeddings } = readRecognizer(folder);
    writeRecognizer(folder, { record: { ...record, history: [] }, embeddings });
    assert.equal(readRecognizer(folder).record.gallery.rows, 3);
    assert.equal(galleriesIn(folder).length, 1);
    assert.notDeepEqual(galleriesIn(folder), one);
    await assert.rejects(editRecognizer(folder, undo), refusedAs('recognizer-person'));
  });

  it('is as it was after an edit that is refused', async () => {
    const folder = written();
    const stamp = recognizerStamp(folder);
    await assert.rejects(editRecognizer(folder, removePerson('Cy')), refusedAs('recognizer-person'));
    assert.equal(recognizerStamp(folder), stamp);
    assert.deepEqual(fs.readdirSync(folder).sort(), [...galleriesIn(folder), 'recognizer.json']);
  });

  it('is whole wherever its writer is killed: with every part of a write left behind', async () => {
    const folder = written();
    const before = readRecognizer(folder);
    fs.writeFileSync(path.join(folder, `.gallery-${'a'.repeat(16)}.safetensors.tmp-1`), 'half');
    fs.writeFileSync(path.join(folder, `gallery-${'a'.repeat(16)}.safetensors`), 'whole, but not named yet');
    fs.writeFileSync(path.join(folder, 'recognizer.json.tmp-1'), '{"version":');
    fs.writeFileSync(path.join(folder, '.lock-0123456789abcdef'), '999999999 gone');
    assert.deepEqual(readRecognizer(folder), before);
    await editRecognizer(folder, removePerson('Bo'));
    assert.deepEqual(fs.readdirSync(folder).sort(), [...galleriesIn(folder), 'recognizer.json'], 'and it is tidied up');
  });

  it('is found among others by its folder', () => {
    const base = scratch();
    assert.deepEqual(recognizersIn(base), []);
    for (const name of ['b', 'a']) writeRecognizer(path.join(recognizersFolder(base), name), recognizerOf(['Anna']));
    fs.mkdirSync(path.join(recognizersFolder(base), 'empty'));
    assert.deepEqual(
      recognizersIn(base).map((folder) => path.basename(folder)),
      ['a', 'b'],
    );
    assert.ok(!isRecognizer(path.join(recognizersFolder(base), 'empty')));
    for (const [folder, name] of [
      ['/home/me/My people', 'My people'],
      ['/a/Größe_1.2', 'Größe_1.2'],
      ['/a/x:y*?', 'x-y'],
      ['/', 'recognizer'],
      ['/a/...', 'recognizer'],
      ['/a/.hidden', 'hidden'],
    ] as const)
      assert.equal(recognizerName(folder), name);
  });
});

describe('several who change one recognizer', () => {
  const tsx = ['--import', 'tsx', path.join(import.meta.dirname, 'editor.ts')];

  it('lose nothing, as processes, and nobody ever reads half of it', async () => {
    const folder = written();
    const EDITS = 12;
    const processes = ['P', 'Q', 'R'].map((name) => spawn(process.execPath, [...tsx, folder, name, String(EDITS)]));
    const said: string[] = [];
    for (const { stderr } of processes) stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
    const ended = Promise.all(
      processes.map((child) => new Promise<number | null>((resolve) => child.once('close', resolve))),
    );
    let reads = 0;
    const after = () => new Promise<'open'>((resolve) => setImmediate(resolve, 'open'));
    while ((await Promise.race([ended, after()])) === 'open') {
      readRecognizer(folder);
      reads++;
    }
    assert.deepEqual(await ended, [0, 0, 0], said.join(''));
    assert.ok(reads > 10, String(reads));
    const { record } = readRecognizer(folder);
    for (const name of ['P', 'Q', 'R'])
      assert.equal(record.people.find((person) => person.name === name)?.pictures.length, EDITS, name);
    assert.deepEqual(
      fs.readdirSync(folder).filter((name) => name.startsWith('.')),
      [],
    );
  }).timeout(120_000);

  it('lose nothing within one process', async () => {
    const folder = written();
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        editRecognizer(folder, addPictures('Zoe', [seenPicture(`/z/${i}.jpg`, faceOf(5, i))])),
      ),
    );
    assert.equal(readRecognizer(folder).record.people.find(({ name }) => name === 'Zoe')?.pictures.length, 20);
  });

  it('wait for one that is alive, and not for one that was killed', async () => {
    const folder = written();
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    fs.writeFileSync(path.join(folder, '.lock-0000000000000000'), String(gone));
    await editRecognizer(folder, removePerson('Bo'));
    const alive = path.join(folder, '.lock-1111111111111111');
    fs.writeFileSync(alive, String(process.pid));
    const waiting = editRecognizer(folder, undo);
    assert.equal(
      await Promise.race([waiting.then(() => 'done'), new Promise((r) => setImmediate(r, 'waits'))]),
      'waits',
    );
    fs.rmSync(alive);
    assert.equal((await waiting).record.people.length, 2);
  });
});

describe('what is no recognizer, or no sound one', () => {
  it('is told apart from one', () => {
    for (const folder of [path.join(scratch(), 'absent'), scratch()])
      assert.throws(() => readRecognizer(folder), refusedAs('recognizer-missing', /is not a recognizer/));
    const file = path.join(scratch(), 'file');
    fs.writeFileSync(file, '');
    assert.ok(!isRecognizer(file) && !isRecognizer(path.join(file, 'below')));
    assert.throws(() => readRecognizer(file), refusedAs('recognizer-missing'));
  });

  it('is refused when it is of a later version', () => {
    const folder = written();
    putRecord(folder, { ...recordOf(folder), version: 2 });
    assert.throws(() => readRecognizer(folder), refusedAs('recognizer-version', /format 2/));
  });

  const damages: Record<string, (record: Record<string, unknown>) => unknown> = {
    'no JSON object': () => 'x',
    'two people of one name': (r) => ({ ...r, people: [...(r['people'] as unknown[]), (r['people'] as unknown[])[0]] }),
    'a row beyond the gallery': (r) => ({ ...r, gallery: { ...(r['gallery'] as object), rows: 2 } }),
    'a gallery elsewhere': (r) => ({ ...r, gallery: { ...(r['gallery'] as object), file: '../gallery.safetensors' } }),
    'a gallery of an absolute path': (r) => ({ ...r, gallery: { ...(r['gallery'] as object), file: '/etc/passwd' } }),
    'a person called unknown': (r) => ({ ...r, people: [{ name: 'unknown', pictures: [], negatives: [] }] }),
    'a name that turns text around': (r) => ({ ...r, name: 'a\u202eb' }),
    'an embedding without numbers': (r) => ({ ...r, network: { ...(r['network'] as object), length: 0 } }),
    'embeddings of another length': (r) => ({ ...r, network: { ...(r['network'] as object), length: LENGTH + 1 } }),
    'an endless embedding': (r) => ({ ...r, network: { ...(r['network'] as object), length: 1e9 } }),
    'a threshold that is none': (r) => ({ ...r, threshold: { ...(r['threshold'] as object), value: 7 } }),
    'a history without end': (r) => ({
      ...r,
      history: new Array(51).fill({ done: 'd', at: 'a', before: [], after: [] }),
    }),
  };
  for (const [what, damage] of Object.entries(damages))
    it(`is refused with ${what}`, () => {
      const folder = written();
      putRecord(folder, damage(recordOf(folder)));
      assert.throws(() => readRecognizer(folder), refusedAs('recognizer-damaged'));
    });

  it('is refused where a byte of the gallery is another', () => {
    const folder = written();
    const file = path.join(folder, galleriesIn(folder)[0]!);
    const bytes = fs.readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    fs.writeFileSync(file, bytes);
    assert.throws(() => readRecognizer(folder), refusedAs('recognizer-damaged', /changed or cut short/));
    fs.rmSync(file);
    assert.throws(() => readRecognizer(folder), refusedAs('recognizer-damaged', /cannot be read/));
  });

  it('is refused with vectors that are not of length one, though everything else fits', () => {
    for (const wrong of [0, 2, Number.NaN, Number.POSITIVE_INFINITY]) {
      const recognizer = recognizerOf(['Anna']);
      const values = recognizer.embeddings.slice();
      values.fill(wrong, LENGTH, 2 * LENGTH);
      const folder = written({ ...recognizer, embeddings: values } satisfies Recognizer);
      assert.throws(() => readRecognizer(folder), refusedAs('recognizer-damaged', /embedding 1 .* length 1/));
      fs.rmSync(folder, { recursive: true });
    }
  });

  it('is refused with a link in place of a file, whatever it leads to', function () {
    if (process.platform === 'win32') return this.skip();
    const folder = written();
    const file = path.join(folder, galleriesIn(folder)[0]!);
    fs.renameSync(file, path.join(scratch(), 'elsewhere'));
    fs.symlinkSync(path.join(scratch(), 'elsewhere'), file);
    assert.throws(() => readRecognizer(folder), refusedAs('recognizer-damaged'));
  });

  it('never breaks its reader: any byte of the record may be another', () => {
    const folder = written();
    const text = fs.readFileSync(path.join(folder, 'recognizer.json'), 'utf8');
    let refused = 0;
    for (let at = 0; at < text.length; at += 7) {
      fs.writeFileSync(path.join(folder, 'recognizer.json'), `${text.slice(0, at)}\u00a0${text.slice(at + 1)}`);
      try {
        readRecognizer(folder);
      } catch (error) {
        assert.ok(error instanceof UserError, `byte ${at}: ${String(error)}`);
        refused++;
      }
    }
    assert.ok(refused > 100, String(refused));
  });

  it('is refused with a gallery of another shape', () => {
    const folder = written();
    const record = recordOf(folder);
    const bytes = encodeSafetensors([
      { name: 'embeddings', shape: [LENGTH * 6], values: new Float32Array(LENGTH * 6) },
    ]);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const file = `gallery-${sha256.slice(0, 16)}.safetensors`;
    fs.writeFileSync(path.join(folder, file), bytes);
    putRecord(folder, { ...record, gallery: { file, sha256, rows: 6 } });
    assert.throws(() => readRecognizer(folder), refusedAs('recognizer-damaged', /6 embeddings of 32 numbers/));
  });
});
