import path from 'node:path';
import type { RunModel } from '../../client/runModel.js';
import { panelMessage, type HostMessage, type PanelMessage } from '../../protocol/panel.js';
import type { MessageOf } from '../../protocol/jobs.js';
import type { Editor, Panel } from '../editor.js';
import { inBackground } from '../failures.js';
import { insideFolder } from '../insideFolder.js';
import { runName } from '../runName.js';
import { PageHost, type CommonMessage, type Page } from './pageHost.js';

/** How often a run that another process writes is looked at. */
const POLL_MS = 1000;
/** Steps that come within it are read from the log at once: a small network makes hundreds in a second. */
const TOGETHER_MS = 50;
const PATIENCE_MS = 2000;

/** What the buttons on a checkpoint run. */
const CHECKPOINT_COMMANDS = {
  export: 'exportModel',
  compare: 'compareModels',
  tryPicture: 'tryPicture',
  evaluate: 'evaluate',
} as const;

type RunMessage = Exclude<PanelMessage, CommonMessage>;

/**
 * One run. The history lives here and in the run folder: a document that has just loaded gets a snapshot, then what is new.
 */
export class RunPage implements Page<RunMessage, HostMessage> {
  readonly script = 'webview.js';
  readonly messages = panelMessage;
  private readonly host: PageHost<RunMessage, HostMessage>;
  private readonly timer: NodeJS.Timeout;
  private soon: NodeJS.Timeout | undefined;
  private closing: NodeJS.Timeout | undefined;
  /** The process whose end was looked into. */
  private closedPid: number | undefined;
  /** The last liveness that was posted: every poll asks for it, and nearly always it is the same. */
  private sent = '';

  constructor(
    private readonly editor: Editor,
    readonly panel: Panel,
    private readonly model: RunModel,
  ) {
    panel.title = runName(model);
    this.host = new PageHost<RunMessage, HostMessage>(editor, panel, this);
    // Also notices that a process died without a word.
    this.timer = setInterval(() => this.readOn(), POLL_MS);
  }

  get saved(): { runFolder: string } {
    return { runFolder: this.model.runFolder };
  }

  snapshot(): HostMessage {
    this.model.readOn();
    this.panel.title = runName(this.model);
    const { runFolder, events, parent, liveness, hasReport } = this.model;
    return {
      type: 'snapshot',
      runFolder,
      events,
      ...(parent && {
        parent: { checkpoint: parent.checkpoint, step: parent.step, epoch: parent.epoch, events: parent.events },
      }),
      liveness,
      hasReport,
    };
  }

  readOn(): void {
    clearTimeout(this.soon);
    this.soon = undefined;
    const events = this.model.readOn();
    if (events.length > 0) {
      this.panel.title = runName(this.model);
      // What was told before is forgotten in part: the page begins anew.
      if (events.some(({ type }) => type === 'resumed')) this.host.post(this.snapshot());
      else this.host.post({ type: 'events', events });
    }
    this.livenessChanged();
    if (this.model.isGone && this.editor.trusted) this.close();
  }

  /** Its process ended without a last word: the folder says from now on why. Whoever started it may just be writing that. */
  private close(): void {
    const { runFolder, state } = this.model;
    if (this.closedPid === state.run?.pid) return;
    this.closedPid = state.run?.pid;
    this.closing = setTimeout(() => {
      const closed = import('../../client/closeRun.js').then(({ closeRun }) => closeRun(runFolder));
      inBackground(this.editor, closed);
    }, PATIENCE_MS);
  }

  readSoon(): void {
    this.soon ??= setTimeout(() => this.readOn(), TOGETHER_MS);
  }

  livenessChanged(): void {
    const message: HostMessage = { type: 'liveness', liveness: this.model.liveness, hasReport: this.model.hasReport };
    const text = JSON.stringify(message);
    if (text === this.sent) return;
    this.sent = text;
    this.host.post(message);
  }

  preparing({ done, total }: MessageOf<'preparing'>): void {
    this.host.post({ type: 'preparing', done, total });
  }

  closed(): void {
    clearInterval(this.timer);
    clearTimeout(this.soon);
    clearTimeout(this.closing);
  }

  async receive(message: RunMessage): Promise<void> {
    const { runFolder, state, parent } = this.model;
    switch (message.type) {
      case 'stop':
        return this.command('stopTraining', runFolder);
      case 'pause':
        return this.command('pauseTraining', runFolder);
      case 'goOn':
        return this.command('goOn', runFolder, message.more);
      case 'openReport':
        return this.command('openReport', runFolder);
      case 'revealRunFolder':
        return this.editor.revealInExplorer(runFolder);
      case 'quantize':
        // A fine-tuned run is tuned again from where it began.
        return this.command(
          'quantize',
          state.run?.options.parent ?? this.checkpoint(message.checkpoint),
          message.floatLayers,
        );
      case 'export':
      case 'compare':
      case 'tryPicture':
      case 'evaluate':
        return this.command(CHECKPOINT_COMMANDS[message.type], this.checkpoint(message.checkpoint));
      case 'check':
        return this.command('checkDataset', state.run && { scheme: 'file', fsPath: state.run.options.dataset });
      case 'saveCharts':
        return (await import('./saveCharts.js')).saveCharts(this.editor, runFolder, message);
      case 'openParent':
        return this.command('openRun', parent?.runFolder);
    }
  }

  private async command(name: string, ...args: readonly unknown[]): Promise<void> {
    await this.editor.execute(`faceTrainer.${name}`, ...args);
  }

  /** @throws when the page names something that is no checkpoint of its run's log, or not in its folder */
  private checkpoint(relative: string): string {
    const { runFolder, state } = this.model;
    const isOwn = state.checkpoints.some((checkpoint) => checkpoint.path === relative);
    const folder = isOwn ? insideFolder(runFolder, relative) : undefined;
    if (folder === undefined) throw new Error(`“${relative}” is not a checkpoint of ${path.basename(runFolder)}.`);
    return folder;
  }
}
