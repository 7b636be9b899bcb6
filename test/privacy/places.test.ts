import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { JOURNAL } from '../../src/faces/alignJournal.js';
import { deletePlaces, liesIn } from '../../src/privacy/deletePlaces.js';
import type { FoundPlace } from '../../src/privacy/foundPlace.js';
import { toldPlace } from '../../src/privacy/foundPlace.js';
import { filesIn } from '../../src/privacy/folderSize.js';
import { Needles, tellingPart } from '../../src/privacy/needles.js';
import { scratchFolder, writePeople } from '../support/scratch.js';
import { Program } from './program.js';

const folder = scratchFolder();
const at = (...names: string[]) => path.join(folder(), ...names);

function put(file: string, text = 'x'): string {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return file;
}

async function used() {
  const program = new Program(folder());
  for (const name of ['faces', 'more']) await writePeople(program.at(name), 3, 5);
  const mask = process.umask(0o022);
  let run: string;
  try {
    run = program.train('faces');
    program.done('check', 'more', '--size', '32');
    const checkpoint = path.join(run, 'checkpoints', 'epoch-0001');
    program.done('enroll', 'faces', '--network', checkpoint, '--faces', 'off');
    program.done('export', checkpoint, '--format', 'onnx', '--output', program.at('out', 'a.onnx'));
  } finally {
    process.umask(mask);
  }
  put(program.at('tmp', 'face-trainer-try-2147483646-abCD12', 'face.jpg'));
  return { program, run };
}

/** The mode bits of all that is kept. */
function assertPrivate(program: Program): void {
  if (process.platform !== 'win32')
    for (const kept of [program.at('cache'), program.at('.face-trainer')])
      for (const file of [kept, ...filesIn(kept)])
        if (path.basename(file) !== '.gitignore' && !file.includes('/tensorflow'))
          assert.equal(fs.statSync(file).mode & 0o077, 0, file);
}

describe('what is kept of people', function () {
  this.timeout(120_000);

  it('is listed with what it is and of whom, closed to others, and removed by kind, by folder or by place', async () => {
    const { program, run } = await used();
    const places = program.list();
    const told = places.map(({ kind, path: place, stays }) => [
      kind,
      path.relative(program.at(), place),
      stays !== undefined,
    ]);
    for (const expected of [
      ['run', '.face-trainer/runs/first', false],
      ['recognizer', '.face-trainer/recognizers/faces', false],
      ['export', 'out/a.onnx', false],
      ['temporary', 'tmp/face-trainer-try-2147483646-abCD12', false],
      ['list', 'cache/places.ndjson', false],
      ['pictures', 'faces', true],
      ['pictures', 'more', true],
    ])
      assert.ok(
        told.some((one) => JSON.stringify(one) === JSON.stringify(expected)),
        `${expected.join()}\n${told.join('\n')}`,
      );
    assert.equal(places.filter(({ kind }) => kind === 'pixel-cache').length, 2);
    assert.equal(places.find(({ kind }) => kind === 'embeddings')?.dataset, program.at('faces'));
    assert.match(places.find(({ kind }) => kind === 'run')!.holds, /1 network that learned their faces|1 network/);
    assert.ok(places.every(({ bytes, stays }) => bytes > 0 || stays !== undefined));
    assertPrivate(program);

    assert.match(program.run('privacy', 'delete', '--caches').stderr, /Nothing was removed: nobody could be asked/);
    program.done('privacy', 'delete', '--caches', '--yes');
    const kinds = () => program.list().map(({ kind }) => kind);
    assert.deepEqual(
      kinds().filter((kind) => /cache|embed|temp/.test(kind)),
      [],
    );
    program.done('privacy', 'delete', run, '--yes');
    assert.ok(!fs.existsSync(run) && kinds().includes('recognizer'));
    fs.rmSync(program.at('faces'), { recursive: true });
    program.done('privacy', 'delete', '--dataset', 'faces', '--yes');
    assert.deepEqual(
      [...new Set(kinds())],
      ['list', 'pictures'].filter((kind) => kinds().includes(kind as 'list')),
    );
    assert.match(program.done('privacy', 'delete', '--dataset', 'faces', '--yes'), /Nothing of that is kept/);
    assert.deepEqual(fs.readdirSync(program.at('more')).length, 3);
    program.done('privacy', 'delete', '--all', '--yes');
    assert.match(program.done('privacy', 'list'), /Nothing is kept that could be removed/);
  });
});

describe('removing places', () => {
  const aligned = (place: string): FoundPlace => ({ kind: 'aligned', path: place, holds: 'crops', bytes: 1, files: 1 });
  const entry = (crop: string) =>
    `${JSON.stringify({ file: crop, bytes: 1, modifiedMs: 1, size: 64, crop, outcome: 'aligned', reasons: [] })}\n`;

  it('takes of a folder of crops what Align Faces wrote, and never what a list of a stranger names elsewhere', () => {
    const own = put(at('pictures', 'Anna', '1.jpg'));
    put(at('crops', 'Bo', '1.jpg'));
    put(at('crops', 'Bo', 'mine.jpg'));
    fs.symlinkSync(at('pictures', 'Anna'), at('crops', 'Anna'));
    put(at('crops', JOURNAL), ['Bo/1.jpg', 'Anna/1.jpg', '../pictures/Anna/1.jpg', own].map(entry).join(''));
    const place = aligned(at('crops'));
    const { removed, left } = deletePlaces([place], [toldPlace(place).id], at('cache'));
    assert.deepEqual([removed, left.length], [[], 1]);
    assert.match(left[0]!.why, /did not write/);
    assert.deepEqual([...filesIn(at('crops'))], [at('crops', 'Bo', 'mine.jpg')]);
    assert.ok(fs.existsSync(own));
    assert.ok(!liesIn(at('crops'), 'Anna/1.jpg') && liesIn(at('crops'), 'Bo/mine.jpg'));
  });

  it('leaves what is in use, what is not named, and says of an unknown one that it is gone', () => {
    const run = (name: string, more: object = {}): FoundPlace => ({
      ...{ kind: 'run', path: path.dirname(put(at(name, 'run.json'))), holds: 'a run', bytes: 1, files: 1 },
      ...more,
    });
    const places = [run('a'), run('b'), run('c', { stays: 'it is being trained now' })];
    const ids = [places[0]!, places[2]!].map((place) => toldPlace(place).id);
    const { removed, left } = deletePlaces(places, [...ids, 'unknown'], at('cache'));
    assert.deepEqual(
      removed.map((place) => place.path),
      [at('a')],
    );
    assert.deepEqual(left, [
      { path: at('c'), why: 'it is being trained now' },
      { path: 'unknown', why: 'it is not there any more' },
    ]);
    assert.deepEqual(fs.readdirSync(folder()).sort(), ['b', 'c']);
  });
});

describe('pieces that are looked for', () => {
  const bytes = (seed: number, length = 1000) =>
    Buffer.from(Array.from({ length }, (_, i) => (i * i * seed + 7 * i) & 255));

  it('are found wherever they begin, and others are not', () => {
    const piece = bytes(3);
    const needles = new Needles([tellingPart(piece)!]);
    for (const offset of [0, 1, 5, 333])
      assert.ok(needles.isIn(Buffer.concat([bytes(5, offset), piece, bytes(7, 10)])), String(offset));
    assert.ok(!needles.isIn(bytes(5, 5000)));
    assert.ok(!new Needles([]).isIn(piece));
  });

  it('have a part that is like no other: what is one colour is passed over', () => {
    const wall = Buffer.alloc(1000, 200);
    assert.equal(tellingPart(wall), undefined);
    const face = bytes(3, 256);
    assert.deepEqual(tellingPart(Buffer.concat([wall.subarray(0, 512), face, wall.subarray(0, 256)])), face);
  });
});
