import { isAnythingQueued } from '../runs/queueFolder.js';
import type { Editor } from './editor.js';
import { inBackground } from './failures.js';
import type { QueueWatch } from './queueWatch.js';

const LOOK_MS = 2000;

/** Looks whether anything waits on this machine; what is done about it is read when something does. */
export class QueueLook {
  private readonly timer: NodeJS.Timeout;
  private watch: Promise<QueueWatch> | undefined;

  constructor(
    private readonly editor: Editor,
    private readonly make: () => Promise<QueueWatch>,
  ) {
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.timer.unref();
    this.look();
  }

  open(): Promise<QueueWatch> {
    return (this.watch ??= this.make());
  }

  dispose(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    if (this.watch || isAnythingQueued())
      inBackground(
        this.editor,
        this.open().then((watch) => watch.look()),
      );
  }
}
