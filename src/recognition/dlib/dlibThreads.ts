import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { UserError } from '../../core/userError.js';
import { bundledFile } from '../../platform/bundledFile.js';
import type { DlibAnswer, DlibWish } from './dlibMessages.js';

/** Threads that each answer one question after the other; whichever is free takes the next. */
export class DlibThreads {
  private readonly free: Worker[];
  private readonly waiting: ((thread: Worker) => void)[] = [];
  private readonly died: Promise<never>;

  private constructor(private readonly threads: readonly Worker[]) {
    this.free = [...threads];
    this.died = Promise.race(threads.map((thread) => new Promise<never>((_, reject) => thread.once('error', reject))));
    // Told to whoever asks.
    this.died.catch(() => undefined);
  }

  /** @throws UserError `detector-missing` */
  static start(count: number): DlibThreads {
    const file = bundledFile('dlibThread.js');
    const weights = bundledFile('faces', 'face_recognition_model.bin');
    if (!file || !weights)
      throw new UserError(
        'detector-missing',
        'The network that recognizes without face weights is missing from this installation.',
        'Rebuild Face Trainer (npm run build), or download the face weights.',
      );
    const workerData = { folder: path.dirname(weights) };
    return new DlibThreads(Array.from({ length: count }, () => new Worker(file, { workerData })));
  }

  async ask(wish: DlibWish): Promise<DlibAnswer> {
    const thread =
      this.free.shift() ?? (await Promise.race([new Promise<Worker>((take) => this.waiting.push(take)), this.died]));
    const answer = new Promise<DlibAnswer>((resolve) => thread.once('message', resolve));
    thread.postMessage(wish);
    const result = await Promise.race([answer, this.died]);
    const next = this.waiting.shift();
    if (next) next(thread);
    else this.free.push(thread);
    return result;
  }

  async close(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.terminate()));
  }
}
