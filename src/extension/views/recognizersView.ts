import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { EnrolledPicture, Person } from '../../recognizers/recognizer.js';
import type { Recognizers } from '../recognizers.js';
import { personRow, pictureRow, recognizerRow, type FaceRow } from './recognizerRows.js';

/** `kind` and the fields beside it are what commands read (commands/recognizerRows.ts). */
type Item =
  | { readonly kind: 'recognizer'; readonly recognizer: string }
  | { readonly kind: 'person'; readonly recognizer: string; readonly person: string; readonly of: Person }
  | {
      readonly kind: 'enrolledPicture';
      readonly recognizer: string;
      readonly person: string;
      readonly file: string;
      readonly of: Person;
      readonly picture: EnrolledPicture;
      readonly negative: boolean;
    };

/** The recognizers of the open folders: whom each knows, and by which pictures. */
export class RecognizersView implements vscode.TreeDataProvider<Item>, vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.emitter.event;
  private readonly tree: vscode.TreeView<Item>;
  private readonly folders: vscode.Disposable;
  private readonly unheard: () => void;
  private watchers: vscode.Disposable[] = [];

  constructor(private readonly recognizers: Recognizers) {
    this.tree = vscode.window.createTreeView('faceTrainer.recognizers', {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    this.folders = vscode.workspace.onDidChangeWorkspaceFolders(() => this.watch());
    this.unheard = recognizers.onChanged(() => this.refresh());
    this.watch();
  }

  /** What keys act on. */
  get selected(): unknown {
    return this.tree.selection[0];
  }

  /** Shows a recognizer that was just made, without taking the focus. */
  async show(recognizer: string): Promise<void> {
    this.refresh();
    if (this.tree.visible) await this.tree.reveal({ kind: 'recognizer', recognizer }, { focus: false, expand: true });
  }

  refresh(): void {
    this.emitter.fire(undefined);
  }

  getChildren(item?: Item): Item[] {
    if (!item)
      return this.recognizers
        .all()
        .filter((recognizer) => this.recognizers.record(recognizer))
        .map((recognizer) => ({ kind: 'recognizer', recognizer }));
    const { recognizer } = item;
    if (item.kind === 'recognizer')
      return (this.recognizers.record(recognizer)?.people ?? []).map((of) => ({
        kind: 'person',
        recognizer,
        person: of.name,
        of,
      }));
    if (item.kind === 'enrolledPicture') return [];
    const { of, person } = item;
    const row = (picture: EnrolledPicture, negative: boolean): Item => ({
      kind: 'enrolledPicture',
      ...{ recognizer, person, file: picture.file, of, picture, negative },
    });
    return [...of.pictures.map((one) => row(one, false)), ...of.negatives.map((one) => row(one, true))];
  }

  getParent(item: Item): Item | undefined {
    if (item.kind === 'recognizer') return undefined;
    const { recognizer, person, of } = item;
    return item.kind === 'person' ? { kind: 'recognizer', recognizer } : { kind: 'person', recognizer, person, of };
  }

  getTreeItem(item: Item): vscode.TreeItem {
    const { Collapsed, None } = vscode.TreeItemCollapsibleState;
    if (item.kind === 'recognizer') {
      const drawn = treeItem(recognizerRow(this.recognizers.summary(item.recognizer)!), Collapsed);
      drawn.id = item.recognizer;
      return drawn;
    }
    if (item.kind === 'person') {
      const drawn = treeItem(personRow(item.recognizer, item.of), Collapsed);
      drawn.id = JSON.stringify([item.recognizer, item.person]);
      return drawn;
    }
    const drawn = treeItem(pictureRow(item.of, item.picture, item.negative), None);
    drawn.id = JSON.stringify([item.recognizer, item.person, item.negative, item.file]);
    drawn.command = { command: 'vscode.open', title: 'Open Picture', arguments: [vscode.Uri.file(item.file)] };
    return drawn;
  }

  dispose(): void {
    this.unheard();
    for (const one of [this.tree, this.folders, this.emitter, ...this.watchers]) one.dispose();
  }

  /** Those of other windows and of the command line come, change and go, too. */
  private watch(): void {
    for (const watcher of this.watchers) watcher.dispose();
    this.watchers = this.recognizers.bases.flatMap((base) => {
      const within = (pattern: string) => new vscode.RelativePattern(vscode.Uri.file(base), pattern);
      const files = vscode.workspace.createFileSystemWatcher(within('*/recognizer.json'));
      const folders = vscode.workspace.createFileSystemWatcher(within('*'), true, true);
      const told = ({ fsPath }: vscode.Uri) => this.recognizers.changed(path.dirname(fsPath));
      files.onDidCreate(told);
      files.onDidChange(told);
      for (const watcher of [files, folders]) watcher.onDidDelete(() => this.refresh());
      return [files, folders];
    });
    this.refresh();
  }
}

function treeItem(row: FaceRow, state: vscode.TreeItemCollapsibleState): vscode.TreeItem {
  const item = new vscode.TreeItem(row.label, state);
  const picture = row.picture !== undefined && fs.existsSync(row.picture) ? vscode.Uri.file(row.picture) : undefined;
  item.description = row.description;
  item.iconPath =
    picture ?? new vscode.ThemeIcon(row.icon, row.colour === undefined ? undefined : new vscode.ThemeColor(row.colour));
  item.tooltip = new vscode.MarkdownString().appendText(row.hint);
  // Shown large: in the row a face is as small as an icon.
  if (picture) item.tooltip.appendMarkdown(`\n\n![](${picture.toString()}|width=160)`);
  item.accessibilityInformation = { label: row.spoken };
  item.contextValue = row.kind;
  return item;
}
