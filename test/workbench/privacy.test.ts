import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { NEUTRAL } from '../../src/privacy/personName.js';
import { writeSample } from '../../src/sample/writeSample.js';
import { peopleOfRun } from '../../src/runs/runRecord.js';
import { built } from '../support/built.js';
import {
  keepFailure,
  notification,
  openWorkbench,
  quickPickRow,
  runCommand,
  screenshots,
  until,
  type Workbench,
} from '../support/workbench.js';

describe('what is kept of people, in a real VS Code', function () {
  this.timeout(180_000);
  let workbench: Workbench | undefined;
  let page: Page;
  let data: string;
  let run: string;
  let cache: string;
  let people: string[];
  let pictures: string[];

  before(async () => {
    workbench = await openWorkbench(async (at, folder) => {
      [data, cache] = [path.join(at, 'people'), path.join(folder, 'cache')];
      await writeSample(data, { people: 3, picturesEach: 6, size: 64, seed: 3 });
      pictures = fs.readdirSync(data);
      people = fs.readdirSync(data, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? [one.name] : []));
      run = path.join(at, '.face-trainer', 'runs', 'first');
      const small = ['--size', '32', '--batch', '8', '--width', '0.35', '--epochs', '1', '--recipe', 'original'];
      const environment = { FACE_TRAINER_CACHE: cache };
      const options = { cwd: at, env: { ...process.env, ...environment } };
      spawnSync(process.execPath, [built('faceTrainer.js'), 'train', data, ...small, '--out', run], options);
      // With a folder, as a menu would: the editor's dialog for folders is slow under a test.
      const keys = path.join(folder, 'user', 'User', 'keybindings.json');
      const args = { scheme: 'file', fsPath: data };
      fs.mkdirSync(path.dirname(keys), { recursive: true });
      fs.writeFileSync(keys, JSON.stringify([{ key: 'ctrl+alt+f', command: 'faceTrainer.forgetPerson', args }]));
      return { environment };
    });
    ({ page } = workbench);
    // Its commands are there with its views.
    await page.getByRole('tab', { name: 'Face Trainer' }).waitFor();
  });

  afterEach(async function () {
    await keepFailure(page, this.currentTest);
  });

  after(() => workbench?.close());

  const dialog = () => page.locator('.monaco-dialog-box');
  const answer = (button: string) => dialog().getByRole('button', { name: button, exact: true }).click();

  it('is erased for one person, who is shown first what was found and what remains', async () => {
    const [gone, ...others] = people as [string, ...string[]];
    await page.keyboard.press('Control+Alt+f');
    await quickPickRow(page, gone).click();
    await dialog().waitFor();
    const told = (await dialog().textContent()) ?? '';
    assert.match(told, new RegExp(`Forget ${gone}\\?.*Found in .*cannot be taken out of them`, 's'));
    await page.screenshot({ path: path.join(screenshots, 'forget.png') });
    await answer('Erase');
    assert.match(
      await notification(page, 'searched afterwards'),
      /nothing is left.*code of the evidence is [0-9a-f]{32}/s,
    );
    assert.deepEqual(peopleOfRun(run), [NEUTRAL, ...others]);
  });

  it('is listed with sizes, and what is ticked is removed after a question', async () => {
    await runCommand(page, 'Face Trainer: Delete Personal Data…');
    await quickPickRow(page, 'first').waitFor();
    await page.screenshot({ path: path.join(screenshots, 'personal-data.png') });
    assert.match((await quickPickRow(page, 'first').textContent()) ?? '', /MB/);
    await quickPickRow(page, 'Decoded pictures of people').click();
    await quickPickRow(page, 'first').click();
    await page.keyboard.press('Enter');
    await dialog().waitFor();
    assert.match((await dialog().textContent()) ?? '', /Remove 2 places, .*own pictures are not touched/s);
    await answer('Remove');
    await until('the run to be gone', () => Promise.resolve(!fs.existsSync(run) || undefined));
    assert.match(await notification(page, '2 places removed'), /MB|kB/);
    assert.deepEqual(fs.readdirSync(path.join(cache, 'pixels')), []);
    assert.deepEqual(fs.readdirSync(data), pictures);
  });
});
