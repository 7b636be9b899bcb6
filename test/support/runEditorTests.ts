import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { writeSample } from '../../src/sample/writeSample.js';

// The suite in VS Code's extension host: desktop VS Code where it can be downloaded, else the launcher beside this file.
// Usage: runEditorTests.ts <results file>

const root = path.resolve(import.meta.dirname, '../..');
const launcher = path.join(import.meta.dirname, 'launcher.mjs');

async function executable(): Promise<string> {
  const named = process.env['VSCODE_TEST_EXECUTABLE'];
  if (named) return named;
  try {
    return await downloadAndUnzipVSCode('stable');
  } catch (error) {
    const text =
      error instanceof Error ? `${error.name} ${error.message} ${String((error as NodeJS.ErrnoException).code)}` : '';
    if (!/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|timed? ?out|getaddrinfo/i.test(text)) throw error;
    console.log('VS Code cannot be downloaded here: the suite runs in code-server’s VS Code with Chromium');
    return launcher;
  }
}

async function main(): Promise<void> {
  const results = process.argv[2];
  if (!results) throw new Error('runEditorTests.ts <results file>');
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-editor-'));
  const workspace = path.join(scratch, 'workspace');
  await writeSample(path.join(workspace, 'people'), { people: 4, picturesEach: 10, size: 64, seed: 5 });
  fs.mkdirSync(path.join(workspace, 'nobody'));
  fs.rmSync(results, { force: true });
  try {
    await runTests({
      vscodeExecutablePath: await executable(),
      extensionDevelopmentPath: root,
      extensionTestsPath: path.join(root, 'dist', 'test', 'editorSuite'),
      launchArgs: [workspace, '--disable-extensions', `--user-data-dir=${path.join(scratch, 'user')}`],
      extensionTestsEnv: { FACE_TRAINER_TEST_RESULTS: results, FACE_TRAINER_TEST_WORKSPACE: workspace },
    });
  } catch (error) {
    console.error(`runTests: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
  fs.rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
}

void main();
