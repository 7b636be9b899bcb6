import { setImmediate } from 'node:timers/promises';
import { hasDiverged, proposedRate, RATE_STEPS, rateOfStep, smoothed } from '../core/rateFinder.js';
import { Random } from '../core/random.js';
import { UserError } from '../core/userError.js';
import { openDataset, type Dataset } from '../dataset/dataset.js';
import { drawBatches } from '../dataset/sampler.js';
import { picturesOfRun } from '../dataset/picturesOfRun.js';
import type { TrainingOptions } from '../protocol/options.js';
import type { RateSearch } from '../protocol/rateFinder.js';
import { requireWeights } from '../weights/startWeights.js';
import { batchNormMomentum } from './batchNormMomentum.js';
import { faceStart, openFacesFor } from './faceStart.js';
import { requireTrainable } from './requireTrainable.js';
import { PORTS, type TrainingPorts } from './runContext.js';
import { seenThroughFaces } from './seenThroughFaces.js';
import type { Stage } from './stage.js';
import { stagesOf } from './stages.js';
import { stepsPerEpoch } from './stepsPerEpoch.js';
import { looksOf, teacherOf } from './teacher.js';
import { startingNetwork } from './trainRun.js';

type Ports = Pick<TrainingPorts, 'pixelCache' | 'selectEngine' | 'openFaces'>;

interface Watch {
  /** Pictures read, and steps made. */
  readonly progress: (done: number, total: number) => void;
  readonly steps: (done: number, total: number) => void;
  readonly cancelled: () => boolean;
}

/**
 * Trains a network that is thrown away for some hundred steps, from the start that the options name, while its rate grows from one
 * that does nothing to one that destroys it. In float, in the stage that trains every layer, or on a frozen network the last ones.
 * No run is begun, and nothing is written but the cache of pixels.
 *
 * @returns undefined when cancelled
 * @throws UserError whatever a training with these options refuses
 */
export async function findRate(
  wished: TrainingOptions,
  watch: Watch,
  ports: Ports = PORTS,
): Promise<RateSearch | undefined> {
  const { progress, cancelled } = watch;
  const options: TrainingOptions = { ...wished, quantization: undefined, averageDecay: 0 };
  const scanned = picturesOfRun(options);
  requireTrainable(options);
  const face = faceStart(options);
  if (!face) requireWeights(options);
  const teacher = teacherOf(options);
  const looks = looksOf(options, face, teacher);
  const { engine } = await ports.selectEngine(options);
  const cache = { cacheFolder: ports.pixelCache, cacheBytes: options.pixelCacheMiB * 2 ** 20 };
  const opened = await openDataset(scanned, { ...options, ...cache }, progress, cancelled);
  const open = () => (ports.openFaces ?? openFacesFor)(looks!);
  const dataset =
    opened && looks ? await seenThroughFaces(opened, engine, looks.network, open, progress, cancelled) : opened;
  if (!dataset) return undefined;
  try {
    const { float, values } = await startingNetwork({ options, face, teacher, from: undefined }, dataset);
    const stageOf = stagesOf(options, dataset, engine, { float, trainedGraph: float, teacher }, values);
    const stage = await stageOf(options.frozen ? 1 : options.headEpochs + 1, undefined);
    const losses = await lossesOf(options, dataset, stage, watch);
    return losses && { ...searchOf(options, losses), network: float.name };
  } finally {
    await dataset.source.close();
  }
}

/** The loss of each step, until they are all made or the loss has left; undefined when cancelled. */
async function lossesOf(
  options: TrainingOptions,
  dataset: Dataset,
  { session, reader, tally, strangers, teacher }: Stage,
  { steps: tell, cancelled }: Watch,
): Promise<number[] | undefined> {
  const losses: number[] = [];
  const steps = stepsPerEpoch(dataset, options);
  try {
    for await (const batch of batchesOf(options, dataset, reader)) {
      if (cancelled()) return undefined;
      tell(losses.length, RATE_STEPS);
      const loss = await session
        .trainStep(batch, {
          learningRate: rateOfStep(options.optimizer, losses.length),
          batchNormMomentum: batchNormMomentum(options.batchNormMomentum, losses.length + 1, steps),
          seed: options.seed,
        })
        .then(({ lossSum }) => lossSum / batch.labels.length, lossBeyondNumbers);
      losses.push(loss);
      if (losses.length === RATE_STEPS || hasDiverged(losses)) return losses;
      await setImmediate(); // a stop can arrive
    }
    return losses;
  } finally {
    session.dispose();
    tally?.dispose();
    strangers?.dispose();
    teacher?.dispose();
  }
}

function lossBeyondNumbers(error: unknown): number {
  if (error instanceof UserError && error.code === 'not-finite') return Infinity;
  throw error;
}

/** Epoch after epoch, as a training draws them. */
async function* batchesOf(options: TrainingOptions, { split, labels }: Dataset, reader: Stage['reader']) {
  const random = Random.forPurpose(options.seed, 'shuffle');
  for (let epoch = 1; epoch <= RATE_STEPS; epoch++)
    for (const pictures of drawBatches(split.train, labels, options.sampler, options.batchSize, random)) {
      const batch = await reader.read(pictures, epoch);
      if (batch.labels.length > 0) yield batch;
    }
}

/** @param losses the last of which may be beyond numbers: a chart has none */
function searchOf(
  { dataset, optimizer, batchSize }: TrainingOptions,
  losses: readonly number[],
): Omit<RateSearch, 'network'> {
  const diverged = hasDiverged(losses);
  const finite = losses.filter((loss) => Number.isFinite(loss));
  const smooth = smoothed(finite);
  const curve = finite.map((loss, i) => ({ rate: rateOfStep(optimizer, i), loss, smoothed: smooth[i]! }));
  const proposal = proposedRate(curve);
  return { dataset, optimizer, batchSize, curve, diverged, ...(proposal && { proposal }) };
}
