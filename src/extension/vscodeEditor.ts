import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type {
  ChooseOptions,
  Editor,
  Filters,
  InputOptions,
  PageScript,
  Panel,
  PickItem,
  PickOptions,
  Place,
  Report,
  Severity,
} from './editor.js';
import type { KeptLog } from './keptLog.js';
import { pageHtml } from './panels/pageHtml.js';

/** The editor as VS Code is it. Nothing here decides anything. */
export class VscodeEditor implements Editor {
  constructor(
    private readonly context: vscode.ExtensionContext,
    readonly log: KeptLog,
  ) {}

  get version(): string {
    return `${vscode.env.appName} ${vscode.version}`;
  }

  get trusted(): boolean {
    return vscode.workspace.isTrusted;
  }
  get occupied(): boolean {
    return !vscode.window.state.focused || vscode.window.activeTextEditor !== undefined;
  }
  get workspaceFolders(): string[] {
    return (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
  }
  get storage(): string {
    return this.context.globalStorageUri.fsPath;
  }
  workspaceFolderOf(file: string): string | undefined {
    return vscode.workspace.getWorkspaceFolder(vscode.Uri.file(file))?.uri.fsPath;
  }
  setting(name: string): unknown {
    const section = name.includes('.') ? undefined : 'faceTrainer';
    return vscode.workspace.getConfiguration(section).get(name);
  }

  isSet(name: string): boolean {
    const { globalValue, workspaceValue, workspaceFolderValue } =
      vscode.workspace.getConfiguration('faceTrainer').inspect(name) ?? {};
    return [globalValue, workspaceValue, workspaceFolderValue].some((value) => value !== undefined);
  }
  async keepSetting(name: string, value: unknown): Promise<void> {
    await vscode.workspace.getConfiguration('faceTrainer').update(name, value, vscode.ConfigurationTarget.Global);
  }

  async say<B extends string>(severity: Severity, message: string, ...buttons: readonly B[]): Promise<B | undefined> {
    return SAY[severity](message, ...buttons);
  }
  async ask<B extends string>(message: string, detail: string, ...buttons: readonly B[]): Promise<B | undefined> {
    return vscode.window.showInformationMessage(message, { modal: true, detail }, ...buttons);
  }
  async pick<T extends PickItem>(items: readonly T[], options: PickOptions): Promise<T | undefined> {
    const rows = items.map((item) => ({ ...rowOf(item), item }));
    const matching = { matchOnDescription: true, matchOnDetail: true };
    return (await vscode.window.showQuickPick(rows, { ...options, ...matching }))?.item;
  }
  async pickMany<T extends PickItem>(items: readonly T[], options: PickOptions): Promise<readonly T[]> {
    const rows = items.map((item) => ({ ...rowOf(item), item }));
    const matching = { matchOnDescription: true, matchOnDetail: true, canPickMany: true } as const;
    return ((await vscode.window.showQuickPick(rows, { ...options, ...matching })) ?? []).map(({ item }) => item);
  }
  async input({ problem, selection, ...options }: InputOptions): Promise<string | undefined> {
    const selected = selection && { valueSelection: selection };
    return vscode.window.showInputBox({ ...options, validateInput: problem, ...selected });
  }
  async chooseFiles({ title, openLabel, what, filters }: ChooseOptions): Promise<readonly Place[]> {
    const defaultUri = vscode.workspace.workspaceFolders?.[0]?.uri;
    const chosen = await vscode.window.showOpenDialog({
      title,
      openLabel,
      canSelectFolders: what === 'folder',
      canSelectFiles: what !== 'folder',
      canSelectMany: what === 'files',
      ...(filters && { filters: mutable(filters) }),
      ...(defaultUri && { defaultUri }),
    });
    return chosen ?? [];
  }
  async choosePlace(options: { title: string; place: string; filters: Filters }): Promise<string | undefined> {
    const { title, place, filters } = options;
    const defaultUri = vscode.Uri.file(place);
    return (await vscode.window.showSaveDialog({ title, defaultUri, filters: mutable(filters) }))?.fsPath;
  }
  async progress<T>(title: string, work: (report: Report, cancelled: AbortSignal) => Promise<T>): Promise<T> {
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    return vscode.window.withProgress(options, (progress, cancelled) => {
      const abort = new AbortController();
      cancelled.onCancellationRequested(() => abort.abort());
      return work((increment, message) => progress.report({ increment, message }), abort.signal);
    });
  }

  async execute(command: string, ...args: readonly unknown[]): Promise<unknown> {
    return vscode.commands.executeCommand(command, ...args);
  }
  async copy(text: string): Promise<void> {
    await vscode.env.clipboard.writeText(text);
  }
  async open(file: string): Promise<void> {
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file), { preview: false });
  }
  async preview(file: string): Promise<void> {
    await vscode.commands.executeCommand('markdown.showPreview', vscode.Uri.file(file));
  }
  async revealInExplorer(file: string): Promise<void> {
    await vscode.commands.executeCommand('revealInExplorer', vscode.Uri.file(file));
  }
  async addressOf(url: string): Promise<string> {
    return (await vscode.env.asExternalUri(vscode.Uri.parse(url))).toString(true);
  }
  async browse(address: string): Promise<void> {
    await vscode.env.openExternal(vscode.Uri.parse(address));
  }
  newPanel(view: string, title: string, focus: boolean): Panel {
    const place = { viewColumn: columnFor(focus), preserveFocus: !focus };
    return panelOf(vscode.window.createWebviewPanel(view, title, place), this.context.extensionUri);
  }
  closePanels(view: string, title: string): void {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    // The editor puts a word of its own before the name of a view.
    const ours = ({ input, label }: vscode.Tab) =>
      input instanceof vscode.TabInputWebview && input.viewType.endsWith(`-${view}`) && label === title;
    void vscode.window.tabGroups.close(tabs.filter(ours), true);
  }
}

const SAY: Record<Severity, <B extends string>(message: string, ...buttons: B[]) => Thenable<B | undefined>> = {
  information: (message, ...buttons) => vscode.window.showInformationMessage(message, ...buttons),
  warning: (message, ...buttons) => vscode.window.showWarningMessage(message, ...buttons),
  error: (message, ...buttons) => vscode.window.showErrorMessage(message, ...buttons),
};

/**
 * Where a panel appears. Without the focus it goes beside a text, never over it: what covers a text takes its keys, whoever has
 * the focus.
 */
function columnFor(focus: boolean, present?: vscode.ViewColumn): vscode.ViewColumn {
  const text = vscode.window.activeTextEditor;
  if (focus || text === undefined) return present ?? vscode.ViewColumn.Active;
  return present === undefined || present === text.viewColumn ? vscode.ViewColumn.Beside : present;
}

/** A panel of the editor, with the extension's page in it or not yet. */
export function panelOf(panel: vscode.WebviewPanel, extensionUri: vscode.Uri): Panel {
  const dist = vscode.Uri.joinPath(extensionUri, 'dist');
  panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'run.svg');
  const { webview } = panel;
  return {
    get title() {
      return panel.title;
    },
    set title(title: string) {
      panel.title = title;
    },
    get active() {
      return panel.active;
    },
    load: (script: PageScript, saved: object) => {
      const address = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString();
      webview.options = { enableScripts: true, localResourceRoots: [dist] };
      webview.html = pageHtml({
        script: address(script),
        style: address('panel.css'),
        styleSource: webview.cspSource,
        nonce: randomBytes(16).toString('base64'),
        saved,
      });
    },
    print: (html) => {
      webview.options = { enableScripts: false, localResourceRoots: [] };
      webview.html = html;
    },
    post: (message) => void webview.postMessage(message),
    reveal: (focus) => panel.reveal(columnFor(focus, panel.viewColumn), !focus),
    close: () => void panel.dispose(),
    onMessage: (listener) => void webview.onDidReceiveMessage(listener),
    onClosed: (listener) => void panel.onDidDispose(listener),
  };
}

function rowOf({ label, description, detail, separator }: PickItem): vscode.QuickPickItem {
  return {
    label,
    ...(description === undefined ? {} : { description }),
    ...(detail === undefined ? {} : { detail }),
    ...(separator ? { kind: vscode.QuickPickItemKind.Separator } : {}),
  };
}

function mutable(filters: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(filters).map(([words, endings]) => [words, [...endings]]));
}
