import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { writeSample } from '../../src/sample/writeSample.js';
import { runEventOf, writeRun } from '../extension/runs.js';
import {
  keepFailure,
  notification,
  openContextMenu,
  openWorkbench,
  quickInput,
  quickPickRow,
  screenshots,
  showExplorer,
  webviewWith,
  type Workbench,
} from '../support/workbench.js';

describe('a folder that is not trusted, in a real VS Code', function () {
  this.timeout(120_000);
  let workbench: Workbench | undefined;
  let workspace: string;
  let page: Page;

  before(async () => {
    workbench = await openWorkbench(async (at, folder) => {
      await writeSample(path.join(at, 'people'), { people: 3, picturesEach: 4, size: 64, seed: 3 });
      const run = path.join(at, '.face-trainer', 'runs', '20261125-234801-people');
      writeRun(run, [runEventOf(run, path.join(at, 'people'))]);
      // The menus do not show the command here; a key asks nobody.
      const keys = path.join(folder, 'user', 'User', 'keybindings.json');
      fs.mkdirSync(path.dirname(keys), { recursive: true });
      fs.writeFileSync(keys, JSON.stringify([{ key: 'ctrl+alt+t', command: 'faceTrainer.trainModel' }]));
      return { restricted: true };
    });
    ({ workspace, page } = workbench);
  });

  afterEach(async function () {
    await keepFailure(page, this.currentTest);
  });

  after(() => workbench?.close());

  function files(): string[] {
    return fs.readdirSync(workspace, { recursive: true, encoding: 'utf8' }).sort();
  }

  it('shows its runs, and offers nothing that writes', async () => {
    const before = files();
    await page.getByRole('tab', { name: 'Face Trainer' }).click();
    await page.locator('.monaco-list-row', { hasText: 'people – 23:48' }).click();
    const frame = await webviewWith(page, 'body[data-phase="interrupted"]', 60_000);
    assert.equal(await frame.locator('h1').textContent(), 'people');
    await page.screenshot({ path: path.join(screenshots, 'restricted.png') });
    await showExplorer(page);
    await openContextMenu(page, 'people');
    await page.getByRole('menuitem', { name: 'Copy Path' }).first().waitFor();
    assert.equal(await page.getByRole('menuitem', { name: /Face Trainer|Train Model|Check Dataset/ }).count(), 0);
    await page.keyboard.press('Escape');
    await page.keyboard.press('F1');
    await quickInput(page).fill('>Face Trainer');
    await quickPickRow(page, 'Face Trainer: Open Run').waitFor();
    await quickPickRow(page, 'Copy Diagnostics').waitFor();
    for (const title of ['Train Model', 'Delete Personal Data', 'Forget a Person'])
      assert.equal(await quickPickRow(page, title).count(), 0, title);
    await page.keyboard.press('Escape');
    assert.deepEqual(files(), before);
  });

  it('does not train, whoever asks, and writes nothing', async () => {
    const before = files();
    await page.keyboard.press('Control+Alt+t');
    assert.match(await notification(page, 'only in a folder that you trust'), /Manage Workspace Trust/);
    assert.equal(await page.locator('.quick-input-widget .monaco-list-row', { hasText: 'Start training' }).count(), 0);
    assert.deepEqual(files(), before);
  });
});
