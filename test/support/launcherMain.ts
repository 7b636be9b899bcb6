import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { format } from 'node:util';
import type { Browser } from 'playwright-core';
import { startServer, type EditorServer } from './editorServer.js';
import { launchBrowser, newPage, workbenchUrl } from './workbench.js';

// Takes the flags that runTests passes to `code`, opens the workbench of a VS Code server in Chromium, lets it run the
// suite in its extension host, and exits with the suite's code.

const LIMIT_MS = 5 * 60_000;

interface Flags {
  readonly tests: string;
  readonly extension: string;
  readonly folder: string;
}

function readFlags(args: readonly string[]): Flags {
  const value = (name: string) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  const tests = value('extensionTestsPath');
  const extension = value('extensionDevelopmentPath');
  const folder = args.find((arg) => !arg.startsWith('-'));
  if (!tests || !extension || !folder)
    throw new Error(`launched without tests, extension or folder: ${args.join(' ')}`);
  // On a desktop the path is resolved by require; here it is fetched as it stands.
  return { tests: tests.endsWith('.js') ? tests : `${tests}.js`, extension, folder };
}

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-launcher-'));
let server: EditorServer | undefined;
let browser: Browser | undefined;
let crash: string | undefined;
let ending = false;

async function finish(code: number, why?: string): Promise<void> {
  if (ending) return;
  ending = true;
  if (why) console.error(`launcher: ${why}`);
  await Promise.race([browser?.close().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 5000))]);
  await server?.stop();
  fs.rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void finish(130, signal));
setTimeout(() => void finish(1, `no result after ${LIMIT_MS / 1000} s`), LIMIT_MS).unref();

async function main(): Promise<void> {
  const { tests, extension, folder } = readFlags(process.argv.slice(2));
  server = await startServer({
    userDataDir: path.join(scratch, 'user'),
    extensionsDir: path.join(scratch, 'extensions'),
    onLine: (line) => {
      // The workbench reports 0 also when the extension host has died under the tests.
      const code = /Extension Host Process exited with code: (\S+),/.exec(line)?.[1];
      if (code !== undefined && code !== '0') crash = line.trim();
      if (crash) setTimeout(() => void finish(1, crash), 1000);
    },
  });
  browser = await launchBrowser();
  const page = await newPage(browser);
  page.on('crash', () => void finish(1, 'the page crashed'));
  // The two functions that a workbench calls when it runs extension tests.
  await page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => {
    const text = format(...args);
    // The workbench's own words come the same way; mocha's lines are indented.
    if (type === 'info' && /^(\s|$)/.test(text)) process.stdout.write(`${text}\n`);
  });
  await page.exposeFunction('codeAutomationExit', async (code: number | null) => {
    await new Promise((resolve) => setTimeout(resolve, 300)); // the line about a dead host comes after this
    await finish(crash ? 1 : (code ?? 1), crash);
  });
  await page.goto(workbenchUrl(server.url, { folder, extension, tests }));
}

main().catch((error: unknown) => finish(1, error instanceof Error ? error.stack : String(error)));
