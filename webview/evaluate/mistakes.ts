import { formatCount } from '../../src/core/format.js';
import type { EvaluationMistake } from '../../src/protocol/evaluation.js';
import type { EvaluationPanelMessage } from '../../src/protocol/evaluationPanel.js';
import { element } from '../dom.js';
import { lookCard, type CardContext } from './lookCard.js';

/** Cards that are made at once. */
const SHOWN = 24;

const KINDS: Record<EvaluationMistake['kind'], string> = {
  'taken-for-another': 'Taken for another',
  'not-recognized': 'Not recognized',
  'stranger-named': 'Strangers named',
};

type Kind = EvaluationMistake['kind'];

/** The pictures that are answered wrongly, each beside the one that it was taken for. */
export class Mistakes {
  readonly root = element('section', { class: 'mistakes', id: 'mistakes' });
  private mistakes: readonly EvaluationMistake[] = [];
  private total = 0;
  private kind: Kind | undefined;
  private shown = SHOWN;
  private corrected: ReadonlyMap<string, string> = new Map();
  private readonly cards = new Map<EvaluationMistake, HTMLElement>();
  private readonly heading = element('h2', { tabindex: '-1' });
  private readonly filters = element('div', { class: 'choice', role: 'group', 'aria-label': 'Kind of mistake' });
  private readonly list = element('div', { class: 'looks' });
  private readonly more = element('p', { class: 'more' });

  constructor(
    private readonly context: CardContext,
    private readonly corrects: () => boolean,
  ) {
    this.root.append(this.heading, this.filters, this.list, this.more);
  }

  show(mistakes: readonly EvaluationMistake[], total: number): void {
    this.mistakes = mistakes;
    this.total = total;
    this.cards.clear();
    this.shown = SHOWN;
    if (!mistakes.some(({ kind }) => kind === this.kind)) this.kind = undefined;
    this.draw();
  }

  /** What became of pictures whose answers were corrected. */
  correct(corrected: ReadonlyMap<string, string>): void {
    this.corrected = corrected;
    this.cards.clear();
    this.draw();
  }

  private draw(): void {
    const { mistakes, total, kind } = this;
    const settled = mistakes.filter(({ picture }) => this.corrected.has(picture)).length;
    this.heading.textContent =
      total === 0 ? 'No mistakes' : `${formatCount(total, 'mistake')}${settled === 0 ? '' : `, ${settled} settled`}`;
    const kinds = [...new Set(mistakes.map((mistake) => mistake.kind))];
    this.filters.replaceChildren(
      ...(kinds.length < 2 ? [] : [this.filter(undefined), ...kinds.map((one) => this.filter(one))]),
    );
    const wanted = kind === undefined ? mistakes : mistakes.filter((mistake) => mistake.kind === kind);
    this.list.replaceChildren(...wanted.slice(0, this.shown).map((mistake) => this.card(mistake)));
    this.more.replaceChildren(...this.rest(wanted.length));
  }

  private filter(kind: Kind | undefined): HTMLElement {
    const count = kind === undefined ? this.mistakes.length : this.mistakes.filter((one) => one.kind === kind).length;
    const pressed = String(kind === this.kind);
    const made = element(
      'button',
      { type: 'button', 'aria-pressed': pressed },
      `${kind === undefined ? 'All' : KINDS[kind]} ${count}`,
    );
    made.addEventListener('click', () => {
      this.kind = kind;
      this.shown = SHOWN;
      this.draw();
      this.filters.querySelector<HTMLElement>('[aria-pressed=true]')?.focus();
    });
    return made;
  }

  private rest(wanted: number): (HTMLElement | string)[] {
    const parts: (HTMLElement | string)[] = [];
    if (wanted > this.shown) {
      const made = element(
        'button',
        { type: 'button', class: 'link' },
        `Show ${Math.min(SHOWN, wanted - this.shown)} more`,
      );
      made.addEventListener('click', () => {
        const first = this.shown;
        this.shown += SHOWN;
        this.draw();
        this.list.children[first]?.querySelector<HTMLElement>('button')?.focus();
      });
      parts.push(made);
    }
    if (this.total > this.mistakes.length)
      parts.push(
        element(
          'span',
          { class: 'dim' },
          ` The ${this.mistakes.length} most telling of ${this.total.toLocaleString('en-US')} are listed.`,
        ),
      );
    return parts;
  }

  private card(mistake: EvaluationMistake): HTMLElement {
    const present = this.cards.get(mistake);
    if (present) return present;
    const { kind, picture, person } = mistake;
    const made = lookCard(this.context, {
      look: mistake,
      badge: KINDS[kind],
      who: kind === 'stranger-named' ? `${person}, a stranger` : person,
      why: mistake.why,
      corrections: this.corrects() ? correctionsOf(mistake) : [],
      corrected: this.corrected.get(picture),
    });
    made.dataset['kind'] = kind;
    this.cards.set(mistake, made);
    return made;
  }
}

/** What can be done at once, as a recognizer is evaluated with its own pictures: whose they are is what stands in question. */
function correctionsOf({ kind, picture: file, person, nearestPerson }: EvaluationMistake): EvaluationPanelMessage[] {
  const not = { type: 'notThisPerson', file, person: nearestPerson } as const;
  switch (kind) {
    case 'taken-for-another':
      return [not, { type: 'moveTo', file, from: person, person: nearestPerson }];
    case 'stranger-named':
      return [not];
    case 'not-recognized':
      return [{ type: 'takeOut', file, person }];
  }
}
