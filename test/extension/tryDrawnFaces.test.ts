import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { tryDrawnFaces } from '../../src/extension/commands/tryDrawnFaces.js';
import { runsFolders } from '../../src/extension/views/runsCatalog.js';
import type { TrainingOptions } from '../../src/protocol/options.js';
import { built } from '../support/built.js';
import { scratchFolder } from '../support/scratch.js';
import { FakeEditor } from './fakeEditor.js';

describe('Try on Drawn Faces', function () {
  this.timeout(120_000);
  const folder = scratchFolder();

  /** @returns the editor, and what it was to train with */
  async function tried(prepare: (editor: FakeEditor) => void, entry = built('drawSample.js')) {
    const editor = new FakeEditor();
    editor.storage = path.join(folder(), 'storage');
    prepare(editor);
    const started: TrainingOptions[] = [];
    const start = (options: TrainingOptions) => Promise.resolve(started.push(options) > 0);
    await tryDrawnFaces(editor, { start }, entry);
    return { editor, started };
  }

  it('draws thirty people into the workspace and trains from a random start, out of version control', async () => {
    const workspace = path.join(folder(), 'work');
    const { started } = await tried((editor) => {
      editor.workspaceFolders = [workspace];
      editor.settings = { threads: 2 };
    });
    const dataset = path.join(workspace, '.face-trainer', 'synthetic-faces');
    const people = fs.readdirSync(dataset).filter((name) => name.startsWith('synthetic-'));
    assert.deepEqual([people.length, fs.readdirSync(path.join(dataset, people[0]!)).length], [30, 20]);
    assert.equal(fs.readFileSync(path.join(workspace, '.face-trainer', '.gitignore'), 'utf8'), '*\n');
    assert.deepEqual(
      started.map(({ dataset, recipe, size, weights, threads }) => [dataset, recipe, size, weights, threads]),
      [[dataset, 'original', 96, undefined, 2]],
    );
  });

  it('needs no folder to be open, and is listed all the same', async () => {
    const { editor, started } = await tried(() => undefined);
    assert.equal(started[0]!.dataset, path.join(editor.storage, 'synthetic-faces'));
    assert.deepEqual(runsFolders(editor), [path.join(editor.storage, '.face-trainer', 'runs')]);
  });

  it('says why it could not draw, and trains on nothing', async () => {
    const file = path.join(folder(), 'storage');
    fs.writeFileSync(file, 'a file where a folder should be');
    await assert.rejects(
      tried(() => undefined),
      ({ code, advice }: { code: string; advice: string }) =>
        code === 'output-unwritable' && /ENOTDIR|EEXIST/.test(advice),
    );
  });
});
