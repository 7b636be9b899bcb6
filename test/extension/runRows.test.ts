import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { dayAndTime } from '../../src/extension/runName.js';
import { checkpointRow, runRow } from '../../src/extension/views/runRows.js';
import { allRuns } from '../../src/extension/views/runsCatalog.js';
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
