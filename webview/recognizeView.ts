import { answerWords } from '../src/core/answerWords.js';
import { formatSimilarity } from '../src/core/format.js';
import type { LookedAtPicture, ModelPanelContent, ModelPanelMessage } from '../src/protocol/modelPanel.js';
import { button, cardButton, element } from './dom.js';
import { nameOf } from './fileName.js';
import { TriedPictures } from './triedPictures.js';

type Content = Extract<ModelPanelContent, { type: 'recognize' }>;

/** Pictures from a file, the clipboard or a camera, and who a recognizer says is in them. Every answer can be corrected. */
export class RecognizeView {
  readonly root: HTMLElement;
  private readonly facts = element('div', { class: 'facts' });
  private readonly change = element('div', { class: 'notice corrections', hidden: '', role: 'status' });
  private readonly tried: TriedPictures;
  /** Cards by their picture, and what each was drawn from: one that says the same stays, with the focus on its buttons. */
  private cards = new Map<number, { readonly key: string; readonly card: HTMLElement }>();

  constructor(
    private readonly post: (message: ModelPanelMessage) => void,
    paste: () => void,
  ) {
    const evaluate = button('Evaluate…', { appearance: 'secondary', id: 'evaluate' }, () => post({ type: 'evaluate' }));
    this.tried = new TriedPictures(post, paste);
    this.root = this.tried.page('try recognize', this.facts, [evaluate], [this.change]);
  }

  show(content: Content): void {
    const { facts, pictures, lastChange } = content;
    this.tried.show(content);
    if (this.facts.textContent !== facts.join(''))
      this.facts.replaceChildren(...facts.map((line) => element('p', { class: 'subtitle' }, line)));
    this.change.hidden = lastChange === undefined;
    if (lastChange !== undefined && this.change.firstChild?.textContent !== `${lastChange}.`)
      this.change.replaceChildren(
        element('span', {}, `${lastChange}.`),
        button('Undo', { appearance: 'secondary', id: 'undo' }, () => this.post({ type: 'undo' })),
      );
    this.drawCards(pictures);
  }

  hint(text: string): void {
    this.tried.hint(text);
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
    if (
      cards.length !== this.tried.list.children.length ||
      cards.some((card, i) => card !== this.tried.list.children[i])
    )
      this.tried.list.replaceChildren(...cards);
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
        ` (${formatSimilarity(mostLike.similarity)})`,
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
