import { toolButton } from './chartTools.js';
import { element } from './dom.js';

/** A button that opens a list of what it can do: with the mouse, or with arrow keys and Enter. */
export class ChartMenu {
  readonly root: HTMLElement;
  private readonly button: HTMLButtonElement;
  private readonly list: HTMLElement;
  /** Where the focus was. */
  private before: HTMLElement | undefined;

  constructor(
    text: string,
    id: string,
    title: string,
    items: readonly (readonly [text: string, action: () => void])[],
  ) {
    this.button = toolButton(text, id, title, () => (this.list.hidden ? this.open() : this.close()));
    this.button.setAttribute('aria-haspopup', 'menu');
    this.list = element(
      'div',
      { class: 'menu', role: 'menu', 'aria-label': text, hidden: '' },
      ...items.map(([words, action], i) => {
        const item = toolButton(words, `${id}-${i}`, '', () => {
          this.close();
          action();
        });
        item.setAttribute('role', 'menuitem');
        item.tabIndex = -1;
        return item;
      }),
    );
    this.root = element('div', { class: 'menuButton' }, this.button, this.list);
    this.root.addEventListener('keydown', (event) => this.key(event));
    this.root.addEventListener('focusout', ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && this.root.contains(relatedTarget))) this.list.hidden = true;
      this.tell();
    });
  }

  /** The focus goes to its first item, and back when it closes. */
  open(): void {
    const { activeElement } = document;
    this.before = activeElement instanceof HTMLElement ? activeElement : this.button;
    this.list.hidden = false;
    this.tell();
    this.items[0]?.focus();
  }

  private close(): void {
    this.before?.focus();
    this.list.hidden = true;
    this.tell();
  }

  private tell(): void {
    this.button.setAttribute('aria-expanded', String(!this.list.hidden));
  }

  private get items(): HTMLElement[] {
    return [...this.list.querySelectorAll<HTMLElement>('[role=menuitem]')];
  }

  private key(event: KeyboardEvent): void {
    if (this.list.hidden) return;
    const { items } = this;
    const now = items.findIndex((item) => item === document.activeElement);
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: -1 }[event.key];
    if (event.key === 'Escape') this.close();
    else if (to === undefined) return;
    else items.at(to % items.length)?.focus();
    event.preventDefault();
    event.stopPropagation();
  }
}
