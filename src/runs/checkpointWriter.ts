import { Worker } from 'node:worker_threads';
import { bundledFile } from '../platform/bundledFile.js';
import { removeWhole, writeCheckpointFiles, type CheckpointFiles } from './checkpointFiles.js';

/** What puts checkpoints on the disk. */
export interface CheckpointWriter {
  /**
   * @param files given away: their bytes are not the caller's any more
   * @returns bytes written; settles when it is there for good
   * @throws what the file system says
   */
  write(folder: string, files: CheckpointFiles): Promise<number>;
  /** Never fails: what cannot be removed costs space. */
  remove(folders: readonly string[]): Promise<void>;
  /** Settles when everything asked for is done. */
  close(): Promise<void>;
}

export type WriterWish =
  | { readonly type: 'write'; readonly folder: string; readonly files: CheckpointFiles }
  | { readonly type: 'remove'; readonly folders: readonly string[] }
  | { readonly type: 'close' };

/** An error loses its code on its way from a thread. */
export type WriterReply =
  | { readonly type: 'written'; readonly bytes: number }
  | { readonly type: 'removed' }
  | { readonly type: 'failed'; readonly message: string; readonly code?: string; readonly syscall?: string };

/** Writes where it is asked. */
export const WRITER_HERE: CheckpointWriter = {
  write: async (folder, files) => Promise.resolve(files).then((all) => writeCheckpointFiles(folder, all)),
  remove: async (folders) => Promise.resolve(folders).then((all) => all.forEach(removeWhole)),
  close: () => Promise.resolve(),
};

interface Waiting {
  readonly resolve: (bytes: number) => void;
  readonly reject: (error: Error) => void;
}

/** Writes in a thread of its own: digests and the disk take their time beside training. */
export class CheckpointThread implements CheckpointWriter {
  private readonly waiting: Waiting[] = [];
  /** Started before it is needed: that takes as long as a small checkpoint. */
  private worker: Worker | undefined = this.start();

  async write(folder: string, files: CheckpointFiles): Promise<number> {
    const buffers = files.files.map(([, { buffer }]) => buffer as ArrayBuffer);
    return this.ask({ type: 'write', folder, files }, buffers);
  }

  async remove(folders: readonly string[]): Promise<void> {
    if (folders.length > 0) await this.ask({ type: 'remove', folders });
  }

  async close(): Promise<void> {
    const { worker } = this;
    if (!worker) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.postMessage({ type: 'close' } satisfies WriterWish);
    await ended;
  }

  /** Answers come in the order of what was asked. */
  private ask(wish: WriterWish, transfer: ArrayBuffer[] = []): Promise<number> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.worker ??= this.start();
      this.worker.postMessage(wish, transfer);
    });
  }

  private start(): Worker {
    const file = bundledFile('checkpointThread.js');
    if (!file) throw new Error('checkpointThread.js is missing beside the program: build it with npm run build');
    const worker = new Worker(file);
    worker.on('message', (reply: WriterReply) => this.receive(reply));
    worker.on('error', (error) => this.die(error));
    worker.on('exit', () => this.die(new Error('the thread that writes checkpoints has ended')));
    return worker;
  }

  private receive(reply: WriterReply): void {
    const waiting = this.waiting.shift();
    if (reply.type !== 'failed') {
      waiting?.resolve(reply.type === 'written' ? reply.bytes : 0);
      return;
    }
    const { message, code, syscall } = reply;
    waiting?.reject(Object.assign(new Error(message), code && { code, ...(syscall && { syscall }) }));
  }

  private die(error: Error): void {
    this.worker = undefined;
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }
}
