import * as vscode from 'vscode';
import { formatDuration, formatPercent } from '../../core/format.js';
import type { TrainerMessage } from '../../protocol/jobs.js';

/** The status bar item while a training of this window goes on; a click opens its panel. Its view has a number meanwhile. */
export class TrainingStatus implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('faceTrainer.status', vscode.StatusBarAlignment.Left, 10);
  private name = '';
  private total = { epochs: 0, stepsPerEpoch: 0 };
  private validation: string | undefined;
  private behind = 0;
  private doing = '';
  private shown = false;

  constructor(private readonly view: Pick<vscode.TreeView<unknown>, 'badge'>) {}

  show(runFolder: string, name: string): void {
    this.name = name;
    this.validation = undefined;
    this.item.name = 'Face Trainer';
    this.item.command = { command: 'faceTrainer.openRun', title: 'Open Run', arguments: [runFolder] };
    this.text('starting');
    this.item.show();
    this.shown = true;
    this.number();
  }

  update(message: TrainerMessage): void {
    switch (message.type) {
      case 'preparing':
        this.text(`reading pictures ${message.done}/${message.total}`);
        return;
      case 'run':
        this.total.epochs = message.options.epochs;
        return;
      case 'dataset':
        this.total.stepsPerEpoch = message.stepsPerEpoch;
        return;
      case 'step': {
        const share = message.step / Math.max(1, this.total.epochs * this.total.stepsPerEpoch);
        this.text(
          `epoch ${message.epoch}/${this.total.epochs}, ${Math.floor(share * 100)} %, ${formatDuration(message.etaSeconds)} left`,
        );
        return;
      }
      case 'epoch':
        this.validation = `Validation accuracy ${formatPercent(message.valAccuracy)} after epoch ${message.epoch}`;
        return;
      default:
        return;
    }
  }

  /** How many trainings wait. */
  waiting(count: number): void {
    this.behind = count;
    this.text(this.doing);
    this.number();
  }

  hide(): void {
    this.item.hide();
    this.shown = false;
    this.number();
  }

  dispose(): void {
    this.item.dispose();
  }

  private number(): void {
    const words = [this.shown && 'a training at work', this.behind > 0 && `${this.behind} waiting`].filter(Boolean);
    const value = Number(this.shown) + this.behind;
    this.view.badge = value > 0 ? { value, tooltip: `Face Trainer: ${words.join(', ')}` } : undefined;
  }

  private text(what: string): void {
    this.doing = what;
    const behind = this.behind > 0 ? `${this.behind} waiting` : undefined;
    this.item.text = [`$(sync~spin) ${this.name}: ${what}`, behind].filter(Boolean).join(', ');
    this.item.tooltip = [`Face Trainer is training on ${this.name}`, this.validation, behind, 'Click to open the run']
      .filter(Boolean)
      .join('\n');
  }
}
