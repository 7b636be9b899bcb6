import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { RunModel } from '../client/runModel.js';
import { PROTOCOL_VERSION, type MessageOf } from '../protocol/messages.js';
import { runJob } from './job.js';

interface Kind extends vscode.QuickPickItem {
  readonly precision: 'float32' | 'int8';
  readonly border: 'float32' | 'int8';
}

const FLOAT: Kind = {
  label: 'TensorFlow Lite, float32',
  detail: 'For a phone, a server or a browser; four times as large',
  precision: 'float32',
  border: 'float32',
};
const INTEGERS: readonly Kind[] = [
  {
    label: 'TensorFlow Lite, int8',
    detail: 'int8 throughout, input and output as well: for microcontrollers and accelerators',
    precision: 'int8',
    border: 'int8',
  },
  {
    label: 'TensorFlow Lite, int8 inside',
    detail: 'int8, with float32 input and output: takes the place of a float file',
    precision: 'int8',
    border: 'float32',
  },
];

/** Asks for the kind of file and its place, and has it written in a process of its own. */
export async function exportModel(checkpoint: string, entry: string, log: vscode.LogOutputChannel): Promise<void> {
  const run = new RunModel(path.resolve(checkpoint, '..', '..'));
  const quantized = run.state.run?.options.quantization !== undefined;
  const title = `Export ${run.title}, ${path.basename(checkpoint)}`;
  const kinds = quantized ? [...INTEGERS, FLOAT] : [FLOAT];
  const placeHolder = quantized ? 'Kind of file' : 'For int8, fine-tune this checkpoint first (Enable Quantization-Aware Fine-Tuning)';
  const kind = await vscode.window.showQuickPick(kinds, { title, placeHolder });
  if (!kind) return;
  const name = `${path.basename(checkpoint)}-${kind.precision}.tflite`;
  // The dialog opens in a folder that exists only.
  const exports = path.join(run.runFolder, 'exports');
  fs.mkdirSync(exports, { recursive: true });
  const chosen = await vscode.window.showSaveDialog({
    title,
    defaultUri: vscode.Uri.file(path.join(exports, name)),
    filters: { 'TensorFlow Lite': ['tflite'] },
  });
  if (fs.readdirSync(exports).length === 0 && chosen?.fsPath.startsWith(exports) !== true) fs.rmdirSync(exports);
  if (!chosen) return;
  const { precision, border } = kind;
  const options = { format: 'tflite', precision, border, part: 'classifier' } as const;
  const order = { type: 'export', protocol: PROTOCOL_VERSION, checkpoint, options, output: chosen.fsPath, measure: true } as const;
  const end = await runJob(order, title, entry, log);
  if (end.type === 'exported') await announce(end);
  else if (end.type === 'failure') void vscode.window.showErrorMessage(`${end.message} ${end.advice}`);
} // prettier-ignore

async function announce({ file, bytes }: MessageOf<'exported'>): Promise<void> {
  const reveal = 'Show in Explorer';
  const text = `${path.basename(file)} was written, ${(bytes / 1e6).toFixed(1)} MB.`;
  if ((await vscode.window.showInformationMessage(text, reveal)) === reveal)
    await vscode.commands.executeCommand('revealInExplorer', vscode.Uri.file(file));
}
