import type { Evaluation } from '../../src/protocol/evaluation.js';
import type { EvaluationPanelContent, EvaluationPanelMessage } from '../../src/protocol/evaluationPanel.js';
import { button, element, pageHeader, setText } from '../dom.js';
import type { Page, View } from '../page.js';
import { readTheme } from '../theme.js';
import { PROGRESS_RING } from '../toolkit.js';
import { EvaluationParts, type SavedView } from './evaluationParts.js';

type Shown = Extract<EvaluationPanelContent, { type: 'evaluation' }>;

/** The page of an evaluation: under way, failed, or there. */
export class EvaluateView implements View<EvaluationPanelContent> {
  readonly types = { evaluating: true, notEvaluated: true, evaluation: true, changed: true, pictures: true } as const;
  private readonly parts: EvaluationParts;
  private readonly state = element('div', { class: 'state' });
  private readonly count = element('p', { class: 'subtitle', role: 'status' });
  private shown: Evaluation | undefined;

  constructor(private readonly page: Page<EvaluationPanelMessage, SavedView>) {
    this.parts = new EvaluationParts(page);
  }

  receive(content: EvaluationPanelContent): void {
    switch (content.type) {
      case 'evaluating':
        this.evaluating(content);
        break;
      case 'notEvaluated':
        this.notEvaluated(content);
        break;
      case 'evaluation':
        this.evaluation(content);
        break;
      case 'changed':
        this.parts.change(content);
        break;
      case 'pictures':
        this.parts.pictures.arrived(content.pictures);
        break;
    }
  }

  draw(): void {
    if (this.shown) this.parts.draw(readTheme());
  }

  private evaluating({ title, done, total }: Extract<EvaluationPanelContent, { type: 'evaluating' }>): void {
    if (document.body.dataset['content'] !== 'evaluating')
      this.stand('evaluating', [
        pageHeader([element('h1', {}, `Trying “${title}”`), element(PROGRESS_RING, { class: 'ring' })], this.count, [
          button('Stop', { appearance: 'secondary', id: 'stop' }, () => this.page.post({ type: 'stop' })),
        ]),
      ]);
    const n = (value: number) => value.toLocaleString('en-US');
    setText(this.count, total === 0 ? 'Looking for the pictures' : `${n(done)} of ${n(total)} pictures`);
  }

  private notEvaluated({ title, message, advice }: Extract<EvaluationPanelContent, { type: 'notEvaluated' }>): void {
    this.stand('notEvaluated', [
      pageHeader([element('h1', {}, title)], undefined, [
        button('Evaluate Again', { appearance: 'primary', id: 'again' }, () =>
          this.page.post({ type: 'evaluateAgain' }),
        ),
      ]),
      element('div', { class: 'notice error', role: 'alert' }, message, ' ', advice),
    ]);
  }

  private evaluation(content: Shown): void {
    const { root } = this.page;
    this.shown = content.evaluation;
    this.parts.show(content);
    if (this.parts.root.parentNode !== root) root.replaceChildren(this.parts.root);
    document.body.dataset['content'] = 'evaluation';
  }

  private stand(name: string, parts: HTMLElement[]): void {
    this.shown = undefined;
    this.state.replaceChildren(...parts);
    this.page.root.replaceChildren(this.state);
    document.body.dataset['content'] = name;
  }
}
