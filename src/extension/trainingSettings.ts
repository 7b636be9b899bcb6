import * as vscode from 'vscode';
import * as z from 'zod';
import { trainingOptions, type TrainingOptions } from '../protocol/options.js';

const { engine, threads, pixelCacheMiB } = trainingOptions.shape;
const settings = z.object({
  engine: engine.catch('auto'),
  threads: threads.catch(0),
  pixelCacheMiB: pixelCacheMiB.catch(20_480),
});

/** What the editor's settings say of how a training runs, which changes nothing of its result. */
export function trainingSettings(): Pick<TrainingOptions, 'engine' | 'threads' | 'pixelCacheMiB'> {
  const configuration = vscode.workspace.getConfiguration('faceTrainer');
  return settings.parse({
    engine: configuration.get('engine'),
    threads: configuration.get('threads'),
    pixelCacheMiB: configuration.get('pixelCacheMiB'),
  });
}
