import path from 'node:path';
import * as vscode from 'vscode';
import type { RunModel } from '../../client/runModel.js';
import type { MessageOf } from '../../protocol/jobs.js';
import { panelMessage, type HostMessage } from '../../protocol/panel.js';

/** How often a run that another process writes is looked at. */
const POLL_MS = 1000;

/** What the panel's buttons on a checkpoint run. */
const CHECKPOINT_COMMANDS = { export: 'exportModel', compare: 'compareModels', tryPicture: 'tryPicture' } as const;

/**
 * One run's panel. The history lives here and in the run folder: a document that has just loaded gets a snapshot, then
 * what is new.
 */
export class RunPanel {
  private readonly timer: NodeJS.Timeout;
  private ready = false;
  private sent = '';

  constructor(
    private readonly panel: vscode.WebviewPanel,
    private readonly model: RunModel,
    private readonly log: vscode.LogOutputChannel,
    onClosed: () => void,
  ) {
    panel.title = model.title;
    panel.webview.onDidReceiveMessage((message) => this.receive(message));
    // Also notices that a process died without a word.
    this.timer = setInterval(() => this.readOn(), POLL_MS);
    panel.onDidDispose(() => {
      clearInterval(this.timer);
      onClosed();
    });
  }

  get active(): boolean {
    return this.panel.active;
  }

  reveal(): void {
    this.panel.reveal();
  }

  readOn(): void {
    const events = this.model.readOn();
    if (events.length > 0) {
      this.panel.title = this.model.title;
      this.post({ type: 'events', events });
    }
    this.livenessChanged();
  }

  livenessChanged(): void {
    const message: HostMessage = { type: 'liveness', liveness: this.model.liveness, hasReport: this.model.hasReport };
    const text = JSON.stringify(message);
    if (text === this.sent) return;
    this.sent = text;
    this.post(message);
  }

  preparing({ done, total }: MessageOf<'preparing'>): void {
    this.post({ type: 'preparing', done, total });
  }

  private receive(raw: unknown): void {
    const message = panelMessage.safeParse(raw);
    if (!message.success) {
      this.log.error(`panel message not understood: ${JSON.stringify(raw)}`);
      return;
    }
    switch (message.data.type) {
      case 'ready':
        this.ready = true;
        this.model.readOn();
        this.panel.title = this.model.title;
        this.post({
          type: 'snapshot',
          runFolder: this.model.runFolder,
          events: this.model.events,
          ...parentOf(this.model),
          liveness: this.model.liveness,
          hasReport: this.model.hasReport,
        });
        return;
      case 'stop':
        void vscode.commands.executeCommand('faceTrainer.stopTraining');
        return;
      case 'openReport':
        void vscode.commands.executeCommand('faceTrainer.openReport', this.model.runFolder);
        return;
      case 'revealRunFolder':
        void vscode.commands.executeCommand('revealInExplorer', vscode.Uri.file(this.model.runFolder));
        return;
      case 'quantize': {
        const { checkpoint, floatLayers } = message.data;
        const folder = this.model.state.run?.options.parent ?? path.join(this.model.runFolder, checkpoint);
        void vscode.commands.executeCommand('faceTrainer.quantize', folder, floatLayers);
        return;
      }
      case 'export':
      case 'compare':
      case 'tryPicture':
        void vscode.commands.executeCommand(
          `faceTrainer.${CHECKPOINT_COMMANDS[message.data.type]}`,
          path.join(this.model.runFolder, message.data.checkpoint),
        );
        return;
      case 'openParent':
        void vscode.commands.executeCommand('faceTrainer.openRun', this.model.parent?.runFolder);
        return;
      case 'failed':
        this.log.error(`panel: ${message.data.message}`);
        return;
    }
  }

  /** What comes before the snapshot is in the snapshot. */
  private post(message: HostMessage): void {
    if (this.ready) void this.panel.webview.postMessage(message);
  }
}

function parentOf({ parent }: RunModel): Pick<Extract<HostMessage, { type: 'snapshot' }>, 'parent'> {
  if (!parent) return {};
  const { checkpoint, step, epoch, events } = parent;
  return { parent: { checkpoint, step, epoch, events } };
}
