import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { RunModel } from '../../client/runModel.js';
import { bestEpoch } from '../../core/runState.js';
import { formatPercent } from '../../core/format.js';
import { runsFolderFor } from '../trainer.js';

/** Asks for one of the runs of the open workspace folders, the newest first. @returns its folder */
export async function pickRun(): Promise<string | undefined> {
  const newest = allRuns();
  if (newest.length === 0) {
    void vscode.window.showInformationMessage(
      'There is no run yet. Right-click a folder with one sub-folder a person and choose Train Model.',
    );
    return undefined;
  }
  const items = newest.map((folder) => {
    const model = new RunModel(folder);
    const best = bestEpoch(model.state);
    return {
      label: path.basename(folder),
      description: model.phase + (best ? `, validation accuracy ${formatPercent(best.valAccuracy)}` : ''),
      folder,
    };
  });
  return (await vscode.window.showQuickPick(items, { title: 'Open Run' }))?.folder;
}

/** The folders of all runs of the open workspace folders, the newest first. */
export function allRuns(): string[] {
  const runs = (vscode.workspace.workspaceFolders ?? []).flatMap(({ uri }) => runFolders(runsFolderFor(uri.fsPath)));
  return [...new Set(runs)].sort((a, b) => path.basename(b).localeCompare(path.basename(a)));
}

function runFolders(runs: string): string[] {
  try {
    return fs
      .readdirSync(runs)
      .map((name) => path.join(runs, name))
      .filter((folder) => fs.existsSync(path.join(folder, 'run.json')));
  } catch {
    return [];
  }
}
