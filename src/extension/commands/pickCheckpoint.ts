import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { RunModel } from '../../client/runModel.js';
import { formatPercent } from '../../core/format.js';
import { allRuns } from '../views/runsCatalog.js';
import { checkpointsOf } from '../views/runsView.js';

/**
 * The folder of the checkpoint that a command means: of a row of the Runs view, of a file or folder in the Explorer, or asked
 * for.
 */
export async function checkpointOf(argument: unknown, wish: CheckpointWish): Promise<string | undefined> {
  if (typeof argument === 'string') return argument;
  if (argument instanceof vscode.Uri) {
    const folder = [argument.fsPath, path.dirname(argument.fsPath)].find((at) =>
      fs.existsSync(path.join(at, 'manifest.json')),
    );
    if (folder === undefined)
      void vscode.window.showErrorMessage('Face Trainer: this is no checkpoint, and lies in none.');
    return folder;
  }
  if (typeof argument === 'object' && argument !== null && 'path' in argument && typeof argument.path === 'string')
    return argument.path;
  return pickCheckpoint(wish);
}

/** What a checkpoint is asked for. */
export interface CheckpointWish {
  readonly title: string;
  /** Leaves out those of the other kind. */
  readonly kind?: 'float' | 'int8';
}

async function pickCheckpoint({ title, kind }: CheckpointWish): Promise<string | undefined> {
  const items = allRuns().flatMap((folder) => {
    const model = new RunModel(folder);
    const quantized = model.state.run?.options.quantization !== undefined;
    if (kind !== undefined && (kind === 'int8') !== quantized) return [];
    return checkpointsOf(model).map(({ path: at, epoch }) => {
      const reached = model.state.epochs.find((e) => e.epoch === epoch)?.valAccuracy;
      return {
        label: `${model.title}, epoch ${epoch}${quantized ? ', int8' : ''}`,
        description: `validation accuracy ${formatPercent(reached)}`,
        detail: path.basename(folder),
        at,
      };
    });
  });
  if (items.length === 0) {
    void vscode.window.showInformationMessage(
      kind === 'int8'
        ? 'There is no int8 checkpoint yet: enable quantization-aware fine-tuning on one first.'
        : 'There is no checkpoint yet: train a model first.',
    );
    return undefined;
  }
  return (await vscode.window.showQuickPick(items, { title, matchOnDescription: true }))?.at;
}
