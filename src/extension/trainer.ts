import path from 'node:path';
import { PROTOCOL_VERSION } from '../protocol/handshake.js';
import type { MessageOf, RunOrder, TrainerMessage } from '../protocol/jobs.js';
import type { TrainingOptions } from '../protocol/options.js';
import { askRun, type RunWish } from '../runs/runControl.js';
import { runningRuns } from '../runs/runningRuns.js';
import { FoundRun, type RunEnd, type RunInProgress, type RunListener } from './activeRun.js';
import type { Editor } from './editor.js';
import { inBackground } from './failures.js';
import { runsFolderFor } from './runsFolders.js';
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

/** The trainings that wait on this machine, and what is asked of their user. */
export interface TrainingQueue {
  /** A run folder that neither is there nor promised to one that waits. */
  newFolder(runs: string, dataset: string): string;
  /**
   * Asks where a training is at work, and puts one behind it where the user wants that.
   *
   * @param here what this window is at
   * @returns whether to start it now
   * @throws UserError `run-waiting`, `queue-full`
   */
  startsNow(order: RunOrder, name: string, here: string | undefined): Promise<boolean>;
  /** A run that was started here trains. */
  begun(): Promise<void>;
}

/** Where trainings come from. */
export interface TrainerPorts {
  launch(order: RunOrder, name: string, listener: RunListener): RunInProgress;
  /** Follows one that is under way already. */
  follow(runFolder: string, name: string, listener: RunListener): RunInProgress;
  /** What waits on this machine, read when a training is wished. */
  queue(): Promise<TrainingQueue>;
}

/** Starts, stops and announces the trainings of this window: one at a time unless its user wants two, since a run takes every core. */
export class Trainer implements RunListener {
  private active: RunInProgress | undefined;
  /** Begun here before the one that is shown, and still at work. */
  private beside: RunInProgress[] = [];
  /** Found under way while another one was shown, whose end may be heard of late. */
  private found: string | undefined;

  constructor(
    private readonly editor: Editor,
    private readonly views: TrainerViews,
    private readonly ports: TrainerPorts,
  ) {}

  get activeRun(): RunInProgress | undefined {
    return this.active;
  }

  /** @returns whether it has begun: it may wait for another one */
  async start(options: TrainingOptions): Promise<boolean> {
    const { dataset } = options;
    const queue = await this.ports.queue();
    const runFolder = queue.newFolder(runsFolderFor(this.editor, dataset), dataset);
    return this.run({ type: 'train', protocol: PROTOCOL_VERSION, runFolder, options }, path.basename(dataset));
  }

  /**
   * @param checkpoint folder; the new run comes to lie beside its run
   * @returns whether it has begun
   */
  async fineTune(checkpoint: string, overrides: Extract<RunOrder, { type: 'qat' }>['overrides']): Promise<boolean> {
    const queue = await this.ports.queue();
    const parent = path.resolve(checkpoint, '..', '..');
    const name = factsOf(this.editor, parent).title;
    const runFolder = queue.newFolder(path.dirname(parent), `${name}-int8`);
    return this.run({ type: 'qat', protocol: PROTOCOL_VERSION, runFolder, checkpoint, overrides }, name);
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

  /**
   * Shows and commands a run that was under way before this window was, or that the command line or the queue started. One that
   * is shown already comes first: a process that was killed is missed only some time after the next has begun.
   */
  adopt(runFolder: string): void {
    if (this.active) {
      this.found = runFolder;
      return;
    }
    const { title } = factsOf(this.editor, runFolder);
    this.views.panels.openAgain(runFolder);
    this.show(this.ports.follow(runFolder, title, this));
    this.views.panels.livenessChanged(runFolder);
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

  /** Starts one beside whatever trains: the user said so. */
  startNow(order: RunOrder, name: string): void {
    this.editor.log.info(`training on ${name}, run folder ${order.runFolder}`);
    this.show(this.ports.launch(order, name, this));
  }

  /** Asks where another one is at work: two at once only slow both down. */
  private async run(order: RunOrder, name: string): Promise<boolean> {
    const queue = await this.ports.queue();
    let before;
    // While one was asked about, another may have begun.
    do {
      before = this.active;
      if (!(await queue.startsNow(order, name, before?.name))) return false;
    } while (before !== this.active);
    this.startNow(order, name);
    return true;
  }

  private showFound(): void {
    const { found } = this;
    this.found = undefined;
    if (found !== undefined && runningRuns().some(({ runFolder }) => runFolder === found)) this.adopt(found);
  }

  private show(run: RunInProgress): void {
    if (this.active) this.beside.push(this.active);
    this.active = run;
    this.views.status.show(run.runFolder, run.name);
    this.setContext(true);
  }

  /** `run` opens the panel, an epoch and a checkpoint change the list of runs, everything logged is read on from the log. */
  onMessage(run: RunInProgress, message: TrainerMessage): void {
    const { panels, reports, status } = this.views;
    const { runFolder } = run;
    if (message.type === 'hello') return;
    // One that is found tells where it is before it is shown.
    if (!this.active || run === this.active) status.update(message);
    if (message.type === 'run' && run.order) inBackground(this.editor, this.tellQueue());
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
    this.beside = this.beside.filter((one) => one !== run);
    if (this.active === run) {
      this.active = undefined;
      const before = this.beside.pop();
      if (before) this.show(before);
      else {
        status.hide();
        this.setContext(false);
        this.showFound();
      }
    }
    inBackground(
      this.editor,
      import('./announce.js').then(({ announce }) => announce(this.editor, run, end)),
    );
  }

  /** A run outlives its window, unless its user wants it otherwise. */
  dispose(): void {
    const stops = this.editor.setting('whenWindowCloses') === 'stop';
    for (const run of [...this.beside, ...(this.active ? [this.active] : [])]) {
      if (run.order && stops) run.end('stop');
      if (run instanceof FoundRun) run.dispose();
    }
  }

  private async tellQueue(): Promise<void> {
    await (await this.ports.queue()).begun();
  }

  private setContext(training: boolean): void {
    inBackground(this.editor, this.editor.execute('setContext', 'faceTrainer.training', training));
  }
}
