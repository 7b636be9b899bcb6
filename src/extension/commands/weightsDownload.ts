import * as vscode from 'vscode';
import { downloadImageNetWeights, imageNetFile, isDownloaded } from '../../weights/imageNetWeights.js';
import type { TrainingOptions } from '../../protocol/options.js';
import { withRecipe } from '../../protocol/recipes.js';

/**
 * Asks before anything is downloaded.
 *
 * @returns the options to train with; undefined when the user thought better of it
 */
export async function withWeights(options: TrainingOptions): Promise<TrainingOptions | undefined> {
  if (options.weights !== 'imagenet') return options;
  const file = imageNetFile(options.width, options.size);
  if (isDownloaded(file)) return options;
  const [download, random] = ['Download', 'Start at Random'] as const;
  const chosen = await vscode.window.showInformationMessage(
    'Training starts from a network that has seen a million pictures. Its weights are not on this machine yet.',
    {
      modal: true,
      detail: `About ${file.megabytes} MB from ${new URL(file.url).host}, once for every workspace. Without them a network needs many more pictures and epochs.`,
    },
    download,
    random,
  );
  if (chosen === random) return atRandom(options);
  if (chosen !== download) return undefined;
  const bar = { location: vscode.ProgressLocation.Notification, title: 'ImageNet weights', cancellable: true };
  return vscode.window.withProgress(bar, async (progress, cancelled) => {
    const abort = new AbortController();
    cancelled.onCancellationRequested(() => abort.abort());
    let told = 0;
    try {
      await downloadImageNetWeights(file, {
        signal: abort.signal,
        proxy: vscode.workspace.getConfiguration('http').get<string>('proxy'),
        onProgress: (bytes, total = file.megabytes * 1e6) => {
          progress.report({
            increment: ((bytes - told) / total) * 100,
            message: `${(bytes / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`,
          });
          told = bytes;
        },
      });
      return options;
    } catch (error) {
      if (abort.signal.aborted) return undefined;
      throw error;
    }
  });
}

/** The recipe for a start without weights. */
function atRandom({ recipe, ...options }: TrainingOptions): TrainingOptions {
  return withRecipe(recipe === 'fast' ? 'default' : recipe, { ...options, frozen: false, headEpochs: 0, weights: null })
    .data!;
}
