import { bestCheckpoint, type RunState } from '../src/core/runState.js';
import { NEXT_STEP, NEXT_STEP_WORDS, verdictWords, type NextStep } from '../src/core/verdictWords.js';
import { runVerdict } from '../src/evaluation/runVerdict.js';
import type { Liveness, PanelMessage } from '../src/protocol/panel.js';
import { MORE_EPOCHS } from '../src/core/longerWords.js';
import { button, element, setText } from './dom.js';

/** What a run came to, in a sentence, and the one thing to do next. */
export class VerdictView {
  readonly root: HTMLElement;
  private readonly words = element('p', { id: 'verdict', 'aria-live': 'polite' });
  private readonly next: HTMLElement;
  private post: PanelMessage | undefined;

  constructor(post: (message: PanelMessage) => void) {
    this.next = button('', { appearance: 'primary', id: 'next' }, () => {
      if (this.post) post(this.post);
    });
    this.root = element('section', { class: 'verdict', hidden: '' }, this.words, this.next);
  }

  draw(state: RunState, { alive }: Liveness): void {
    const verdict = runVerdict(state);
    this.root.hidden = verdict === undefined;
    if (!verdict) return;
    setText(this.words, verdictWords(verdict));
    const step = alive ? undefined : NEXT_STEP[verdict.kind];
    this.post = step && messageOf(step, bestCheckpoint(state)?.path);
    this.next.hidden = this.post === undefined;
    if (step) setText(this.next, NEXT_STEP_WORDS[step]);
  }
}

/** @returns undefined for what needs a checkpoint where there is none */
function messageOf(step: NextStep, checkpoint: string | undefined): PanelMessage | undefined {
  if (step === 'checkPictures') return { type: 'check' };
  if (step === 'goOn') return { type: 'goOn', more: MORE_EPOCHS };
  if (checkpoint === undefined) return undefined;
  return { type: step === 'tryPicture' ? 'tryPicture' : 'evaluate', checkpoint };
}
