import type { DownloadOptions } from '../../weights/download.js';
import {
  downloadImageNetWeights,
  imageNetFile,
  isDownloaded,
  type ImageNetFile,
} from '../../weights/imageNetWeights.js';
import type { TrainingOptions } from '../../protocol/options.js';
import { trainsOnRandomFeatures } from '../../protocol/recipes.js';
import type { Editor } from '../editor.js';
import { downloadUnderBar } from './downloading.js';
import { withFaceWeightsToTrain } from './faceWeights.js';
import { WEIGHTS_FILES, type PickedOptions } from './trainingOptionsPick.js';

/** Gets the file. @throws UserError, or whatever the signal made it throw */
export type Download = (file: ImageNetFile, options: DownloadOptions) => Promise<void>;

const [DOWNLOAD, AGAIN, RANDOM, FILE] = ['Download', 'Try Again', 'Use Random Weights…', 'Choose a File…'] as const;

/**
 * Asks before anything is downloaded, and again with the same ways out when that fails: whoever has no connection still
 * comes to a training, with the options that were chosen.
 *
 * @returns the options to train with; undefined when the user thought better of it
 */
export async function withStartWeights(
  editor: Editor,
  { options: wished, atRandom, fromImageNet }: Pick<PickedOptions, 'options' | 'atRandom' | 'fromImageNet'>,
  download: Download = downloadImageNetWeights,
): Promise<TrainingOptions | undefined> {
  const given = await withFaces(editor, wished);
  if (given === undefined) return undefined;
  const options = given === 'imagenet' ? fromImageNet : given;
  if (options.weights !== 'imagenet') return options;
  const file = imageNetFile(options);
  if (isDownloaded(file)) return options;
  let failure: string | undefined;
  for (;;) {
    const chosen =
      failure === undefined
        ? await editor.ask(
            'Training starts from a network that has seen a million pictures. Its weights are not on this machine yet.',
            `About ${file.megabytes} MB from ${new URL(file.url).host}, downloaded once for all workspaces. Without them a network needs many more pictures and epochs.`,
            ...[DOWNLOAD, RANDOM, FILE],
          )
        : await editor.ask('The weights to start from could not be downloaded.', failure, ...[AGAIN, RANDOM, FILE]);
    if (chosen === undefined) return undefined;
    if (chosen === RANDOM) {
      const random = await startAtRandom(editor, options, atRandom);
      if (random) return random;
    } else if (chosen === FILE) {
      const weights = await chooseWeights(editor);
      if (weights !== undefined) return { ...options, weights };
    } else {
      const outcome = await downloadUnderBar(editor, 'ImageNet weights', file.megabytes, (how) => download(file, how));
      if (outcome === 'done') return options;
      if (outcome === 'cancelled') return undefined;
      failure = outcome.failure;
    }
  }
}

/** Gets the face network for a training that starts from it, or learns from it. */
async function withFaces(editor: Editor, options: TrainingOptions): Promise<TrainingOptions | 'imagenet' | undefined> {
  if (options.weights !== 'faces' && options.teacher !== 'faces') return options;
  const chosen = await withFaceWeightsToTrain(editor);
  return chosen === 'imagenet' ? chosen : chosen && { ...options, ...chosen };
}

/** A recipe that keeps layers as they are, if only for an epoch, makes no sense on random ones: that is not decided silently. */
async function startAtRandom(
  editor: Editor,
  options: TrainingOptions,
  atRandom: TrainingOptions,
): Promise<TrainingOptions | undefined> {
  const random = { ...options, weights: undefined };
  if (!trainsOnRandomFeatures(random)) return random;
  const [every] = ['Train Every Layer'] as const;
  const chosen = await editor.ask(
    `The ${options.recipe} recipe needs weights to start from.`,
    `A random start trains every layer instead, with the original recipe (${atRandom.epochs} epochs, ${atRandom.size} px). ` +
      'It takes longer, and needs many more pictures for the same accuracy.',
    every,
  );
  return chosen === every ? atRandom : undefined;
}

async function chooseWeights(editor: Editor): Promise<string | undefined> {
  const [chosen] = await editor.chooseFiles({
    title: 'Weights to start from',
    openLabel: 'Use These Weights',
    what: 'file',
    filters: WEIGHTS_FILES,
  });
  return chosen?.fsPath;
}
