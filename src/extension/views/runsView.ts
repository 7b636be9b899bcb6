import path from 'node:path';
import * as vscode from 'vscode';
import type { Editor } from '../editor.js';
import type { LazyTree, Rows } from './lazyTree.js';
import { checkpointRow, runRow, type Row } from './runRows.js';
import { allRuns, factsOf, runFolders, runsFolders, type CheckpointRow, type RunFacts } from './runsCatalog.js';

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
/** A training that waits, as it is drawn, by its name in the queue. */
export interface WaitingRow {
  readonly id: string;
  readonly row: Row;
}
interface WaitingItem extends WaitingRow {
  readonly kind: 'waiting';
}
export type RunsItem = RunItem | CheckpointItem | WaitingItem;

const LOOK_MS = 10_000;
const UNDER_WAY: ReadonlySet<RunFacts['phase']> = new Set(['preparing', 'training', 'silent']);

/** What waits, then the runs of the open folders, the newest first, with their checkpoints. */
export class RunsView implements Rows<RunsItem>, vscode.Disposable {
  private readonly settings: vscode.Disposable;
  private readonly folders: vscode.Disposable;
  private watchers: vscode.Disposable[] = [];
  private waiting: readonly WaitingItem[] = [];
  private readonly timer: NodeJS.Timeout;
  /** The editor knows a row by its object: one that changes keeps it. */
  private readonly items = new Map<string, RunItem>();

  constructor(
    private readonly editor: Editor,
    private readonly tree: LazyTree<RunsItem>,
  ) {
    this.settings = vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('faceTrainer.runFolder')) this.watchAgain();
    });
    this.folders = vscode.workspace.onDidChangeWorkspaceFolders(() => this.watchAgain());
    // Of a run that does not answer any more, or whose process is gone, no file tells; of files in a folder that has just been made, the
    // system does not always.
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.timer.unref();
    this.watch();
  }

  private look(): void {
    if (!this.tree.view.visible) return;
    if (
      runsFolders(this.editor)
        .flatMap(runFolders)
        .some((one) => !this.items.has(one))
    )
      this.refresh();
    for (const { runFolder, facts } of this.items.values()) if (UNDER_WAY.has(facts.phase)) this.runChanged(runFolder);
  }

  /** What waits on this machine, wherever its run will lie: all of it comes before what is started next. */
  showWaiting(rows: readonly WaitingRow[]): void {
    this.waiting = rows.map((row) => ({ kind: 'waiting', ...row }));
    this.refresh();
  }

  refresh(): void {
    this.tree.changed.fire(undefined);
  }

  /** Draws one row anew; the list when it is not there yet. A row that says the same stays as it is, under the mouse or not. */
  runChanged(runFolder: string): void {
    const item = this.items.get(runFolder);
    if (item) {
      const facts = factsOf(this.editor, runFolder);
      if (JSON.stringify(facts) === JSON.stringify(item.facts)) return;
      item.facts = facts;
    }
    this.tree.changed.fire(item);
  }

  getChildren(item?: RunsItem): RunsItem[] {
    if (!item) return [...this.waiting, ...this.roots()];
    if (item.kind !== 'run') return [];
    return item.facts.checkpoints.map((checkpoint) => ({
      kind: 'checkpoint',
      path: checkpoint.path,
      run: item,
      checkpoint,
    }));
  }

  getTreeItem(item: RunsItem): vscode.TreeItem {
    if (item.kind === 'checkpoint') return treeItem(checkpointRow(item.run.facts, item.checkpoint), false);
    if (item.kind === 'waiting') return treeItem(item.row, false);
    const { facts, runFolder } = item;
    const drawn = treeItem(runRow(facts, new Date()), facts.checkpoints.length > 0);
    drawn.command = { command: 'faceTrainer.openRun', title: 'Open Run', arguments: [runFolder] };
    return drawn;
  }

  dispose(): void {
    clearInterval(this.timer);
    for (const one of [this.settings, this.folders, ...this.watchers]) one.dispose();
  }

  /** Runs of other windows and of the command line come, go on and go, too: their summaries tell. */
  private watch(): void {
    for (const watcher of this.watchers) watcher.dispose();
    this.watchers = runsFolders(this.editor).flatMap((runs) => {
      const within = (pattern: string) => new vscode.RelativePattern(vscode.Uri.file(runs), pattern);
      const files = vscode.workspace.createFileSystemWatcher(within('*/{run,summary}.json'));
      // Of a folder that goes with all that is in it, the editor tells the folder alone.
      const folders = vscode.workspace.createFileSystemWatcher(within('*'), true, true);
      const told = ({ fsPath }: vscode.Uri) => this.runChanged(path.dirname(fsPath));
      files.onDidCreate(told);
      files.onDidChange(told);
      for (const watcher of [files, folders]) watcher.onDidDelete(() => this.refresh());
      return [files, folders];
    });
  }

  private watchAgain(): void {
    this.watch();
    this.refresh();
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
