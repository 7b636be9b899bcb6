import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { isAlive } from '../../src/platform/isAlive.js';
import { runningRuns } from '../../src/runs/runningRuns.js';
import { watchTraining, type Watched } from '../attack/windows.js';
import {
  chooseInContextMenu,
  keepFailure,
  notification,
  quickPickRow,
  screenshots,
  showExplorer,
  until,
  webviewWith,
} from '../support/workbench.js';

describe('a second training, in a real VS Code', function () {
  this.timeout(240_000);
  let watched: Watched | undefined;
  const cache = () => path.join(watched!.workbench.folder, 'cache');

  before(async () => {
    watched = await watchTraining({ 'faceTrainer.whenWindowCloses': undefined });
  });

  afterEach(async function () {
    if (watched) await keepFailure(watched.workbench.page, this.currentTest);
  });

  after(async () => {
    for (const { pid } of watched ? runningRuns(cache()) : []) process.kill(pid, 'SIGKILL');
    await watched?.workbench.close();
  });

  it('asks once what becomes of the first when the window closes, and keeps the answer', async () => {
    const { page } = watched!.workbench;
    const user = path.join(watched!.workbench.folder, 'user');
    await notification(page, 'When this window closes, shall a training go on?');
    await page.screenshot({ path: path.join(screenshots, 'asked-once.png') });
    await page.getByRole('button', { name: 'Keep Training' }).click();
    await until('the setting', () =>
      fs
        .readdirSync(user, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('settings.json'))
        .some((name) =>
          fs.readFileSync(path.join(user, name), 'utf8').includes('"faceTrainer.whenWindowCloses": "goOn"'),
        ),
    );
  });

  it('waits for the first, is listed, and outlives a reload', async () => {
    const { page } = watched!.workbench;
    await showExplorer(page);
    await chooseInContextMenu(page, 'people', 'Train Model');
    await quickPickRow(page, 'Start training').click();
    const dialog = page.locator('.monaco-dialog-box', {
      hasText: /A training is at work \(people, epoch \d+ of 4000\)/,
    });
    await dialog.waitFor();
    await page.screenshot({ path: path.join(screenshots, 'start-afterwards.png') });
    await dialog.getByRole('button', { name: 'Start Afterwards' }).click();
    await page.locator('.statusbar-item', { hasText: '1 waiting' }).waitFor();
    await page.getByRole('tab', { name: /^Face Trainer/ }).click();
    await page.locator('.monaco-list-row', { hasText: 'waiting, 1st in line' }).waitFor();
    await page.screenshot({ path: path.join(screenshots, 'queue.png') });
    await page.reload();
    await page.locator('.statusbar-item', { hasText: '1 waiting' }).waitFor({ timeout: 60_000 });
    await webviewWith(page, 'body[data-phase="training"]', 60_000);
  });

  it('begins when the first was killed, and its panel opens', async () => {
    const { pid, run } = watched!;
    process.kill(pid, 'SIGKILL');
    await until('its end', () => !isAlive(pid));
    const [next] = await until('the next', () => {
      const running = runningRuns(cache());
      return running.length > 0 && running;
    });
    assert.notEqual(next!.runFolder, run.runFolder);
    await webviewWith(watched!.workbench.page, 'body[data-phase="training"]', 60_000);
    await watched!.workbench.page.locator('.statusbar-item', { hasText: /epoch \d+\/4000, 0 %/ }).waitFor();
    await watched!.workbench.page.screenshot({ path: path.join(screenshots, 'next-begun.png') });
    assert.deepEqual(fs.readdirSync(path.join(cache(), 'queue')), []);
  });
});
