import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';

const workspace = process.env['FACE_TRAINER_TEST_WORKSPACE']!;
const runs = path.join(workspace, '.face-trainer', 'runs');

function runFolders(): string[] {
  return fs.existsSync(runs) ? fs.readdirSync(runs).sort() : [];
}

function events(run: string): Record<string, unknown>[] {
  const file = path.join(runs, run, 'metrics.ndjson');
  if (!fs.existsSync(file)) return [];
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  return lines
    .slice(0, -1)
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function until<T>(what: string, probe: () => T | undefined | false, timeoutMs = 45_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    const value = probe();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what}`);
}

function runTab(): vscode.Tab | undefined {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.find(
    ({ input }) => input instanceof vscode.TabInputWebview && input.viewType.includes('faceTrainer.run'),
  );
}

/** Runs the command and presses Enter in its quick pick, as a user in a hurry does. */
async function trainModel(folder: string): Promise<void> {
  const uri = vscode.Uri.file(path.join(workspace, folder));
  const state = { settled: false };
  const command = vscode.commands.executeCommand('faceTrainer.trainModel', uri).then(() => (state.settled = true));
  // Before the quick pick has its rows, it takes no Enter.
  while (!state.settled) await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
  await command;
}

describe('Face Trainer in the extension host', () => {
  it('is not activated before it is needed, and loads nothing heavy when it is', async () => {
    const extension = vscode.extensions.getExtension('face-trainer.face-trainer');
    assert.ok(extension);
    assert.equal(extension.isActive, false);
    await extension.activate();
    const loaded = Object.keys(require.cache);
    assert.deepEqual(
      loaded.filter((file) => /[\\/](sharp|@tensorflow)[\\/]/.test(file)),
      [],
    );
    const own = loaded.filter((file) => file.startsWith(path.join(extension.extensionPath, 'dist', 'extension')));
    assert.ok(own.length > 0, own.join(', '));
    const bytes = own.reduce((sum, file) => sum + fs.statSync(file).size, 0);
    assert.ok(bytes <= 10_000, `${bytes} bytes: ${own.join(', ')}`);
  });

  it('registers every command that its manifest contributes', async () => {
    const manifest = vscode.extensions.getExtension('face-trainer.face-trainer')?.packageJSON as {
      contributes: { commands: { command: string }[] };
    };
    const registered = await vscode.commands.getCommands(true);
    const contributed = manifest.contributes.commands.map(({ command }) => command);
    assert.deepEqual(
      contributed.filter((command) => !registered.includes(command)),
      [],
    );
    assert.ok(contributed.includes('faceTrainer.trainModel'));
  });

  it('trains in a child process, shows the panel, and stops in good order', async () => {
    await trainModel('people');
    const run = await until('a run folder', () => runFolders()[0]);
    await until('the panel', runTab);
    await until('a step', () => events(run).some(({ type }) => type === 'step'));
    const pid = events(run).find(({ type }) => type === 'run')?.['pid'];
    assert.notEqual(pid, process.pid);
    await vscode.commands.executeCommand('faceTrainer.stopTraining');
    const last = await until('the last word', () => events(run).find(({ type }) => type === 'finished'));
    assert.ok(last['reason'] === 'stopped' || last['reason'] === 'completed');
    assert.ok(fs.readdirSync(path.join(runs, run, 'checkpoints')).length > 0);
    await until('the process to end', () => {
      try {
        process.kill(Number(pid), 0);
        return false;
      } catch {
        return true;
      }
    });
  });

  it('leaves no run behind for a folder that cannot be trained with', async () => {
    const before = runFolders();
    await trainModel('nobody');
    await vscode.commands.executeCommand('faceTrainer.showLog');
    const said = () => vscode.workspace.textDocuments.map((document) => document.getText()).join('\n');
    await until('the refusal in the log', () => said().includes('has no sub-folder with pictures'));
    assert.deepEqual(runFolders(), before);
    assert.equal(vscode.extensions.getExtension('face-trainer.face-trainer')?.isActive, true);
  });

  it('opens a finished run and its report from their commands', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const run = path.join(runs, runFolders()[0]!);
    await vscode.commands.executeCommand('faceTrainer.openRun', run);
    assert.match((await until('the panel', runTab)).label, /^people – \d\d:\d\d$/);
    await vscode.commands.executeCommand('faceTrainer.openReport', run);
    const labels = () => vscode.window.tabGroups.all.flatMap((group) => group.tabs.map((tab) => tab.label));
    await until('the report', () => labels().some((label) => label.startsWith('Report: people – ')));
  });
});
