import path from 'node:path';
import { drawSample } from '../../client/drawSample.js';
import { withSample } from '../../protocol/sampleOptions.js';
import { ignoreInGit } from '../../runs/runLocation.js';
import type { Editor } from '../editor.js';
import { drawnFaces } from '../runsFolders.js';
import type { Trainer } from '../trainer.js';
import { trainingSettings } from '../trainingSettings.js';

/**
 * A first training without pictures of anybody and without a download: on people that the program draws.
 *
 * @param entry the bundled `drawSample.js`
 */
export async function tryDrawnFaces(editor: Editor, trainer: Pick<Trainer, 'start'>, entry: string): Promise<void> {
  const dataset = drawnFaces(editor);
  ignoreInGit(path.dirname(dataset));
  const drawn = await editor.progress('Drawing faces (no real person is shown)', async (_, cancelled) => {
    await drawSample(entry, dataset, cancelled).catch((error: unknown) => {
      if (!cancelled.aborted) throw error;
    });
    return !cancelled.aborted;
  });
  if (drawn) await trainer.start(withSample(dataset, trainingSettings(editor)));
}
