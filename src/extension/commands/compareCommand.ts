import * as vscode from 'vscode';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { runJob } from '../job.js';
import { modelName } from '../modelName.js';
import type { ModelPanels } from '../panels/modelPanels.js';

/** Measures float and int8 of a checkpoint in a process of its own and shows them beside each other. */
export async function compareModels(
  checkpoint: string,
  panels: ModelPanels,
  entry: string,
  log: vscode.LogOutputChannel,
): Promise<void> {
  const order = { type: 'compare', protocol: PROTOCOL_VERSION, checkpoint } as const;
  const end = await runJob(order, `Comparing float and int8 of ${modelName(checkpoint)}`, entry, log);
  if (end.type === 'compared') panels.compare(checkpoint, end.comparison);
  else if (end.type === 'failure') void vscode.window.showErrorMessage(`${end.message} ${end.advice}`);
}
