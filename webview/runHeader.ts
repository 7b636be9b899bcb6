import { batchWords } from '../src/core/batchSize.js';
import { formatCount } from '../src/core/format.js';
import { longerWords, MORE_EPOCHS } from '../src/core/longerWords.js';
import type { RunState } from '../src/core/runState.js';
import { BACKBONES } from '../src/protocol/backbones.js';
import type { Liveness, PanelMessage, RunPhase } from '../src/protocol/panel.js';
import type { Parent } from './curves.js';
import { button, element, pageHeader, setText } from './dom.js';
import { nameOf } from './fileName.js';
import { PROGRESS_RING } from './toolkit.js';

/** What the badge says; its colour is the style sheet's, by `data-phase`. */
const WORDS: Record<RunPhase, string> = {
  preparing: 'Preparing',
  training: 'Training',
  silent: 'Not answering',
  stopping: 'Stopping after this batch',
  completed: 'Completed',
  early: 'Ended early: nothing became better',
  stopped: 'Stopped',
  paused: 'Paused',
  failed: 'Failed',
  interrupted: 'Interrupted',
};

/** Name, state and what can be done. */
export class RunHeader {
  readonly root: HTMLElement;
  private readonly title = element('h1');
  private readonly badge = element('span', { class: 'badge' });
  private readonly ring = element(PROGRESS_RING, { class: 'ring', 'aria-label': 'Training' });
  private readonly subtitle = element('p', { class: 'subtitle' });
  private readonly stop: HTMLElement;
  private readonly pause: HTMLElement;
  private readonly goOn: HTMLElement;
  private readonly longer: HTMLElement;
  private readonly parent: HTMLElement;
  private readonly report: HTMLElement;

  constructor(post: (message: PanelMessage) => void) {
    const secondary = (text: string, id: string, type: 'openParent' | 'openReport' | 'revealRunFolder') =>
      button(text, { appearance: 'secondary', id }, () => post({ type }));
    this.stop = button('Stop', { appearance: 'primary', id: 'stop' }, () => post({ type: 'stop' }));
    this.pause = button('Pause', { appearance: 'secondary', id: 'pause' }, () => post({ type: 'pause' }));
    this.goOn = button('Go On', { appearance: 'primary', id: 'goOn' }, () => post({ type: 'goOn', more: 0 }));
    this.longer = button(`Go On for ${MORE_EPOCHS} Epochs`, { appearance: 'secondary', id: 'longer' }, () =>
      post({ type: 'goOn', more: MORE_EPOCHS }),
    );
    this.parent = secondary('Open Parent', 'parent', 'openParent');
    this.report = secondary('Open Report', 'report', 'openReport');
    const folder = secondary('Show Run Folder', 'folder', 'revealRunFolder');
    this.root = pageHeader([this.title, this.badge, this.ring], this.subtitle, [
      this.stop,
      this.pause,
      this.goOn,
      this.longer,
      this.parent,
      this.report,
      folder,
    ]);
  }

  /** Buttons that are of no use now are hidden. Whoever may write into the folder of a run may end it, and let it go on. */
  draw(state: RunState, phase: RunPhase, liveness: Liveness, hasReport: boolean, parent: Parent | undefined): void {
    const options = state.run?.options;
    setText(this.title, options ? nameOf(options.dataset) : 'Run');
    // A recipe may begin with the last layer alone: the rest of the network does not change yet, and the badge says so.
    const headAlone = phase === 'training' && state.stages.at(-1)?.name === 'head';
    setText(this.badge, headAlone ? 'Training the last layer' : WORDS[phase]);
    this.badge.dataset['phase'] = phase;
    this.ring.hidden = !liveness.alive || phase === 'silent';
    setText(this.subtitle, factsOf(state, parent));
    for (const ends of [this.stop, this.pause]) {
      ends.hidden = !liveness.alive;
      ends.toggleAttribute('disabled', liveness.stopping);
    }
    const rests = !liveness.alive && state.checkpoints.length > 0;
    this.goOn.hidden = !rests || phase === 'completed';
    this.longer.hidden = !rests || phase !== 'completed';
    this.longer.title = longerWords(options);
    this.report.hidden = !hasReport;
    this.parent.hidden = parent === undefined;
  }
}

/** How the run was begun, with what, and what computes it, as far as that is known. */
function factsOf({ run, dataset, engine }: RunState, parent: Parent | undefined): string {
  const options = run?.options;
  const start = parent ? `from epoch ${parent.epoch} of its parent` : startInWords(options?.weights);
  const facts = [
    options &&
      `${options.quantization ? 'int8, ' : ''}${options.recipe} recipe: ${options.weights === 'faces' ? 'face network' : BACKBONES[options.backbone]}, ${options.size} px, ${batchWords(options)}, ${start}, seed ${options.seed}`,
    dataset && `${formatCount(dataset.images, 'picture')} of ${formatCount(dataset.people, 'person', 'people')}`,
    engine?.detail,
  ];
  return facts.filter(Boolean).join('  ·  ');
}

/** Weights are a name that comes with the product, or a file. */
function startInWords(weights: string | undefined): string {
  if (weights === undefined) return 'random start';
  if (weights === 'faces') return 'face weights';
  return weights === 'imagenet' ? 'ImageNet weights' : `from ${nameOf(weights)}`;
}
