import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { RunModel } from '../../src/client/runModel.js';
import { RunFolder } from '../../src/runs/runFolder.js';
import { RunReader } from '../../src/runs/runReader.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const log = () => new RunFolder(folder()).metrics;
const line = (event: object) => `${JSON.stringify(event)}\n`;

describe('RunReader', () => {
  it('gives every event once, in order, however the log grows and wherever a read ends', () => {
    const reader = new RunReader(folder());
    assert.deepEqual(reader.readNew(), [], 'no log yet');
    // Larger than one read, with signs of two bytes at its seams.
    const message = 'ü'.repeat(500);
    const warnings = Array.from({ length: 6000 }, (_, i) => ({ ...SAMPLE_EVENTS.warning, code: String(i), message }));
    const bytes = Buffer.from(warnings.map(line).join(''));
    assert.ok(bytes.length > 1 << 22);
    const read: unknown[] = [];
    let at = 0;
    for (const size of [1, 77, 500_001, bytes.length]) {
      fs.appendFileSync(log(), bytes.subarray(at, at + size));
      at += size;
      read.push(...reader.readNew());
    }
    assert.deepEqual(read, warnings);
    assert.deepEqual(reader.readNew(), []);
  });

  it('tells of a line that says nothing known, and passes over one that was cut', () => {
    const nan = { ...SAMPLE_EVENTS.epoch, valLoss: null };
    fs.writeFileSync(log(), line(SAMPLE_EVENTS.stage) + line(nan) + '{"type":"step","lo\n' + line(SAMPLE_EVENTS.mark));
    const reader = new RunReader(folder());
    const events = reader.readNew();
    assert.deepEqual(
      events.map(({ type }) => type),
      ['stage', 'mark', 'warning'],
    );
    const told = events.at(-1)!;
    assert.ok(told.type === 'warning' && told.code === 'log-unreadable');
    assert.match(told.message, /^Line 2 of the run’s log could not be read\.$/);
    fs.appendFileSync(log(), line({ type: 'of a later version' }) + line({}) + line(SAMPLE_EVENTS.mark));
    const [mark, more] = reader.readNew();
    assert.equal(mark?.type, 'mark');
    assert.ok(more?.type === 'warning');
    assert.match(more.message, /^2 lines, from line 5 on, of/);
    assert.deepEqual(reader.readNew(), [], 'told once');
  });

  it('passes over a line longer than any that a run writes, and reads on behind it', () => {
    fs.writeFileSync(log(), line(SAMPLE_EVENTS.stage));
    const handle = fs.openSync(log(), 'a');
    for (let i = 0; i < 5; i++) fs.writeSync(handle, Buffer.alloc(1 << 22, 'x'));
    fs.writeSync(handle, `\n${line(SAMPLE_EVENTS.mark)}`);
    fs.closeSync(handle);
    const events = new RunReader(folder()).readNew();
    assert.deepEqual(
      events.map(({ type }) => type),
      ['stage', 'mark', 'warning'],
    );
    assert.match(JSON.stringify(events), /Line 2 of the run/);
  });

  it('comes to an end with a log of three gigabytes of nothing', () => {
    fs.writeFileSync(log(), line(SAMPLE_EVENTS.stage));
    fs.truncateSync(log(), 3 * 2 ** 30);
    const reader = new RunReader(folder());
    assert.equal(reader.readNew().length, 1);
    assert.deepEqual(reader.readNew(), []);
  }).timeout(20_000);

  it('opens nothing but a regular file, and throws nothing', () => {
    fs.mkdirSync(log());
    assert.deepEqual(new RunReader(folder()).readNew(), []);
    fs.rmdirSync(log());
    fs.writeFileSync(path.join(folder(), 'elsewhere'), line(SAMPLE_EVENTS.stage));
    fs.symlinkSync('elsewhere', log());
    assert.deepEqual(new RunReader(folder()).readNew(), [], 'a link');
    fs.rmSync(log());
    if (process.platform === 'win32') return;
    assert.equal(spawnSync('mkfifo', [log()]).status, 0);
    const model = new RunModel(folder());
    assert.deepEqual([model.events, model.phase, model.checkpoints], [[], 'interrupted', []], 'a pipe');
    fs.rmSync(log());
    fs.symlinkSync('/dev/zero', log());
    assert.deepEqual(new RunReader(folder()).readNew(), [], 'a device');
  });
});
