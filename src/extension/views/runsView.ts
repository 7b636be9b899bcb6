import path from 'node:path';
import * as vscode from 'vscode';
import { RunModel } from '../../client/runModel.js';
import { bestEpoch } from '../../core/runState.js';
import { formatPercent } from '../../core/format.js';
import type { RunPhase } from '../../protocol/panel.js';
import { allRuns } from './runsCatalog.js';

export interface RunItem {
  readonly kind: 'run';
  readonly model: RunModel;
}
export interface CheckpointItem {
  readonly kind: 'checkpoint';
  readonly model: RunModel;
  /** Folder. */
  readonly path: string;
  readonly epoch: number;
}
type Item = RunItem | CheckpointItem;

const ICONS: Record<RunPhase, readonly [icon: string, colour?: string]> = {
  preparing: ['loading~spin'],
  training: ['loading~spin'],
  stopping: ['loading~spin'],
  completed: ['pass', 'testing.iconPassed'],
  stopped: ['debug-stop'],
  failed: ['error', 'errorForeground'],
  interrupted: ['warning', 'editorWarning.foreground'],
};

/** The runs of the open folders, the newest first, with their checkpoints. */
export class RunsView implements vscode.TreeDataProvider<Item>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly watcher = vscode.workspace.createFileSystemWatcher('**/.face-trainer/runs/*/run.json');
  private readonly tree: vscode.TreeView<Item>;

  constructor(onRunsChanged: vscode.Event<void>) {
    this.tree = vscode.window.createTreeView('faceTrainer.runs', { treeDataProvider: this, showCollapseAll: true });
    for (const event of [onRunsChanged, this.watcher.onDidCreate, this.watcher.onDidDelete])
      event(() => this.refresh());
  }

  refresh(): void {
    this.changed.fire();
  }

  getChildren(item?: Item): Item[] {
    if (!item) return allRuns().map((folder) => ({ kind: 'run', model: new RunModel(folder) }));
    return item.kind === 'run' ? checkpointsOf(item.model) : [];
  }

  getTreeItem(item: Item): vscode.TreeItem {
    return item.kind === 'run' ? runItem(item.model) : checkpointItem(item);
  }

  dispose(): void {
    this.tree.dispose();
    this.watcher.dispose();
    this.changed.dispose();
  }
}

/** Those that are still there; the newest first. */
export function checkpointsOf(model: RunModel): CheckpointItem[] {
  return model.checkpoints.map(({ path: relative, epoch }) => ({
    kind: 'checkpoint',
    model,
    path: path.join(model.runFolder, ...relative.split('/')),
    epoch,
  }));
}

function runItem(model: RunModel): vscode.TreeItem {
  const { state, phase } = model;
  const has = model.checkpoints.length > 0;
  const item = new vscode.TreeItem(
    model.title,
    has ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None,
  );
  const best = bestEpoch(state);
  const [icon, colour] = ICONS[phase];
  const quantized = state.run?.options.quantization !== undefined;
  const started = state.run ? new Date(state.run.startedAt).toLocaleString() : '';
  item.id = model.runFolder;
  item.description = [quantized ? 'int8' : '', best ? formatPercent(best.valAccuracy) : phase, started]
    .filter(Boolean)
    .join('  ·  ');
  item.tooltip = `${model.runFolder}\n${phase}`;
  item.iconPath = new vscode.ThemeIcon(icon, colour === undefined ? undefined : new vscode.ThemeColor(colour));
  item.contextValue = 'run';
  item.command = { command: 'faceTrainer.openRun', title: 'Open Run', arguments: [model.runFolder] };
  return item;
}

function checkpointItem({ model, path: folder, epoch }: CheckpointItem): vscode.TreeItem {
  const { epochs, run } = model.state;
  const item = new vscode.TreeItem(path.basename(folder).startsWith('step') ? path.basename(folder) : `Epoch ${epoch}`);
  const reached = epochs.find((e) => e.epoch === epoch)?.valAccuracy;
  const best = bestEpoch(model.state)?.epoch === epoch;
  item.id = folder;
  item.description = [formatPercent(reached), best ? 'best' : ''].filter(Boolean).join('  ·  ');
  item.tooltip = folder;
  item.iconPath = new vscode.ThemeIcon(best ? 'star-full' : 'archive');
  item.contextValue = run?.options.quantization ? 'checkpoint.quantized' : 'checkpoint.float';
  return item;
}
