import path from 'node:path';
import * as z from 'zod';
import type { DatasetReport } from '../../protocol/check.js';
import type { DataPanelContent } from '../../protocol/dataPanel.js';
import { rateSearch, type RateSearch } from '../../protocol/rateFinder.js';
import { trainingOptions, type TrainingOptions } from '../../protocol/options.js';
import type { Editor, Panel } from '../editor.js';
import { inBackground } from '../failures.js';
import { DataPage } from './dataPage.js';
import { OpenPanels } from './openPanels.js';
import { saveCheck, savedCheck } from './savedResults.js';
import { VIEWS } from './viewNames.js';

type Samples = Extract<DataPanelContent, { type: 'samples' }>;

/** What brings a panel back: a check from its file, a preview by drawing it again, a learning rate as it was. */
const savedState = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('check'), dataset: z.string().min(1) }),
  z.object({ kind: z.literal('preview'), options: trainingOptions }),
  z.object({ kind: z.literal('rate'), search: rateSearch }),
]);

/** The panels of pictures: one for each folder and kind. */
export class DataPanels {
  private readonly open: OpenPanels<DataPage>;

  constructor(
    private readonly editor: Editor,
    /** @returns undefined when it could not be drawn */
    private readonly draw: (options: TrainingOptions) => Promise<Samples | undefined>,
  ) {
    this.open = new OpenPanels(editor, VIEWS.data);
  }

  report(report: DatasetReport, focus: boolean): void {
    saveCheck(this.editor, report);
    const title = `Check: ${path.basename(report.dataset)}`;
    this.show(title, { kind: 'check', dataset: report.dataset }, { type: 'report', report }, focus);
  }

  samples(options: TrainingOptions, content: Samples, focus: boolean): void {
    this.show(`Preview: ${path.basename(options.dataset)}`, { kind: 'preview', options }, content, focus);
  }

  rate(search: RateSearch, focus: boolean): void {
    const title = `Learning Rate: ${path.basename(search.dataset)}`;
    this.show(title, { kind: 'rate', search }, { type: 'rate', search }, focus);
  }

  restore(panel: Panel, state: unknown): void {
    const saved = savedState.safeParse(state).data;
    if (saved?.kind === 'preview') {
      inBackground(this.editor, this.restorePreview(panel, saved));
      return;
    }
    if (saved?.kind === 'rate') {
      this.adopt(panel, saved, { type: 'rate', search: saved.search });
      return;
    }
    const report = saved && savedCheck(this.editor, saved.dataset);
    if (report) this.adopt(panel, saved, { type: 'report', report });
    else panel.close();
  }

  private async restorePreview(panel: Panel, saved: Extract<SavedState, { kind: 'preview' }>): Promise<void> {
    const content = this.editor.trusted ? await this.draw(saved.options) : undefined;
    if (content) this.adopt(panel, saved, content);
    else panel.close();
  }

  private show(title: string, saved: SavedState, content: DataPanelContent, focus: boolean): void {
    const make = (panel: Panel) => new DataPage(this.editor, panel, saved, content);
    this.open.show(keyOf(saved), title, focus, make).show(content, saved);
  }

  private adopt(panel: Panel, saved: SavedState, content: DataPanelContent): void {
    this.open.adopt(keyOf(saved), panel, (its) => new DataPage(this.editor, its, saved, content));
  }
}

type SavedState = z.infer<typeof savedState>;

function keyOf(saved: SavedState): string {
  if (saved.kind === 'rate') return `rate ${saved.search.dataset}`;
  return saved.kind === 'check' ? `check ${saved.dataset}` : `preview ${saved.options.dataset}`;
}
