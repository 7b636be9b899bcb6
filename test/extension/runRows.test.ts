import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { dayAndTime } from '../../src/extension/runName.js';
import { checkpointRow, runRow } from '../../src/extension/views/runRows.js';
import { reduceAll } from '../../src/core/runState.js';
import { allRuns, factsOf } from '../../src/extension/views/runsCatalog.js';
import { processStart } from '../../src/platform/isAlive.js';
import { RunReader } from '../../src/runs/runReader.js';
import { writeSummary } from '../../src/runs/runSummary.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';
import { scratchFolder } from '../support/scratch.js';
import { FakeEditor } from './fakeEditor.js';
import { epochEvent, runEventOf, STARTED, writeRun } from './runs.js';

const folder = scratchFolder();
const NOW = new Date(2026, 10, 25, 23, 59);

describe('the rows of the Runs view', () => {
  const runs = () => path.join(folder(), '.face-trainer', 'runs');
  function editorHere(): FakeEditor {
    const editor = new FakeEditor();
    editor.workspaceFolders = [folder()];
    return editor;
  }
  /** Stopped inside its fifth epoch; the fourth is the best. */
  function stoppedRun(): void {
    const run = path.join(runs(), '20261125-234801-orl');
    const checkpoint = { type: 'checkpoint', bytes: 1 } as const;
    writeRun(run, [
      runEventOf(run, path.join(folder(), 'orl')),
      epochEvent(3, 30, 0.5),
      { ...checkpoint, path: 'checkpoints/epoch-0003', epoch: 3, step: 30, best: true },
      epochEvent(4, 40, 0.55),
      { ...checkpoint, path: 'checkpoints/epoch-0004', epoch: 4, step: 40, best: true },
      { ...checkpoint, path: 'checkpoints/step-000052', epoch: 4, step: 52, best: false },
      {
        type: 'finished',
        reason: 'stopped',
        epochs: 4,
        steps: 52,
        elapsedSeconds: 9,
        bestEpoch: 4,
        bestValAccuracy: 0.55,
      },
    ]);
  }

  it('tell runs apart by their time, and say to a screen reader what counts instead of a path', () => {
    stoppedRun();
    const [facts] = allRuns(editorHere());
    const row = runRow(facts!, NOW);
    assert.equal(row.label, 'orl – 23:48');
    assert.equal(row.description, '55.0 %  ·  today 23:48');
    assert.equal(row.spoken, 'orl, stopped, best 55.0 %, today 23:48');
    assert.ok(!`${row.spoken} ${row.hint}`.includes(path.sep));
    assert.equal(row.path, facts!.runFolder);
  });

  it('say of a checkpoint inside an epoch that it was not validated, and star the best one alone', () => {
    stoppedRun();
    const [facts] = allRuns(editorHere());
    const rows = facts!.checkpoints.map((checkpoint) => checkpointRow(facts!, checkpoint));
    assert.deepEqual(
      rows.map(({ label, description, icon, spoken }) => [label, description, icon, spoken]),
      [
        ['Step 52, in epoch 5', 'not validated', 'archive', 'Step 52, in epoch 5, not validated'],
        ['Epoch 4', '55.0 %  ·  best', 'star-full', 'Epoch 4, validation accuracy 55.0 %, best'],
        ['Epoch 3', '50.0 %', 'archive', 'Epoch 3, validation accuracy 50.0 %'],
      ],
    );
  });

  it('take a run from its summary, without its log', () => {
    stoppedRun();
    const run = path.join(runs(), '20261125-234801-orl');
    const fromLog = allRuns(editorHere());
    writeSummary(run, reduceAll(new RunReader(run).readNew()));
    // A log that would need reading has other things to say.
    fs.writeFileSync(path.join(run, 'metrics.ndjson'), '');
    assert.deepEqual(allRuns(editorHere()), fromLog);
    assert.equal(fromLog[0]!.checkpoints.length, 3);
  });

  it('follow a run that goes on elsewhere', () => {
    const run = path.join(runs(), '20261125-234801-orl');
    const { options } = SAMPLE_EVENTS.run;
    const dataset = path.join(folder(), 'orl');
    const startedAt = STARTED.toISOString();
    const mine = { pid: process.pid, processStart: processStart(process.pid) };
    const begun = { ...SAMPLE_EVENTS.run, ...mine, startedAt, options: { ...options, dataset } };
    const shown = () => runRow(factsOf(editorHere(), run), NOW).spoken;
    writeRun(run, [begun]);
    assert.equal(shown(), 'orl, preparing, today 23:48');
    writeRun(run, [begun, SAMPLE_EVENTS.stage, epochEvent(1, 10, 0.5)]);
    assert.equal(shown(), 'orl, training, best 50.0 %, today 23:48');
    writeRun(run, [{ ...begun, processStart: 'of another process' }, SAMPLE_EVENTS.stage, epochEvent(1, 10, 0.5)]);
    // Elsewhere Node cannot tell one process from another with the same number.
    const phase = process.platform === 'linux' ? 'interrupted' : 'training';
    assert.equal(shown(), `orl, ${phase}, best 50.0 %, today 23:48`);
  });

  it('show the other runs when one is broken', () => {
    stoppedRun();
    const broken = path.join(runs(), '20261126-000000-broken');
    fs.mkdirSync(path.join(broken, 'metrics.ndjson'), { recursive: true });
    fs.writeFileSync(path.join(broken, 'run.json'), '{}');
    const editor = editorHere();
    const rows = allRuns(editor).map((facts) => runRow(facts, NOW));
    assert.deepEqual(
      rows.map(({ label }) => label),
      ['20261126-000000-broken', 'orl – 23:48'],
    );
    assert.equal(rows[0]!.spoken, '20261126-000000-broken, unreadable');
    assert.match(editor.logged.join(), /broken cannot be read/);
  });

  it('name the day as people do', () => {
    const days = [
      [new Date(2026, 10, 25, 0, 1), 'today 00:01'],
      [new Date(2026, 10, 24, 23, 59), 'yesterday 23:59'],
      [new Date(2026, 10, 23, 7, 5), '23 Nov 07:05'],
      [new Date(2025, 0, 2, 7, 5), '2 Jan 2025 07:05'],
      [STARTED, 'today 23:48'],
    ] as const;
    for (const [date, words] of days) assert.equal(dayAndTime(date, NOW), words);
  });
});
