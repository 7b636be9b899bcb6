import { formatPercent } from '../src/core/format.js';
import { topScores } from '../src/core/softmax.js';
import type { ModelPanelContent, ModelPanelMessage, TriedPicture } from '../src/protocol/modelPanel.js';
import { base64Of, element, setText } from './dom.js';
import { BUTTON, PROGRESS_RING } from './toolkit.js';

/** People that are named for a picture. */
const SHOWN = 5;
/** Below this probability of the first person a stranger is likely. */
const UNSURE = 0.5;

/** Pictures from a file, the clipboard or a camera, and the top people with their probabilities. */
export class TryView {
  readonly root: HTMLElement;
  private readonly name = element('h1');
  private readonly facts = element('p', { class: 'subtitle' });
  private readonly ring = element(PROGRESS_RING, { class: 'ring', hidden: '' });
  private readonly failure = element('div', { class: 'notice error', hidden: '', role: 'alert' });
  private readonly empty = element(
    'p',
    { class: 'hint empty' },
    'Choose a picture, paste one (Ctrl+V or ⌘V), drop one here with Shift held, or take one with a camera.',
  );
  private readonly said = element('p', { class: 'hint', role: 'status' });
  private readonly list = element('section', { class: 'tried', 'aria-live': 'polite' });
  private readonly drawn = new Map<number, HTMLElement>();

  constructor(private readonly post: (message: ModelPanelMessage) => void) {
    const paste = this.button('paste', 'Paste', 'secondary', () => void this.paste());
    this.root = element(
      'div',
      { class: 'try' },
      element(
        'header',
        {},
        element('div', { class: 'heading' }, element('div', { class: 'name' }, this.name, this.ring), this.facts),
        element(
          'div',
          { class: 'actions' },
          this.button('chooseFiles', 'Choose Pictures…', 'primary', () => post({ type: 'chooseFiles' })),
          paste,
          this.button('openCamera', 'Camera…', 'secondary', () => post({ type: 'openCamera' })),
        ),
      ),
      this.failure,
      this.said,
      this.empty,
      this.list,
    );
  }

  draw({ title, facts, waiting, failure, pictures }: Extract<ModelPanelContent, { type: 'try' }>): void {
    setText(this.name, title);
    setText(this.facts, facts || 'Who is in a picture, as this network sees it');
    this.ring.hidden = waiting === 0;
    this.failure.hidden = failure === undefined;
    setText(this.failure, failure ?? '');
    this.empty.hidden = pictures.length > 0 || waiting > 0;
    if (waiting > 0) setText(this.said, '');
    this.said.hidden = this.said.textContent === '';
    const cards = pictures.map((picture) => {
      const card = this.drawn.get(picture.id) ?? cardOf(picture);
      this.drawn.set(picture.id, card);
      return card;
    });
    this.list.replaceChildren(...cards);
  }

  hint(text: string): void {
    setText(this.said, text);
    this.said.hidden = false;
  }

  private button(id: string, text: string, appearance: 'primary' | 'secondary', onClick: () => void): HTMLElement {
    const made = element(BUTTON, { appearance, id }, text);
    made.addEventListener('click', onClick);
    return made;
  }

  private async paste(): Promise<void> {
    try {
      for (const item of await navigator.clipboard.read()) {
        const type = item.types.find((name) => name.startsWith('image/'));
        if (type === undefined) continue;
        this.post({ type: 'picture', name: 'pasted picture', data: await base64Of(await item.getType(type)) });
        return;
      }
      this.hint('There is no picture in the clipboard.');
    } catch {
      this.hint('The editor keeps the clipboard from this button: press Ctrl+V or ⌘V instead.');
    }
  }
}

function cardOf({ name, answer }: TriedPicture): HTMLElement {
  if ('error' in answer)
    return element(
      'article',
      { class: 'answer failed' },
      element(
        'div',
        { class: 'verdict' },
        element('h2', {}, name),
        element('p', { class: 'hint' }, `This file ${answer.error}.`),
      ),
    );
  const best = topScores(answer.scores, SHOWN);
  const bars = best.map(([person, probability]) => {
    const bar = element('progress', {
      max: '1',
      value: String(probability),
      'aria-label': `${person}: ${formatPercent(probability)}`,
    });
    return element(
      'li',
      {},
      element('span', { class: 'person', title: person }, person),
      bar,
      element('span', { class: 'count' }, formatPercent(probability)),
    );
  });
  const seen =
    answer.seen === undefined ? undefined : element('img', { src: answer.seen, alt: `${name} as the network sees it` });
  return element(
    'article',
    { class: 'answer' },
    seen,
    element(
      'div',
      { class: 'verdict' },
      element('h2', {}, answer.person, element('span', { class: 'dim' }, formatPercent(answer.probability))),
      element(
        'p',
        { class: 'hint' },
        answer.probability < UNSURE ? `${name}  ·  not sure: it may be somebody else` : name,
      ),
      element('ul', {}, ...bars),
    ),
  );
}
