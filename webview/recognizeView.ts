import { answerWords } from '../src/core/answerWords.js';
import type { LookedAtPicture, ModelPanelContent, ModelPanelMessage } from '../src/protocol/modelPanel.js';
import { button, cardButton, element, pageHeader, setText } from './dom.js';
import { nameOf } from './fileName.js';
import { PROGRESS_RING } from './toolkit.js';

type Content = Extract<ModelPanelContent, { type: 'recognize' }>;

/** Pictures from a file, the clipboard or a camera, and who a recognizer says is in them. Every answer can be corrected. */
export class RecognizeView {
  readonly root: HTMLElement;
  private readonly name = element('h1');
  private readonly facts = element('div', { class: 'facts' });
  private readonly ring = element(PROGRESS_RING, { class: 'ring', hidden: '' });
  private readonly failure = element('div', { class: 'notice error', hidden: '', role: 'alert' });
  private readonly change = element('div', { class: 'notice corrections', hidden: '', role: 'status' });
  private readonly empty = element(
    'p',
    { class: 'hint empty' },
    'Choose a picture, paste one (Ctrl+V or ⌘V), drop one here while holding Shift, or take one with a camera.',
  );
  private readonly said = element('p', { class: 'hint', role: 'status' });
  private readonly list = element('section', { class: 'tried', 'aria-live': 'polite' });
  /** Cards by their picture, and what each was drawn from: one that says the same stays, with the focus on its buttons. */
  private cards = new Map<number, { readonly key: string; readonly card: HTMLElement }>();

  constructor(
    private readonly post: (message: ModelPanelMessage) => void,
    paste: () => void,
  ) {
    this.root = element(
      'div',
      { class: 'try recognize' },
      pageHeader([this.name, this.ring], this.facts, [
        button('Choose Pictures…', { appearance: 'primary', id: 'chooseFiles' }, () => post({ type: 'chooseFiles' })),
        button('Paste', { appearance: 'secondary', id: 'paste' }, paste),
        button('Camera…', { appearance: 'secondary', id: 'openCamera' }, () => post({ type: 'openCamera' })),
        button('Evaluate…', { appearance: 'secondary', id: 'evaluate' }, () => post({ type: 'evaluate' })),
      ]),
      this.failure,
      this.change,
      this.said,
      this.empty,
      this.list,
    );
  }

  show({ title, facts, waiting, failure, pictures, lastChange }: Content): void {
    setText(this.name, title);
    if (this.facts.textContent !== facts.join(''))
      this.facts.replaceChildren(...facts.map((line) => element('p', { class: 'subtitle' }, line)));
    this.ring.hidden = waiting === 0;
    this.failure.hidden = failure === undefined;
    setText(this.failure, failure ?? '');
    this.change.hidden = lastChange === undefined;
    if (lastChange !== undefined && this.change.firstChild?.textContent !== `${lastChange}.`)
      this.change.replaceChildren(
        element('span', {}, `${lastChange}.`),
        button('Undo', { appearance: 'secondary', id: 'undo' }, () => this.post({ type: 'undo' })),
      );
    this.empty.hidden = pictures.length > 0 || waiting > 0;
    if (waiting > 0) setText(this.said, '');
    this.said.hidden = this.said.textContent === '';
    this.drawCards(pictures);
  }

  hint(text: string): void {
    setText(this.said, text);
    this.said.hidden = false;
  }

  private drawCards(pictures: readonly LookedAtPicture[]): void {
    const before = this.cards;
    this.cards = new Map(
      pictures.map((picture) => {
        const key = JSON.stringify(picture);
        const present = before.get(picture.id);
        return [picture.id, present?.key === key ? present : { key, card: this.card(picture) }];
      }),
    );
    const cards = [...this.cards.values()].map(({ card }) => card);
    // What has the focus may be taken out by this: a card drawn anew gets it back.
    const focused = cards.findIndex(
      (_, i) => before.get(pictures[i]!.id)?.card.contains(document.activeElement) ?? false,
    );
    if (cards.length !== this.list.children.length || cards.some((card, i) => card !== this.list.children[i]))
      this.list.replaceChildren(...cards);
    if (focused >= 0 && !cards[focused]!.contains(document.activeElement))
      cards[focused]!.querySelector<HTMLElement>('vscode-button, button')?.focus();
  }

  private card({ id, name, answer, correction }: LookedAtPicture): HTMLElement {
    const { title, detail } = answerWords(answer);
    const seen =
      answer.seen === undefined
        ? undefined
        : element('img', { src: answer.seen, alt: `${name} as the network sees it` });
    if ('error' in answer)
      return element('article', { class: 'answer failed' }, seen, verdict(title, name, detail, []));
    const { known, person, nearest, mostLike, notes } = answer;
    const like =
      mostLike &&
      cardButton(
        { class: 'likeness', title: `Open ${mostLike.file}` },
        () => this.post({ type: 'openLike', id }),
        'Most like ',
        element('span', {}, nameOf(mostLike.file)),
        ` of ${mostLike.person}, ${mostLike.similarity.toFixed(2)}`,
      );
    const actions = element(
      'div',
      { class: 'actions' },
      ...(known
        ? [
            button(`Not ${short(person)}`, { appearance: 'secondary', 'aria-label': `Not ${person}` }, () =>
              this.post({ type: 'notThisPerson', id }),
            ),
          ]
        : []),
      ...(!known && nearest !== undefined
        ? [
            button(`This Is ${short(nearest)}`, { appearance: 'secondary', 'aria-label': `This is ${nearest}` }, () =>
              this.post({ type: 'thisIs', id, person: nearest }),
            ),
          ]
        : []),
      button('This Is…', { appearance: 'secondary' }, () => this.post({ type: 'thisIs', id })),
    );
    const said = correction === undefined ? [] : [element('p', { class: 'corrected' }, correction)];
    return element(
      'article',
      { class: `answer ${known ? 'known' : 'unknown'}` },
      seen,
      verdict(title, name, detail, [
        ...(like ? [like] : []),
        ...notes.map((note) => element('p', { class: 'hint' }, note)),
        ...said,
        actions,
      ]),
    );
  }
}

function verdict(title: string, name: string, detail: string, rest: readonly HTMLElement[]): HTMLElement {
  return element(
    'div',
    { class: 'verdict' },
    element('h2', {}, title),
    element('p', { class: 'hint similarity' }, detail),
    element('p', { class: 'hint' }, name),
    ...rest,
  );
}

/** A name on a button beside two others. */
function short(person: string): string {
  return person.length > 16 ? `${person.slice(0, 15)}…` : person;
}
