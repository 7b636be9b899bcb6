import { trainingOptions } from '../../src/protocol/options.js';
import type { EventOf, RunEvent } from '../../src/protocol/runEvents.js';

/** One good event of each kind, with every field that may be there. */
export const SAMPLE_EVENTS: { readonly [T in RunEvent['type']]: EventOf<T> } = {
  run: {
    ...{ type: 'run', runFolder: '/runs/a', startedAt: '2026-01-01T00:00:00.000Z', pid: 7, processStart: 'boot:9' },
    options: trainingOptions.parse({ dataset: '/pictures', epochs: 3 }),
  },
  dataset: {
    ...{ type: 'dataset', people: 2, images: 20, trainImages: 18, validationImages: 2, stepsPerEpoch: 10 },
    ...{ skippedCount: 1, skipped: [{ file: 'a/b.jpg', reason: 'is empty' }] },
  },
  engine: { type: 'engine', name: 'native', detail: 'AVX2, 2 threads' },
  stage: { type: 'stage', name: 'head', epoch: 1, step: 0 },
  step: {
    ...{ type: 'step', epoch: 1, step: 1, loss: 0.7, accuracy: 0.5, learningRate: 1e-3, imagesPerSecond: 12 },
    ...{ etaSeconds: 3, activeQuantizers: 4 },
  },
  epoch: {
    ...{ type: 'epoch', epoch: 1, step: 10, loss: 0.7, accuracy: 0.5, valLoss: 0.8, valAccuracy: 0.4 },
    ...{ metric: 'accuracy', imagesPerSecond: 12, waitingShare: 0.1, learningRate: 1e-3, elapsedSeconds: 9 },
    ...{ activeQuantizers: 4 },
    answers: { right: 1, pictures: 2, weakest: { person: 'Anna', right: 0, pictures: 1 } },
    distilled: { people: 9, pictures: 40, cosine: 0.9, pairs: { count: 80, student: 0.95, teacher: 0.99 } },
    strangers: { people: 9, named: 1, threshold: 0.5, missed: 0.02, damagedNamed: 2, damagedMissed: 0.3 },
  },
  checkpoint: { type: 'checkpoint', path: 'checkpoints/epoch-0001', epoch: 1, step: 10, bytes: 100, best: true },
  resumed: {
    ...{ type: 'resumed', checkpoint: 'checkpoints/epoch-0001', epoch: 1, step: 10, stages: 1, marks: 1, epochs: 3 },
    ...{ resumedAt: '2026-01-02T00:00:00.000Z', pid: 8, processStart: 'boot:11' },
  },
  mark: { type: 'mark', name: 'calibration', epoch: 1, step: 5 },
  calibrated: {
    ...{ type: 'calibrated', step: 5, pictures: 32, observer: 'entropy' },
    ...{ floatValAccuracy: 0.5, postTrainingValAccuracy: 0.4 },
  },
  quantizers: {
    ...{ type: 'quantizers', epoch: 1, step: 5 },
    quantizers: [
      {
        ...{ name: 'Conv1/kernel', kind: 'weights', bits: 8, channels: 16, scale: [0.1, 0.2], zeroPoint: 0 },
        ...{ range: [-1, 1], clipped: 0.01, sqnr: 40, activeSince: 5 },
      },
    ],
  },
  sensitivity: {
    ...{ type: 'sensitivity', step: 5, pictures: 8, floatLoss: 0.4 },
    layers: [{ layer: 'Conv1', lossIncrease: -0.01, changed: 1 }],
  },
  warning: { type: 'warning', code: 'memory-low', message: 'm', advice: 'a' },
  failure: { type: 'failure', code: 'disk-full', message: 'm', advice: 'a' },
  finished: {
    ...{ type: 'finished', reason: 'completed', epochs: 1, steps: 10, elapsedSeconds: 9 },
    ...{ bestEpoch: 1, bestValAccuracy: 0.4 },
  },
};
