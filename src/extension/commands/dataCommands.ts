import fs from 'node:fs';
import path from 'node:path';
import { exclusionFile } from '../../client/exclusionList.js';
import { formatCount } from '../../core/format.js';
import { rateWords } from '../../core/rateWords.js';
import type { DatasetReport } from '../../protocol/check.js';
import type { DataPanelContent } from '../../protocol/dataPanel.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import type { MessageOf } from '../../protocol/jobs.js';
import type { TrainingOptions } from '../../protocol/options.js';
import type { Editor } from '../editor.js';
import { faceWeightsSetting } from '../faceWeightsSetting.js';
import { tellEnd } from '../failures.js';
import type { Jobs } from '../job.js';
import { showResult } from '../lateResult.js';
import type { DataPanels } from '../panels/dataPanels.js';
import type { Reports } from '../panels/reports.js';
import { runsFolderFor } from '../runsFolders.js';

type Samples = Extract<DataPanelContent, { type: 'samples' }>;

/** What looks at pictures without training on them: checking, aligning, previewing. */
export class DataCommands {
  constructor(
    private readonly editor: Editor,
    private readonly jobs: Jobs,
  ) {}

  /** @param options of the training that may follow: what is too small depends on them, and what is decoded is kept for it */
  async check(options: TrainingOptions, panels: DataPanels): Promise<void> {
    const { dataset, size, augmentation, pixelCacheMiB } = options;
    const list = exclusionFile(runsFolderFor(this.editor, dataset), dataset);
    const exclude = fs.existsSync(list) ? { exclude: list } : {};
    const protocol = PROTOCOL_VERSION;
    const order = {
      type: 'check',
      protocol,
      dataset,
      size,
      augmentation,
      pixelCacheMiB,
      ...exclude,
      faces: 'on',
      ...faceWeightsSetting(this.editor),
    } as const;
    const began = performance.now();
    const end = await this.jobs.run(order, `Checking “${path.basename(dataset)}”`);
    if (end.type !== 'checked') {
      tellEnd(this.editor, end);
      return;
    }
    await showResult(this.editor, performance.now() - began, summaryOf(end.report), (focus) =>
      panels.report(end.report, focus),
    );
  }

  async align(dataset: string, reports: Reports): Promise<void> {
    const out = await this.editor.input({
      title: `Align Faces of “${path.basename(dataset)}”`,
      prompt:
        'Folder for the crops: a new one, or that of an earlier run, which then continues. Your pictures are not changed.',
      value: `${dataset}-aligned`,
      selection: [dataset.length, dataset.length + '-aligned'.length],
      problem: (value) => (path.isAbsolute(value.trim()) ? undefined : 'Enter an absolute path'),
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
    const end = await this.jobs.run(order, `Aligning “${path.basename(dataset)}”`);
    if (end.type !== 'aligned') tellEnd(this.editor, end);
    else await announceAligned(this.editor, reports, end);
  }

  async preview(options: TrainingOptions, panels: DataPanels): Promise<void> {
    const samples = await this.draw(options);
    if (samples) panels.samples(options, samples, false);
  }

  /** @returns undefined when it could not be drawn, which the user was told */
  async draw(options: TrainingOptions): Promise<Samples | undefined> {
    const order = { type: 'preview', protocol: PROTOCOL_VERSION, options } as const;
    const end = await this.jobs.run(order, 'Drawing a preview');
    if (end.type !== 'previewed') {
      tellEnd(this.editor, end);
      return undefined;
    }
    const facts = `${options.recipe} recipe, ${options.size} px, seed ${options.seed}: ${chanceInWords(options)}`;
    return { type: 'samples', dataset: options.dataset, facts, samples: end.samples };
  }
}

/** @throws nothing: what is wrong the user is told */
export async function findRate(
  editor: Editor,
  jobs: Jobs,
  options: TrainingOptions,
  panels: DataPanels,
): Promise<void> {
  const began = performance.now();
  const order = { type: 'findRate', protocol: PROTOCOL_VERSION, options } as const;
  const end = await jobs.run(order, `Finding a learning rate for “${path.basename(options.dataset)}”`);
  if (end.type !== 'rateFound') {
    tellEnd(editor, end);
    return;
  }
  const { search } = end;
  await showResult(editor, performance.now() - began, rateWords(search)[0]!, (focus) => panels.rate(search, focus));
}

/** "“people” was checked: 2 errors, 3 warnings." */
export function summaryOf({ dataset, findings }: Pick<DatasetReport, 'dataset' | 'findings'>): string {
  const count = (severity: string) => findings.filter((finding) => finding.severity === severity).length;
  return `“${path.basename(dataset)}” was checked: ${formatCount(count('error'), 'error')}, ${formatCount(count('warning'), 'warning')}.`;
}

async function announceAligned(editor: Editor, reports: Reports, { summary }: MessageOf<'aligned'>): Promise<void> {
  const [sheet, train] = ['Open Contact Sheet', 'Train on Them'] as const;
  const chosen = await editor.say(
    'information',
    `${formatCount(summary.aligned + summary.doubtful, 'face')} aligned, ${summary.doubtful} of them doubtful; ` +
      `${formatCount(summary.withoutFace + summary.unreadable, 'picture')} left out. The crops are in “${path.basename(summary.out)}”.`,
    sheet,
    train,
  );
  if (chosen === sheet) reports.openContactSheet(summary.contactSheet);
  if (chosen === train) await editor.execute('faceTrainer.trainModel', { scheme: 'file', fsPath: summary.out });
}

/** "mirrored, moved, turned by up to 10°". */
export function chanceInWords({ augmentation }: Pick<TrainingOptions, 'augmentation'>): string {
  const { flip, shift, scale, rotation, brightness, contrast, saturation, erasing } = augmentation;
  const { offset, small, dark, moved, covered } = augmentation;
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
    offset > 0 && `shifted by up to ${percent(offset)}`,
    small > 0 && `${percent(small)} small`,
    dark > 0 && `${percent(dark)} dark`,
    moved > 0 && `${percent(moved)} blurred by motion`,
    covered > 0 && `${percent(covered)} covered in part`,
  ];
  return words.filter((word) => word !== false).join(', ') || 'no random changes';
}
