import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { RunModel } from '../../src/client/runModel.js';
import { isAlive } from '../../src/platform/isAlive.js';
import { FATES, listed, meet, watchTraining, type Watched } from '../attack/windows.js';
import { notRun } from '../support/notRun.js';
import { keepFailure, notification, screenshots, until, webviewWith } from '../support/workbench.js';

// npm run attack -- window does it as often as you like.

const ROUNDS = 2;

describe('a training that outlives its window, in a real VS Code', function () {
  this.timeout(240_000);
  let watched: Watched | undefined;

  before(async () => {
    watched = await watchTraining();
  });

  afterEach(async function () {
    if (watched) await keepFailure(watched.workbench.page, this.currentTest);
  });

  after(async () => {
    if (watched && isAlive(watched.pid)) process.kill(watched.pid, 'SIGKILL');
    await watched?.workbench.close();
  });

  for (const fate of FATES)
    it(`goes on, and is shown whole, after ${fate}`, async () => {
      for (let round = 0; round < ROUNDS; round++) await meet(fate, watched!);
    });

  it('is paused and goes on from the panel of a window that did not start it', async () => {
    const { workbench, run, pid } = watched!;
    const frame = await webviewWith(workbench.page, 'body[data-phase="training"]');
    await workbench.page.screenshot({ path: path.join(screenshots, 'found-again.png') });
    await frame.locator('#pause').click();
    await until('the end of its process', () => !isAlive(pid), 20_000);
    const paused = await webviewWith(workbench.page, 'body[data-phase="paused"]');
    await workbench.page.screenshot({ path: path.join(screenshots, 'paused.png') });
    run.readOn();
    const { length } = run.state.steps;
    assert.deepEqual(listed(workbench.folder), []);
    await paused.locator('#goOn').click();
    await webviewWith(workbench.page, 'body[data-phase="training"]');
    await until(
      'a step more',
      () => run.readOn().some(({ type }) => type === 'step') && run.state.steps.length > length,
    );
    watched = { workbench, run, pid: run.state.run!.pid };
    assert.deepEqual(listed(workbench.folder), [{ runFolder: run.runFolder, pid: watched.pid }]);
  });

  it('is shown as not answering while a signal holds its process, and as training again', async function () {
    if (process.platform !== 'linux') return notRun(this, 'only Linux tells that a process stands still');
    const { workbench, pid } = watched!;
    process.kill(pid, 'SIGSTOP');
    const frame = await webviewWith(workbench.page, 'body[data-phase="silent"]');
    assert.match((await frame.locator('.notices').textContent())!, new RegExp(`a signal stopped its process ${pid}`));
    await workbench.page.getByRole('tab', { name: 'Face Trainer' }).click();
    await workbench.page.getByText('not answering').first().waitFor({ timeout: 30_000 });
    await workbench.page.screenshot({ path: path.join(screenshots, 'not-answering.png') });
    process.kill(pid, 'SIGCONT');
    await webviewWith(workbench.page, 'body[data-phase="training"]');
  });

  it('says why its process ended in panel, notification and report, and goes on from the notification', async () => {
    const { workbench, run, pid } = watched!;
    const { page } = workbench;
    await until('a checkpoint', () => run.checkpoints.length > 0, 60_000);
    process.kill(pid, 'SIGKILL');
    const frame = await webviewWith(page, 'body[data-phase="interrupted"]');
    const told =
      /Training broke off (?:in|after) epoch \d+ of 4000: its process (?:is gone|was ended)[^.]*\. It can go on from there\./;
    assert.match((await frame.locator('.notices').textContent())!, told);
    assert.match(await notification(page, 'Training broke off'), told);
    await page.screenshot({ path: path.join(screenshots, 'broke-off.png') });
    const { message } = new RunModel(run.runFolder).state.failure!;
    assert.ok(fs.readFileSync(run.reportFile, 'utf8').includes(message));
    await page.locator('.notifications-center.visible').getByText('Go On', { exact: true }).first().click();
    await webviewWith(page, 'body[data-phase="training"]');
    await until('another process', () => {
      run.readOn();
      return run.state.run!.pid !== pid;
    });
    watched = { workbench, run, pid: run.state.run!.pid };
  });

  it('is stopped from the panel, and then nothing is under way', async () => {
    const { workbench, pid } = watched!;
    const frame = await webviewWith(workbench.page, 'body[data-phase="training"]');
    await frame.locator('#stop').click();
    await webviewWith(workbench.page, 'body[data-phase="stopped"]');
    await until('the end of its process', () => !isAlive(pid), 20_000);
    assert.deepEqual(listed(workbench.folder), []);
  });
});
