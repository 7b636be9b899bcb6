import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { encodeCheckpoint, readCheckpoint } from '../../src/runs/checkpoint.js';
import { removeWhole, writeCheckpointFiles } from '../../src/runs/checkpointFiles.js';
import { CheckpointThread, WRITER_HERE, type CheckpointWriter } from '../../src/runs/checkpointWriter.js';
import { DiskReserve } from '../../src/runs/diskReserve.js';
import { sampleCheckpoint, sampleGraph } from '../support/runs.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const at = (name: string) => path.join(folder(), name);
const files = (step: number) => encodeCheckpoint(sampleGraph, sampleCheckpoint(step));

const contents = (name: string) =>
  Object.fromEntries(fs.readdirSync(at(name)).map((file) => [file, fs.readFileSync(path.join(at(name), file))]));

for (const [kind, open] of [
  ['in its thread', () => new CheckpointThread()],
  ['where it is asked', () => WRITER_HERE],
] as const)
  describe(`a writer of checkpoints, ${kind}`, function () {
    this.timeout(20_000);
    let writer: CheckpointWriter;
    beforeEach(() => (writer = open()));
    afterEach(() => writer.close());

    it('writes what is written without it, byte for byte, and says how much', async () => {
      const bytes = writeCheckpointFiles(at('expected'), files(3));
      assert.equal(await writer.write(at('written'), files(3)), bytes);
      assert.deepEqual(contents('written'), contents('expected'));
      assert.equal(readCheckpoint(at('written')).session.step, 3);
    });

    it('does what it is asked in that order, and all of it before it is closed', async () => {
      const done: string[] = [];
      const note = (what: string) => () => void done.push(what);
      const asked = [
        writer.write(at('a'), files(1)).then(note('a')),
        writer.write(at('b'), files(2)).then(note('b')),
        writer.remove([at('a'), at('never')]).then(note('removed')),
        writer.write(at('a'), files(4)).then(note('a again')),
      ];
      if (kind === 'in its thread') await writer.close();
      await Promise.all(asked);
      assert.deepEqual(done, ['a', 'b', 'removed', 'a again']);
      assert.deepEqual(fs.readdirSync(folder()).sort(), ['a', 'b']);
      assert.equal(readCheckpoint(at('a')).session.step, 4);
    });

    it('says what the disk said, leaves nothing half, and goes on', async () => {
      fs.writeFileSync(at('file'), '');
      await assert.rejects(writer.write(path.join(at('file'), 'x'), files(1)), { code: 'ENOTDIR', syscall: 'mkdir' });
      await assert.rejects(writer.write(path.join(at('absent'), 'x'), files(1)), { code: 'ENOENT' });
      fs.mkdirSync(path.join(at('taken'), 'inner'), { recursive: true });
      await assert.rejects(writer.write(at('taken'), files(1)), { code: 'ENOTEMPTY', syscall: 'rename' });
      assert.deepEqual(fs.readdirSync(folder()).sort(), ['file', 'taken']);
      await writer.write(at('a'), files(1));
      assert.equal(readCheckpoint(at('a')).session.step, 1);
    });

    it('gives a session its arrays back: what is written does not change with it', async () => {
      const checkpoint = sampleCheckpoint(7);
      const before = structuredClone(checkpoint.session.parameters);
      const written = writer.write(at('a'), encodeCheckpoint(sampleGraph, checkpoint));
      for (const values of checkpoint.session.parameters.values()) values.fill(NaN);
      await written;
      assert.deepEqual(readCheckpoint(at('a')).session.parameters, before);
    });

    it('clears away what an attempt of this process left that failed', async () => {
      fs.mkdirSync(path.join(folder(), `.tmp-a-${process.pid}`));
      fs.writeFileSync(path.join(folder(), `.tmp-a-${process.pid}`, 'model.safetensors'), 'half');
      await writer.write(at('a'), files(2));
      assert.deepEqual(fs.readdirSync(folder()), ['a']);
    });
  });

describe('a checkpoint that is removed', () => {
  it('is gone whole, and one that cannot be removed ends nothing', () => {
    writeCheckpointFiles(at('a'), files(1));
    removeWhole(at('a'));
    assert.deepEqual(fs.readdirSync(folder()), []);
    removeWhole(at('never'));
  });
});

describe('the reserve of a run', () => {
  const size = () => fs.statSync(at('.reserve'), { throwIfNoEntry: false })?.size;

  it('gives its room once', () => {
    const reserve = new DiskReserve(at('.reserve'));
    assert.ok(!reserve.release());
    reserve.make();
    assert.equal(size(), 1 << 16);
    assert.ok(reserve.release());
    assert.equal(size(), undefined);
    assert.ok(!reserve.release());
  });

  it('throws where there is no room for it, and is done without where the disk refuses it for another reason', () => {
    const { writeFileSync } = fs;
    try {
      for (const [code, throws] of [
        ['ENOSPC', true],
        ['EDQUOT', true],
        ['EACCES', false],
      ] as const) {
        fs.writeFileSync = () => {
          throw Object.assign(new Error('refused'), { code });
        };
        const reserve = new DiskReserve(at('.reserve'));
        if (throws) assert.throws(() => reserve.make(), { code });
        else reserve.make();
        assert.equal(size(), undefined, 'no half of it takes room');
      }
    } finally {
      fs.writeFileSync = writeFileSync;
    }
  });
});
