import assert from 'node:assert/strict';
import fs from 'node:fs';
import { reduceAll } from '../../src/core/runState.js';
import { RunFolder } from '../../src/runs/runFolder.js';
import { RunLog } from '../../src/runs/runLog.js';
import { RunReader } from '../../src/runs/runReader.js';
import { WaitingLines } from '../../src/runs/waitingLines.js';
import { readSummary, writeSummary } from '../../src/runs/runSummary.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';
import { scratchFolder } from '../support/scratch.js';
import type { RunEvent } from '../../src/protocol/runEvents.js';

const folder = scratchFolder();
const { run, step, mark, failure, epoch, stage, finished, dataset, checkpoint } = SAMPLE_EVENTS;
const read = () => new RunReader(folder()).readNew();

/** Lets `work` be done on a disk that takes so many bytes more into logs and then refuses everything that is written. */
function onDiskWith(bytes: number, code: string, work: () => void): void {
  const { writeSync, writeFileSync } = fs;
  const refuse = () => {
    throw Object.assign(new Error('refused'), { code });
  };
  let room = bytes;
  try {
    fs.writeFileSync = refuse;
    fs.writeSync = ((handle: number, data: Buffer, offset?: number | null) => {
      const from = offset ?? 0;
      if (room === 0) refuse();
      const taken = writeSync(handle, data, from, Math.min(room, data.length - from));
      room -= taken;
      return taken;
    }) as typeof fs.writeSync;
    work();
  } finally {
    Object.assign(fs, { writeSync, writeFileSync });
  }
}

describe('a log on a disk that refuses', () => {
  it('says why in a sentence, and goes on', () => {
    for (const [code, told, message] of [
      ['ENOSPC', 'disk-full', /^The disk of the run folder “.*” is full\.$/],
      ['EDQUOT', 'disk-full', /is full\.$/],
      ['EROFS', 'run-folder-unwritable', /^The run folder “.*” cannot be written: the disk is read-only\.$/],
      ['EIO', 'run-folder-unwritable', /cannot be written: the disk reports an error\.$/],
    ] as const) {
      const log = new RunLog(new RunFolder(folder()));
      onDiskWith(0, code, () => log.append(epoch));
      assert.equal(log.trouble?.code, told);
      assert.match(log.trouble.message, message);
      log.append(mark);
      assert.equal(log.trouble, undefined);
      log.close();
    }
    const log = new RunLog(new RunFolder(folder()));
    onDiskWith(0, 'EODD', () => assert.throws(() => log.append(epoch), { code: 'EODD' }, 'not known: as it is'));
    log.close();
  });

  it('loses nothing, wherever a line was cut, and tells steps behind what must not be lost', () => {
    const whole = Buffer.byteLength(`${JSON.stringify(step)}\n`);
    for (let bytes = 0; bytes < whole; bytes++) {
      fs.rmSync(new RunFolder(folder()).metrics, { force: true });
      const log = new RunLog(new RunFolder(folder()));
      onDiskWith(bytes, 'ENOSPC', () => {
        for (const event of [step, { ...step, step: 2 }, epoch, checkpoint]) log.append(event);
        assert.equal(log.trouble?.code, 'disk-full');
      });
      log.append(failure);
      log.append(mark);
      assert.equal(log.trouble, undefined);
      log.close();
      // The line that was begun is ended first, and was refused only once something of it was on its way.
      assert.deepEqual(read(), [step, epoch, checkpoint, failure, { ...step, step: 2 }, mark], `${bytes} of ${whole}`);
    }
  });

  it('has room for what must not be lost on a full disk', () => {
    const at = new RunFolder(folder());
    const log = new RunLog(at);
    log.append(run);
    assert.equal(fs.statSync(at.reserve).size, 1 << 16);
    const { writeSync, writeFileSync } = fs;
    const full = () => {
      if (fs.existsSync(at.reserve)) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    };
    try {
      // Full as long as the reserve lies there; nothing but lines finds the room that it leaves.
      fs.writeSync = ((...args: Parameters<typeof writeSync>) => {
        full();
        return writeSync(...args);
      }) as typeof fs.writeSync;
      fs.writeFileSync = () => {
        throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      };
      for (let n = 1; n <= 3000; n++) log.append({ ...step, step: n });
      for (const event of [epoch, checkpoint, failure]) log.append(event);
      assert.equal(log.trouble?.code, 'disk-full');
    } finally {
      Object.assign(fs, { writeSync, writeFileSync });
    }
    const told = read();
    assert.deepEqual(
      told.filter(({ type }) => type !== 'step'),
      [run, epoch, checkpoint, failure],
      'on the disk while it is full',
    );
    assert.ok(told.length < 10, 'steps do not take its room');
    log.append(finished);
    log.close();
    assert.equal(reduceAll(read()).steps.length, 3000);
    assert.ok(!fs.existsSync(at.reserve), 'the room is given back');
  });

  it('keeps so many steps and no more, the newest in full', () => {
    const waiting = new WaitingLines(100);
    for (let n = 1; n <= 10_000; n++) waiting.add(String(n), true);
    for (let n = 1; n <= 1000; n++) waiting.add(`epoch ${n}`, false);
    assert.equal(waiting.owed.length, 1000);
    assert.ok(waiting.steps.length <= 100);
    assert.equal(waiting.steps.length + waiting.thinned, 10_000);
    const numbers = waiting.steps.map(Number);
    assert.deepEqual(
      numbers,
      [...numbers].sort((a, b) => a - b),
      'in their order',
    );
    assert.deepEqual(
      numbers.slice(-50),
      Array.from({ length: 50 }, (_, i) => 9951 + i),
    );
  });

  it('asks the disk twice a second, not at every step', () => {
    let now = 0;
    const log = new RunLog(new RunFolder(folder()), () => now);
    log.append(step);
    let asked = 0;
    const { writeSync } = fs;
    try {
      fs.writeSync = () => {
        asked++;
        throw Object.assign(new Error('refused'), { code: 'EIO' });
      };
      for (; now < 10_000; now += 5) log.append(step);
      assert.equal(asked, 20);
      log.append(epoch);
      assert.equal(asked, 21, 'but for what must not be lost');
    } finally {
      fs.writeSync = writeSync;
      log.close();
    }
    assert.equal(reduceAll(read()).steps.length, 2001);
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
