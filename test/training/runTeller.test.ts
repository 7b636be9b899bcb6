import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { TrainerMessage } from '../../src/protocol/jobs.js';
import { RunFolder } from '../../src/runs/runFolder.js';
import { RunReader } from '../../src/runs/runReader.js';
import { readSummary } from '../../src/runs/runSummary.js';
import { RunTeller } from '../../src/training/runTeller.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const at = () => new RunFolder(folder());
const { run, dataset, stage, step, checkpoint, finished, failure } = SAMPLE_EVENTS;

function tellerOf(onMessage: (message: TrainerMessage) => void = () => undefined): RunTeller {
  fs.mkdirSync(at().checkpoints, { recursive: true });
  return new RunTeller(at(), onMessage);
}

/** Of the line that each step is drawn with. */
function stepPoints(): [x: number, y: number][] {
  const points = /<polyline class="step" points="([^"]*)"/.exec(fs.readFileSync(at().report, 'utf8'))![1]!;
  return points.split(' ').map((point) => point.split(',').map(Number) as [number, number]);
}

describe('what a run tells', function () {
  this.timeout(60_000);

  it('is drawn from its first step to its last, however many there are', () => {
    const teller = tellerOf();
    teller.tell(run);
    const steps = 25_001;
    for (let n = 1; n <= steps; n++) teller.tell({ ...step, step: n });
    teller.tell(finished);
    teller.close();
    const points = stepPoints();
    assert.ok(points.length > 600 && points.length <= 2400, String(points.length));
    const xs = points.map(([x]) => x);
    assert.deepEqual(
      xs,
      [...xs].sort((a, b) => a - b),
    );
    const [left, right] = [xs[0]!, xs.at(-1)!];
    assert.ok(left < 58 && right > 500, 'from one side of the plot to where the last step is');
    assert.equal(
      new RunReader(folder()).readNew().filter(({ type }) => type === 'step').length,
      steps,
      'the log has all',
    );
  });

  it('is in its report and its summary before its last word is heard', () => {
    for (const word of [finished, failure]) {
      const heard: string[] = [];
      const teller = tellerOf((message) => {
        if (message.type !== word.type) return;
        heard.push(/class="lead">(\w+)/.exec(fs.readFileSync(at().report, 'utf8'))![1]!);
        heard.push(readSummary(folder())?.finished ?? readSummary(folder())!.failure!.code);
      });
      for (const event of [run, dataset, stage, word]) teller.tell(event);
      assert.deepEqual(heard, word === finished ? ['Completed', 'completed'] : ['Failed', 'disk-full']);
      teller.close();
      fs.rmSync(at().metrics);
    }
  });

  it('has its report written now and then, not for each of many checkpoints', () => {
    const { writeFileSync } = fs;
    const teller = tellerOf();
    teller.tell(run);
    for (let n = 1; n <= 2000; n++) teller.tell({ ...step, step: n });
    let reports = 0;
    try {
      fs.writeFileSync = (...args: Parameters<typeof writeFileSync>) => {
        if (typeof args[1] === 'string' && args[1].startsWith('<!doctype html>')) reports++;
        writeFileSync(...args);
      };
      const begin = performance.now();
      for (let n = 1; n <= 200; n++) teller.tell({ ...checkpoint, epoch: n });
      // At most one in five hundred times as long as one takes, which is a tenth of a millisecond at the least.
      assert.ok(reports <= 1 + (performance.now() - begin) / 100, String(reports));
      assert.ok(reports >= 1);
    } finally {
      fs.writeFileSync = writeFileSync;
      teller.close();
    }
  });

  it('that the disk did not take is in summary and report when the run is closed', () => {
    const { renameSync } = fs;
    const teller = tellerOf();
    teller.tell(run);
    try {
      fs.renameSync = () => {
        throw Object.assign(new Error('refused'), { code: 'EIO' });
      };
      teller.tell(finished);
    } finally {
      fs.renameSync = renameSync;
    }
    teller.close();
    assert.match(fs.readFileSync(at().report, 'utf8'), /Completed/);
    assert.match(fs.readFileSync(at().summary, 'utf8'), /"finished": "completed"/);
  });
});
