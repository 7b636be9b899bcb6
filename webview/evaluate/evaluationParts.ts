import { formatCount, formatPercent } from '../../src/core/format.js';
import { sentenceAt } from '../../src/evaluation/sentence.js';
import type { Evaluation } from '../../src/protocol/evaluation.js';
import type { EvaluationPanelContent, EvaluationPanelMessage } from '../../src/protocol/evaluationPanel.js';
import { button, element, pageHeader, setText, tile, tiles } from '../dom.js';
import type { Page } from '../page.js';
import type { ChartTheme } from '../theme.js';
import { alikeParts } from './alike.js';
import { ErrorCurve } from './curve.js';
import { EmbeddingMap } from './embeddingMap.js';
import { SimilarityHistogram } from './histogram.js';
import { Mistakes } from './mistakes.js';
import { People } from './people.js';
import { Pictures } from './pictures.js';

/** What the page keeps over a reload. */
export interface SavedView {
  /** Where the line was dragged to, and for which evaluation: that of another has its own. */
  readonly threshold?: number;
  readonly sentence?: string;
  readonly searched?: string;
}

type Shown = Extract<EvaluationPanelContent, { type: 'evaluation' }>;
type Changed = Pick<Shown, 'inForce' | 'corrections' | 'lastChange'>;

/** An evaluation that is there: the sentence first, then what it rests on. */
export class EvaluationParts {
  readonly root: HTMLElement;
  readonly pictures: Pictures;
  private readonly name = element('h1');
  private readonly facts = element('p', { class: 'subtitle' });
  private readonly sentence = element('p', { class: 'sentence' });
  private readonly lineActions = element('div', { class: 'actions line' });
  private readonly corrected = element('div', { class: 'notice corrections', hidden: '', role: 'status' });
  private readonly tiles = tiles();
  private readonly notes = element('ul', { class: 'notes' });
  private readonly histogram: SimilarityHistogram;
  private readonly curve = new ErrorCurve();
  private readonly mistakes: Mistakes;
  private readonly people: People;
  private readonly alike = element('div');
  private readonly map: EmbeddingMap;
  private shown: Shown | undefined;
  private threshold = 0;
  private theme: ChartTheme | undefined;

  constructor(private readonly page: Page<EvaluationPanelMessage, SavedView>) {
    const { post } = page;
    this.pictures = new Pictures((files) => post({ type: 'pictures', files }));
    const context = { post, pictures: this.pictures };
    const said = (threshold: number) => (this.shown ? sentenceAt(this.shown.evaluation.evidence, threshold) : '');
    this.histogram = new SimilarityHistogram((threshold) => this.move(threshold), said);
    this.mistakes = new Mistakes(context, () => this.shown?.corrects ?? false);
    this.people = new People((text) => this.search(text));
    this.map = new EmbeddingMap(context, (error) => page.failed('map', error));
    this.root = element(
      'div',
      { class: 'evaluate' },
      pageHeader([this.name], this.facts, [
        button('Evaluate Again', { appearance: 'secondary', id: 'again' }, () => post({ type: 'evaluateAgain' })),
        button('Strangers from a Folder…', { appearance: 'secondary', id: 'strangers' }, () =>
          post({ type: 'chooseStrangers' }),
        ),
      ]),
      element('div', { class: 'verdictOfAll' }, this.sentence, this.lineActions),
      this.corrected,
      element('div', { class: 'charts' }, this.histogram.root, this.curve.root),
      this.tiles,
      this.notes,
      this.mistakes.root,
      this.people.root,
      this.alike,
      this.map.root,
    );
  }

  show(shown: Shown): void {
    const { title, network, evaluation } = shown;
    this.shown = shown;
    const { saved } = this.page;
    const kept = saved?.sentence === evaluation.sentence ? saved.threshold : undefined;
    this.threshold = kept ?? evaluation.threshold;
    setText(this.name, `What “${title}” gets wrong`);
    setText(this.facts, factsOf(network, evaluation));
    this.tiles.replaceChildren(...tilesOf(evaluation));
    this.notes.replaceChildren(...evaluation.notes.map((note) => element('li', {}, note)));
    this.histogram.show(evaluation.histogram);
    this.curve.show(evaluation);
    this.mistakes.show(evaluation.mistakes, evaluation.mistakeCount);
    this.people.show(evaluation, saved?.searched ?? '');
    this.alike.replaceChildren(
      ...alikeParts({ post: this.page.post, pictures: this.pictures }, evaluation, shown.corrects),
    );
    this.map.show(evaluation);
    this.map.search(saved?.searched ?? '');
    this.line();
    this.change(shown);
  }

  change({ inForce, corrections, lastChange }: Changed): void {
    if (!this.shown) return;
    const { type, title, network, evaluation, corrects } = this.shown;
    const now = { corrections, lastChange, ...(inForce === undefined ? {} : { inForce }) };
    this.shown = { type, title, network, evaluation, corrects, ...now };
    this.mistakes.correct(new Map(corrections.map(({ picture, words }) => [picture, words])));
    this.corrected.hidden = lastChange === undefined;
    this.corrected.replaceChildren(
      element('span', {}, `${lastChange ?? ''}. What is below was found before that. `),
      button('Undo', { appearance: 'secondary', id: 'undo' }, () => this.page.post({ type: 'undo' })),
    );
    this.line();
  }

  draw(theme: ChartTheme): void {
    this.theme = theme;
    this.page.attempt('histogram', () => this.histogram.draw(theme));
    this.page.attempt('curve', () => this.curve.draw(theme));
    this.page.attempt('map', () => this.map.draw(theme));
  }

  private move(threshold: number): void {
    const { shown, page } = this;
    if (!shown) return;
    this.threshold = threshold;
    page.save({ ...page.saved, threshold, sentence: shown.evaluation.sentence });
    this.line();
    if (!this.theme) return;
    this.histogram.draw(this.theme);
    this.curve.draw(this.theme);
  }

  private search(text: string): void {
    this.page.save({ ...this.page.saved, searched: text });
    this.map.search(text);
  }

  /** Everything that the line changes by itself. */
  private line(): void {
    const { shown, threshold } = this;
    if (!shown) return;
    const { evaluation, inForce } = shown;
    setText(this.sentence, sentenceAt(evaluation.evidence, threshold));
    this.histogram.set(threshold, inForce ?? evaluation.threshold);
    this.curve.set(threshold);
    // One that nothing carries yet may cost half of the people's own pictures, and for no promise.
    const suggested = evaluation.suggestion?.carried === true ? evaluation.suggestion.threshold : undefined;
    const away = (other: number | undefined) => other !== undefined && Math.abs(other - threshold) > 5e-4;
    const actions = [
      ...(away(inForce)
        ? [
            button(`Answer by ${threshold.toFixed(3)}`, { appearance: 'primary', id: 'use' }, () =>
              this.page.post({ type: 'useThreshold', threshold }),
            ),
          ]
        : []),
      ...(away(inForce ?? evaluation.threshold)
        ? [button('Back', { appearance: 'secondary', id: 'back' }, () => this.move(inForce ?? evaluation.threshold))]
        : []),
      ...(suggested !== undefined && away(suggested)
        ? [
            button(`Move to ${suggested.toFixed(3)}, as Suggested`, { appearance: 'secondary', id: 'suggested' }, () =>
              this.move(suggested),
            ),
          ]
        : []),
    ];
    // A button that stays keeps the focus.
    const present = [...this.lineActions.children].map(({ textContent }) => textContent).join('|');
    if (present !== actions.map(({ textContent }) => textContent).join('|'))
      this.lineActions.replaceChildren(...actions);
  }
}

function factsOf(network: string, { counts }: Evaluation): string {
  return [
    network,
    formatCount(counts.people, 'person', 'people'),
    formatCount(counts.pictures, 'picture'),
    ...(counts.strangers > 0 ? [formatCount(counts.strangers, 'stranger')] : []),
  ].join('  ·  ');
}

function tilesOf({ closedSet, openSet, verification }: Evaluation): HTMLElement[] {
  const range = ([low, high]: readonly [number, number]) => `${formatPercent(low)} to ${formatPercent(high)}`;
  const made: HTMLElement[] = [];
  if (closedSet)
    made.push(
      tile(
        'Right person',
        `${closedSet.right.toLocaleString('en-US')} of ${closedSet.of.toLocaleString('en-US')}`,
        range(closedSet.accuracyInterval),
      ),
    );
  if (openSet) {
    made.push(
      tile(
        'Not recognized',
        `${openSet.missed.toLocaleString('en-US')} of ${openSet.ofPictures.toLocaleString('en-US')}`,
        range(openSet.fnirInterval),
      ),
      tile(
        'Strangers named',
        `${openSet.named.toLocaleString('en-US')} of ${openSet.ofStrangers.toLocaleString('en-US')}`,
        `at most ${formatPercent(openSet.fpirBound)}`,
      ),
    );
  }
  if (verification)
    made.push(
      tile(
        'Pairs told apart',
        formatPercent(verification.accuracy ?? 1 - verification.eer),
        `area under the curve ${verification.auc.toFixed(4)}`,
      ),
    );
  return made;
}
