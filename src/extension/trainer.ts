import path from 'node:path';
import * as vscode from 'vscode';
import { defaultRunsFolder, newRunFolder } from '../runs/runLocation.js';
import { RunModel } from '../client/runModel.js';
import { formatPercent } from '../core/format.js';
import { PROTOCOL_VERSION } from '../protocol/handshake.js';
import type { TrainerMessage } from '../protocol/jobs.js';
import type { TrainingOptions } from '../protocol/options.js';
import { ActiveRun, type ActiveRunListener, type RunEnd, type RunOrder } from './activeRun.js';
import { wayOn } from './commands/fineTuneAgain.js';
import { trainingSettings } from './trainingSettings.js';
import type { RunPanels } from './panels/runPanels.js';
import type { TrainingStatus } from './views/trainingStatus.js';

/** Starts, stops and announces the training of this window: one at a time, since a run takes every core. */
export class Trainer implements ActiveRunListener, vscode.Disposable {
  private active: ActiveRun | undefined;
  private readonly runsChanged = new vscode.EventEmitter<void>();
  /** A run of this window began, went on or ended. */
  readonly onRunsChanged = this.runsChanged.event;

  constructor(
    private readonly entry: string,
    private readonly panels: RunPanels,
    private readonly status: TrainingStatus,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  get activeRun(): ActiveRun | undefined {
    return this.active;
  }

  start(options: TrainingOptions): void {
    const runFolder = newRunFolder(runsFolderFor(options.dataset), options.dataset, new Date());
    this.run({ type: 'train', protocol: PROTOCOL_VERSION, runFolder, options }, path.basename(options.dataset));
  }

  /** @param checkpoint folder; the new run comes to lie beside its run */
  fineTune(checkpoint: string, wishes: Extract<RunOrder, { type: 'qat' }>['wishes']): void {
    const parent = path.resolve(checkpoint, '..', '..');
    const name = new RunModel(parent).title;
    const runFolder = newRunFolder(path.dirname(parent), `${name}-int8`, new Date());
    const settings = trainingSettings();
    this.run(
      { type: 'qat', protocol: PROTOCOL_VERSION, runFolder, checkpoint, wishes: { ...settings, ...wishes } },
      name,
    );
  }

  private run(order: RunOrder, name: string): void {
    const { runFolder } = order;
    this.log.info(`training on ${name}, run folder ${runFolder}`);
    this.active = new ActiveRun(order, name, this.entry, this);
    this.status.show(runFolder, name);
    void vscode.commands.executeCommand('setContext', 'faceTrainer.training', true);
  }

  stop(): void {
    this.active?.stop();
    if (this.active) this.panels.livenessChanged(this.active.runFolder);
  }

  onMessage(run: ActiveRun, message: TrainerMessage): void {
    if (message.type === 'hello') return;
    this.status.update(message);
    if (message.type === 'preparing') {
      this.panels.preparing(run.runFolder, message);
      return;
    }
    if (message.type === 'run' || message.type === 'epoch' || message.type === 'checkpoint') this.runsChanged.fire();
    if (message.type === 'run') {
      this.panels.open(run.runFolder);
      return;
    }
    if (message.type === 'warning') this.log.warn(message.message, message.advice);
    this.panels.readOn(run.runFolder);
  }

  onOutput(line: string): void {
    this.log.info(line);
  }

  onEnd(run: ActiveRun, end: RunEnd): void {
    this.active = undefined;
    this.status.hide();
    this.panels.readOn(run.runFolder);
    this.runsChanged.fire();
    void vscode.commands.executeCommand('setContext', 'faceTrainer.training', false);
    if (end.type === 'failure') this.log.error(end.message, end.advice);
    void announce(run, end);
  }

  dispose(): void {
    this.active?.stop();
    this.runsChanged.dispose();
  }
}

/** One notification at the end of a run. */
async function announce(run: ActiveRun, end: RunEnd): Promise<void> {
  const model = new RunModel(run.runFolder);
  const openRun = 'Open Run';
  const openReport = 'Open Report';
  const showLog = 'Show Log';
  // A folder that was refused before the run began has nothing to open.
  const again = end.type === 'failure' ? wayOn(run.order, end.code) : undefined;
  const opens = [
    ...(again ? [again.title] : []),
    ...(model.hasReport ? [openReport] : []),
    ...(model.events.length > 0 ? [openRun] : []),
  ];
  const chosen =
    end.type === 'failure'
      ? await vscode.window.showErrorMessage(`${end.message} ${end.advice}`, ...opens, showLog)
      : await vscode.window.showInformationMessage(success(run.name, end), ...opens);
  if (again && chosen === again.title) await again.run();
  if (chosen === openRun) await vscode.commands.executeCommand('faceTrainer.openRun', run.runFolder);
  if (chosen === openReport) await vscode.commands.executeCommand('faceTrainer.openReport', run.runFolder);
  if (chosen === showLog) await vscode.commands.executeCommand('faceTrainer.showLog');
}

function success(name: string, end: Extract<RunEnd, { type: 'finished' }>): string {
  const how = end.reason === 'stopped' ? 'Training was stopped' : 'Training has finished';
  const reached =
    end.bestEpoch === undefined
      ? 'no epoch was finished'
      : `best validation accuracy ${formatPercent(end.bestValAccuracy)} after epoch ${end.bestEpoch}`;
  return `${name}: ${how}, ${reached}.`;
}

/** The setting, else beside the pictures: in the workspace folder that holds them, or in the folder around them. */
export function runsFolderFor(dataset: string): string {
  const setting = vscode.workspace.getConfiguration('faceTrainer').get<string>('runFolder', '').trim();
  const workspace = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(dataset))?.uri.fsPath;
  if (setting) return path.resolve(workspace ?? path.dirname(dataset), setting);
  return defaultRunsFolder(workspace ?? path.dirname(dataset));
}
