import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { RunPanels } from '../../src/extension/panels/runPanels.js';
import { scratchFolder } from '../support/scratch.js';
import { FakeEditor, settled, until } from './fakeEditor.js';
import { runEventOf, writeRun } from './runs.js';

describe('Export of charts', () => {
  const folder = scratchFolder();

  it('writes what a page made of its charts where the user wants it, and nothing when he does not', async () => {
    const run = path.join(folder(), 'run');
    writeRun(run, [runEventOf(run, path.join(folder(), 'orl'))]);
    const editor = new FakeEditor();
    editor.workspaceFolders = [folder()];
    new RunPanels(editor, () => undefined).open(run, true);
    const panel = editor.panels[0]!;
    panel.say({ type: 'saveCharts', format: 'csv', data: 'step\n1\n' });
    panel.say({ type: 'saveCharts', format: 'png', data: Buffer.from([1, 2, 250]).toString('base64') });
    panel.say({ type: 'saveCharts', format: 'exe', data: 'x' });
    panel.say({ type: 'saveCharts', format: 'svg', data: 7 });
    const file = (ending: string) => path.join(folder(), `run.${ending}`);
    await until(() => fs.existsSync(file('png')) && fs.readFileSync(file('png')).length > 0);
    assert.equal(fs.readFileSync(file('csv'), 'utf8'), 'step\n1\n');
    assert.deepEqual([...fs.readFileSync(file('png'))], [1, 2, 250]);
    editor.choosePlace = () => Promise.resolve(undefined);
    panel.say({ type: 'saveCharts', format: 'svg', data: '<svg/>' });
    await settled();
    for (const ending of ['exe', 'svg']) assert.ok(!fs.existsSync(file(ending)), ending);
    assert.equal(editor.logged.filter((line) => line.includes('not understood')).length, 2);
    // The page looks after its run once a second until it is closed.
    panel.close();
  });
});
