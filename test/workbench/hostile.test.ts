import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { makeHostileWorkspace, NAME, type HostileWorkspace } from '../support/hostileWorkspace.js';
import { notRun } from '../support/notRun.js';
import { StartedPrograms } from '../support/startedPrograms.js';
import {
  chooseInContextMenu,
  keepFailure,
  openWorkbench,
  runCommand,
  screenshots,
  showExplorer,
  until,
  webviewWith,
  type Workbench,
} from '../support/workbench.js';

/** Commands that a key asks for, past every menu: those that write or start something. */
const KEYS = {
  'ctrl+alt+1': 'faceTrainer.trainModel',
  'ctrl+alt+2': 'faceTrainer.checkDataset',
  'ctrl+alt+3': 'faceTrainer.recognizePeople',
  'ctrl+alt+4': 'faceTrainer.setUpTensorFlow',
  'ctrl+alt+5': 'faceTrainer.exportModel',
};

describe('a hostile folder in a real VS Code', function () {
  this.timeout(180_000);
  let workbench: Workbench | undefined;
  let page: Page;
  let planted: HostileWorkspace;
  let programs: StartedPrograms | undefined;
  let cache: string;
  /** What was asked of the server that the report names. */
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end();
  });

  before(async function () {
    if (process.platform !== 'linux') notRun(this, 'pipes and the list of processes are those of Linux');
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    workbench = await openWorkbench(async (at, folder) => {
      planted = await makeHostileWorkspace(at, folder, address);
      cache = path.join(folder, 'cache');
      programs = new StartedPrograms(`FACE_TRAINER_CACHE=${cache}`);
      for (const name of ['one', 'two', 'three']) {
        fs.mkdirSync(path.join(cache, 'pixels', name), { recursive: true });
        fs.writeFileSync(path.join(cache, 'pixels', name, 'pixels'), Buffer.alloc(2 ** 20));
      }
      const keys = path.join(folder, 'user', 'User', 'keybindings.json');
      fs.mkdirSync(path.dirname(keys), { recursive: true });
      fs.writeFileSync(keys, JSON.stringify(Object.entries(KEYS).map(([key, command]) => ({ key, command }))));
      return { restricted: true, environment: { FACE_TRAINER_CACHE: cache } };
    });
    ({ page } = workbench);
    untouched = files();
  });

  afterEach(async function () {
    await keepFailure(page, this.currentTest);
  });

  after(async () => {
    await workbench?.close();
    programs?.stop();
    server.closeAllConnections();
    server.close();
  });

  let untouched: string[];
  /** Of the workspace, of what lies outside of it, of the cache, and of what an attack leaves. */
  function files(): string[] {
    return [workbench!.workspace, planted.outside, planted.traces, cache].flatMap((folder) =>
      fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => path.join(folder, file)),
    );
  }

  /** Programs of the extension: trainers, command lines, Python, npm and compilers; the editor starts some of its own. */
  function started(): string[] {
    const ours = /[/\\]dist[/\\]\w+\.m?js\b|npm-cli|^(?:\S*[/\\])?(?:python[\d.]*|pip|npm|g\+\+)(?: |$)/;
    return programs!.commandLines.filter((line) => ours.test(line));
  }

  const row = (text: string) => page.locator('.monaco-list-row', { hasText: text }).first();

  it('shows its runs and people as text, though pipes and files without end lie among them', async () => {
    await page.getByRole('tab', { name: 'Face Trainer' }).click();
    await row(`${NAME} – 23:48`).waitFor();
    for (const name of ['-pipe', '-pipes', '-large']) await row(name).waitFor();
    assert.equal(await row('from-outside').count(), 0, 'the setting of the folder counts for nothing');
    await row('4 people').waitFor();
    await page.screenshot({ path: path.join(screenshots, 'hostile-views.png') });
  });

  it('opens a run and its report, which run, load and style nothing', async () => {
    await row(`${NAME} – 23:48`).click();
    const run = await webviewWith(page, 'body[data-phase="interrupted"]');
    assert.equal(await run.locator('h1').textContent(), NAME);
    await run.locator('text=onerror').first().waitFor();
    assert.equal(await run.locator('img[src="x"]').count(), 0);
    await page.screenshot({ path: path.join(screenshots, 'hostile-run.png') });
    assert.equal(await run.evaluate(() => document.body.dataset['hacked']), undefined);
    // A page behind another one is gone.
    await runCommand(page, 'Face Trainer: Open Report');
    const report = await webviewWith(page, '#hostile');
    await page.screenshot({ path: path.join(screenshots, 'hostile-report.png') });
    assert.equal(await report.evaluate(() => document.body.dataset['hacked']), undefined);
    // The page wants to be another one after a second.
    await until('the second', async () => (await report.evaluate(() => performance.now())) > 3000);
    assert.equal(await report.locator('#hostile').count(), 1);
    assert.deepEqual(asked, []);
  });

  it('refuses whatever would write or start something, in a sentence', async () => {
    const said = page.locator('.notifications-center.visible .notification-list-item', {
      hasText: 'Face Trainer writes files and starts processes only in a folder that you trust.',
    });
    for (const [key, command] of Object.entries(KEYS)) {
      // A report that is just getting the focus back takes the key with it.
      await until(`a sentence about ${command}`, async () => {
        await page.keyboard.press(key.replace('ctrl', 'Control').replace('alt', 'Alt'));
        await runCommand(page, 'Notifications: Show Notifications');
        return said
          .first()
          .waitFor({ timeout: 10_000 })
          .then(
            () => true,
            () => false,
          );
      });
      await page.screenshot({ path: path.join(screenshots, 'hostile-refused.png') });
      await runCommand(page, 'Notifications: Clear All Notifications');
      await until('its end', async () => (await said.count()) === 0);
    }
    assert.deepEqual(started(), []);
    assert.deepEqual(files(), untouched);
  });

  it('works once the folder is trusted, with the settings of the machine still those of the machine', async () => {
    await runCommand(page, 'Workspaces: Manage Workspace Trust');
    await page.locator('.workspace-trust-buttons-row').getByRole('button', { name: 'Trust', exact: true }).click();
    await page.getByText('You trust this folder').waitFor();
    await page.locator('.monaco-modal-editor-block').getByRole('button', { name: /Close/ }).first().click();
    await showExplorer(page);
    await chooseInContextMenu(page, 'people', 'Check Dataset');
    const check = await webviewWith(page, 'section.finding', 60_000);
    await page.screenshot({ path: path.join(screenshots, 'hostile-trusted.png') });
    assert.equal(await check.evaluate(() => document.body.dataset['hacked']), undefined);
    assert.match(started().join('\n'), /dist[/\\]trainer\.js/, 'what would have been noticed before');
    for (const name of ['one', 'two', 'three'])
      assert.ok(fs.existsSync(path.join(cache, 'pixels', name, 'pixels')), 'the caches of other folders');
    assert.deepEqual(fs.readdirSync(planted.traces), []);
  });
});
