import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { writeSample } from '../../src/sample/writeSample.js';
import {
  keepFailure,
  openContextMenu,
  openWorkbench,
  screenshots,
  submenu,
  until,
  type Workbench,
} from '../support/workbench.js';

describe('what the editor offers of Face Trainer, in a real VS Code', function () {
  this.timeout(120_000);
  let workbench: Workbench | undefined;
  let page: Page;

  before(async () => {
    workbench = await openWorkbench(async (at, folder) => {
      await writeSample(path.join(at, 'people'), { people: 3, picturesEach: 4, size: 64, seed: 3 });
      fs.mkdirSync(path.join(at, 'checkpoints', 'epoch-0001'), { recursive: true });
      for (const name of ['door.onnx', 'notes.txt']) fs.writeFileSync(path.join(at, name), '');
      return {
        settings: { 'explorer.compactFolders': false },
        environment: { FACE_TRAINER_CACHE: path.join(folder, 'cache') },
      };
    });
    ({ page } = workbench);
  });

  afterEach(async function () {
    await keepFailure(page, this.currentTest);
  });

  after(() => workbench?.close());

  /** What stands in the menu “Face Trainer” of a row of the Explorer; undefined where there is none. */
  async function offered(row: string): Promise<string[] | undefined> {
    await openContextMenu(page, row);
    await page.getByRole('menuitem', { name: 'Copy Path' }).first().waitFor();
    const none = (await submenu(page).count()) === 0;
    const items = none ? undefined : await until(`the menu of ${row}`, itemsOf);
    await page.screenshot({ path: path.join(screenshots, `menu-${path.basename(row)}.png`) });
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.getByRole('menuitem', { name: 'Copy Path' }).first().waitFor({ state: 'hidden' });
    return items;
  }

  async function itemsOf(): Promise<string[] | undefined> {
    await submenu(page).hover();
    const shown = page.locator('.monaco-submenu .action-label:not(.separator)');
    const items = await shown.allTextContents();
    return items.length > 0 ? items : undefined;
  }

  it('is one entry in the menu of a folder, of a checkpoint and of an exported file, and none in others', async () => {
    const model = ['Try a Picture…', 'Evaluate…'];
    const checkpoint = ['Enable Quantization-Aware Fine-Tuning', 'Export Model…', 'Compare Float and int8'];
    // The extension's entries come once it is known what the row is.
    await until('the entry', async () => (await offered('people')) !== undefined);
    assert.deepEqual(await offered('people'), ['Train Model', 'Recognize People', 'Check Dataset', 'Align Faces']);
    await page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'checkpoints' }).click();
    assert.deepEqual(await offered('epoch-0001'), [...model, ...checkpoint]);
    assert.deepEqual(await offered('door.onnx'), model);
    assert.equal(await offered('notes.txt'), undefined);
  });
});
