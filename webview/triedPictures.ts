import type { ModelPanelMessage } from '../src/protocol/modelPanel.js';
import { button, element, pageHeader, setText } from './dom.js';
import { PROGRESS_RING } from './toolkit.js';

type Post = (message: ModelPanelMessage) => void;

/** What every page has on which pictures are tried: its head, how pictures come, what is waited for or failed, and a list of answers. */
export class TriedPictures {
  readonly list = element('section', { class: 'tried', 'aria-live': 'polite' });
  private readonly name = element('h1');
  private readonly ring = element(PROGRESS_RING, { class: 'ring', hidden: '' });
  private readonly failure = element('div', { class: 'notice error', hidden: '', role: 'alert' });
  private readonly empty = element(
    'p',
    { class: 'hint empty' },
    'Choose a picture, paste one (Ctrl+V or ⌘V), drop one here while holding Shift, or take one with a camera.',
  );
  private readonly closedSet = element('label', { class: 'closedSet', hidden: '' });
  private readonly box = document.createElement('input');
  private readonly said = element('p', { class: 'hint', role: 'status' });

  constructor(
    private readonly post: Post,
    private readonly paste: () => void,
  ) {
    Object.assign(this.box, { type: 'checkbox', id: 'closedSet' });
    this.closedSet.append(this.box, 'Every picture is one of these people: somebody is always named');
    this.box.addEventListener('change', () => post({ type: 'closedSet', on: this.box.checked }));
  }

  /**
   * @param facts below the title
   * @param more buttons behind those by which pictures come
   * @param notices below a failure
   */
  page(kind: string, facts: HTMLElement, more: readonly HTMLElement[] = [], notices: readonly HTMLElement[] = []) {
    const { post, paste } = this;
    return element(
      'div',
      { class: kind },
      pageHeader([this.name, this.ring], facts, [
        button('Choose Pictures…', { appearance: 'primary', id: 'chooseFiles' }, () => post({ type: 'chooseFiles' })),
        button('Paste', { appearance: 'secondary', id: 'paste' }, paste),
        button('Camera…', { appearance: 'secondary', id: 'openCamera' }, () => post({ type: 'openCamera' })),
        ...more,
      ]),
      this.closedSet,
      this.failure,
      ...notices,
      this.said,
      this.empty,
      this.list,
    );
  }

  /** All but the answers. */
  show(content: {
    readonly title: string;
    readonly waiting: number;
    readonly failure?: string | undefined;
    readonly closedSet?: boolean | undefined;
    readonly pictures: readonly unknown[];
  }): void {
    const { title, waiting, failure, closedSet, pictures } = content;
    this.closedSet.hidden = closedSet === undefined;
    this.box.checked = closedSet === true;
    setText(this.name, title);
    this.ring.hidden = waiting === 0;
    this.failure.hidden = failure === undefined;
    setText(this.failure, failure ?? '');
    this.empty.hidden = pictures.length > 0 || waiting > 0;
    if (waiting > 0) setText(this.said, '');
    this.said.hidden = this.said.textContent === '';
  }

  hint(text: string): void {
    setText(this.said, text);
    this.said.hidden = false;
  }
}
