import * as vscode from 'vscode';
import type { Editor } from '../editor.js';
import { checkpointRow, runRow, type Row } from './runRows.js';
import { allRuns, factsOf, type CheckpointRow, type RunFacts } from './runsCatalog.js';

/** `kind` and the fields beside it are what commands read (commands/arguments.ts). */
interface RunItem {
  readonly kind: 'run';
  readonly runFolder: string;
  facts: RunFacts;
}
interface CheckpointItem {
  readonly kind: 'checkpoint';
  readonly path: string;
  readonly run: RunItem;
  readonly checkpoint: CheckpointRow;
}
type Item = RunItem | CheckpointItem;

/** The runs of the open folders, the newest first, with their checkpoints. */
export class RunsView implements vscode.TreeDataProvider<Item>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<Item | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly watcher = vscode.workspace.createFileSystemWatcher('**/.face-trainer/runs/*/run.json');
  private readonly tree: vscode.TreeView<Item>;
  /** The editor knows a row by its object: one that changes keeps it. */
  private readonly items = new Map<string, RunItem>();

  constructor(private readonly editor: Editor) {
    this.tree = vscode.window.createTreeView('faceTrainer.runs', { treeDataProvider: this, showCollapseAll: true });
    this.watcher.onDidCreate(() => this.refresh());
    this.watcher.onDidDelete(() => this.refresh());
  }

  refresh(): void {
    this.changed.fire(undefined);
  }

  /** Draws one row anew; the list when it is not there yet. */
  runChanged(runFolder: string): void {
    const item = this.items.get(runFolder);
    if (item) item.facts = factsOf(this.editor, runFolder);
    this.changed.fire(item);
  }

  getChildren(item?: Item): Item[] {
    if (!item) return this.roots();
    if (item.kind === 'checkpoint') return [];
    return item.facts.checkpoints.map((checkpoint) => ({
      kind: 'checkpoint',
      path: checkpoint.path,
      run: item,
      checkpoint,
    }));
  }

  getTreeItem(item: Item): vscode.TreeItem {
    if (item.kind === 'checkpoint') return treeItem(checkpointRow(item.run.facts, item.checkpoint), false);
    const { facts, runFolder } = item;
    const drawn = treeItem(runRow(facts, new Date()), facts.checkpoints.length > 0);
    drawn.command = { command: 'faceTrainer.openRun', title: 'Open Run', arguments: [runFolder] };
    return drawn;
  }

  dispose(): void {
    this.tree.dispose();
    this.watcher.dispose();
    this.changed.dispose();
  }

  private roots(): RunItem[] {
    const drawn = allRuns(this.editor).map((facts): RunItem => {
      const present = this.items.get(facts.runFolder);
      return present ? Object.assign(present, { facts }) : { kind: 'run', runFolder: facts.runFolder, facts };
    });
    this.items.clear();
    for (const item of drawn) this.items.set(item.runFolder, item);
    return drawn;
  }
}

function treeItem(row: Row, expandable: boolean): vscode.TreeItem {
  const { Collapsed, None } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(row.label, expandable ? Collapsed : None);
  item.id = row.path;
  item.description = row.description;
  item.iconPath = new vscode.ThemeIcon(
    row.icon,
    row.colour === undefined ? undefined : new vscode.ThemeColor(row.colour),
  );
  // As Markdown: a screen reader reads out a tooltip of plain text, here a path.
  item.tooltip = new vscode.MarkdownString().appendText(row.hint).appendCodeblock(row.path, 'text');
  item.accessibilityInformation = { label: row.spoken };
  item.contextValue = row.kind;
  return item;
}
