import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { exclusionFile } from '../../client/exclusionList.js';
import { formatCount } from '../../core/format.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import type { LastWord, MessageOf } from '../../protocol/jobs.js';
import type { TrainingOptions } from '../../protocol/options.js';
import type { DataPanels } from '../panels/dataPanels.js';
import { runJob } from '../job.js';
import { showPage } from '../panels/reportView.js';
import { runsFolderFor } from '../trainer.js';

/** What looks at pictures without training on them: checking, aligning, previewing. */
export class DataCommands {
  constructor(
    private readonly entry: string,
    private readonly panels: DataPanels,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  async check(dataset: string): Promise<void> {
    const settings = vscode.workspace.getConfiguration('faceTrainer');
    const pixelCacheMiB = settings.get('pixelCacheMiB', 20_480);
    const list = exclusionFile(runsFolderFor(dataset), dataset);
    const exclude = fs.existsSync(list) ? { exclude: list } : {};
    const order = { type: 'check', protocol: PROTOCOL_VERSION, dataset, size: 128, pixelCacheMiB, ...exclude } as const;
    const end = await runJob(order, `Checking “${path.basename(dataset)}”`, this.entry, this.log);
    if (end.type === 'checked') this.panels.report(end.report);
    else tellFailure(end);
  }

  async align(dataset: string): Promise<void> {
    const out = await vscode.window.showInputBox({
      title: `Align Faces of “${path.basename(dataset)}”`,
      prompt: 'Folder for the crops: new, or of an earlier run, which then goes on. The pictures stay as they are.',
      value: `${dataset}-aligned`,
      valueSelection: [dataset.length, dataset.length + '-aligned'.length],
      validateInput: (value) => (path.isAbsolute(value.trim()) ? undefined : 'An absolute path'),
    });
    if (out === undefined) return;
    const order = {
      type: 'align',
      protocol: PROTOCOL_VERSION,
      dataset,
      out: out.trim(),
      size: 224,
      threads: 0,
    } as const;
    const end = await runJob(order, `Aligning “${path.basename(dataset)}”`, this.entry, this.log);
    if (end.type !== 'aligned') tellFailure(end);
    else await announceAligned(end);
  }

  async preview(options: TrainingOptions): Promise<void> {
    const order = { type: 'preview', protocol: PROTOCOL_VERSION, options } as const;
    const end = await runJob(order, 'Drawing a preview', this.entry, this.log);
    if (end.type !== 'previewed') {
      tellFailure(end);
      return;
    }
    const facts = `${options.recipe} recipe, ${options.size} px, seed ${options.seed}: ${chanceInWords(options)}`;
    this.panels.samples({ type: 'samples', dataset: options.dataset, facts, samples: end.samples });
  }
}

async function announceAligned({ summary }: MessageOf<'aligned'>): Promise<void> {
  const [sheet, train] = ['Open Contact Sheet', 'Train on Them'] as const;
  const chosen = await vscode.window.showInformationMessage(
    `${formatCount(summary.aligned + summary.doubtful, 'face')} aligned, ${summary.doubtful} of them doubtful; ` +
      `${formatCount(summary.withoutFace + summary.unreadable, 'picture')} left out. The crops are in “${path.basename(summary.out)}”.`,
    sheet,
    train,
  );
  if (chosen === sheet) showPage('Contact sheet', fs.readFileSync(summary.contactSheet, 'utf8'));
  if (chosen === train) await vscode.commands.executeCommand('faceTrainer.trainModel', vscode.Uri.file(summary.out));
}

function tellFailure(end: LastWord): void {
  if (end.type === 'failure') void vscode.window.showErrorMessage(`${end.message} ${end.advice}`);
}

/** "mirrored, moved, turned by up to 10°". */
export function chanceInWords({ augmentation }: TrainingOptions): string {
  const { flip, shift, scale, rotation, brightness, contrast, saturation, erasing } = augmentation;
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const words = [
    flip && 'mirrored',
    shift && 'moved',
    scale > 0 && `scaled by up to ${percent(scale)}`,
    rotation > 0 && `turned by up to ${rotation}°`,
    brightness > 0 && `brightness changed by up to ${percent(brightness)}`,
    contrast > 0 && `contrast by up to ${percent(contrast)}`,
    saturation > 0 && `colours by up to ${percent(saturation)}`,
    erasing > 0 && `an area erased in ${percent(erasing)}`,
  ];
  return words.filter((word) => word !== false).join(', ') || 'nothing is left to chance';
}
