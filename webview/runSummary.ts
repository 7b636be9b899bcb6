import { formatDuration, formatLoss, formatPercent } from '../src/core/format.js';
import { lossWords } from '../src/core/lossWords.js';
import { METRIC_WORDS, metricOf } from '../src/core/metricWords.js';
import { bestEpoch, totalSteps, type RunState } from '../src/core/runState.js';
import type { Liveness } from '../src/protocol/panel.js';
import { element, setText, tile, tiles } from './dom.js';

/** The numbers one looks at first, and how far the run is. */
export class RunSummary {
  readonly root: HTMLElement;
  private readonly tiles = {
    epoch: new Tile('Epoch'),
    accuracy: new Tile('Validation accuracy'),
    loss: new Tile('Training loss'),
    speed: new Tile('Images/s'),
    time: new Tile('Time left'),
  };
  private readonly bar = document.createElement('progress');

  constructor() {
    this.bar.setAttribute('aria-label', 'Progress of the run');
    const made = Object.values(this.tiles).map(({ root }) => root);
    this.root = element('section', { class: 'summary' }, tiles(...made), this.bar);
  }

  /**
   * Any number may not be there yet, and stands as a dash.
   *
   * @param preparing pictures read so far: what there is to see before the first step
   */
  draw(state: RunState, liveness: Liveness, preparing: { done: number; total: number } | undefined): void {
    const { tiles } = this;
    const last = state.steps.at(-1);
    const epochs = state.run?.options.epochs;
    const lastEpoch = state.epochs.at(-1);
    const best = bestEpoch(state);
    const reading = preparing && !last && liveness.alive;

    tiles.epoch.show(
      reading ? 'Reading' : `${last?.epoch ?? '–'} / ${epochs ?? '–'}`,
      reading ? `${preparing.done} of ${preparing.total} pictures` : stepText(state),
    );
    tiles.accuracy.label(METRIC_WORDS[metricOf(state)].name);
    tiles.accuracy.show(
      formatPercent(lastEpoch?.valAccuracy),
      best ? `best ${formatPercent(best.valAccuracy)} in epoch ${best.epoch}` : 'after the first epoch',
    );
    tiles.loss.show(formatLoss(last?.loss), last ? `accuracy ${formatPercent(last.accuracy)}` : '');
    tiles.loss.explain(state.run ? lossWords(state.run.options) : '');
    tiles.speed.show(
      last ? last.imagesPerSecond.toFixed(1) : '–',
      lastEpoch ? `last epoch ${lastEpoch.imagesPerSecond.toFixed(1)}` : '',
    );
    // A run that has ended has no time left: its tile tells what it took, as far as its log goes.
    if (liveness.alive) {
      tiles.time.label('Time left');
      tiles.time.show(
        last ? formatDuration(last.etaSeconds) : '–',
        lastEpoch ? `${formatDuration(lastEpoch.elapsedSeconds)} so far` : '',
      );
    } else {
      tiles.time.label('Took');
      tiles.time.show(formatDuration(state.finished?.elapsedSeconds ?? lastEpoch?.elapsedSeconds ?? Number.NaN), '');
    }
    // Reading and training fill the bar once each.
    const total = totalSteps(state);
    this.bar.value = reading ? preparing.done / Math.max(1, preparing.total) : total ? (last?.step ?? 0) / total : 0;
    this.bar.hidden = !liveness.alive;
  }
}

/** Empty before the dataset has been read: only then is it known how many steps there are. */
function stepText(state: RunState): string {
  const total = totalSteps(state);
  const step = state.steps.at(-1)?.step ?? 0;
  return total === undefined ? '' : `step ${step.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}`;
}

/** A tile whose texts change: in place, as `setText` does, since it is drawn in every frame that brings a step. */
class Tile {
  readonly root: HTMLElement;
  private readonly name: Text;
  private readonly value = new Text();
  private readonly detail = new Text();

  constructor(name: string) {
    this.name = new Text(name);
    this.root = tile(this.name, this.value, this.detail);
  }

  label(name: string): void {
    setText(this.name, name);
  }

  /** What is told where the mouse rests. */
  explain(words: string): void {
    if (this.root.title !== words) this.root.title = words;
  }

  show(value: string, detail: string): void {
    setText(this.value, value);
    setText(this.detail, detail);
  }
}
