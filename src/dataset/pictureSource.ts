import { Worker } from 'node:worker_threads';
import { bundledFile } from '../platform/bundledFile.js';
import { PictureFacts } from './pictureFacts.js';
import type { BatchRequest, LoadedBatch, LoaderOptions, PreparedPictures } from './pictureLoader.js';

export type LoaderWish =
  | { readonly type: 'prepare'; readonly id: number }
  | { readonly type: 'read'; readonly id: number; readonly request: BatchRequest }
  | { readonly type: 'cancel' }
  | { readonly type: 'close' };

export type LoaderReply =
  | { readonly type: 'progress'; readonly done: number }
  | { readonly type: 'prepared'; readonly id: number; readonly prepared: PreparedPictures }
  | { readonly type: 'batch'; readonly id: number; readonly batch: LoadedBatch }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };

/** A loader in a thread of its own: reading, decoding and distorting overlap with what this thread does. */
export class PictureSource {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  private next = 0;
  private onProgress: ((done: number) => void) | undefined;
  private dead: Error | undefined;

  constructor(options: LoaderOptions) {
    const file = bundledFile('pictureThread.js');
    if (!file) throw new Error('pictureThread.js is missing beside the program: build it with npm run build');
    this.worker = new Worker(file, { workerData: options });
    this.worker.on('message', (reply: LoaderReply) => this.receive(reply));
    this.worker.on('error', (error) => this.die(error));
    this.worker.on('exit', () => this.die(new Error('the thread that reads pictures has ended')));
  }

  /**
   * Looks at every picture once.
   *
   * @returns undefined when cancelled
   */
  async prepare(onProgress: (done: number) => void, cancelled: () => boolean): Promise<PreparedPictures | undefined> {
    this.onProgress = onProgress;
    const watch = setInterval(() => {
      if (cancelled()) this.post({ type: 'cancel' });
    }, 50);
    try {
      const prepared = await this.ask<PreparedPictures>((id) => ({ type: 'prepare', id }));
      if (cancelled()) return undefined;
      return { ...prepared, facts: PictureFacts.revive(prepared.facts) };
    } finally {
      clearInterval(watch);
      this.onProgress = undefined;
    }
  }

  read(request: BatchRequest): Promise<LoadedBatch> {
    return this.ask((id) => ({ type: 'read', id, request }));
  }

  /** Ends the thread when it has answered everything. */
  async close(): Promise<void> {
    if (this.dead) return;
    const ended = new Promise<void>((resolve) => this.worker.once('exit', () => resolve()));
    this.post({ type: 'close' });
    await ended;
  }

  private ask<T>(wish: (id: number) => LoaderWish): Promise<T> {
    if (this.dead) return Promise.reject(this.dead);
    const id = this.next++;
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.post(wish(id));
    });
  }

  private post(wish: LoaderWish): void {
    this.worker.postMessage(wish);
  }

  private receive(reply: LoaderReply): void {
    if (reply.type === 'progress') {
      this.onProgress?.(reply.done);
      return;
    }
    const waiting = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if (reply.type === 'failed') waiting?.reject(new Error(reply.message));
    else waiting?.resolve((reply.type === 'batch' ? reply.batch : reply.prepared) as never);
  }

  private die(error: Error): void {
    this.dead ??= error;
    for (const { reject } of this.waiting.values()) reject(this.dead);
    this.waiting.clear();
  }
}
