import { runningRuns } from '../runs/runningRuns.js';
import type { RunOrder } from '../protocol/jobs.js';
import { newRunFolder } from '../runs/newRunFolder.js';
import { startWaiting } from '../runs/startWaiting.js';
import { promisedFolders, putIntoQueue, queuedTrainings, type QueuedTraining } from '../runs/trainingQueue.js';
import { workAtHand } from '../runs/workAtHand.js';
import { askAboutClosing } from './commands/askAboutClosing.js';
import type { Memory } from './commands/trainingOptionsPick.js';
import type { Editor } from './editor.js';
import { inBackground } from './failures.js';
import type { TrainingQueue } from './trainer.js';
import { waitingRow } from './views/waitingRow.js';
import type { WaitingRow } from './views/runsView.js';

/** A trainer takes a second to read its order: until then nobody is at work. */
const AGAIN_MS = 15_000;

export interface QueueViews {
  /** What waits is not what it was. @param rows in their order, by their names in the queue */
  changed(waiting: number, rows: readonly WaitingRow[]): void;
  /** A run that waited trains now. */
  begun(runFolder: string): void;
}

/** What a window does for the trainings that wait on this machine: it starts what is due, and shows what has begun. */
export class QueueWatch implements TrainingQueue {
  private seen: readonly QueuedTraining[] = [];
  private startedAt = -Infinity;

  constructor(
    private readonly editor: Editor,
    private readonly entry: string,
    private readonly views: QueueViews,
    private readonly memory: Memory,
  ) {}

  /** In Restricted Mode it looks on. */
  look(): void {
    const now = queuedTrainings();
    if (JSON.stringify(now) !== JSON.stringify(this.seen)) this.tell(now);
    if (now.length === 0 || !this.editor.trusted || performance.now() - this.startedAt < AGAIN_MS) return;
    if (startWaiting(this.entry)) this.startedAt = performance.now();
  }

  newFolder(runs: string, dataset: string): string {
    return newRunFolder(runs, dataset, new Date(), promisedFolders());
  }

  /** Two at once only slow both down. What waits already comes before what is asked for now. */
  async startsNow(order: RunOrder, name: string, here: string | undefined): Promise<boolean> {
    startWaiting(this.entry);
    const work = workAtHand() ?? here;
    if (work === undefined) return true;
    const [afterwards, now] = ['Start Afterwards', 'Start Now'] as const;
    const chosen = await this.editor.ask(
      `A training is at work (${work}). Start this one afterwards?`,
      'It begins by itself, also when this window is closed by then. Two at the same time are both slower.',
      afterwards,
      now,
    );
    if (chosen === afterwards) {
      putIntoQueue({ order, name, askedBy: 'editor' });
      this.look();
    }
    return chosen === now;
  }

  begun(): Promise<void> {
    return askAboutClosing(this.editor, this.memory);
  }

  private tell(now: readonly QueuedTraining[]): void {
    const { seen } = this;
    this.seen = now;
    const rows = now.map((one, i) => ({ id: one.id, row: waitingRow(one, i + 1) }));
    this.views.changed(now.filter(({ failure, starting }) => !failure && !starting).length, rows);
    const running = runningRuns();
    for (const { id, training } of seen) {
      const stays = now.find((one) => one.id === id);
      if (!stays && running.some(({ runFolder }) => runFolder === training?.order.runFolder))
        this.views.begun(training!.order.runFolder);
      if (stays?.failure && training) this.tellOf(stays.name, stays.failure);
    }
  }

  private tellOf(name: string, { message, advice }: NonNullable<QueuedTraining['failure']>): void {
    inBackground(this.editor, this.editor.say('error', `${name} waited and could not begin. ${message} ${advice}`));
  }
}
