import { formatCount } from '../src/core/format.js';
import type { RunState } from '../src/core/runState.js';
import type { Liveness, PanelMessage, RunPhase } from '../src/protocol/panel.js';
import type { Parent } from './curves.js';
import { element, setText } from './dom.js';
import { BADGE, BUTTON, PROGRESS_RING } from './toolkit.js';

const WORDS: Record<RunPhase, string> = {
  preparing: 'Preparing',
  training: 'Training',
  stopping: 'Stopping after this batch',
  completed: 'Completed',
  stopped: 'Stopped',
  failed: 'Failed',
  interrupted: 'Interrupted',
};

/** Name, state and what can be done. */
export class RunHeader {
  readonly root: HTMLElement;
  private readonly title = element('h1');
  private readonly badge = element(BADGE);
  private readonly ring = element(PROGRESS_RING, { class: 'ring', 'aria-label': 'Training' });
  private readonly subtitle = element('p', { class: 'subtitle' });
  private readonly stop: HTMLElement;
  private readonly report: HTMLElement;
  private readonly parent = element(BUTTON, { appearance: 'secondary', id: 'parent' }, 'Open Parent');

  constructor(post: (message: PanelMessage) => void) {
    this.stop = element(BUTTON, { appearance: 'primary', id: 'stop' }, 'Stop');
    this.stop.addEventListener('click', () => post({ type: 'stop' }));
    this.report = element(BUTTON, { appearance: 'secondary', id: 'report' }, 'Open Report');
    this.report.addEventListener('click', () => post({ type: 'openReport' }));
    this.parent.addEventListener('click', () => post({ type: 'openParent' }));
    const folder = element(BUTTON, { appearance: 'secondary' }, 'Show Run Folder');
    folder.addEventListener('click', () => post({ type: 'revealRunFolder' }));
    this.root = element(
      'header',
      {},
      element(
        'div',
        { class: 'heading' },
        element('div', { class: 'name' }, this.title, this.badge, this.ring),
        this.subtitle,
      ),
      element('div', { class: 'actions' }, this.stop, this.parent, this.report, folder),
    );
  }

  draw(state: RunState, phase: RunPhase, liveness: Liveness, hasReport: boolean, parent: Parent | undefined): void {
    const options = state.run?.options;
    setText(this.title, options ? (options.dataset.split(/[\\/]/).at(-1) ?? options.dataset) : 'Run');
    const headAlone = phase === 'training' && state.stages.at(-1)?.name === 'head';
    setText(this.badge, headAlone ? 'Training the last layer' : WORDS[phase]);
    this.badge.dataset['phase'] = phase;
    this.ring.hidden = !liveness.alive;
    const start = parent ? `from epoch ${parent.epoch} of its parent` : startInWords(options?.weights);
    const facts = [
      options &&
        `${options.quantization ? 'int8, ' : ''}${options.recipe} recipe: MobileNetV2, ${options.size} px, batch ${options.batchSize}, ${start}, seed ${options.seed}`,
      state.dataset &&
        `${formatCount(state.dataset.images, 'picture')} of ${formatCount(state.dataset.people, 'person', 'people')}`,
      state.engine?.detail,
    ];
    setText(this.subtitle, facts.filter(Boolean).join('  ·  '));
    this.stop.hidden = !liveness.ownedHere;
    this.stop.toggleAttribute('disabled', liveness.stopping);
    this.report.hidden = !hasReport;
    this.parent.hidden = parent === undefined;
  }
}

function startInWords(weights: string | undefined): string {
  if (weights === undefined) return 'random start';
  return weights === 'imagenet' ? 'ImageNet weights' : `from ${weights.split(/[\\/]/).at(-1)!}`;
}
