import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../src/core/userError.js';
import { exportDisk } from '../../src/export/writeExport.js';
import { withDiskErrors, type DiskWords } from '../../src/platform/files.js';
import { runDisk } from '../../src/runs/runDisk.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();

function refused(words: DiskWords, work: () => unknown): UserError {
  try {
    withDiskErrors(words, work);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error;
  }
  throw new Error('was not refused');
}

/** What a disk reports of itself, where making it do so is not in a test's power. */
function reporting(code: string): () => never {
  return () => {
    throw Object.assign(new Error(`${code}: made up`), { code });
  };
}

describe('withDiskErrors', () => {
  const run = runDisk('/r');

  it('tells what stands in the way, as the disk reports it', () => {
    const file = path.join(folder(), 'file');
    const full = path.join(folder(), 'full');
    fs.writeFileSync(file, '');
    fs.mkdirSync(path.join(full, 'inner'), { recursive: true });
    fs.mkdirSync(path.join(folder(), 'other'));
    const cases: [work: () => unknown, why: RegExp][] = [
      [() => fs.mkdirSync(path.join(file, 'below')), /a file is in the way/],
      [() => fs.writeFileSync(folder(), ''), /a folder is in the way/],
      [() => fs.writeFileSync(path.join(folder(), 'gone', 'x'), ''), /the folder does not exist/],
      [() => fs.renameSync(path.join(folder(), 'other'), full), /something else was put in its place/],
      [() => fs.writeFileSync(path.join(folder(), 'x'.repeat(300)), ''), /the name is too long/],
      [reporting('EROFS'), /read-only/],
      [reporting('EACCES'), /you do not have permission to write there/],
      [reporting('EIO'), /the disk reports an error/],
    ];
    for (const [work, why] of cases) assert.match(refused(run, work).message, why);
  });

  it('says of each file what it is for, and what to do about it', () => {
    const full = refused(run, reporting('ENOSPC'));
    assert.equal(full.code, 'disk-full');
    assert.equal(full.message, 'The disk of the run folder “/r” is full.');
    assert.doesNotMatch(full.advice, /MB/);
    assert.match(refused(runDisk('/r', 4_900_000), reporting('EDQUOT')).advice, /a checkpoint takes 4\.9 MB/);
    for (const code of ['ENOSPC', 'ENOENT', 'EEXIST']) {
      const { message, advice } = refused(exportDisk('/x.onnx'), reporting(code));
      assert.match(message, /the file “\/x\.onnx”/i);
      assert.doesNotMatch(`${message} ${advice}`, /train|run folder|runFolder|checkpoint/i);
    }
  });

  it('leaves an error that is not the disk’s as it is', () => {
    const error = new TypeError('a mistake');
    assert.throws(
      () =>
        withDiskErrors(run, () => {
          throw error;
        }),
      error,
    );
  });
});
