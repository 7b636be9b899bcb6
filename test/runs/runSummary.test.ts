import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { reduceAll } from '../../src/core/runState.js';
import { processStart } from '../../src/platform/isAlive.js';
import type { RunEvent } from '../../src/protocol/runEvents.js';
import { writeCheckpoint } from '../../src/runs/checkpoint.js';
import { RunFolder } from '../../src/runs/runFolder.js';
import { changesSummary, readSummary, standOf, writeSummary } from '../../src/runs/runSummary.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';
import { sampleCheckpoint, sampleGraph } from '../support/runs.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const run = () => new RunFolder(folder());
const dead = spawnSync(process.execPath, ['-e', '']).pid;

const events: RunEvent[] = [
  { ...SAMPLE_EVENTS.run, pid: dead },
  SAMPLE_EVENTS.dataset,
  SAMPLE_EVENTS.stage,
  SAMPLE_EVENTS.epoch,
  SAMPLE_EVENTS.checkpoint,
];

/** A run folder with that log and its one checkpoint. */
function write(all: readonly RunEvent[]): void {
  fs.mkdirSync(run().checkpoints);
  writeCheckpoint(path.join(run().checkpoints, 'epoch-0001'), sampleGraph, sampleCheckpoint(10, 1));
  fs.writeFileSync(run().metrics, all.map((event) => `${JSON.stringify(event)}\n`).join(''));
}

describe('the summary of a run', () => {
  it('says the same from its file as from the log of a run that has none', () => {
    write(events);
    const fromLog = readSummary(folder());
    writeSummary(folder(), reduceAll(events));
    const logBefore = fs.readFileSync(run().metrics);
    fs.rmSync(run().metrics);
    const fromFile = readSummary(folder());
    assert.deepEqual(JSON.parse(JSON.stringify(fromFile)), JSON.parse(JSON.stringify(fromLog)));
    const { distilled } = SAMPLE_EVENTS.epoch;
    assert.deepEqual(fromFile?.best, { epoch: 1, valAccuracy: 0.4, metric: 'accuracy', distilled });
    assert.deepEqual(fromFile.checkpoints, [
      { path: 'checkpoints/epoch-0001', epoch: 1, step: 10, bytes: 100, best: true, valAccuracy: 0.4 },
    ]);
    assert.deepEqual(
      [fromFile.dataset, fromFile.epochs, fromFile.plannedEpochs, fromFile.begun, fromFile.quantized],
      ['/pictures', 1, 3, true, false],
    );
    fs.writeFileSync(run().summary, '{"version": 1, "cut');
    fs.writeFileSync(run().metrics, logBefore);
    assert.deepEqual(readSummary(folder()), fromLog, 'one that is damaged');
  });

  it('holds what a student came to on people left out, and of other runs nothing of it', () => {
    const { distilled, ...epoch } = SAMPLE_EVENTS.epoch;
    write(events.map((event) => (event.type === 'epoch' ? { ...epoch, metric: 'cosine', distilled } : event)));
    writeSummary(folder(), reduceAll(events.map((event) => (event.type === 'epoch' ? epoch : event))));
    assert.deepEqual(readSummary(folder())!.best, { epoch: 1, valAccuracy: 0.4, metric: 'accuracy' });
    fs.rmSync(run().summary);
    const { best } = readSummary(folder())!;
    assert.deepEqual([best!.metric, best!.distilled?.pairs?.count], ['cosine', 80]);
  });

  it('is the log’s where that tells an end which the summary does not know of', () => {
    const { finished, failure, step, resumed } = SAMPLE_EVENTS;
    const steps = Array.from({ length: 200 }, () => step);
    for (const [later, phase] of [
      [[finished], 'completed'],
      [[failure], 'failed'],
      [[finished, ...steps], 'completed'],
      [[finished, resumed], 'interrupted'],
      [[finished, resumed, finished], 'completed'],
      [steps, 'interrupted'],
    ] as const) {
      fs.rmSync(run().checkpoints, { recursive: true, force: true });
      write([...events, ...later].map((event) => ('pid' in event ? { ...event, pid: dead } : event)));
      writeSummary(folder(), reduceAll(events));
      assert.equal(
        standOf(folder(), readSummary(folder())!).phase,
        phase,
        JSON.stringify(later.map(({ type }) => type)),
      );
    }
  });

  it('lists the checkpoints that are there now', () => {
    write(events);
    writeSummary(folder(), reduceAll(events));
    writeCheckpoint(path.join(run().checkpoints, 'epoch-0002'), sampleGraph, sampleCheckpoint(20, 2));
    fs.rmSync(path.join(run().checkpoints, 'epoch-0001'), { recursive: true });
    const [only, ...others] = readSummary(folder())!.checkpoints;
    assert.deepEqual(
      [only?.path, only?.best, only?.valAccuracy, others],
      ['checkpoints/epoch-0002', false, undefined, []],
    );
  });

  it('knows what the run is doing', () => {
    write(events);
    const phase = (...more: RunEvent[]) => {
      writeSummary(folder(), reduceAll([...events, ...more]));
      return standOf(folder(), readSummary(folder())!).phase;
    };
    assert.equal(phase(), 'interrupted');
    const mine = { ...SAMPLE_EVENTS.run, pid: process.pid, processStart: processStart(process.pid) };
    assert.equal(phase(mine), 'training');
    assert.equal(
      phase({ ...mine, processStart: 'another:1' }),
      process.platform === 'linux' ? 'interrupted' : 'training',
    );
    assert.equal(phase(mine, SAMPLE_EVENTS.failure), 'failed');
    assert.equal(phase(mine, SAMPLE_EVENTS.finished), 'completed');
    writeSummary(folder(), reduceAll([mine]));
    assert.equal(standOf(folder(), readSummary(folder())!).phase, 'preparing');
  });

  it('is none for a folder that holds no run, or only pipes', () => {
    assert.equal(readSummary(folder()), undefined);
    if (process.platform === 'win32') return;
    for (const file of [run().summary, run().metrics]) assert.equal(spawnSync('mkfifo', [file]).status, 0);
    assert.equal(readSummary(folder()), undefined);
    assert.equal(readSummary(path.join(folder(), 'nowhere')), undefined);
  });

  it('is written anew with what changes it, and not with every step', () => {
    const changing = Object.values(SAMPLE_EVENTS).filter((event: RunEvent) => changesSummary(event));
    assert.deepEqual(
      changing.map(({ type }) => type),
      ['run', 'stage', 'checkpoint', 'resumed', 'failure', 'finished'],
    );
  });
});
