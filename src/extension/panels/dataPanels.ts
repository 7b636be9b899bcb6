import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { exclusionFile, exclusionList } from '../../client/exclusionList.js';
import type { DatasetReport } from '../../protocol/check.js';
import { dataPanelMessage, type DataPanelContent } from '../../protocol/dataPanel.js';
import { panelHtml } from './panelHtml.js';
import { runsFolderFor } from '../trainer.js';

/** Shows what a check has found, or what chance makes of pictures. One panel for each folder and kind. */
export class DataPanels {
  private readonly open = new Map<string, { panel: vscode.WebviewPanel; show: (content: DataPanelContent) => void }>();

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  report(report: DatasetReport): void {
    const written = exclusionFile(runsFolderFor(report.dataset), report.dataset);
    const list = fs.existsSync(written) ? { exclusionList: written } : {};
    this.show(report.dataset, `Check: ${path.basename(report.dataset)}`, { type: 'report', report, ...list });
  }

  samples(content: Extract<DataPanelContent, { type: 'samples' }>): void {
    this.show(content.dataset, `Preview: ${path.basename(content.dataset)}`, content);
  }

  private show(dataset: string, title: string, content: DataPanelContent): void {
    const key = `${content.type} ${dataset}`;
    const present = this.open.get(key);
    if (present) {
      present.panel.reveal();
      present.show(content);
      return;
    }
    const panel = vscode.window.createWebviewPanel('faceTrainer.data', title, vscode.ViewColumn.Active, {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(this.extensionUri, 'dist')],
    });
    let current = content;
    let ready = false;
    const post = () => {
      if (ready) void panel.webview.postMessage(current);
    };
    panel.webview.onDidReceiveMessage((raw) => {
      const message = dataPanelMessage.safeParse(raw);
      if (!message.success) {
        this.log.error(`panel message not understood: ${JSON.stringify(raw)}`);
        return;
      }
      switch (message.data.type) {
        case 'ready':
          ready = true;
          post();
          return;
        case 'train':
          void vscode.commands.executeCommand('faceTrainer.trainModel', vscode.Uri.file(dataset));
          return;
        case 'align':
          void vscode.commands.executeCommand('faceTrainer.alignFaces', vscode.Uri.file(dataset));
          return;
        case 'writeExclusions':
          if (current.type === 'report') current = { ...current, ...writeExclusions(current.report) };
          post();
          return;
        case 'open':
          void vscode.commands.executeCommand('vscode.open', vscode.Uri.file(path.join(dataset, message.data.file)));
          return;
        case 'failed':
          this.log.error(`panel: ${message.data.message}`);
          return;
      }
    });
    panel.onDidDispose(() => this.open.delete(key));
    panel.iconPath = vscode.Uri.joinPath(this.extensionUri, 'media', 'run.svg');
    panel.webview.html = panelHtml(panel.webview, this.extensionUri, 'data.js');
    const show = (next: DataPanelContent) => {
      current = next;
      post();
    };
    this.open.set(key, { panel, show });
  }
}

/** Next to the runs, where Train Model finds it. */
function writeExclusions(report: DatasetReport): { exclusionList: string } {
  const file = exclusionFile(runsFolderFor(report.dataset), report.dataset);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  if (!fs.existsSync(file)) fs.writeFileSync(file, exclusionList(report));
  void vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file), { preview: false });
  return { exclusionList: file };
}
