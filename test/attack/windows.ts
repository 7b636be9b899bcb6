import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { RunModel } from '../../src/client/runModel.js';
import { Random } from '../../src/core/random.js';
import { isAlive } from '../../src/platform/isAlive.js';
import { writeSample } from '../../src/sample/writeSample.js';
import { built } from '../support/built.js';
import {
  chooseInContextMenu,
  explorerReady,
  kept,
  openWorkbench,
  quickInput,
  quickPickRow,
  until,
  webviewWith,
  type Workbench,
} from '../support/workbench.js';
import { jsonLines } from '../support/jsonLines.js';

// What happens to the window of a training, in a real VS Code: the run goes on, and the panel shows all of it.

/** What may happen to a window. */
export const FATES = ['reload', 'kill -9 of the extension host', 'close and open'] as const;
export type Fate = (typeof FATES)[number];

/** A training under way in a window of its own. */
export interface Watched {
  readonly workbench: Workbench;
  readonly run: RunModel;
  readonly pid: number;
}

/** Opens an editor on drawn people and starts a training there that would go on for long. */
export async function watchTraining(settings: Readonly<Record<string, unknown>> = {}): Promise<Watched> {
  const workbench = await openWorkbench(async (at, folder) => {
    await writeSample(path.join(at, 'people'), { people: 4, picturesEach: 12, size: 64, seed: 3 });
    return {
      environment: { FACE_TRAINER_CACHE: path.join(folder, 'cache') },
      settings: { 'faceTrainer.threads': 1, ...settings },
    };
  }, true);
  const { page, workspace } = workbench;
  await chooseInContextMenu(page, 'people', 'Train Model');
  const title = /Epochs/;
  await quickPickRow(page, title).click();
  await page.locator('.quick-input-title', { hasText: title }).waitFor();
  await quickInput(page).fill('4000');
  await page.keyboard.press('Enter');
  await quickPickRow(page, /Epochs.*4000/).waitFor();
  await quickPickRow(page, 'Start training').click();
  const runs = path.join(workspace, '.face-trainer', 'runs');
  const run = await until(
    'a step',
    () => {
      const [name] = fs.existsSync(runs) ? fs.readdirSync(runs) : [];
      const model = name === undefined ? undefined : new RunModel(path.join(runs, name));
      return model && model.state.steps.length > 2 ? model : undefined;
    },
    60_000,
  );
  return { workbench, run, pid: run.state.run!.pid };
}

/**
 * Lets a window meet its fate, and looks: the same process trains on, the panel shows every step of the log and none twice, and
 * `face-trainer ps` lists the run.
 *
 * @throws AssertionError
 */
export async function meet(fate: Fate, watched: Watched): Promise<void> {
  const { workbench, run, pid } = watched;
  const before = stepsOf(run);
  await kept(workbench.page, 'people – ');
  if (fate === 'close and open') {
    await workbench.page.close();
    await until('the end of the extension host', () => extensionHosts(workbench.folder).length === 0, 60_000);
    await workbench.open();
  } else if (fate === 'reload') {
    await reload(workbench);
  } else {
    const [host] = extensionHosts(workbench.folder);
    assert.ok(host, 'an extension host');
    process.kill(host, 'SIGKILL');
    await until('another extension host', () => extensionHosts(workbench.folder).some((pid) => pid !== host), 60_000);
  }
  await showsAll(watched);
  await until('a step more', () => stepsOf(run) > before);
  assert.ok(isAlive(pid), 'in the same process');
  assert.deepEqual(listed(workbench.folder), [{ runFolder: run.runFolder, pid }]);
  // The editor starts an extension host again that died once or twice, and asks after the third time.
  if (fate === 'kill -9 of the extension host') await reload(workbench);
}

async function reload({ page }: Workbench): Promise<void> {
  await page.reload();
  await explorerReady(page);
}

/** The panel has what the log had a moment ago, and not more than the log has now. */
async function showsAll({ workbench, run }: Watched): Promise<void> {
  const told = pointsOf(run);
  const shown = await until(`${told} points`, async () => {
    // What a window before has left of its panel may go while it is looked at.
    const frame = await webviewWith(workbench.page, 'body[data-phase="training"] canvas[data-points]', 60_000);
    const points = await shownPoints(frame).catch(() => undefined);
    return points !== undefined && points >= told ? points : undefined;
  });
  const now = pointsOf(run);
  assert.ok(shown <= now, `${shown} points of ${now}`);
  assert.equal(await workbench.page.locator('.tab').count(), 1, 'nothing is left of the panel before');
}

async function shownPoints(frame: Frame): Promise<number> {
  const canvas = frame.locator('canvas[data-points]').first();
  return Number(await canvas.getAttribute('data-points', { timeout: 10_000 }));
}

function stepsOf(run: RunModel): number {
  run.readOn();
  return run.state.steps.length;
}

/** Points of the chart of the loss: steps and validations. */
function pointsOf(run: RunModel): number {
  return stepsOf(run) + run.state.epochs.filter(({ valLoss }) => valLoss !== undefined).length;
}

/** The processes that run the extensions of the editor whose folder this is. */
function extensionHosts(folder: string): number[] {
  return fs.readdirSync('/proc').flatMap((name) => {
    try {
      const environment = fs.readFileSync(`/proc/${name}/environ`, 'utf8');
      const ours = environment.includes(`FACE_TRAINER_CACHE=${path.join(folder, 'cache')}`);
      return ours && fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('extensionHost') ? [Number(name)] : [];
    } catch {
      return []; // no process, or one that has just gone
    }
  });
}

/** What the command line knows to be training. */
export function listed(folder: string): { readonly runFolder: string; readonly pid: number }[] {
  const { stdout } = spawnSync(process.execPath, [built('faceTrainer.js'), 'ps', '--json'], {
    ...{ encoding: 'utf8', env: { ...process.env, FACE_TRAINER_CACHE: path.join(folder, 'cache') } },
  });
  return (jsonLines(stdout) as { runFolder: string; pid: number }[]).map(({ runFolder, pid }) => ({ runFolder, pid }));
}

/** One training, and fates that chance draws, so many. */
export async function attackWindows(count: number, seed: number): Promise<void> {
  const random = Random.fromSeed(seed);
  const watched = await watchTraining();
  try {
    const met = new Map<Fate, number>(FATES.map((fate) => [fate, 0]));
    for (let i = 0; i < count; i++) {
      const fate = FATES[random.integer(FATES.length)]!;
      await meet(fate, watched);
      met.set(fate, met.get(fate)! + 1);
    }
    for (const [fate, times] of met)
      console.log(`${fate}: ${times} times; the run went on, the panel showed all of it`);
  } finally {
    process.kill(watched.pid, 'SIGKILL');
    await watched.workbench.close();
  }
}
