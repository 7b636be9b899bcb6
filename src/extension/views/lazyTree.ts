import * as vscode from 'vscode';

/** What draws the rows of a tree. */
export type Rows<T> = Pick<vscode.TreeDataProvider<T>, 'getChildren' | 'getTreeItem' | 'getParent'>;

/** A tree of the side bar that stands there from the start; what draws its rows is read when somebody looks at it. */
export class LazyTree<T> implements vscode.TreeDataProvider<T>, vscode.Disposable {
  readonly changed = new vscode.EventEmitter<T | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  readonly view: vscode.TreeView<T>;

  constructor(
    id: string,
    private readonly rows: () => Promise<Rows<T>>,
  ) {
    this.view = vscode.window.createTreeView(id, { treeDataProvider: this, showCollapseAll: true });
  }

  async getChildren(row?: T): Promise<T[]> {
    return (await (await this.rows()).getChildren(row)) ?? [];
  }

  async getTreeItem(row: T): Promise<vscode.TreeItem> {
    return (await this.rows()).getTreeItem(row);
  }

  async getParent(row: T): Promise<T | undefined> {
    return (await (await this.rows()).getParent?.(row)) ?? undefined;
  }

  dispose(): void {
    this.view.dispose();
    this.changed.dispose();
  }
}
