import { formatPercent } from '../src/core/format.js';
import { topScores } from '../src/core/softmax.js';
import type { ModelPanelContent, ModelPanelMessage, TriedPicture } from '../src/protocol/modelPanel.js';
import { button, element, pageHeader, setText } from './dom.js';
import { PROGRESS_RING } from './toolkit.js';

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
    'Choose a picture, paste one (Ctrl+V or ⌘V), drop one here while holding Shift, or take one with a camera.',
  );
  private readonly said = element('p', { class: 'hint', role: 'status' });
  private readonly list = element('section', { class: 'tried', 'aria-live': 'polite' });
  /** The cards that are shown, by the number of their picture. */
  private cards = new Map<number, HTMLElement>();

  constructor(post: (message: ModelPanelMessage) => void, paste: () => void) {
    this.root = element(
      'div',
      { class: 'try' },
      pageHeader([this.name, this.ring], this.facts, [
        button('Choose Pictures…', { appearance: 'primary', id: 'chooseFiles' }, () => post({ type: 'chooseFiles' })),
        button('Paste', { appearance: 'secondary', id: 'paste' }, paste),
        button('Camera…', { appearance: 'secondary', id: 'openCamera' }, () => post({ type: 'openCamera' })),
      ]),
      this.failure,
      this.said,
      this.empty,
      this.list,
    );
  }

  show({ title, facts, waiting, failure, pictures }: Extract<ModelPanelContent, { type: 'try' }>): void {
    setText(this.name, title);
    setText(this.facts, facts || 'Who is in a picture, as this network sees it');
    this.ring.hidden = waiting === 0;
    this.failure.hidden = failure === undefined;
    setText(this.failure, failure ?? '');
    this.empty.hidden = pictures.length > 0 || waiting > 0;
    if (waiting > 0) setText(this.said, '');
    this.said.hidden = this.said.textContent === '';
    // A card stays as it is, with what a reader has selected on it, and goes with its picture.
    this.cards = new Map(pictures.map((picture) => [picture.id, this.cards.get(picture.id) ?? cardOf(picture)]));
    this.list.replaceChildren(...this.cards.values());
  }

  hint(text: string): void {
    setText(this.said, text);
    this.said.hidden = false;
  }
}

function cardOf({ name, answer }: TriedPicture): HTMLElement {
  if ('error' in answer)
    return element(
      'article',
      { class: 'answer failed' },
      verdict(element('h2', {}, name), `This file ${answer.error}.`),
    );
  const { person, probability, seen } = answer;
  return element(
    'article',
    { class: 'answer' },
    seen === undefined ? undefined : element('img', { src: seen, alt: `${name} as the network sees it` }),
    verdict(
      element('h2', {}, person, element('span', { class: 'dim' }, formatPercent(probability))),
      probability < UNSURE ? `${name}  ·  not sure: it may be someone else` : name,
      element('ul', {}, ...topScores(answer.scores, SHOWN).map(barOf)),
    ),
  );
}

function verdict(heading: HTMLElement, line: string, bars?: HTMLElement): HTMLElement {
  return element('div', { class: 'verdict' }, heading, element('p', { class: 'hint' }, line), bars);
}

function barOf([person, probability]: readonly [string, number]): HTMLElement {
  const text = formatPercent(probability);
  return element(
    'li',
    {},
    element('span', { class: 'person', title: person }, person),
    element('progress', { max: '1', value: String(probability), 'aria-label': `${person}: ${text}` }),
    element('span', { class: 'count' }, text),
  );
}
