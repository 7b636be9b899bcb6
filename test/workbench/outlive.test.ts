import assert from 'node:assert/strict';
import path from 'node:path';
import { isAlive } from '../../src/platform/isAlive.js';
import { FATES, listed, meet, watchTraining, type Watched } from '../attack/windows.js';
import { keepFailure, screenshots, until, webviewWith } from '../support/workbench.js';

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

  it('is stopped from the panel, and then nothing is under way', async () => {
    const { workbench, pid } = watched!;
    const frame = await webviewWith(workbench.page, 'body[data-phase="training"]');
    await frame.locator('#stop').click();
    await webviewWith(workbench.page, 'body[data-phase="stopped"]');
    await until('the end of its process', () => !isAlive(pid), 20_000);
    assert.deepEqual(listed(workbench.folder), []);
  });
});
