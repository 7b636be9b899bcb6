import path from 'node:path';
import * as vscode from 'vscode';
import type { Comparison } from '../../protocol/comparison.js';
import { modelPanelMessage } from '../../protocol/modelPanel.js';
import { modelName } from '../modelName.js';
import { panelHtml } from './panelHtml.js';
import { TryPage, type ModelPage } from './tryPage.js';

/** Panels of networks: float and int8 beside each other, and pictures to try. One for each network and kind. */
export class ModelPanels {
  private readonly open = new Map<string, vscode.WebviewPanel>();

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly entry: string,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  compare(checkpoint: string, comparison: Comparison): void {
    const name = modelName(checkpoint);
    const key = `comparison ${checkpoint}`;
    this.open.get(key)?.dispose();
    this.show(key, `Float and int8: ${name}`, () => ({
      content: () => ({ type: 'comparison', title: name, comparison }),
      on: (message) => {
        if (message.type === 'open') {
          const file = vscode.Uri.file(path.join(comparison.dataset, message.file));
          void vscode.commands.executeCommand('vscode.open', file);
        } else if (message.type === 'export')
          void vscode.commands.executeCommand('faceTrainer.exportModel', checkpoint);
        else if (message.type === 'tryPicture') this.tryPictures(checkpoint);
      },
      close: () => undefined,
    }));
  }

  /** @param model a checkpoint's folder or an exported file */
  tryPictures(model: string): void {
    const name = modelName(model);
    this.show(`try ${model}`, `Try: ${name}`, (post) => new TryPage(name, model, this.entry, this.log, post));
  }

  private show(key: string, title: string, make: (post: () => void) => ModelPage): void {
    const present = this.open.get(key);
    if (present) {
      present.reveal();
      return;
    }
    const panel = vscode.window.createWebviewPanel('faceTrainer.model', title, vscode.ViewColumn.Active, {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(this.extensionUri, 'dist')],
    });
    let ready = false;
    const post = () => {
      if (ready) void panel.webview.postMessage(page.content());
    };
    const page: ModelPage = make(post);
    panel.webview.onDidReceiveMessage((raw) => {
      const message = modelPanelMessage.safeParse(raw);
      if (!message.success) this.log.error(`panel message not understood: ${JSON.stringify(raw).slice(0, 500)}`);
      else if (message.data.type === 'failed') this.log.error(`panel: ${message.data.message}`);
      else if (message.data.type === 'ready') {
        ready = true;
        post();
      } else page.on(message.data);
    });
    panel.onDidDispose(() => {
      this.open.delete(key);
      page.close();
    });
    panel.iconPath = vscode.Uri.joinPath(this.extensionUri, 'media', 'run.svg');
    panel.webview.html = panelHtml(panel.webview, this.extensionUri, 'model.js');
    this.open.set(key, panel);
  }
}
