import { emptyRunState, phaseOf, reduceAll, type RunState } from '../src/core/runState.js';
import type { HostMessage, Liveness, PanelMessage } from '../src/protocol/panel.js';
import type { ChartFile } from './chartExport.js';
import { Checkpoints } from './checkpoints.js';
import type { Parent } from './curves.js';
import { EpochTable } from './epochTable.js';
import { Notices } from './notices.js';
import type { Page, View } from './page.js';
import { QuantizationView } from './quantizationView.js';
import { RunCharts, type SavedCharts } from './runCharts.js';
import { RunHeader } from './runHeader.js';
import { RunSummary } from './runSummary.js';
import { readTheme } from './theme.js';
import { VerdictView } from './verdictView.js';

/** What outlives the document: the folder says to the editor which run to open again after a reload. */
export interface Saved extends SavedCharts {
  readonly runFolder?: string;
}

/**
 * One run, from its events: receives, reduces, draws. The history lives in the extension host; this can be thrown away and
 * loaded again at any time.
 */
export class RunView implements View<HostMessage> {
  readonly types = { snapshot: true, events: true, liveness: true, preparing: true } as const;
  private state: RunState = emptyRunState();
  private parent: Parent | undefined;
  private liveness: Liveness = { alive: true, stopping: false, ownedHere: false };
  private hasReport = false;
  /** Pictures read so far, before the first step. */
  private preparing: { readonly done: number; readonly total: number } | undefined;

  private readonly header: RunHeader;
  private readonly summary = new RunSummary();
  private readonly verdict: VerdictView;
  private readonly notices = new Notices();
  private readonly charts: RunCharts;
  private readonly quantization: QuantizationView;
  private readonly checkpoints: Checkpoints;
  private readonly table = new EpochTable();

  constructor(private readonly page: Page<PanelMessage, Saved>) {
    this.header = new RunHeader(page.post);
    this.verdict = new VerdictView(page.post);
    this.quantization = new QuantizationView(page.post);
    this.checkpoints = new Checkpoints(page.post);
    const keep = (saved: SavedCharts) => {
      page.save({ ...page.saved, ...saved });
      page.requestDraw();
    };
    const save = (file: ChartFile) => page.post({ type: 'saveCharts', ...file });
    this.charts = new RunCharts(page.saved ?? {}, keep, save, (part, error) => page.failed(part, error));
    page.root.append(
      this.header.root,
      this.verdict.root,
      this.summary.root,
      this.notices.root,
      this.charts.root,
      this.quantization.root,
      this.checkpoints.root,
      this.table.root,
    );
  }

  /** A snapshot is all that there is and replaces what was shown; events are what is new since. Drawing waits for the next frame. */
  receive(message: HostMessage): void {
    switch (message.type) {
      case 'snapshot':
        this.table.clear();
        this.state = reduceAll(message.events);
        this.parent = message.parent && { ...message.parent, state: reduceAll(message.parent.events) };
        this.charts.begin(this.parent);
        ({ liveness: this.liveness, hasReport: this.hasReport } = message);
        this.page.save({ ...this.page.saved, runFolder: message.runFolder });
        return;
      case 'events':
        this.state = reduceAll(message.events, this.state);
        return;
      case 'liveness':
        ({ liveness: this.liveness, hasReport: this.hasReport } = message);
        return;
      case 'preparing':
        this.preparing = { done: message.done, total: message.total };
        return;
    }
  }

  draw(): void {
    const { state, parent, liveness } = this;
    const { root, attempt } = this.page;
    const phase = phaseOf(state, liveness);
    const theme = readTheme();
    document.body.dataset['phase'] = phase;
    root.style.setProperty('--training', theme.training);
    root.style.setProperty('--validation', theme.validation);
    attempt('header', () => this.header.draw(state, phase, liveness, this.hasReport, parent));
    attempt('verdict', () => this.verdict.draw(state, liveness));
    attempt('summary', () => this.summary.draw(state, liveness, this.preparing));
    attempt('notices', () => this.notices.draw(state, phase, liveness));
    attempt('charts', () => this.charts.draw(state, theme, attempt));
    attempt('quantization', () => this.quantization.draw(state, liveness.alive));
    attempt('checkpoints', () => this.checkpoints.draw(state, liveness.alive));
    attempt('table', () => this.table.draw(state, liveness.alive));
  }
}
