import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { EnrolledPicture, Person } from '../../recognizers/recognizer.js';
import type { Recognizers } from '../recognizers.js';
import type { LazyTree, Rows } from './lazyTree.js';
import { personRow, pictureRow, recognizerRow, type FaceRow } from './recognizerRows.js';

/** `kind` and the fields beside it are what commands read (commands/recognizerRows.ts). */
export type RecognizerItem =
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
export class RecognizersView implements Rows<RecognizerItem>, vscode.Disposable {
  private readonly folders: vscode.Disposable;
  private readonly unheard: () => void;
  private watchers: vscode.Disposable[] = [];

  constructor(
    private readonly recognizers: Recognizers,
    private readonly tree: LazyTree<RecognizerItem>,
  ) {
    this.folders = vscode.workspace.onDidChangeWorkspaceFolders(() => {
      this.watch();
      this.refresh();
    });
    this.unheard = recognizers.onChanged(() => this.refresh());
    this.watch();
  }

  /** What keys act on. */
  get selected(): unknown {
    return this.tree.view.selection[0];
  }

  /** Shows a recognizer that was just made, without taking the focus. */
  async show(recognizer: string): Promise<void> {
    this.refresh();
    if (this.tree.view.visible)
      await this.tree.view.reveal({ kind: 'recognizer', recognizer }, { focus: false, expand: true });
  }

  refresh(): void {
    this.tree.changed.fire(undefined);
  }

  getChildren(item?: RecognizerItem): RecognizerItem[] {
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
    const row = (picture: EnrolledPicture, negative: boolean): RecognizerItem => ({
      kind: 'enrolledPicture',
      ...{ recognizer, person, file: picture.file, of, picture, negative },
    });
    return [...of.pictures.map((one) => row(one, false)), ...of.negatives.map((one) => row(one, true))];
  }

  getParent(item: RecognizerItem): RecognizerItem | undefined {
    if (item.kind === 'recognizer') return undefined;
    const { recognizer, person, of } = item;
    return item.kind === 'person' ? { kind: 'recognizer', recognizer } : { kind: 'person', recognizer, person, of };
  }

  getTreeItem(item: RecognizerItem): vscode.TreeItem {
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
    for (const one of [this.folders, ...this.watchers]) one.dispose();
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
