import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { processStart } from '../../src/platform/isAlive.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { checkpointsThere } from '../../src/runs/checkpointList.js';
import { writeCheckpoint } from '../../src/runs/checkpoint.js';
import { runOfCheckpoint } from '../../src/runs/checkpointRun.js';
import { removeLeftovers } from '../../src/runs/leftovers.js';
import { RunFolder, runFolderOf } from '../../src/runs/runFolder.js';
import { RunLog } from '../../src/runs/runLog.js';
import { RunReader } from '../../src/runs/runReader.js';
import { networkOptionsOf } from '../../src/graph/networkOptions.js';
import { peopleOfRun, readRunRecord, writeRunRecord, type RunRecord } from '../../src/runs/runRecord.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';
import { sampleCheckpoint, sampleGraph } from '../support/runs.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const network = networkOptionsOf({ size: 32, width: 0.1, pooling: 'max' });
const record = (): RunRecord => ({
  version: 2,
  faces: 'aligned',
  id: 'first',
  startedAt: '2026-01-01T00:00:00.000Z',
  options: trainingOptions.parse({ dataset: folder() }),
  versions: { faceTrainer: '0', node: '0', platform: 'linux-x64' },
});
const data = { people: ['a', 'b'], images: 4, trainImages: 3, validationImages: 1, fingerprint: 'sha256:0' };

function made(): RunFolder {
  const run = new RunFolder(path.join(folder(), 'runs', 'first'));
  run.create();
  writeRunRecord(run, record());
  return run;
}

describe('a run folder', () => {
  it('is its owner’s alone, as are the folders made for it', () => {
    const run = made();
    for (const level of [path.dirname(run.path), run.path, run.checkpoints])
      assert.equal(fs.statSync(level).mode & 0o777, 0o700, level);
  });

  it('is found from a checkpoint, and a checkpoint from it', () => {
    const run = made();
    const checkpoint = run.checkpoint('checkpoints/epoch-0001');
    assert.equal(checkpoint, path.join(run.checkpoints, 'epoch-0001'));
    assert.equal(runFolderOf(checkpoint), run.path);
  });

  it('is refused in a sentence where no folder can be made, and where something is', () => {
    const create = (at: string) => () => new RunFolder(at).create();
    const code = 'run-folder-unwritable';
    assert.throws(create(made().path), { code, message: /is not empty/ });
    fs.writeFileSync(path.join(folder(), 'file'), '');
    assert.throws(create(path.join(folder(), 'file')), { code, message: /a file is in the way/ });
    // Node's own recursive mkdir never comes back from this one.
    if (fs.existsSync('/proc/self')) assert.throws(create('/proc/face-trainer'), { code });
  });
});

describe('run.json', () => {
  it('is read as it was written, in both of its states', () => {
    const run = made();
    assert.deepEqual(readRunRecord(run.path), record());
    assert.equal(peopleOfRun(run.path), undefined, 'its pictures are not read yet');
    const checkpoint = path.join(run.checkpoints, 'epoch-0001');
    assert.throws(() => runOfCheckpoint(checkpoint), { code: 'checkpoint-parentless' });
    const whole = {
      ...record(),
      engine: { name: 'native', detail: 'x' },
      network: { ...network, name: 'n', parameters: 5 },
      data,
    };
    writeRunRecord(run, whole);
    assert.deepEqual(readRunRecord(run.path), whole);
    assert.deepEqual(peopleOfRun(run.path), ['a', 'b']);
    const { people, fingerprint } = runOfCheckpoint(checkpoint);
    assert.deepEqual([people, fingerprint], [['a', 'b'], 'sha256:0']);
  });

  it('is nobody’s word when it is damaged, absent or a pipe, and nobody waits for it', () => {
    const run = made();
    const refused = () => {
      assert.equal(peopleOfRun(run.path), undefined);
      assert.throws(() => runOfCheckpoint(path.join(run.checkpoints, 'x')), { code: 'checkpoint-parentless' });
    };
    for (const text of ['', '{', '[]', '{}', JSON.stringify({ ...record(), version: 99 })]) {
      fs.writeFileSync(run.record, text);
      refused();
    }
    fs.rmSync(run.record);
    refused();
    fs.mkdirSync(run.record);
    refused();
    fs.rmdirSync(run.record);
    if (process.platform === 'win32') return;
    assert.equal(spawnSync('mkfifo', [run.record]).status, 0);
    refused();
  });
});

describe('RunLog', () => {
  it('notices that its folder was moved, that another lies in its place, and that it was removed', () => {
    const run = made();
    const log = new RunLog(run);
    log.append(SAMPLE_EVENTS.stage);
    assert.equal(log.presence(), 'there');
    fs.renameSync(run.path, `${run.path}-moved`);
    assert.equal(log.presence(), 'away');
    fs.mkdirSync(run.path);
    fs.writeFileSync(run.metrics, '');
    assert.equal(log.presence(), 'away');
    fs.rmSync(run.path, { recursive: true });
    fs.renameSync(`${run.path}-moved`, run.path);
    assert.equal(log.presence(), 'there', 'brought back');
    fs.rmSync(run.path, { recursive: true });
    assert.equal(log.presence(), 'removed');
    log.close();
    assert.ok(!fs.existsSync(run.path), 'and is not made again');
  });

  it('writes whole lines, also on a disk that takes a part at a time', () => {
    const run = made();
    const log = new RunLog(run);
    const write = fs.writeSync;
    try {
      fs.writeSync = ((handle: number, bytes: Buffer, done: number) =>
        write(handle, bytes, done, Math.min(7, bytes.length - done))) as typeof fs.writeSync;
      log.append(SAMPLE_EVENTS.mark);
      log.append(SAMPLE_EVENTS.step);
    } finally {
      fs.writeSync = write;
      log.close();
    }
    assert.deepEqual(new RunReader(run.path).readNew(), [SAMPLE_EVENTS.mark, SAMPLE_EVENTS.step]);
  });
});

describe('the checkpoints of a run', () => {
  it('are those on the disk with a manifest, also one that a kill kept out of the log', () => {
    const run = made();
    for (const [name, step, epoch] of [
      ['epoch-0001', 10, 1],
      ['epoch-0002', 20, 2],
      ['step-000025', 25, 2],
    ] as const)
      writeCheckpoint(path.join(run.checkpoints, name), sampleGraph, sampleCheckpoint(step, epoch));
    fs.mkdirSync(path.join(run.checkpoints, 'epoch-0003')); // half removed, by an earlier version
    fs.writeFileSync(path.join(run.checkpoints, 'epoch-0003', 'state.json'), '{}');
    fs.cpSync(path.join(run.checkpoints, 'epoch-0001'), path.join(run.checkpoints, '.old-epoch-0000-1'), {
      recursive: true,
    });
    const told = { ...SAMPLE_EVENTS.checkpoint, path: 'checkpoints/epoch-0001', step: 10, bytes: 7 };
    const removed = { ...SAMPLE_EVENTS.checkpoint, path: 'checkpoints/epoch-0000', step: 1 };
    const there = checkpointsThere(run.path, [removed, told]);
    assert.deepEqual(
      there.map(({ path: at, step, epoch, best }) => [at, step, epoch, best]),
      [
        ['checkpoints/epoch-0001', 10, 1, true],
        ['checkpoints/epoch-0002', 20, 2, false],
        ['checkpoints/step-000025', 25, 2, false],
      ],
    );
    assert.equal(there[0]!.bytes, 7, 'the log’s own word');
    assert.ok(there[1]!.bytes > 10_000);
    assert.deepEqual(checkpointsThere(path.join(folder(), 'nowhere'), [told]), []);
  });
});

describe('removeLeftovers', () => {
  it('removes what dead processes left, and nothing else', () => {
    const run = made();
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const alive = process.pid;
    assert.ok(processStart(dead) === undefined);
    const ours = [`.tmp-epoch-0004-${dead}`, `.old-epoch-0001-${dead}`, `.tmp-step-000052-${dead}`];
    const others = [`.tmp-epoch-0005-${alive}`, `.old-mine-${dead}`, '.tmp-epoch-0004', 'epoch-0001', `x-${dead}`];
    for (const name of [...ours, ...others]) {
      fs.mkdirSync(path.join(run.checkpoints, name));
      fs.writeFileSync(path.join(run.checkpoints, name, 'model.safetensors'), 'x');
    }
    const files = [`notes.txt.tmp-${dead}`, `report.html.tmp-${alive}`, 'run.json'];
    for (const name of [...files, `report.html.tmp-${dead}`, `summary.json.tmp-${dead}`])
      fs.writeFileSync(path.join(run.path, name), 'x');
    removeLeftovers(run.path);
    assert.deepEqual(fs.readdirSync(run.checkpoints).sort(), others.sort());
    assert.deepEqual(fs.readdirSync(run.path).sort(), [...files, 'checkpoints'].sort());
    removeLeftovers(path.join(folder(), 'nowhere'));
  });
});
