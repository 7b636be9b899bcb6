import { formatCount, formatDuration, formatLoss, formatPercent } from '../core/format.js';
import { MARK_WORDS } from '../core/markWords.js';
import { bestWords, measuredWords } from '../core/metricWords.js';
import { emptyRunState, reduceRun, totalSteps, type RunState } from '../core/runState.js';
import type { TrainerMessage } from '../protocol/jobs.js';
import { verdictWords } from '../core/verdictWords.js';
import { runVerdict } from '../evaluation/runVerdict.js';
import { isRunEvent, type EventOf, type RunEvent } from '../protocol/runEvents.js';

export interface Terminal {
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns: number;
}

/** How far it is, and what the bar says. */
interface Bar {
  readonly share: number;
  readonly text: string;
}

type Events = { [T in RunEvent['type']]: EventOf<T> };

/** What each event of a run says: a line, a bar, or nothing; the state has the event in it. */
const SAYS: { readonly [T in keyof Events]?: (event: Events[T], state: RunState) => string | Bar | undefined } = {
  run: ({ runFolder }) => `Run folder  ${runFolder}`,

  resumed: ({ checkpoint, epoch, step }) =>
    `Goes on     from ${checkpoint.split('/').at(-1)}: ${formatCount(epoch, 'epoch')} and ${formatCount(step, 'step')} done`,

  engine: ({ detail }) => `Engine      ${detail}`,

  dataset: ({ images, people, trainImages, validationImages }) =>
    `Pictures    ${formatCount(images, 'picture')} of ${formatCount(people, 'person', 'people')}: ` +
    `${trainImages} train, ${validationImages} validate`,

  stage({ name, step }) {
    if (name === 'head') return 'Stage       the last layer trains on the frozen network below it';
    return step > 0 ? 'Stage       every layer trains' : undefined;
  },

  mark: ({ name, step }) => `Quantized   ${MARK_WORDS[name].clause} (after step ${step})`,

  calibrated: ({ pictures, floatValAccuracy, postTrainingValAccuracy }) =>
    `Calibrated  on ${formatCount(pictures, 'picture')}: validation accuracy ${formatPercent(floatValAccuracy)} in float, ` +
    `${formatPercent(postTrainingValAccuracy)} rounded without training`,

  sensitivity({ layers }) {
    const costly = [...layers].sort((a, b) => b.lossIncrease - a.lossIncrease).slice(0, 3);
    const named = costly.map(({ layer, lossIncrease }) => `${layer} (loss +${formatLoss(Math.max(0, lossIncrease))})`);
    return `Layers      that lose most when rounded alone: ${named.join(', ')}`;
  },

  step({ epoch, step, loss, imagesPerSecond, etaSeconds }, state) {
    const facts = [
      `epoch ${epoch}`,
      `loss ${formatLoss(loss)}`,
      `${imagesPerSecond.toFixed(1)} images/s`,
      `${formatDuration(etaSeconds)} left`,
    ];
    return { share: step / (totalSteps(state) ?? step), text: facts.join('  ') };
  },

  epoch(event) {
    const { epoch, loss, accuracy, valLoss, valAccuracy, imagesPerSecond, metric } = event;
    const share = metric === 'cosine' ? 'cosine' : 'accuracy';
    const measured = measuredWords(event);
    return (
      `Epoch ${String(epoch).padStart(3)}   loss ${formatLoss(loss)}  ${share} ${formatPercent(accuracy)}   ` +
      `validation ${valLoss === undefined ? '' : `loss ${formatLoss(valLoss)}  `}${share} ${formatPercent(valAccuracy)}   ` +
      `${imagesPerSecond.toFixed(1)} images/s${measured === undefined ? '' : `\n            ${measured}`}`
    );
  },

  warning: ({ message, advice }) => `Warning     ${message} ${advice}`,

  failure: ({ message, advice }) => `Failed      ${message}\n            ${advice}`,

  finished: ({ reason, steps, elapsedSeconds, bestEpoch, bestValAccuracy }, state) =>
    `${ENDS[reason].padEnd(9)}   ${formatCount(steps, 'step')} in ${formatDuration(elapsedSeconds)}` +
    (bestEpoch === undefined ? '' : `, best ${bestWords(state, bestValAccuracy)} after epoch ${bestEpoch}`) +
    verdictLine(state) +
    (reason === 'early' ? `\n            Nothing became better since: the best checkpoint is the one to use.` : ''),
};

function verdictLine(state: RunState): string {
  const verdict = runVerdict(state);
  return verdict ? `\n            ${verdictWords(verdict)}` : '';
}

const ENDS = { completed: 'Finished', early: 'Ended', stopped: 'Stopped', paused: 'Paused' } as const;

function saidOf<T extends keyof Events>(type: T, event: Events[T], state: RunState): string | Bar | undefined {
  return SAYS[type]?.(event, state);
}

/** Shows a run at a terminal: one line for each epoch, and under them a bar where the terminal can redraw a line. */
export class TerminalView {
  private state: RunState = emptyRunState();
  private barShown = false;

  constructor(private readonly terminal: Terminal) {}

  show(message: TrainerMessage): void {
    if (message.type === 'preparing') {
      if (message.total > 0)
        this.bar({
          share: message.done / message.total,
          text: `${message.what ?? 'reading pictures'} ${message.done}/${message.total}`,
        });
    } else if (message.type === 'cancelled') this.line('Stopped');
    else if (isRunEvent(message)) {
      this.state = reduceRun(this.state, message);
      const said = saidOf<RunEvent['type']>(message.type, message, this.state);
      if (typeof said === 'string') this.line(said);
      else if (said) this.bar(said);
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

  private bar({ share, text }: Bar): void {
    if (!this.terminal.isTTY) return;
    const width = 24;
    const full = Math.floor(Math.min(1, share) * width);
    const drawn = `${'█'.repeat(full)}${'░'.repeat(width - full)} ${Math.floor(share * 100)} %  ${text}`;
    this.terminal.write(`\r\u001b[K${drawn.slice(0, Math.max(20, this.terminal.columns - 1))}`);
    this.barShown = true;
  }
}
