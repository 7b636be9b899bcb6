import * as z from 'zod';
import { trainingOptions, type TrainingOptions } from '../protocol/options.js';
import type { Editor } from './editor.js';

const { engine, threads, pixelCacheMiB } = trainingOptions.shape;
// A value that the settings' own editor marks as wrong counts as none.
const settings = z.object({
  engine: engine.catch('auto'),
  threads: threads.catch(0),
  pixelCacheMiB: pixelCacheMiB.catch(20_480),
});

/** What the editor's settings say of how a training runs, which changes nothing of its result. */
export function trainingSettings(editor: Editor): Pick<TrainingOptions, 'engine' | 'threads' | 'pixelCacheMiB'> {
  return settings.parse({
    engine: editor.setting('engine'),
    threads: editor.setting('threads'),
    pixelCacheMiB: editor.setting('pixelCacheMiB'),
  });
}
