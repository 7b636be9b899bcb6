import { parentPort } from 'node:worker_threads';
import { removeWhole, writeCheckpointFiles } from './checkpointFiles.js';
import type { WriterReply, WriterWish } from './checkpointWriter.js';

// The thread that writes checkpoints while the main thread trains.

const port = parentPort!;

function answer(wish: Exclude<WriterWish, { type: 'close' }>): WriterReply {
  try {
    if (wish.type === 'write') return { type: 'written', bytes: writeCheckpointFiles(wish.folder, wish.files) };
    wish.folders.forEach(removeWhole);
    return { type: 'removed' };
  } catch (error) {
    const { message, code, syscall } = error as NodeJS.ErrnoException;
    return { type: 'failed', message, ...(code !== undefined && { code }), ...(syscall !== undefined && { syscall }) };
  }
}

port.on('message', (wish: WriterWish) => {
  if (wish.type === 'close') port.close();
  else port.postMessage(answer(wish));
});
