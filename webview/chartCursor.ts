import { element, setText } from './dom.js';
import type { ReadingWords } from './reading.js';

/** A chart's place on the page, in pixels from the top left corner of its canvas. */
export interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The line at a place in a chart, what it reads there, and the part that a drag chooses. Elements over the canvas, which is not drawn anew. */
export class ChartCursor {
  private readonly line = element('div', { class: 'cursor', hidden: '' });
  private readonly tip = element('div', { class: 'tip', hidden: '', 'aria-hidden': 'true' });
  private readonly chosen = element('div', { class: 'chosen', hidden: '' });

  /** @param low whether what it reads stands at the bottom: curves that rise leave room there, those that fall at the top */
  constructor(
    frame: HTMLElement,
    private readonly low: boolean,
  ) {
    frame.append(this.chosen, this.line, this.tip);
  }

  /** @param notes sentences below what it reads */
  show(pixel: number, { left, right, top, bottom }: Area, words: ReadingWords, notes: readonly string[]): void {
    const inside = pixel >= left - 1 && pixel <= right + 1;
    this.line.hidden = this.tip.hidden = !inside;
    if (!inside) return;
    place(this.line, { left: pixel, top, width: 1, height: bottom - top });
    this.write(words, notes);
    // To the right of the line, and to its left where there is more room.
    const onRight = pixel < (left + right) / 2;
    this.tip.style.top = this.low ? '' : `${top + 8}px`;
    this.tip.style.bottom = this.low ? `calc(100% - ${bottom - 8}px)` : '';
    this.tip.style.left = onRight ? `${pixel + 10}px` : '';
    this.tip.style.right = onRight ? '' : `calc(100% - ${pixel - 10}px)`;
    this.tip.style.maxWidth = `${Math.max(120, (onRight ? right - pixel : pixel - left) - 12)}px`;
  }

  hide(): void {
    this.line.hidden = this.tip.hidden = true;
  }

  /** Shows what a drag has chosen so far. */
  choose(between: readonly [number, number] | undefined, area: Area): void {
    this.chosen.hidden = !between;
    if (!between) return;
    const [from, to] = between.map((pixel) => Math.min(area.right, Math.max(area.left, pixel))) as [number, number];
    const left = Math.min(from, to);
    place(this.chosen, { left, top: area.top, width: Math.abs(to - from), height: area.bottom - area.top });
  }

  private write({ title, rows }: ReadingWords, notes: readonly string[]): void {
    const lines = [
      element('strong', {}, title),
      ...rows.map(([name, value]) => element('span', {}, element('span', {}, name), element('b', {}, value))),
      ...notes.map((note) => element('em', {}, note)),
    ];
    const same = lines.map((line) => line.textContent).join('\n');
    if (this.tip.dataset['text'] === same) return;
    setText(this.tip, '');
    this.tip.append(...lines);
    this.tip.dataset['text'] = same;
  }
}

function place(
  one: HTMLElement,
  { left, top, width, height }: Record<'left' | 'top' | 'width' | 'height', number>,
): void {
  one.style.transform = `translate(${left}px, ${top}px)`;
  one.style.width = `${width}px`;
  one.style.height = `${height}px`;
}
