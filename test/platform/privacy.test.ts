import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { eraseFile, eraseFolder, replaceErased } from '../../src/platform/erase.js';
import { writeFileAtomically } from '../../src/platform/files.js';
import { SHARED_FILE } from '../../src/platform/rights.js';
import { isGoneForGood } from '../../src/platform/goneFolder.js';
import { removeOrphanedTemporaries, temporaryFolder, temporaryFolders } from '../../src/platform/temporaryFolder.js';
import { keepPlaces, noteWritten, placesFile, writtenPlaces } from '../../src/platform/writtenPlaces.js';
import { put, scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const at = (...names: string[]) => path.join(folder(), ...names);
const DAY = 86_400_000;

/** What the disk holds of a file that is removed, read through a handle from before. */
function heldThrough(file: string, remove: () => void): string {
  const handle = fs.openSync(file, 'r');
  try {
    remove();
    return fs.readFileSync(handle, 'latin1');
  } finally {
    fs.closeSync(handle);
  }
}

describe('files that name or show people', () => {
  it('are their owner’s alone, also in the place of one that was not; what is made to be given away follows the umask', function () {
    if (process.platform === 'win32') this.skip();
    const mask = process.umask(0o022);
    try {
      fs.writeFileSync(put(at('a')), 'x', { mode: 0o644 });
      writeFileAtomically(at('a'), 'y');
      writeFileAtomically(at('b'), 'y', SHARED_FILE);
      const rights = ['a', 'b'].map((name) => (fs.statSync(at(name)).mode & 0o777).toString(8));
      assert.deepEqual(rights, ['600', '644']);
    } finally {
      process.umask(mask);
    }
  });

  it('are written over before they are let go, with what a replaced one held', () => {
    const secret = 'the face of Anna';
    const zeros = '\0'.repeat(secret.length);
    assert.equal(
      heldThrough(put(at('a'), secret), () => eraseFile(at('a'))),
      zeros,
    );
    assert.ok(!fs.existsSync(at('a')));
    if (process.platform !== 'win32')
      assert.equal(
        heldThrough(put(at('b'), secret), () => replaceErased(at('b'), 'other')),
        zeros,
      );
    else replaceErased(put(at('b'), secret), 'other');
    assert.equal(fs.readFileSync(at('b'), 'utf8'), 'other');
    eraseFile(at('never there'));
  });

  it('stay whole under another name of theirs, and behind a link', function () {
    if (process.platform === 'win32') this.skip();
    const kept = put(at('backup', 'a'), 'kept');
    fs.mkdirSync(at('gone', 'inner'), { recursive: true });
    fs.linkSync(kept, at('gone', 'a'));
    fs.linkSync(kept, at('replaced'));
    fs.symlinkSync(kept, at('gone', 'inner', 'link'));
    fs.symlinkSync(at('backup'), at('gone', 'folder'));
    replaceErased(at('replaced'), 'new');
    eraseFolder(at('gone'));
    assert.equal(fs.readFileSync(kept, 'utf8'), 'kept');
    assert.deepEqual(fs.readdirSync(folder()).sort(), ['backup', 'replaced']);
  });
});

describe('a dataset that is gone', () => {
  const ago = (days: number) => Date.now() - days * DAY;

  it('is so after a day where what is around it is there, after 30 where that is not, as with an unplugged disk', () => {
    put(at('pictures', 'another', 'a.jpg'));
    fs.mkdirSync(at('media', 'empty'), { recursive: true });
    const cases: [place: string, days: number, gone: boolean][] = [
      ['pictures/another', 1000, false],
      ['pictures/deleted', 0.9, false],
      ['pictures/deleted', 1.1, true],
      ['media/stick/faces', 29, false],
      ['media/stick/faces', 31, true],
      ['media/empty/faces', 29, false],
      ['media/empty/faces', 31, true],
    ];
    for (const [place, days, gone] of cases)
      assert.equal(isGoneForGood(at(place), ago(days)), gone, `${place} ${days}`);
  });

  it('is not one that cannot be looked at', function () {
    if (process.platform === 'win32' || process.getuid?.() === 0) this.skip();
    put(at('closed', 'faces', 'a.jpg'));
    fs.chmodSync(at('closed'), 0);
    try {
      assert.equal(isGoneForGood(at('closed', 'faces'), ago(1000)), false);
    } finally {
      fs.chmodSync(at('closed'), 0o700);
    }
  });
});

describe('temporary folders', () => {
  it('are closed to others, say whose they are, and go when their process is gone', () => {
    const own = temporaryFolder('try');
    try {
      if (process.platform !== 'win32') assert.equal(fs.statSync(own).mode & 0o777, 0o700);
      assert.match(path.basename(own), new RegExp(`^face-trainer-try-${process.pid}-`));
      assert.ok(temporaryFolders().some((one) => one.folder === own && !one.orphaned));
      const { pid } = spawnSync(process.execPath, ['--version']);
      const names = [`face-trainer-faces-${pid}-abCD12`, `face-trainer-keras-${process.pid}-abCD12`];
      const others = ['face-trainer-abCD12', 'face-trainer-try-abCD12', `face-trainer-notes-${pid}-abCD12`];
      for (const name of [...names, ...others]) put(at(name, 'face.jpg'));
      const old = (Date.now() - 8 * DAY) / 1000;
      put(at('face-trainer-predict-abCD12', 'face.jpg'));
      fs.utimesSync(at('face-trainer-predict-abCD12'), old, old);
      removeOrphanedTemporaries(folder());
      assert.deepEqual(fs.readdirSync(folder()).sort(), [names[1]!, ...others].sort());
    } finally {
      fs.rmSync(own, { recursive: true });
    }
    removeOrphanedTemporaries(path.join(os.tmpdir(), 'never there'));
  });
});

describe('the list of places', () => {
  const run = { kind: 'run', path: '/runs/a', dataset: '/data' } as const;

  it('names each once, the newest of what is said of it, and is its user’s alone', () => {
    noteWritten([run, { kind: 'export', path: '/x.onnx' }], at('cache'));
    noteWritten([run], at('cache'));
    noteWritten([{ ...run, dataset: '/moved' }], at('cache'));
    fs.appendFileSync(placesFile(at('cache')), '{"kind":"run","pa');
    assert.deepEqual(writtenPlaces(at('cache')), [
      { ...run, dataset: '/moved' },
      { kind: 'export', path: '/x.onnx' },
    ]);
    if (process.platform !== 'win32') assert.equal(fs.statSync(placesFile(at('cache'))).mode & 0o777, 0o600);
    keepPlaces(({ kind }) => kind === 'export', at('cache'));
    assert.deepEqual(writtenPlaces(at('cache')), [{ kind: 'export', path: '/x.onnx' }]);
  });

  it('is empty where there is none, and ends no job where it cannot be written', () => {
    assert.deepEqual(writtenPlaces(at('cache')), []);
    const { error } = console;
    let told = 0;
    console.error = () => {
      told++;
    };
    try {
      noteWritten([run], put(at('file')));
    } finally {
      console.error = error;
    }
    assert.equal(told, 1);
  });
});
