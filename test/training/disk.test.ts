import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { RunModel } from '../../src/client/runModel.js';
import type { TrainerMessage } from '../../src/protocol/jobs.js';
import { trainingOptions, type TrainingOptionsInput } from '../../src/protocol/options.js';
import type { EventOf } from '../../src/protocol/runEvents.js';
import { readCheckpoint } from '../../src/runs/checkpoint.js';
import { writeCheckpointFiles } from '../../src/runs/checkpointFiles.js';
import { WRITER_HERE, type CheckpointWriter } from '../../src/runs/checkpointWriter.js';
import { resumePoint } from '../../src/runs/resumePoint.js';
import { DISK_PATIENCE, patienceAtEnd } from '../../src/training/diskPatience.js';
import type { TrainingPorts } from '../../src/training/runContext.js';
import { StopSignal } from '../../src/training/stopSignal.js';
import { trainRun } from '../../src/training/trainRun.js';
import { fakeEngine, halfRight } from '../support/fakeEngine.js';
import { scratchFolder, writePeople } from '../support/scratch.js';

// What a run does when its disk does not take what it writes.

const folder = scratchFolder();
const data = () => path.join(folder(), 'data');
const runFolder = () => path.join(folder(), 'run');

interface Ran {
  readonly ok: boolean;
  readonly messages: TrainerMessage[];
  /** Whether the run says in its folder what it said to whoever listened. */
  readonly model: RunModel;
}

interface Disk {
  readonly code?: string;
  readonly onMessage?: (message: TrainerMessage) => void;
  readonly stop?: StopSignal;
  readonly options?: Partial<TrainingOptionsInput>;
  readonly ports?: Partial<TrainingPorts>;
}

/** What the disk refuses at the moment: checkpoints, lines of the log. */
const disk = { checkpoint: false, log: false };

function refusing(code: string): CheckpointWriter {
  const write: CheckpointWriter['write'] = (at, files) => {
    if (disk.checkpoint) return Promise.reject(Object.assign(new Error('refused'), { code }));
    const { log } = disk;
    disk.log = false; // which is of the log alone
    const bytes = writeCheckpointFiles(at, files);
    disk.log = log;
    return Promise.resolve(bytes);
  };
  return { ...WRITER_HERE, write };
}

/** Three epochs of a few steps on a disk that does what `disk` says at the moment. */
async function train({ code = 'ENOSPC', onMessage, stop = new StopSignal(), options, ports }: Disk): Promise<Ran> {
  await writePeople(data(), 2, 6);
  const messages: TrainerMessage[] = [];
  const { writeSync, writeFileSync } = fs;
  const refuse = () => {
    if (disk.log) throw Object.assign(new Error('refused'), { code });
  };
  try {
    fs.writeSync = ((...args: Parameters<typeof writeSync>) => {
      refuse();
      return writeSync(...args);
    }) as typeof fs.writeSync;
    fs.writeFileSync = (...args) => {
      refuse();
      writeFileSync(...args);
    };
    const job = {
      ...{ runFolder: runFolder(), version: '0' },
      options: trainingOptions.parse({
        ...{ dataset: data(), size: 32, width: 0.1, epochs: 3, batchSize: 2, split: 0.7, checkpointMinutes: 0 },
        ...options,
      }),
    };
    const ok = await trainRun(
      job,
      (message) => {
        messages.push(message);
        onMessage?.(message);
      },
      stop,
      {
        ...{ now: () => new Date(0), pixelCache: path.join(folder(), 'pixels'), writer: refusing(code) },
        selectEngine: () => Promise.resolve({ engine: fakeEngine(() => ({ lossSum: 4, correct: 1 }), halfRight) }),
        patience: { retryMs: 0, endMs: 30, endRetryMs: 1 },
        ...ports,
      },
    );
    return { ok, messages, model: new RunModel(runFolder()) };
  } finally {
    Object.assign(fs, { writeSync, writeFileSync });
    disk.checkpoint = disk.log = false;
  }
}

const of = <T extends TrainerMessage['type']>(messages: readonly TrainerMessage[], type: T) =>
  messages.filter((message): message is Extract<TrainerMessage, { type: T }> => message.type === type);
const codes = ({ messages }: Ran) => of(messages, 'warning').map(({ code }) => code);
const isStep = (message: TrainerMessage, step: number): message is EventOf<'step'> =>
  message.type === 'step' && message.step === step;

describe('a run on a disk that refuses', function () {
  this.timeout(60_000);

  it('goes on without checkpoints, warns once, and writes them again', async () => {
    const ran = await train({
      onMessage: (message) => {
        if (isStep(message, 2)) disk.checkpoint = true;
        if (isStep(message, 10)) disk.checkpoint = false;
      },
    });
    assert.ok(ran.ok, JSON.stringify(ran.messages.at(-1)));
    assert.deepEqual(codes(ran), ['checkpoint-unwritten', 'disk-back']);
    const [warning] = of(ran.messages, 'warning');
    assert.match(warning!.message, /is full\. The checkpoint after step 4 was not written; training goes on\.$/);
    assert.match(
      warning!.advice,
      /^Free some space \(a checkpoint takes \d+\.\d MB\); earlier .*as soon as there is room\.$/,
    );
    assert.equal(ran.model.phase, 'completed');
    assert.deepEqual(
      ran.model.events,
      ran.messages.filter(({ type }) => type !== 'preparing'),
    );
    const last = of(ran.messages, 'checkpoint').at(-1)!;
    assert.equal(readCheckpoint(path.join(runFolder(), last.path)).position.epoch, 3);
  });

  it('does not end as if nothing had happened when the last checkpoint cannot be written', async () => {
    for (const [code, told] of [
      ['ENOSPC', 'disk-full'],
      ['EIO', 'run-folder-unwritable'],
    ] as const) {
      fs.rmSync(runFolder(), { recursive: true, force: true });
      const ran = await train({ code, onMessage: (message) => isStep(message, 6) && (disk.checkpoint = true) });
      assert.ok(!ran.ok);
      assert.deepEqual(codes(ran), ['checkpoint-unwritten', 'checkpoint-waits']);
      const [failure] = of(ran.messages, 'failure');
      assert.equal(failure!.code, told);
      assert.match(failure!.message, /So what was trained after its checkpoint “Epoch 1” could not be kept\.$/);
      assert.match(failure!.advice, /go on with the run/);
      assert.deepEqual(of(ran.messages, 'finished'), []);
      assert.equal(ran.model.phase, 'failed');
      assert.equal(resumePoint(runFolder()).event.epoch, 1, 'the last sound one is there');
    }
  });

  it('waits at its end for room, as long as nobody stops it', async () => {
    const ran = await train({
      onMessage: (message) => {
        if (isStep(message, 9)) disk.checkpoint = true;
        if (message.type === 'warning' && message.code === 'checkpoint-waits') disk.checkpoint = false;
      },
      ports: { patience: { retryMs: 0, endMs: 60_000, endRetryMs: 1 } },
    });
    assert.ok(ran.ok);
    assert.deepEqual(codes(ran), ['checkpoint-unwritten', 'checkpoint-waits', 'disk-back']);
    const waits = of(ran.messages, 'warning')[1]!;
    assert.match(waits.message, /does not take the last checkpoint; until then the newest is “Epoch 2”\.$/);
    assert.match(waits.advice, /within 1 minute:/);
    const stop = new StopSignal();
    const isPatient = patienceAtEnd({ ...DISK_PATIENCE, endRetryMs: 1 }, stop);
    assert.ok(await isPatient());
    stop.request();
    assert.ok(!(await isPatient()));
  });

  it('says so when it is stopped and its checkpoint finds no room', async () => {
    const stop = new StopSignal();
    const ran = await train({
      stop,
      onMessage: (message) => {
        if (!isStep(message, 6)) return;
        disk.checkpoint = true;
        stop.request();
      },
    });
    assert.ok(!ran.ok);
    assert.match(of(ran.messages, 'failure')[0]!.message, /could not be kept/);
  });

  it('ends when nothing could be written for long', async () => {
    const ran = await train({
      options: { epochs: 1000 },
      ports: { patience: { retryMs: 0, longestMs: 20, endMs: 0, endRetryMs: 1 } },
      onMessage: (message) => isStep(message, 6) && (disk.checkpoint = true),
    });
    assert.ok(!ran.ok);
    assert.match(of(ran.messages, 'failure')[0]!.message, /is full\. So what was trained after/);
    assert.ok(of(ran.messages, 'epoch').length < 1000);
  });

  it('goes on while its log cannot be written, warns once, and writes every line later', async () => {
    const ran = await train({
      onMessage: (message) => {
        if (isStep(message, 3)) disk.log = true;
        if (isStep(message, 9)) disk.log = false;
      },
    });
    assert.ok(ran.ok, JSON.stringify(ran.messages.at(-1)));
    assert.deepEqual(codes(ran), ['log-unwritten']);
    assert.match(
      of(ran.messages, 'warning')[0]!.message,
      /is full\. Training goes on, and what it tells is kept in memory\.$/,
    );
    const { state } = ran.model;
    assert.deepEqual(state.steps, of(ran.messages, 'step'));
    assert.deepEqual(state.epochs, of(ran.messages, 'epoch'));
    assert.deepEqual(state.checkpoints, of(ran.messages, 'checkpoint'));
    assert.equal(state.finished?.reason, 'completed');
    assert.deepEqual(state.warnings, of(ran.messages, 'warning'));
  });

  it('has not finished where its log never heard of it', async () => {
    const ran = await train({ onMessage: (message) => isStep(message, 11) && (disk.log = true) });
    assert.ok(!ran.ok);
    assert.deepEqual(of(ran.messages, 'finished'), []);
    assert.match(of(ran.messages, 'failure')[0]!.message, /is full\. So the end of the run could not be noted/);
    assert.equal(resumePoint(runFolder()).event.epoch, 3, 'what was trained is there');
  });

  it('waits for a folder that was moved before its last word', async () => {
    const away = `${runFolder()}-away`;
    const ran = await train({
      onMessage: (message) => {
        if (message.type === 'checkpoint' && message.epoch === 3) fs.renameSync(runFolder(), away);
        if (message.type === 'warning') fs.renameSync(away, runFolder());
      },
    });
    assert.ok(ran.ok, JSON.stringify(ran.messages.at(-1)));
    assert.deepEqual(codes(ran), ['log-unwritten']);
    assert.match(of(ran.messages, 'warning')[0]!.message, /was removed or moved .* told last is kept in memory\.$/);
    assert.equal(ran.model.phase, 'completed');
    fs.rmSync(runFolder(), { recursive: true });
    const gone = await train({
      onMessage: (message) =>
        message.type === 'checkpoint' && message.epoch === 3 && fs.rmSync(runFolder(), { recursive: true }),
    });
    assert.ok(!gone.ok);
    assert.match(
      of(gone.messages, 'failure')[0]!.message,
      /was removed or moved .* could not be noted in its folder\.$/,
    );
  });

  it('bears a folder that is away for a while, and ends where it does not come back', async () => {
    const away = `${runFolder()}-away`;
    const ran = await train({
      onMessage: (message) => {
        if (isStep(message, 5)) fs.renameSync(runFolder(), away);
        if (message.type === 'warning') fs.renameSync(away, runFolder());
      },
    });
    assert.ok(ran.ok, JSON.stringify(ran.messages.at(-1)));
    assert.deepEqual(codes(ran), ['checkpoint-unwritten', 'disk-back']);
    fs.rmSync(runFolder(), { recursive: true });
    const gone = await train({
      options: { epochs: 1000 },
      ports: { patience: { retryMs: 0, awayMs: 20, endMs: 0, endRetryMs: 1 } },
      onMessage: (message) => isStep(message, 5) && fs.renameSync(runFolder(), `${away}-2`),
    });
    assert.ok(!gone.ok);
    assert.match(of(gone.messages, 'failure')[0]!.message, /was removed or moved/);
    assert.ok(of(gone.messages, 'epoch').length < 1000);
    assert.ok(!fs.existsSync(runFolder()), 'no part of it is made again');
  });

  it('is told before training that the disk is small, and does not begin where there is no room at all', async () => {
    const ran = await train({ ports: { freeBytes: () => 2_000_000 } });
    assert.ok(ran.ok);
    const [warning] = of(ran.messages, 'warning');
    assert.equal(warning!.code, 'disk-small');
    assert.match(warning!.message, /takes \d\.\d MB and the run may keep \d+ at a time, but .* has 2\.0 MB left\.$/);
    assert.ok(ran.messages.indexOf(warning!) < ran.messages.findIndex(({ type }) => type === 'step'));
    fs.rmSync(runFolder(), { recursive: true });
    const refused = await train({ ports: { freeBytes: () => 100_000 } });
    assert.ok(!refused.ok);
    assert.equal(of(refused.messages, 'failure')[0]!.code, 'disk-full');
    assert.deepEqual(of(refused.messages, 'step'), []);
  });

  it('leaves nothing behind where the disk is full before the start: the same folder can be named once more', async () => {
    disk.log = true;
    const ran = await train({});
    assert.ok(!ran.ok);
    assert.equal(of(ran.messages, 'failure')[0]!.code, 'disk-full');
    assert.ok(!fs.existsSync(runFolder()));
    assert.ok((await train({})).ok);
  });
});
