import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { RunModel } from '../../client/runModel.js';
import type { MessageOf } from '../../protocol/jobs.js';
import type { ActiveRun } from '../activeRun.js';
import { panelHtml } from './panelHtml.js';
import { RunPanel } from './runPanel.js';

export const RUN_VIEW = 'faceTrainer.run';

const savedState = z.object({ runFolder: z.string() });

/** The open panels, one for each run folder. They outlive a deactivation: the editor restores them after a reload. */
export class RunPanels implements vscode.WebviewPanelSerializer {
  private readonly open_ = new Map<string, RunPanel>();

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
    /** The run of this window, when it is this one. */
    private readonly ownerOf: (runFolder: string) => ActiveRun | undefined,
  ) {}

  /** Shows a run's panel, made anew where there is none. */
  open(runFolder: string): void {
    const present = this.open_.get(runFolder);
    if (present) {
      present.reveal();
      return;
    }
    const column = vscode.window.activeTextEditor?.viewColumn ?? vscode.ViewColumn.Active;
    const panel = vscode.window.createWebviewPanel(RUN_VIEW, 'Run', column, this.webviewOptions());
    this.attach(panel, runFolder);
  }

  /** After a reload of the window: the panel is drawn from its run folder. */
  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const saved = savedState.safeParse(state);
    panel.webview.options = this.webviewOptions();
    if (saved.success && !this.open_.has(saved.data.runFolder)) this.attach(panel, saved.data.runFolder);
    else panel.dispose();
    return Promise.resolve();
  }

  readOn(runFolder: string): void {
    this.open_.get(runFolder)?.readOn();
  }

  livenessChanged(runFolder: string): void {
    this.open_.get(runFolder)?.livenessChanged();
  }

  preparing(runFolder: string, message: MessageOf<'preparing'>): void {
    this.open_.get(runFolder)?.preparing(message);
  }

  /** The run whose panel is in front. */
  get activeRunFolder(): string | undefined {
    for (const [runFolder, panel] of this.open_) if (panel.active) return runFolder;
    return undefined;
  }

  private attach(panel: vscode.WebviewPanel, runFolder: string): void {
    const model = new RunModel(runFolder, this.ownerOf(runFolder));
    panel.iconPath = vscode.Uri.joinPath(this.extensionUri, 'media', 'run.svg');
    panel.webview.html = panelHtml(panel.webview, this.extensionUri);
    this.open_.set(model.runFolder, new RunPanel(panel, model, this.log, () => this.open_.delete(model.runFolder)));
    this.log.debug(`panel of ${path.basename(model.runFolder)} opened`);
  }

  private webviewOptions(): vscode.WebviewOptions {
    return { enableScripts: true, localResourceRoots: [vscode.Uri.joinPath(this.extensionUri, 'dist')] };
  }
}
