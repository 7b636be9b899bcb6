import { element, setText } from '../dom.js';

/** A step of the arrow keys, and of the same with Shift. Similarities are written with two decimals, and near the line hundredths count. */
const STEP = 0.005;
const LARGE_STEP = 0.05;

/** Where the line may stand: the axis of the chart that it is drawn on. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  /** Pixels from the left of the chart, and back. */
  pixelOf(value: number): number;
  valueAt(pixel: number): number;
  readonly top: number;
  readonly bottom: number;
}

/** The threshold as a line over a chart: dragged with the pointer, moved with the keys, and said by a screen reader as a slider. */
export class ThresholdSlider {
  readonly root: HTMLElement;
  private readonly label = element('span', { class: 'grip' });
  private axis: Axis | undefined;
  private value = 0;

  constructor(
    private readonly moved: (threshold: number) => void,
    private readonly spoken: (threshold: number) => string,
  ) {
    this.root = element(
      'div',
      {
        class: 'threshold',
        role: 'slider',
        tabindex: '0',
        'aria-label': 'Threshold',
        'aria-orientation': 'horizontal',
      },
      this.label,
    );
    this.root.addEventListener('pointerdown', (event) => this.press(event));
    this.root.addEventListener('keydown', (event) => this.key(event));
  }

  /** The chart was laid out (anew). */
  place(axis: Axis): void {
    this.axis = axis;
    this.draw();
  }

  set(value: number): void {
    this.value = value;
    this.draw();
  }

  /** Goes on with a drag that began elsewhere on the chart. */
  press(event: PointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault();
    this.root.focus();
    const follow = (at: PointerEvent) => this.to(at.clientX);
    const end = () => {
      this.root.removeEventListener('pointermove', follow);
      this.root.classList.remove('dragged');
    };
    this.root.setPointerCapture(event.pointerId);
    this.root.classList.add('dragged');
    this.root.addEventListener('pointermove', follow);
    this.root.addEventListener('lostpointercapture', end, { once: true });
    follow(event);
  }

  private to(clientX: number): void {
    const box = this.root.parentElement?.getBoundingClientRect();
    if (this.axis && box) this.move(Math.round(this.axis.valueAt(clientX - box.left) * 1000) / 1000);
  }

  private key(event: KeyboardEvent): void {
    if (!this.axis || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? LARGE_STEP : STEP;
    const target = {
      ArrowLeft: this.value - step,
      ArrowDown: this.value - step,
      ArrowRight: this.value + step,
      ArrowUp: this.value + step,
      PageDown: this.value - LARGE_STEP,
      PageUp: this.value + LARGE_STEP,
      Home: this.axis.from,
      End: this.axis.to,
    }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.move(Math.round(target * 1000) / 1000);
  }

  private move(value: number): void {
    if (!this.axis) return;
    const kept = Math.min(this.axis.to, Math.max(this.axis.from, value));
    if (kept !== this.value) this.moved(kept);
  }

  private draw(): void {
    const { axis, root, value } = this;
    if (!axis) return;
    root.style.left = `${axis.pixelOf(value)}px`;
    root.style.top = `${axis.top}px`;
    root.style.height = `${axis.bottom - axis.top}px`;
    setText(this.label, value.toFixed(3));
    // The grip stays on the chart where its line stands at an edge.
    this.label.dataset['edge'] =
      value - axis.from < (axis.to - axis.from) / 12
        ? 'left'
        : value > axis.to - (axis.to - axis.from) / 12
          ? 'right'
          : '';
    for (const [name, text] of [
      ['aria-valuemin', axis.from],
      ['aria-valuemax', axis.to],
      ['aria-valuenow', value],
      ['aria-valuetext', `${value.toFixed(3)}. ${this.spoken(value)}`],
    ] as const)
      root.setAttribute(name, String(text));
  }
}
