import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium, type Browser, type Frame, type Locator, type Page } from 'playwright-core';
import { findChromium } from '../../scripts/editor.mjs';
import { startServer, type ServerOptions } from './editorServer.js';

const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A camera that shows a test picture, and that nobody is asked about.
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

export interface WorkbenchTarget {
  readonly folder: string;
  /** Under development; none where the server has it installed. */
  readonly extension: string | undefined;
  /** A mocha suite for the extension host, with its `.js`. */
  readonly tests?: string;
}

/** The workbench's address with a folder opened and an extension under development. */
export function workbenchUrl(server: string, { folder, extension, tests }: WorkbenchTarget): string {
  const remote = (file: string) =>
    `vscode-remote://${new URL(server).host}${encodeURI(path.resolve(file).replaceAll('\\', '/'))}`;
  const url = new URL(server);
  url.searchParams.set('folder', path.resolve(folder));
  const payload = extension === undefined ? [] : [['extensionDevelopmentPath', remote(extension)]];
  if (tests) payload.push(['extensionTestsPath', remote(tests)]);
  url.searchParams.set('payload', JSON.stringify(payload));
  return url.href;
}

export function launchBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('Chromium is missing: npm run setup:editor');
  return chromium.launch({ executablePath, args: CHROMIUM_ARGUMENTS });
}

/** A page from which nothing leaves the machine. */
export async function newPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, locale: 'en-US' });
  const outside = (url: URL) => url.protocol.startsWith('http') && !['127.0.0.1', 'localhost'].includes(url.hostname);
  await context.route(outside, (route) => route.abort());
  return context.newPage();
}

export async function explorerReady(page: Page): Promise<void> {
  await page.locator('.explorer-folders-view .monaco-list-row').first().waitFor({ timeout: 60_000 });
}

/**
 * Right-clicks a row of the Explorer and chooses an item of the menu “Face Trainer” in the menu: which may open before the extension's
 * has come.
 */
export async function chooseInContextMenu(page: Page, folder: string, item: string): Promise<void> {
  const menu = page.locator('.context-view .monaco-menu, .monaco-menu-container .monaco-menu').first();
  const ours = submenu(page);
  const entry = page.getByRole('menuitem', { name: item });
  await until(`“${item}” in the context menu of ${folder}`, async () => {
    await openContextMenu(page, folder);
    // A menu that has just opened swallows clicks, and one goes when something else takes the focus: it is gone once it has heard.
    for (let click = 0; click < 10 && (await ours.count()) > 0; click++) {
      await ours.hover({ timeout: 3000 }).catch(() => undefined);
      await entry.click({ timeout: 3000 }).catch(() => undefined);
      const gone = menu.waitFor({ state: 'hidden', timeout: 500 }).then(
        () => true,
        () => false,
      );
      if (await gone) return true;
    }
    await page.keyboard.press('Escape');
    await menu.waitFor({ state: 'hidden' });
    return false;
  });
}

/** “Face Trainer” in an open context menu. */
export function submenu(page: Page): Locator {
  return page.getByRole('menuitem', { name: 'Face Trainer', exact: true });
}

export async function openContextMenu(page: Page, folder: string): Promise<void> {
  await page.locator('.explorer-folders-view .monaco-list-row', { hasText: folder }).first().click({ button: 'right' });
  await page.locator('.context-view .monaco-menu, .monaco-menu-container .monaco-menu').first().waitFor();
}

/** Waits until what there is to draw stands on the screen: two frames without an animation, with every picture loaded. */
export async function drawn(...documents: readonly (Page | Frame)[]): Promise<void> {
  for (const shown of documents) {
    await shown.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    await shown.waitForFunction(
      () =>
        [...document.images].every(({ complete }) => complete) &&
        document
          .getAnimations()
          // A ring turns for ever.
          .every((a) => a.playState !== 'running' || a.effect?.getComputedTiming().endTime === Infinity),
    );
  }
}

export async function runCommand(page: Page, title: string): Promise<void> {
  const input = quickInput(page);
  // A webview that is just loading takes the focus, and the key with it; an input that is just closing takes no text.
  for (let attempt = 0; ; attempt++) {
    await page.keyboard.press('F1');
    try {
      await input.waitFor({ timeout: 3000 });
      await input.fill(`>${title}`, { timeout: 3000 });
      break;
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
  await quickPickRow(page, title).waitFor();
  await page.keyboard.press('Enter');
}

/** Runs a command and picks a row of each list that it shows; a list goes when a webview takes the focus from it. */
export async function runAndPick(page: Page, title: string, ...picks: string[]): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    await runCommand(page, title);
    try {
      for (const pick of picks) await quickPickRow(page, pick).click({ timeout: 8000 });
      return;
    } catch (error) {
      if (attempt === 3) throw error;
      await page.keyboard.press('Escape');
    }
  }
}

export function quickInput(page: Page): Locator {
  return page.locator('.quick-input-widget input[type=text]');
}

export function quickPickRow(page: Page, text: string | RegExp): Locator {
  return page.locator('.quick-input-widget .monaco-list-row', { hasText: text }).first();
}

/** Shows the Explorer; a click on the tab of one that is open would hide it. */
export async function showExplorer(page: Page): Promise<void> {
  const tree = page.locator('.explorer-folders-view');
  if (!(await tree.isVisible())) await page.getByRole('tab', { name: /^Explorer/ }).click();
  await tree.waitFor();
}

/** The path in the editor's own file dialog. */
export function fileDialog(page: Page): Locator {
  return page.locator('.quick-input-widget input[placeholder="Folder path"]');
}

/**
 * Answers the editor's own file dialog.
 *
 * @param answer a file, which is typed, or how the path ends that the dialog proposes
 */
export async function answerFileDialog(page: Page, answer: { file: string } | { proposed: string }): Promise<void> {
  const input = fileDialog(page);
  await input.waitFor();
  if ('proposed' in answer) await until('the dialog', async () => (await input.inputValue()).endsWith(answer.proposed));
  // While it reads a folder, the dialog swallows Enter and may put its own path in the place of what was typed.
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      if ('file' in answer) {
        if ((await input.inputValue({ timeout: 1000 })) !== answer.file)
          await input.fill(answer.file, { timeout: 1000 });
        await quickPickRow(page, path.basename(answer.file)).waitFor({ timeout: 2000 });
      }
      await input.press('Enter', { timeout: 1000 });
    } catch {
      // The dialog was slower than that, or has just gone.
    }
    try {
      await input.waitFor({ state: 'hidden', timeout: 2000 });
      return;
    } catch {
      // It was busy.
    }
  }
  throw new Error(`the dialog stayed open on ${await input.inputValue()}`);
}

/**
 * Waits for a notification and gives its text. An editor under its test driver shows none as a toast; they wait in the
 * notification centre.
 */
export async function notification(page: Page, text: string): Promise<string> {
  const centre = page.locator('.notifications-center.visible');
  const item = centre.locator('.notification-list-item', { hasText: text });
  // The centre closes with its last notification, such as that of a progress, and then shows no later one.
  return until(
    `a notification with “${text}”`,
    async () => {
      if (await item.count()) return (await item.textContent()) ?? '';
      if (!(await centre.count())) await runCommand(page, 'Notifications: Show Notifications');
      return undefined;
    },
    30_000,
  );
}

/** The document of the webview that holds the selector: workbench > frame of the webview > its own frame. */
export async function webviewWith(page: Page, selector: string, timeoutMs = 30_000): Promise<Frame> {
  return until(
    `a webview with ${selector}`,
    async () => {
      for (const frame of page.frames()) {
        if (!frame.parentFrame()) continue;
        const found = await frame
          .locator(selector)
          .count()
          .catch(() => 0); // it has gone meanwhile
        if (found > 0) return frame;
      }
      return undefined;
    },
    timeoutMs,
  );
}

/**
 * Reloads the window once the browser's storage holds an editor with this title: the workbench writes there every few seconds,
 * and not when it goes.
 */
export async function reloadKeeping(page: Page, title: string): Promise<void> {
  await kept(page, title);
  await page.reload();
  // Whichever view stood there.
  await page.locator('.part.sidebar .monaco-list-row').first().waitFor({ timeout: 60_000 });
}

/** Waits until the browser's storage holds an editor with this title: only then does the next window open it again. */
export function kept(page: Page, title: string): Promise<true> {
  return until(`“${title}” in the browser’s storage`, () => page.evaluate(isStored, title), 60_000);
}

/** Runs in the page, where nothing else of this file is: whether a text is in a value of any of its databases. */
async function isStored(text: string): Promise<boolean> {
  let found = false;
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name!);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(new Error(`${name} cannot be opened`));
    });
    for (const store of database.objectStoreNames) {
      const values = await new Promise<unknown[]>((resolve, reject) => {
        const request = database.transaction(store).objectStore(store).getAll();
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error(`${store} of ${name} cannot be read`));
      });
      if (values.some((value) => typeof value === 'string' && value.includes(text))) found = true;
    }
    database.close();
  }
  return found;
}

const root = path.resolve(import.meta.dirname, '../..');
export const screenshots = path.join(root, 'artifacts', 'screenshots');

/** A workspace in a real VS Code, in a browser. */
export interface Workbench {
  /** Everything of the test. */
  readonly folder: string;
  readonly workspace: string;
  /** The newest window. */
  readonly page: Page;
  /** Opens a window on the workspace, in the place of one that was closed. */
  open(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the extension of this checkout on a workspace.
 *
 * @param prepare fills the workspace first
 * @param installed as users have it: an extension host that dies is started again, which is not done for one under development
 */
export async function openWorkbench(
  prepare: (
    workspace: string,
    folder: string,
  ) => Promise<Pick<ServerOptions, 'environment' | 'settings' | 'restricted'> | undefined>,
  installed = false,
): Promise<Workbench> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-workbench-'));
  const workspace = path.join(folder, 'workspace');
  fs.mkdirSync(workspace);
  fs.mkdirSync(screenshots, { recursive: true });
  const options = (await prepare(workspace, folder)) ?? {};
  const extensionsDir = path.join(folder, 'extensions');
  fs.mkdirSync(extensionsDir);
  if (installed) fs.symlinkSync(root, path.join(extensionsDir, 'face-trainer.face-trainer-0.1.0'));
  const server = await startServer({ userDataDir: path.join(folder, 'user'), extensionsDir, ...options });
  const browser = await launchBrowser();
  let page = await newPage(browser);
  const storage = page.context();
  const open = async () => {
    if (page.isClosed()) page = await storage.newPage();
    await page.goto(workbenchUrl(server.url, { folder: workspace, extension: installed ? undefined : root }));
    await explorerReady(page);
  };
  await open();
  return {
    folder,
    workspace,
    get page() {
      return page;
    },
    open,
    close: async () => {
      await browser.close();
      await server.stop();
      fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** For `afterEach`: what the editor showed when a test failed. */
export async function keepFailure(
  page: Page,
  test: { state?: string | undefined; title: string } | undefined,
): Promise<void> {
  if (test?.state === 'failed')
    await page.screenshot({ path: path.join(screenshots, `failed-${test.title.replace(/\W+/g, '-')}.png`) });
}

/** Presses a button of a row of a tree, which is there while the mouse is: a row that is drawn anew under the mouse loses it. */
export async function pressInRow(row: Locator, name: string): Promise<void> {
  await until(`the button ${name}`, async () => {
    await row.hover();
    return row
      .getByRole('button', { name })
      .click({ timeout: 3000 })
      .then(
        () => true,
        () => false,
      );
  });
}

/** Waits for something to come true. @throws naming `what` */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 90_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what}`);
}
