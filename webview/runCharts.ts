import { bestEpoch, emptyRunState, type RunState } from '../src/core/runState.js';
import { SMOOTHING, type Quantity, type Range, type Shown, type View } from './axis.js';
import { axisSwitch } from './axisSwitch.js';
import type { ChartMenu } from './chartMenu.js';
import { chartKey, type KeyActions } from './chartKeys.js';
import { exportMenu, type ChartFile } from './chartExport.js';
import { ChartPointer } from './chartPointer.js';
import { ChartTools } from './chartTools.js';
import { RunCurves, type Curves, type Parent } from './curves.js';
import { element, setText } from './dom.js';
import { fitted, zoomed } from './range.js';
import { readingWords } from './reading.js';
import { RunChart } from './runChart.js';
import { strideOf } from './series.js';
import type { ChartTheme } from './theme.js';

/** What of the charts outlives the document. */
export interface SavedCharts {
  readonly view?: View;
  readonly smoothing?: number;
  readonly log?: boolean;
}

const QUANTITIES = ['loss', 'accuracy'] as const;
/** Plus and minus zoom by so much. */
const KEY_ZOOM = 1.5;

/** Loss and accuracy of a run with their tools: both show the same part, and read the same place. */
export class RunCharts implements KeyActions {
  readonly root: HTMLElement;
  private shown: Shown;
  private cursor: number | undefined;
  private state: RunState = emptyRunState();
  private parent: Parent | undefined;
  private curves = new RunCurves();
  private drawn: Partial<Record<Quantity, Curves>> = {};
  private readonly charts = { loss: new RunChart('loss', 'Loss'), accuracy: new RunChart('accuracy', 'Accuracy') };
  private readonly pointers: readonly ChartPointer[];
  private readonly tools: ChartTools;
  private readonly menu: ChartMenu;
  private readonly said = element('p', { class: 'spoken', role: 'status' });

  /** @param changed something is to be drawn anew, and kept */
  constructor(
    saved: SavedCharts,
    private readonly changed: (saved: SavedCharts) => void,
    save: (file: ChartFile) => void,
    failed: (part: string, error: unknown) => void,
  ) {
    const { view, smoothing, log } = saved;
    this.shown = {
      view: view === 'epoch' ? view : 'step',
      smoothing: typeof smoothing === 'number' && smoothing >= 0 && smoothing < 1 ? smoothing : SMOOTHING,
      log: log === true,
    };
    const now = () => ({
      charts: Object.values(this.charts),
      shown: this.shown,
      state: this.state,
      parent: this.parent,
    });
    this.menu = exportMenu(now, save, failed);
    const actions = {
      smooth: (value: number) => this.set({ smoothing: value }),
      log: (on: boolean) => this.set({ log: on }),
      reset: () => this.reset(),
    };
    this.tools = new ChartTools(actions, this.menu.root);
    this.pointers = QUANTITIES.map((quantity) => {
      const chart = this.charts[quantity];
      chart.frame.addEventListener('keydown', (event) => this.key(event, quantity));
      chart.frame.addEventListener('blur', () => this.point(undefined));
      return new ChartPointer(chart.frame, chart, this);
    });
    this.root = element(
      'section',
      { class: 'runCharts' },
      element(
        'div',
        { class: 'chartBar' },
        axisSwitch(this.shown.view, (chosen) => this.set({ view: chosen, range: undefined })),
        this.tools.root,
      ),
      element('div', { class: 'charts' }, this.charts.loss.root, this.charts.accuracy.root),
      this.said,
    );
  }

  /** Another run, or the same read anew. */
  begin(parent: Parent | undefined): void {
    this.parent = parent;
    this.curves = new RunCurves(parent);
  }

  draw(state: RunState, theme: ChartTheme, attempt: (part: string, action: () => void) => void): void {
    this.state = state;
    this.tools.draw(this.shown);
    for (const quantity of QUANTITIES)
      attempt(quantity, () => {
        const curves = this.curves.of(state, quantity, this.shown);
        this.drawn[quantity] = curves;
        this.charts[quantity].draw(curves, this.shown, theme);
      });
    this.read();
  }

  point(x: number | undefined): void {
    this.cursor = x;
    this.read();
  }

  show(range: Range): void {
    this.set({ range: fitted(range, this.whole) });
  }

  zoom(at: number, factor: number): void {
    this.set({ range: zoomed(this.inView, this.whole, at, factor) });
  }

  reset(): void {
    this.set({ range: undefined });
  }

  step(by: number, quantity: Quantity): void {
    const { from, to } = this.inView;
    const stride = this.shown.view === 'step' ? strideOf(to - from) : 1;
    // What is beyond the edge of the picture is not where anybody looks: from there on it begins at the edge.
    const inside = this.cursor !== undefined && this.cursor >= from && this.cursor <= to;
    const now = inside ? this.cursor! : by > 0 ? Math.ceil(from) : Math.floor(to);
    this.goTo(inside ? now + by * stride : now, quantity);
  }

  end(last: boolean, quantity: Quantity): void {
    this.goTo(last ? this.whole.to : this.whole.from, quantity);
  }

  best(quantity: Quantity): void {
    const at = this.drawn[quantity]?.best?.x;
    if (at === undefined) setText(this.said, 'No epoch was validated yet');
    else this.goTo(at, quantity, `Best epoch, ${bestEpoch(this.state)?.epoch ?? 0}`);
  }

  zoomByKey(nearer: boolean): void {
    const { from, to } = this.inView;
    this.zoom(this.cursor ?? (from + to) / 2, nearer ? 1 / KEY_ZOOM : KEY_ZOOM);
  }

  log(): void {
    this.set({ log: !this.shown.log });
    setText(this.said, this.shown.log ? 'Loss on a logarithmic axis' : 'Loss on a linear axis');
  }

  export(): void {
    this.menu.open();
  }

  cancel(): void {
    const dragged = this.pointers.map((pointer) => pointer.end()).includes(true);
    if (!dragged) this.point(undefined);
  }

  private key(event: KeyboardEvent, quantity: Quantity): void {
    if (chartKey(event, this, quantity)) event.preventDefault();
  }

  /** Moves the cursor to what lies next to a place, brings it into view, and says what it reads. */
  private goTo(x: number, quantity: Quantity, before?: string): void {
    const { view, range } = this.shown;
    const reading = this.curves.at(this.state, quantity, view, x);
    if (!reading) return;
    const at = reading.own.x;
    if (range && (at < range.from || at > range.to)) {
      const half = (range.to - range.from) / 2;
      this.show({ from: at - half, to: at + half });
    }
    this.point(at);
    const { spoken } = readingWords(reading, quantity, view, this.nameOfValidation(quantity));
    setText(this.said, before ? `${before}: ${spoken}` : spoken);
  }

  /** Both charts read the place of the cursor. */
  private read(): void {
    for (const quantity of QUANTITIES) {
      const { view } = this.shown;
      const reading = this.cursor === undefined ? undefined : this.curves.at(this.state, quantity, view, this.cursor);
      const words = reading && readingWords(reading, quantity, view, this.nameOfValidation(quantity));
      this.charts[quantity].read(reading?.own.x, words);
    }
  }

  private nameOfValidation(quantity: Quantity): string {
    return this.drawn[quantity]?.validationName ?? 'Validation';
  }

  /** The whole axis, as far as the run has come. */
  private get whole(): Range {
    return { from: this.shown.view === 'step' ? 0 : 1, to: this.drawn.loss?.end ?? 1 };
  }

  private get inView(): Range {
    return this.shown.range ?? this.whole;
  }

  private set(change: Partial<Shown>): void {
    this.shown = { ...this.shown, ...change };
    const { view, smoothing, log } = this.shown;
    this.changed({ view, smoothing, log });
  }
}
