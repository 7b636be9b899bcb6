import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { askAboutClosing } from '../../src/extension/commands/askAboutClosing.js';
import { takeOut } from '../../src/extension/commands/queueCommands.js';
import { QueueLook } from '../../src/extension/queueLook.js';
import { QueueWatch } from '../../src/extension/queueWatch.js';
import type { WaitingRow } from '../../src/extension/views/runsView.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { noteRunning } from '../../src/runs/runningRuns.js';
import { keepAsFailed, leaveQueue, putIntoQueue, queuedTrainings, takeNext } from '../../src/runs/trainingQueue.js';
import { useEnvironment } from '../support/environment.js';
import { scratchFolder } from '../support/scratch.js';
import { FakeEditor, Memory, settled, until } from './fakeEditor.js';

const folder = scratchFolder();

describe('a window and the trainings that wait', () => {
  useEnvironment(() => ({ FACE_TRAINER_CACHE: path.join(folder(), 'cache') }));

  const runFolderOf = (name: string) => path.join(folder(), 'runs', name);
  const setUp = () => {
    const editor = new FakeEditor();
    const shown: { waiting: number; rows: readonly WaitingRow[] }[] = [];
    const begun: string[] = [];
    const trainer = path.join(folder(), 'trainer.cjs');
    const told = path.join(folder(), 'told');
    fs.writeFileSync(trainer, `require('fs').appendFileSync(${JSON.stringify(told)}, process.argv[2])`);
    const watch = new QueueWatch(
      editor,
      trainer,
      {
        changed: (waiting, rows) => void shown.push({ waiting, rows }),
        begun: (runFolder) => void begun.push(runFolder),
      },
      new Memory(),
    );
    const put = (name: string) => {
      const options = trainingOptions.parse({ dataset: path.join(folder(), name) });
      const order = { type: 'train', protocol: 1, runFolder: runFolderOf(name), options } as const;
      putIntoQueue({ order, name, askedBy: 'editor' });
      watch.look();
    };
    return { editor, watch, shown, begun, put, started: () => fs.existsSync(told) };
  };

  it('shows them in their order, and what has begun as a run', async () => {
    const { watch, shown, begun, put, started } = setUp();
    const atWork = noteRunning(path.join(folder(), 'other'), new Date());
    for (const name of ['a', 'b']) put(name);
    assert.deepEqual(
      shown.at(-1)!.rows.map(({ row }) => [row.label, row.description, row.icon, row.kind]),
      [
        ['a', 'waiting, 1st in line', 'clock', 'waiting'],
        ['b', 'waiting, 2nd in line', 'clock', 'waiting'],
      ],
    );
    assert.deepEqual([shown.at(-1)!.waiting, started()], [2, false]);
    atWork();
    const taken = await takeNext();
    watch.look();
    assert.equal(shown.at(-1)!.rows[0]!.row.description, 'begins');
    noteRunning(runFolderOf('a'), new Date());
    leaveQueue(taken!.id);
    watch.look();
    assert.deepEqual([begun, shown.at(-1)!.waiting], [[runFolderOf('a')], 1]);
    const { length } = shown;
    watch.look();
    assert.equal(shown.length, length, 'what is the same is not drawn again');
  });

  it('starts what is due, and nothing in Restricted Mode', async () => {
    const { editor, watch, put, started } = setUp();
    editor.trusted = false;
    put('a');
    watch.look();
    await settled();
    assert.equal(started(), false);
    editor.trusted = true;
    watch.look();
    await until(started);
  });

  it('says what could not begin, and keeps it in the list', async () => {
    const { editor, watch, shown, put } = setUp();
    const atWork = noteRunning(path.join(folder(), 'other'), new Date());
    put('a');
    atWork();
    keepAsFailed((await takeNext())!, { message: 'The folder is gone.', advice: 'Bring it back.' });
    watch.look();
    assert.deepEqual(editor.said.at(-1)?.message, 'a waited and could not begin. The folder is gone. Bring it back.');
    const [{ row, id }] = shown.at(-1)!.rows as [WaitingRow];
    assert.deepEqual(
      [row.description, row.icon, row.hint],
      ['could not begin', 'error', 'a, could not begin. The folder is gone. Bring it back.'],
    );
    assert.equal((await takeOut({ kind: 'waiting', id })).name, 'a');
    assert.deepEqual(queuedTrainings(), []);
    for (const argument of [{ kind: 'waiting', id }, { kind: 'waiting', id: '../a' }, 'a', undefined])
      await assert.rejects(takeOut(argument), { code: 'queue-absent' });
  });

  it('reads what it takes for that once something waits', async () => {
    const { editor, watch, put } = setUp();
    let made = 0;
    const make = () => {
      made++;
      return Promise.resolve(watch);
    };
    new QueueLook(editor, make).dispose();
    assert.equal(made, 0);
    put('a');
    const look = new QueueLook(editor, make);
    assert.equal(await look.open(), watch);
    look.dispose();
    assert.equal(made, 1);
  });
});

describe('what becomes of a training when its window closes', () => {
  const question = 'When this window closes, shall a training go on?';

  it('is asked once, and the answer is the setting', async () => {
    for (const [button, value] of [
      ['Keep Training', 'goOn'],
      ['Stop Training', 'stop'],
    ] as const) {
      const [editor, memory] = [new FakeEditor(), new Memory()];
      editor.buttons.push(button);
      await askAboutClosing(editor, memory);
      assert.deepEqual(editor.said, [
        { severity: 'information', message: question, buttons: ['Keep Training', 'Stop Training'] },
      ]);
      assert.deepEqual(editor.settings, { whenWindowCloses: value });
      await askAboutClosing(editor, memory);
      await askAboutClosing(editor, new Memory());
      assert.equal(editor.said.length, 1, 'never again');
    }
  });

  it('is not asked again of who closed the question, and never of who has said so before', async () => {
    const [editor, memory] = [new FakeEditor(), new Memory()];
    await askAboutClosing(editor, memory);
    await askAboutClosing(editor, memory);
    assert.deepEqual([editor.said.length, editor.settings], [1, {}]);
    const set = new FakeEditor();
    set.settings['whenWindowCloses'] = 'goOn';
    await askAboutClosing(set, new Memory());
    assert.deepEqual(set.said, []);
  });
});
