import { formatCount, formatPercent } from '../../src/core/format.js';
import type { Evaluation } from '../../src/protocol/evaluation.js';
import { element, setText } from '../dom.js';

/** People in the matrix and in the list before more is asked for: a matrix of all is a wall of dots. */
const MATRIX = 12;
const LISTED = 12;

type ClosedSet = NonNullable<Evaluation['closedSet']>;
type Row = { readonly person: number; readonly right: number; readonly of: number };

/** Who is recognized worst, and who is taken for whom: both for all people, or for those who are searched for. */
export class People {
  readonly root = element('section', { class: 'people', id: 'people' });
  private readonly search = element('input', {
    type: 'search',
    placeholder: 'Search people',
    'aria-label': 'Search people',
  }) as HTMLInputElement;
  private readonly said = element('p', { class: 'hint', role: 'status' });
  private readonly worst = element('ol', { class: 'bars' });
  private readonly rest = element('p', { class: 'more' });
  private readonly matrix = element('div', { class: 'wide' });
  private names: readonly string[] = [];
  private closedSet: ClosedSet | undefined;
  private shown = LISTED;

  constructor(private readonly searched: (text: string) => void) {
    this.search.addEventListener('input', () => {
      this.shown = LISTED;
      this.draw();
      this.searched(this.search.value);
    });
    this.root.append(
      element('h2', {}, 'People, worst first'),
      element('div', { class: 'search' }, this.search, this.said),
      element(
        'div',
        { class: 'halves' },
        element('div', {}, this.worst, this.rest),
        element('div', {}, element('h3', {}, 'Mixed up'), this.matrix),
      ),
    );
  }

  show({ people, closedSet }: Evaluation, searched: string): void {
    this.names = people;
    this.closedSet = closedSet;
    this.search.value = searched;
    this.root.hidden = closedSet === undefined;
    this.draw();
  }

  private draw(): void {
    const { closedSet } = this;
    if (!closedSet) return;
    const wanted = this.search.value.trim().toLowerCase();
    const found = closedSet.byPerson
      .map(({ right, of }, person): Row => ({ person, right, of }))
      .filter(({ person, of }) => of > 0 && this.names[person]!.toLowerCase().includes(wanted))
      .sort((a, b) => a.right / a.of - b.right / b.of || b.of - a.of);
    setText(this.said, wanted === '' ? '' : formatCount(found.length, 'person', 'people'));
    this.worst.replaceChildren(...found.slice(0, this.shown).map((row) => this.bar(row)));
    this.rest.replaceChildren(...this.moreOf(found.length));
    this.matrix.replaceChildren(matrixOf(this.names, closedSet, wanted));
  }

  private bar({ person, right, of }: Row): HTMLElement {
    const name = this.names[person]!;
    return element(
      'li',
      {},
      element('span', { class: 'person', title: name }, name),
      element('progress', { max: String(of), value: String(right), 'aria-hidden': 'true' }),
      element('span', { class: 'count' }, `${right} of ${of}`),
    );
  }

  private moreOf(found: number): HTMLElement[] {
    if (found <= this.shown) return [];
    const made = element(
      'button',
      { type: 'button', class: 'link' },
      `Show ${Math.min(50, found - this.shown)} more of ${found}`,
    );
    made.addEventListener('click', () => {
      this.shown += 50;
      this.draw();
    });
    return [made];
  }
}

/** Who is taken for whom: the people with most mistakes, or those who are searched for with whom they are mixed up. */
function matrixOf(names: readonly string[], { confusions, byPerson, of }: ClosedSet, wanted: string): HTMLElement {
  const matches = (person: number) => names[person]!.toLowerCase().includes(wanted);
  const involved = confusions.filter(({ person, takenFor }) => matches(person) || matches(takenFor));
  const weights = new Map<number, number>();
  for (const { person, takenFor, count } of involved)
    for (const one of [person, takenFor]) weights.set(one, (weights.get(one) ?? 0) + count);
  if (weights.size === 0)
    return element(
      'p',
      { class: 'hint' },
      wanted === ''
        ? `Nobody was taken for another in ${formatCount(of, 'picture')}.`
        : 'Nobody of that name was taken for another.',
    );
  const shown = [...weights]
    .sort((a, b) => b[1] - a[1])
    .slice(0, MATRIX)
    .map(([person]) => person);
  const counts = new Map(involved.map(({ person, takenFor, count }) => [`${person} ${takenFor}`, count]));
  const head = (person: number) =>
    element('th', { scope: 'col', title: names[person]! }, element('span', {}, names[person]));
  return element(
    'table',
    { class: 'matrix' },
    element('caption', {}, caption(weights.size)),
    element('thead', {}, element('tr', {}, element('td', {}, 'is ↓  taken for →'), ...shown.map(head))),
    element(
      'tbody',
      {},
      ...shown.map((person) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row', title: names[person]! }, names[person]),
          ...shown.map((takenFor) =>
            person === takenFor
              ? rightCell(byPerson[person]!)
              : wrongCell(
                  counts.get(`${person} ${takenFor}`) ?? 0,
                  byPerson[person]!.of,
                  `${names[person]!} taken for ${names[takenFor]!}`,
                ),
          ),
        ),
      ),
    ),
  );
}

function caption(people: number): string {
  const words = 'How often a picture of the person on the left is most like the person above.';
  return people <= MATRIX ? words : `${words} The ${MATRIX} of ${people} with most mistakes; search for others.`;
}

function rightCell({ right, of }: { readonly right: number; readonly of: number }): HTMLElement {
  return element('td', { class: 'right', title: of === 0 ? '' : formatPercent(right / of) }, String(right));
}

function wrongCell(count: number, of: number, words: string): HTMLElement {
  if (count === 0) return element('td', { class: 'none' }, '·');
  const cell = element(
    'td',
    { class: 'wrong', title: `${words}: ${count} of ${of}` },
    element('span', {}, String(count)),
  );
  cell.style.setProperty('--share', String(Math.min(1, 0.25 + count / Math.max(1, of))));
  return cell;
}
