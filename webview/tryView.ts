import { formatPercent } from '../src/core/format.js';
import { scoreDetail, scoreTitle } from '../src/core/scoreWords.js';
import { topScores } from '../src/core/softmax.js';
import type { ModelPanelContent, ModelPanelMessage, TriedPicture } from '../src/protocol/modelPanel.js';
import { element, setText } from './dom.js';
import { TriedPictures } from './triedPictures.js';

/** People that are named for a picture. */
const SHOWN = 5;

/** Pictures from a file, the clipboard or a camera, and the top people with their probabilities. */
export class TryView {
  readonly root: HTMLElement;
  private readonly facts = element('p', { class: 'subtitle' });
  private readonly tried: TriedPictures;
  /** The cards that are shown, by the number of their picture. */
  private cards = new Map<number, HTMLElement>();

  constructor(post: (message: ModelPanelMessage) => void, paste: () => void) {
    this.tried = new TriedPictures(post, paste);
    this.root = this.tried.page('try', this.facts);
  }

  show(content: Extract<ModelPanelContent, { type: 'try' }>): void {
    const { facts, pictures } = content;
    this.tried.show(content);
    setText(this.facts, facts || 'Who is in a picture, as this network sees it');
    // A card stays as it is, with what a reader has selected on it, and goes with its picture.
    this.cards = new Map(pictures.map((picture) => [picture.id, this.cards.get(picture.id) ?? cardOf(picture)]));
    this.tried.list.replaceChildren(...this.cards.values());
  }

  hint(text: string): void {
    this.tried.hint(text);
  }
}

function cardOf({ name, answer }: TriedPicture): HTMLElement {
  if ('error' in answer)
    return element(
      'article',
      { class: 'answer failed' },
      verdict(element('h2', {}, name), `This file ${answer.error}.`),
    );
  const { seen } = answer;
  return element(
    'article',
    { class: 'answer' },
    seen === undefined ? undefined : element('img', { src: seen, alt: `${name} as the network sees it` }),
    verdict(
      element('h2', {}, scoreTitle(answer)),
      `${name}  ·  ${scoreDetail(answer)}`,
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
