import { setImmediate } from 'node:timers/promises';
import { argmax } from '../core/softmax.js';
import { UserError } from '../core/userError.js';
import { cutBatches } from '../dataset/batches.js';
import { readBatch } from '../dataset/dataset.js';
import type { Answer } from '../protocol/recipeComparison.js';
import { datasetOf, picturesGone } from './measure.js';
import { ofOpenedCheckpoint } from './open/checkpoint.js';
import { openCheckpoint } from './openCheckpoint.js';
import { throughFaces } from './throughFaces.js';

const BATCH = 32;

/**
 * Whom a checkpoint puts first in each validation picture of its run.
 *
 * @returns without pictures that the network does not see, since no face is found in them; undefined when cancelled
 * @throws UserError `people-left-out` for a run that was validated on people who have no class, `dataset-missing`, or what the
 *   checkpoint is refused for
 */
export async function validatedAnswers(
  checkpoint: string,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<Answer[] | undefined> {
  const source = openCheckpoint(checkpoint);
  if (source.run.options.splitBy === 'identity')
    throw new UserError(
      'people-left-out',
      'This network was validated on people whom it cannot name: no answer of it is right.',
      'Train with --split-by picture.',
    );
  const opened = await datasetOf(source, onProgress, cancelled);
  const dataset = opened && (await throughFaces(opened, source, onProgress, cancelled));
  if (cancelled()) return undefined;
  if (!dataset)
    throw picturesGone(source, 'Bring them back: a network is asked about the validation pictures of its run.');
  const model = await ofOpenedCheckpoint(source, checkpoint);
  try {
    const { files, people, split } = dataset;
    const answers: Answer[] = [];
    for (const some of cutBatches(split.validation, BATCH)) {
      if (cancelled()) return undefined;
      const { pixels, labels, pictures } = await readBatch(dataset, { pictures: some });
      const scores = pictures.length > 0 ? await model.run(pixels) : new Float32Array();
      pictures.forEach((picture, i) => {
        const first = argmax(scores.subarray(i * people.length, (i + 1) * people.length));
        answers.push({ file: files[picture]!, person: people[labels[i]!]!, right: first === labels[i] });
      });
      onProgress(answers.length, split.validation.length);
      await setImmediate(); // a stop can arrive
    }
    return answers;
  } finally {
    await model.close();
    await dataset.source.close();
  }
}
