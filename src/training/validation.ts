import { setImmediate } from 'node:timers/promises';
import { cutBatches } from '../dataset/batches.js';
import type { Dataset } from '../dataset/dataset.js';
import { nearestNeighbourHits } from '../evaluation/nearestNeighbour.js';
import type { Warning } from '../protocol/runEvents.js';
import type { StopSignal } from './stopSignal.js';
import { Tally } from './tally.js';
import type { Stage } from './stage.js';

/**
 * What a network makes of the validation pictures: loss and accuracy, or of people who have no class how many are most like a picture
 * of themselves.
 *
 * @param active quantizers that round
 * @returns undefined when stopped on the way
 */
export async function validate(
  { session, reader }: Pick<Stage, 'session' | 'reader'>,
  { openSet, owners, split }: Dataset,
  batchSize: number,
  active: Uint8Array | undefined,
  stop: StopSignal,
): Promise<Tally | undefined> {
  const tally = new Tally();
  const embeddings: Float32Array[] = [];
  const people: number[] = [];
  for (const pictures of cutBatches(split.validation, batchSize)) {
    if (stop.requested) return undefined;
    const batch = await reader.read(pictures);
    if (batch.labels.length === 0) continue;
    const quantization = active ? { quantization: { active } } : {};
    const result = await session.evaluate(batch, { wants: openSet ? ['embedding'] : [], ...quantization });
    if (openSet) {
      embeddings.push(result.outputs.embedding!);
      people.push(...batch.pictures.map((picture) => owners[picture]!));
    } else tally.add(result, batch.labels.length);
    await setImmediate();
  }
  if (openSet) tally.add({ lossSum: 0, correct: nearestNeighbourHits(embeddings, people) }, people.length);
  return tally;
}

/** Of a loss that is left out of the log. */
export function lossNotFinite(epoch: number): Warning {
  return {
    code: 'validation-not-finite',
    message: `The validation loss after epoch ${epoch} is not a finite number, and is left out.`,
    advice: 'The training is about to diverge: lower the learning rate, or take an earlier checkpoint.',
  };
}
