import * as z from 'zod';
import { RunModel } from '../../client/runModel.js';
import type { MessageOf } from '../../protocol/jobs.js';
import type { RunInProgress } from '../activeRun.js';
import type { Editor, Panel } from '../editor.js';
import { factsOf } from '../views/runsCatalog.js';
import { OpenPanels } from './openPanels.js';
import { RunPage } from './runPage.js';
import { VIEWS } from './viewNames.js';

const savedState = z.object({ runFolder: z.string().min(1) });

/** The panels of runs. They outlive a deactivation: the editor restores them after a reload. */
export class RunPanels {
  private readonly open_: OpenPanels<RunPage>;

  constructor(
    private readonly editor: Editor,
    /** The run of this window, when it is this one. */
    private readonly ownerOf: (runFolder: string) => RunInProgress | undefined,
  ) {
    this.open_ = new OpenPanels(editor, VIEWS.runs);
  }

  /** @param focus whether the user asked for it just now */
  open(runFolder: string, focus: boolean): void {
    this.open_.show(runFolder, 'Run', focus, this.page(runFolder));
  }

  /** Of a run that was under way before this window: what another extension host showed of it stands still. */
  openAgain(runFolder: string): void {
    this.editor.closePanels(VIEWS.runs, factsOf(this.editor, runFolder).name);
    this.open(runFolder, false);
  }

  /** After a reload of the window: the panel is drawn from its run folder. */
  restore(panel: Panel, state: unknown): void {
    const saved = savedState.safeParse(state);
    if (!saved.success) panel.close();
    else this.open_.adopt(saved.data.runFolder, panel, this.page(saved.data.runFolder));
  }

  readOn(runFolder: string): void {
    this.open_.get(runFolder)?.readOn();
  }

  readSoon(runFolder: string): void {
    this.open_.get(runFolder)?.readSoon();
  }

  livenessChanged(runFolder: string): void {
    this.open_.get(runFolder)?.livenessChanged();
  }

  preparing(runFolder: string, message: MessageOf<'preparing'>): void {
    this.open_.get(runFolder)?.preparing(message);
  }

  /** The run whose panel is in front. */
  get activeRunFolder(): string | undefined {
    return this.open_.activeKey;
  }

  private page(runFolder: string): (panel: Panel) => RunPage {
    return (panel) => new RunPage(this.editor, panel, new RunModel(runFolder, this.ownerOf(runFolder)));
  }
}
