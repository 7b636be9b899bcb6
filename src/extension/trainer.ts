import path from 'node:path';
import { PROTOCOL_VERSION } from '../protocol/handshake.js';
import type { MessageOf, RunOrder, TrainerMessage } from '../protocol/jobs.js';
import type { TrainingOptions } from '../protocol/options.js';
import { newRunFolder } from '../runs/runLocation.js';
import { askRun, type RunWish } from '../runs/runControl.js';
import { FoundRun, type RunEnd, type RunInProgress, type RunListener } from './activeRun.js';
import type { Editor } from './editor.js';
import { inBackground } from './failures.js';
import { runsFolderFor } from './runsFolders.js';
import { trainingSettings } from './trainingSettings.js';
import { requireTrust } from './trust.js';
import { factsOf } from './views/runsCatalog.js';

/** Where a run is seen. */
export interface TrainerViews {
  readonly panels: {
    open(runFolder: string, focus: boolean): void;
    openAgain(runFolder: string): void;
    readOn(runFolder: string): void;
    readSoon(runFolder: string): void;
    livenessChanged(runFolder: string): void;
    preparing(runFolder: string, message: MessageOf<'preparing'>): void;
  };
  readonly reports: { refresh(runFolder: string): void };
  readonly status: {
    show(runFolder: string, name: string): void;
    update(message: TrainerMessage): void;
    hide(): void;
  };
  /** A run of this window began, went on or ended. */
  readonly runChanged: (runFolder: string) => void;
}

/** Where trainings come from. */
export interface TrainerPorts {
  launch(order: RunOrder, name: string, listener: RunListener): RunInProgress;
  /** Follows one that is under way already. */
  follow(runFolder: string, name: string, listener: RunListener): RunInProgress;
  /** Folders of the runs that any process of this user trains now. */
  underWay(): readonly string[];
}

/** Starts, stops and announces the training of this window: one at a time, since a run takes every core. */
export class Trainer implements RunListener {
  private active: RunInProgress | undefined;

  constructor(
    private readonly editor: Editor,
    private readonly views: TrainerViews,
    private readonly ports: TrainerPorts,
  ) {}

  get activeRun(): RunInProgress | undefined {
    return this.active;
  }

  /** @returns whether it has begun: not when another one is under way */
  start(options: TrainingOptions): Promise<boolean> {
    const { dataset } = options;
    const runFolder = newRunFolder(runsFolderFor(this.editor, dataset), dataset, new Date());
    return this.run({ type: 'train', protocol: PROTOCOL_VERSION, runFolder, options }, path.basename(dataset));
  }

  /**
   * @param checkpoint folder; the new run comes to lie beside its run
   * @returns whether it has begun
   */
  fineTune(checkpoint: string, overrides: Extract<RunOrder, { type: 'qat' }>['overrides']): Promise<boolean> {
    const parent = path.resolve(checkpoint, '..', '..');
    const name = factsOf(this.editor, parent).title;
    const runFolder = newRunFolder(path.dirname(parent), `${name}-int8`, new Date());
    const all = { ...trainingSettings(this.editor), ...overrides };
    return this.run({ type: 'qat', protocol: PROTOCOL_VERSION, runFolder, checkpoint, overrides: all }, name);
  }

  /**
   * Goes on with a run in its own folder.
   *
   * @param epochs of the whole run; as many as were planned when absent
   * @returns whether it has begun
   */
  resume(runFolder: string, epochs?: number): Promise<boolean> {
    const more = epochs === undefined ? {} : { epochs };
    const { title } = factsOf(this.editor, runFolder);
    return this.run({ type: 'resume', protocol: PROTOCOL_VERSION, runFolder, ...more }, title);
  }

  /** Shows and commands a run that was under way before this window was, or that the command line started. */
  adopt(runFolder: string): void {
    if (this.active) return;
    const { title } = factsOf(this.editor, runFolder);
    this.views.panels.openAgain(runFolder);
    this.show(this.ports.follow(runFolder, title, this));
    this.views.panels.livenessChanged(runFolder);
  }

  /** Two at once would only slow both down. @returns whether one is under way, which the user was told */
  async isBusy(): Promise<boolean> {
    const runFolder = this.active?.runFolder ?? this.ports.underWay()[0];
    if (runFolder === undefined) return false;
    const { active } = this;
    const [open, stop] = ['Open Run', 'Stop It'] as const;
    const chosen = await this.editor.say(
      'warning',
      `Training on “${active?.name ?? factsOf(this.editor, runFolder).title}” is still running; a second run would only slow both down.`,
      open,
      stop,
    );
    if (chosen === open) await this.editor.execute('faceTrainer.openRun', runFolder);
    // By now another one may run, which nobody asked to stop.
    if (chosen === stop && this.active === active) this.end('stop', runFolder);
    return true;
  }

  /**
   * Ends a run after the batch at hand, for good or for now.
   *
   * @param runFolder of any run; the one of this window when absent
   * @throws UserError `restricted` for another one in a folder that is not trusted: asking writes into its folder
   */
  end(wish: RunWish, runFolder = this.active?.runFolder): void {
    if (runFolder === undefined) return;
    if (this.active?.runFolder === runFolder) this.active.end(wish);
    else {
      requireTrust(this.editor);
      askRun(runFolder, wish);
    }
    this.views.panels.livenessChanged(runFolder);
  }

  /** Commands ask `isBusy` before their dialogs, which take minutes: here it counts. */
  private async run(order: RunOrder, name: string): Promise<boolean> {
    if (this.active) {
      await this.isBusy();
      return false;
    }
    this.editor.log.info(`training on ${name}, run folder ${order.runFolder}`);
    this.show(this.ports.launch(order, name, this));
    return true;
  }

  private show(run: RunInProgress): void {
    this.active = run;
    this.views.status.show(run.runFolder, run.name);
    this.setContext(true);
  }

  /** `run` opens the panel, an epoch and a checkpoint change the list of runs, everything logged is read on from the log. */
  onMessage({ runFolder }: RunInProgress, message: TrainerMessage): void {
    const { panels, reports, status } = this.views;
    if (message.type === 'hello') return;
    status.update(message);
    switch (message.type) {
      case 'preparing':
        panels.preparing(runFolder, message);
        return;
      case 'run':
      case 'resumed':
        this.views.runChanged(runFolder);
        panels.open(runFolder, false);
        return;
      case 'checkpoint':
        reports.refresh(runFolder);
        this.views.runChanged(runFolder);
        break;
      case 'epoch':
        this.views.runChanged(runFolder);
        break;
      case 'warning':
        this.editor.log.warn(`${message.message} ${message.advice}`);
        break;
      default:
        break;
    }
    panels.readSoon(runFolder);
  }

  onOutput(line: string): void {
    this.editor.log.info(line);
  }

  onEnd(run: RunInProgress, end: RunEnd): void {
    const { panels, reports, status, runChanged } = this.views;
    panels.readOn(run.runFolder);
    reports.refresh(run.runFolder);
    runChanged(run.runFolder);
    if (end.type === 'failure') this.editor.log.error(`${end.message} ${end.advice}`);
    if (this.active === run) {
      this.active = undefined;
      status.hide();
      this.setContext(false);
    }
    inBackground(
      this.editor,
      import('./announce.js').then(({ announce }) => announce(this.editor, run, end)),
    );
  }

  /** A run outlives its window, unless its user wants it otherwise. */
  dispose(): void {
    if (this.active?.order && this.editor.setting('whenWindowCloses') === 'stop') this.active.end('stop');
    if (this.active instanceof FoundRun) this.active.dispose();
  }

  private setContext(training: boolean): void {
    inBackground(this.editor, this.editor.execute('setContext', 'faceTrainer.training', training));
  }
}
