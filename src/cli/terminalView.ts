import { formatCount, formatDuration, formatLoss, formatPercent } from '../core/format.js';
import { MARK_WORDS } from '../core/markWords.js';
import { emptyRunState, reduceRun, totalSteps, type RunState } from '../core/runState.js';
import type { TrainerMessage } from '../protocol/jobs.js';

export interface Terminal {
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns: number;
}

/** Shows a run at a terminal: one line for each epoch, and under them a bar where the terminal can redraw a line. */
export class TerminalView {
  private state: RunState = emptyRunState();
  private barShown = false;

  constructor(private readonly terminal: Terminal) {}

  show(message: TrainerMessage): void {
    if (message.type === 'hello') return;
    if (message.type === 'preparing') {
      if (message.total > 0)
        this.bar(message.done / message.total, `reading pictures ${message.done}/${message.total}`);
      return;
    }
    if (message.type === 'checked' || message.type === 'aligned') return;
    if (message.type === 'exported' || message.type === 'previewed') return;
    if (message.type === 'compared' || message.type === 'predicted') return;
    if (message.type === 'cancelled') {
      this.line('Stopped');
      return;
    }
    this.state = reduceRun(this.state, message);
    switch (message.type) {
      case 'run':
        this.line(`Run folder  ${message.runFolder}`);
        return;
      case 'engine':
        this.line(`Engine      ${message.detail}`);
        return;
      case 'dataset':
        this.line(
          `Pictures    ${formatCount(message.images, 'picture')} of ${formatCount(message.people, 'person', 'people')}: ` +
            `${message.trainImages} train, ${message.validationImages} validate`,
        );
        return;
      case 'stage':
        if (message.name === 'head') this.line('Stage       the last layer trains on the frozen network below it');
        else if (message.step > 0) this.line('Stage       every layer trains');
        return;
      case 'mark':
        this.line(`Quantized   ${MARK_WORDS[message.name].clause} (after step ${message.step})`);
        return;
      case 'calibrated':
        this.line(
          `Calibrated  on ${formatCount(message.pictures, 'picture')}: validation accuracy ${formatPercent(message.floatValAccuracy)} in float, ` +
            `${formatPercent(message.postTrainingValAccuracy)} rounded without training`,
        );
        return;
      case 'sensitivity': {
        const costly = [...message.layers].sort((a, b) => b.lossIncrease - a.lossIncrease).slice(0, 3);
        const named = costly.map(
          ({ layer, lossIncrease }) => `${layer} (loss +${formatLoss(Math.max(0, lossIncrease))})`,
        );
        this.line(`Layers      that cost most when rounded alone: ${named.join(', ')}`);
        return;
      }
      case 'quantizers':
        return;
      case 'step': {
        const total = totalSteps(this.state) ?? message.step;
        const facts = [
          `epoch ${message.epoch}`,
          `loss ${formatLoss(message.loss)}`,
          `${message.imagesPerSecond.toFixed(1)} images/s`,
          `${formatDuration(message.etaSeconds)} left`,
        ];
        this.bar(message.step / total, facts.join('  '));
        return;
      }
      case 'epoch':
        this.line(
          `Epoch ${String(message.epoch).padStart(3)}   loss ${formatLoss(message.loss)}  accuracy ${formatPercent(message.accuracy)}   ` +
            `validation ${message.valLoss === undefined ? '' : `loss ${formatLoss(message.valLoss)}  `}accuracy ${formatPercent(message.valAccuracy)}   ${message.imagesPerSecond.toFixed(1)} images/s`,
        );
        return;
      case 'warning':
        this.line(`Warning     ${message.message} ${message.advice}`);
        return;
      case 'failure':
        this.line(`Failed      ${message.message}\n            ${message.advice}`);
        return;
      case 'finished':
        this.line(
          `${message.reason === 'stopped' ? 'Stopped  ' : 'Finished '}   ${formatCount(message.steps, 'step')} in ${formatDuration(message.elapsedSeconds)}` +
            (message.bestEpoch === undefined
              ? ''
              : `, best validation accuracy ${formatPercent(message.bestValAccuracy)} after epoch ${message.bestEpoch}`),
        );
        return;
      case 'checkpoint':
        return;
    }
  }

  note(text: string): void {
    this.line(text);
  }

  private line(text: string): void {
    if (this.barShown) this.terminal.write('\r\u001b[K');
    this.barShown = false;
    this.terminal.write(`${text}\n`);
  }

  private bar(share: number, text: string): void {
    if (!this.terminal.isTTY) return;
    const width = 24;
    const full = Math.floor(Math.min(1, share) * width);
    const drawn = `${'█'.repeat(full)}${'░'.repeat(width - full)} ${Math.floor(share * 100)} %  ${text}`;
    this.terminal.write(`\r\u001b[K${drawn.slice(0, Math.max(20, this.terminal.columns - 1))}`);
    this.barShown = true;
  }
}
