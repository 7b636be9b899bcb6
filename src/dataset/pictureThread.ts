import { parentPort, workerData } from 'node:worker_threads';
import { PictureLoader, type LoaderOptions } from './pictureLoader.js';
import type { LoaderReply, LoaderWish } from './pictureSource.js';

// The thread that reads pictures while the main thread trains. Its questions and answers are those of PictureLoader.

const port = parentPort!;
const loader = new PictureLoader(workerData as LoaderOptions);
let cancelled = false;

function reply(message: LoaderReply, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

async function answer(wish: LoaderWish): Promise<void> {
  switch (wish.type) {
    case 'prepare': {
      let told = 0;
      const prepared = await loader.prepare(
        (done) => {
          const now = performance.now();
          if (now - told < 100) return;
          told = now;
          reply({ type: 'progress', done });
        },
        () => cancelled,
      );
      reply({ type: 'prepared', id: wish.id, prepared }, prepared.facts.buffers);
      return;
    }
    case 'read': {
      const batch = await loader.read(wish.request);
      reply({ type: 'batch', id: wish.id, batch }, [batch.pixels.buffer as ArrayBuffer]);
      return;
    }
    case 'cancel':
      cancelled = true;
      return;
    case 'close':
      loader.close();
      port.close();
  }
}

port.on('message', (wish: LoaderWish) => {
  answer(wish).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    reply({ type: 'failed', id: 'id' in wish ? wish.id : -1, message });
  });
});
