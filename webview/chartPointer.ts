import type { Range } from './axis.js';
import type { Area } from './chartCursor.js';

/** What pointer and keys do with what both charts show. */
export interface ChartActions {
  /** Reads a place on the axis; none where absent. */
  point(x: number | undefined): void;
  show(range: Range): void;
  zoom(at: number, factor: number): void;
  reset(): void;
}

/** The chart below the pointer, in pixels from the left of its frame. */
export interface ChartPlace {
  readonly area: Area;
  readonly shown: Range;
  valueAt(pixel: number): number;
  /** Shows what a drag has chosen so far. */
  choose(between: readonly [number, number] | undefined): void;
}

/** A shorter drag is a click, pixels. */
const CLICK = 5;
/** A turn of the wheel by 100, as a mouse's notch is, shows so many times as much. */
const NOTCH = 1.25;

/**
 * The mouse over a chart: it reads what is below, a drag zooms to what it passes over, with Shift it moves what is shown, Ctrl and the
 * wheel zoom, and a double click shows all. A plain wheel scrolls the page, and so does a finger.
 */
export class ChartPointer {
  private drag: { readonly from: number; readonly shown: Range; readonly pans: boolean } | undefined;

  constructor(
    private readonly frame: HTMLElement,
    private readonly chart: ChartPlace,
    private readonly actions: ChartActions,
  ) {
    frame.addEventListener('pointerdown', (event) => this.press(event));
    frame.addEventListener('pointermove', (event) => this.move(event));
    frame.addEventListener('pointerup', (event) => this.release(event));
    frame.addEventListener('lostpointercapture', () => this.end());
    frame.addEventListener('pointerleave', () => actions.point(undefined));
    frame.addEventListener('dblclick', () => actions.reset());
    frame.addEventListener('wheel', (event) => this.turn(event), { passive: false });
  }

  /** Ends a drag without its zoom. @returns whether there was one */
  end(): boolean {
    const dragged = this.drag !== undefined;
    this.drag = undefined;
    this.frame.classList.remove('panned');
    this.chart.choose(undefined);
    return dragged;
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0 || event.pointerType === 'touch') return;
    this.drag = { from: this.pixelOf(event), shown: this.chart.shown, pans: event.shiftKey };
    this.frame.setPointerCapture(event.pointerId);
    this.frame.classList.toggle('panned', event.shiftKey);
    // Else Shift and a click select the text up to here.
    event.preventDefault();
    this.frame.focus({ preventScroll: true });
  }

  private move(event: PointerEvent): void {
    const pixel = this.pixelOf(event);
    const { drag, chart } = this;
    if (drag?.pans) {
      const { from, to } = drag.shown;
      const by = ((drag.from - pixel) / (chart.area.right - chart.area.left)) * (to - from);
      this.actions.show({ from: from + by, to: to + by });
    } else if (drag) chart.choose(Math.abs(pixel - drag.from) < CLICK ? undefined : [drag.from, pixel]);
    else this.actions.point(chart.valueAt(pixel));
  }

  private release(event: PointerEvent): void {
    const { drag, chart } = this;
    const pixel = this.pixelOf(event);
    this.end();
    if (!drag || drag.pans || Math.abs(pixel - drag.from) < CLICK) return;
    const [from, to] = [drag.from, pixel].map((at) => chart.valueAt(at)).sort((a, b) => a - b) as [number, number];
    this.actions.show({ from, to });
  }

  private turn(event: WheelEvent): void {
    if (!event.ctrlKey) return;
    event.preventDefault();
    // A line is about 16 pixels.
    const turned = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 * event.deltaY : event.deltaY;
    this.actions.zoom(this.chart.valueAt(this.pixelOf(event)), NOTCH ** (turned / 100));
  }

  private pixelOf({ clientX }: MouseEvent): number {
    return clientX - this.frame.getBoundingClientRect().left;
  }
}
