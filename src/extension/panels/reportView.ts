import fs from 'node:fs/promises';
import * as vscode from 'vscode';
import { RunModel } from '../../client/runModel.js';

/** Shows a run's report beside the panel. It carries its own style and policy and runs no script. */
export async function openReport(runFolder: string): Promise<void> {
  const model = new RunModel(runFolder);
  let html: string;
  try {
    html = await fs.readFile(model.reportFile, 'utf8');
  } catch {
    void vscode.window.showWarningMessage('This run has no report yet: it is written after every epoch.');
    return;
  }
  showPage(`Report: ${model.title}`, html);
}

/** Shows a page that carries its own style and policy and runs no script. */
export function showPage(title: string, html: string): void {
  const panel = vscode.window.createWebviewPanel('faceTrainer.report', title, vscode.ViewColumn.Active, {
    enableScripts: false,
  });
  panel.webview.html = html;
}
