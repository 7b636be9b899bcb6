import assert from 'node:assert/strict';
import fs from 'node:fs';
import { reduceAll } from '../../src/core/runState.js';
import { RunFolder } from '../../src/runs/runFolder.js';
import { RunLog } from '../../src/runs/runLog.js';
import { RunReader } from '../../src/runs/runReader.js';
import { readSummary, writeSummary } from '../../src/runs/runSummary.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';
import { scratchFolder } from '../support/scratch.js';
import type { RunEvent } from '../../src/protocol/runEvents.js';

const folder = scratchFolder();
const { run, step, mark, failure, epoch, stage, finished, dataset, checkpoint } = SAMPLE_EVENTS;
const read = () => new RunReader(folder()).readNew();

/** A log on a disk that takes so many bytes more and then refuses everything. */
function onDiskWith(bytes: number, code: string, write: (log: RunLog) => void): void {
  const { writeSync } = fs;
  const log = new RunLog(new RunFolder(folder()));
  let room = bytes;
  try {
    fs.writeSync = ((handle: number, data: Buffer, offset?: number | null) => {
      const from = offset ?? 0;
      if (room === 0) throw Object.assign(new Error('refused'), { code });
      const taken = writeSync(handle, data, from, Math.min(room, data.length - from));
      room -= taken;
      return taken;
    }) as typeof fs.writeSync;
    write(log);
  } finally {
    fs.writeSync = writeSync;
  }
  log.append(failure);
  log.append(mark);
  log.close();
}

describe('a log on a disk that refuses', () => {
  it('says why in a sentence', () => {
    for (const [code, told, message] of [
      ['ENOSPC', 'disk-full', /^The disk of the run folder “.*” is full\.$/],
      ['EDQUOT', 'disk-full', /is full\.$/],
      ['EROFS', 'run-folder-unwritable', /^The run folder “.*” cannot be written: the disk is read-only\.$/],
      ['EIO', 'run-folder-unwritable', /cannot be written: the disk reports an error\.$/],
    ] as const)
      onDiskWith(0, code, (log) => assert.throws(() => log.append(step), { code: told, message }, code));
    onDiskWith(0, 'EODD', (log) => assert.throws(() => log.append(step), { code: 'EODD' }, 'not known: as it is'));
  });

  it('loses the event that was refused and no other, wherever its line was cut', () => {
    const whole = Buffer.byteLength(`${JSON.stringify(step)}\n`);
    for (let bytes = 0; bytes < whole; bytes++) {
      fs.rmSync(new RunFolder(folder()).metrics, { force: true });
      onDiskWith(bytes, 'ENOSPC', (log) => {
        assert.throws(() => log.append(step), { code: 'disk-full' });
        assert.throws(() => log.append(epoch), { code: 'disk-full' });
      });
      // The last byte of a line is its end: without it the event itself is whole.
      const expected = bytes === whole - 1 ? [step, failure, mark] : [failure, mark];
      assert.deepEqual(read(), expected, `${bytes} of ${whole} bytes`);
    }
  });

  it('is refused at once where it cannot be opened', () => {
    const at = new RunFolder(folder());
    fs.mkdirSync(at.metrics);
    assert.throws(() => new RunLog(at), { code: 'run-folder-unwritable', message: /a folder is in the way/ });
    fs.rmdirSync(at.metrics);
    assert.throws(() => new RunLog(new RunFolder(`${folder()}/nowhere`)), { code: 'run-folder-unwritable' });
  });

  it('is synced with everything but a step, so that a result outlives a power cut', () => {
    const log = new RunLog(new RunFolder(folder()));
    const { fsyncSync } = fs;
    let synced = 0;
    try {
      fs.fsyncSync = (handle) => {
        synced++;
        fsyncSync(handle);
      };
      for (const event of [step, step, step]) log.append(event);
      assert.equal(synced, 0);
      for (const event of [epoch, checkpoint, finished]) log.append(event);
      assert.equal(synced, 3);
    } finally {
      fs.fsyncSync = fsyncSync;
      log.close();
    }
  });

  it('goes on behind what is there', () => {
    for (const event of [run, step]) {
      const log = new RunLog(new RunFolder(folder()));
      log.append(event);
      log.close();
    }
    assert.deepEqual(read(), [run, step]);
  });
});

describe('a summary, held against the log at every moment', () => {
  const second: RunEvent = { ...epoch, epoch: 2, step: 20, valAccuracy: 0.6, metric: 'nearestNeighbour' };
  const log: RunEvent[] = [run, dataset, stage, step, epoch, checkpoint, second, failure, finished];

  it('says what the log says', () => {
    const at = new RunFolder(folder());
    for (let length = 0; length <= log.length; length++) {
      const events = log.slice(0, length);
      fs.rmSync(at.summary, { force: true });
      fs.writeFileSync(at.metrics, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
      const fromLog = readSummary(folder());
      writeSummary(folder(), reduceAll(read()));
      assert.equal(fs.existsSync(at.summary), length > 0, 'nothing before the run has said who it is');
      const fromFile = readSummary(folder());
      assert.deepEqual(JSON.parse(JSON.stringify(fromFile ?? null)), JSON.parse(JSON.stringify(fromLog ?? null)));
    }
  });
});
