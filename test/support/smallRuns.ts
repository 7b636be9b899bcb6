import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { reduceAll } from '../../src/core/runState.js';
import type { TrainingOptionsInput } from '../../src/protocol/options.js';
import { PEOPLE_FILE } from '../../src/runs/peopleFile.js';
import { RunReader } from '../../src/runs/runReader.js';

// Runs of a second each that between them do everything a run can do, and what each comes to.

/** On four people with eight pictures each. */
export const SMALL_RUN = { size: 32, width: 0.1, batchSize: 4, split: 0.7, seed: 9, keepCheckpoints: 3 } as const;

/** The least that writes everything: six steps. */
export const SMALL_DISK = { ...SMALL_RUN, epochs: 2, batchSize: 8 } as const;

export const SMALL_RUNS: Readonly<Record<string, Partial<TrainingOptionsInput>>> = {
  original: { epochs: 3 },
  'head first, statistics gathered, AdamW': {
    ...{ epochs: 3, headEpochs: 1, optimizer: 'adamw', weightDecay: 0.01, schedule: 'cosine', dropout: 0.3 },
    augmentation: { flip: true, shift: true, rotation: 10 },
  },
  'frozen below the head': { epochs: 3, frozen: true, augmentation: { flip: true } },
  'batches of people, SGD, the rate in steps': {
    ...{ epochs: 3, optimizer: 'sgd', sampler: { people: 2, pictures: 2 } },
    ...{ warmupEpochs: 0.5, schedule: 'steps', decayEpochs: [1, 2] },
  },
  'quantized on the way': {
    ...{ epochs: 4, headEpochs: 1 },
    quantization: { afterEpochs: 2, calibrationPictures: 8, sensitivityPictures: 4 },
  },
  'an embedding of its own, its layer alone at first': { epochs: 3, headEpochs: 1, embedding: 64, pooling: 'average' },
  'triplets beside softmax, the margin growing, gradients clipped': {
    ...{ epochs: 3, loss: 'triplet', mining: 'semi-hard', lossRamp: 0.6, clipNorm: 0.5 },
    sampler: { people: 3, pictures: 2 },
  },
  MobileFaceNet: { epochs: 2, backbone: 'mobileFaceNet', size: 48 },
  'CosFace, the head first, scale and margin growing, averaged': {
    ...{
      epochs: 3,
      headEpochs: 1,
      loss: 'cosface',
      logitScale: 'auto',
      lossRamp: 0.6,
      averageDecay: 0.9,
      dropout: 0.2,
    },
  },
  'ArcFace on MobileFaceNet, quantized on the way': {
    ...{ epochs: 3, backbone: 'mobileFaceNet', size: 48, loss: 'arcface', logitScale: 16, margin: 0.2 },
    quantization: { afterEpochs: 1, calibrationPictures: 8, sensitivityPictures: 4 },
  },
  'ArcFace on MobileFaceNet against a sample': {
    ...{ epochs: 2, backbone: 'mobileFaceNet', size: 48, loss: 'arcface', batchSize: 2, sampledClasses: 1 },
  },
  'averaged weights, the head first': {
    ...{ epochs: 3, headEpochs: 1, averageDecay: 0.9, optimizer: 'adamw', augmentation: { flip: true } },
  },
  'averaged weights, quantized on the way': {
    ...{
      epochs: 3,
      averageDecay: 0.8,
      quantization: { afterEpochs: 1, calibrationPictures: 8, sensitivityPictures: 4 },
    },
  },
  'ended early, averaged': { epochs: 30, patience: 2, averageDecay: 0.5, learningRate: 0.01 },
  'people left out': { epochs: 3, splitBy: 'identity', split: 0.6 },
};

/** What training computed, but for times. */
export function resultOf(run: string): unknown {
  const state = reduceAll(new RunReader(run).readNew());
  const timeless = (events: readonly object[]) =>
    events.map((event) =>
      Object.fromEntries(
        Object.entries(event).filter(
          ([key]) => !['imagesPerSecond', 'etaSeconds', 'elapsedSeconds', 'waitingShare'].includes(key),
        ),
      ),
    );
  const checkpoints = fs
    .readdirSync(path.join(run, 'checkpoints'))
    .filter((name) => !name.startsWith('.') && name !== PEOPLE_FILE)
    .sort();
  const digest = (name: string, file: string) =>
    createHash('sha256')
      .update(fs.readFileSync(path.join(run, 'checkpoints', name, file)))
      .digest('hex');
  return {
    ...{ steps: timeless(state.steps), epochs: timeless(state.epochs), stages: state.stages, marks: state.marks },
    ...{ calibrated: state.calibrated, quantizers: state.quantizers, sensitivity: state.sensitivity },
    finished: timeless([state.finished!]),
    best: state.checkpoints.map(({ path: at, best }) => [at, best]).filter(([at]) => String(at).includes('epoch')),
    files: checkpoints.map((name) => [name, digest(name, 'model.safetensors'), digest(name, 'optimizer.safetensors')]),
  };
}

/** The same of its last epoch, and not what was best: a disk may have had no room for the checkpoints before. */
export function lastResultOf(run: string): unknown {
  const result = resultOf(run) as { files: readonly [name: string][]; finished: readonly object[] };
  const last = result.files.findLast(([name]) => name.startsWith('epoch'));
  const finished = result.finished.map((event) => ({ ...event, bestEpoch: 0, bestValAccuracy: 0 }));
  return { ...result, files: last, finished, best: [] };
}
