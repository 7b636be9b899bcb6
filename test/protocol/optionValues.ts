import type { TrainingOptions } from '../../src/protocol/options.js';
import type { QuantizationOptions } from '../../src/protocol/quantizationOptions.js';

interface Values {
  readonly good: readonly unknown[];
  readonly bad: readonly unknown[];
}

/** For each option values that it takes, among them the outermost, and values just beyond. */
export const VALUES: Record<keyof TrainingOptions, Values> = {
  dataset: { good: ['/d', 'C:\\d', 'd'], bad: ['', 7, undefined] },
  recipe: { good: ['face', 'door', 'default', 'fast', 'original'], bad: ['best', '', 1] },
  size: { good: [32, 112, 128, 512], bad: [0, 16, 40, 528, 128.5, '128', NaN] },
  width: { good: [0.1, 1, 2], bad: [0.09, 2.01, 'wide', Infinity] },
  backbone: { good: ['mobileNetV2', 'mobileFaceNet'], bad: ['', 'mobilenet', 2] },
  fromRandom: { good: [true, false], bad: ['yes', 1] },
  pooling: { good: ['max', 'average'], bad: ['mean', true] },
  embedding: { good: [undefined, 64, 512], bad: [63, 513, 128.5, null] },
  dropout: { good: [0, 0.999], bad: [-0.1, 1] },
  epochs: { good: [1, 10_000], bad: [0, 10_001, 1.5, NaN] },
  headEpochs: { good: [0, 10_000], bad: [-1, 10_001, 0.5] },
  frozen: { good: [true, false], bad: ['yes', 1, null] },
  batchSize: { good: [2, 4096], bad: [1, 4097, 2.5] },
  optimizer: { good: ['adam', 'adamw', 'sgd'], bad: ['Adam', 'lion'] },
  momentum: { good: [0, 0.99], bad: [1, -0.1] },
  clipNorm: { good: [0, 0.5, 1e6], bad: [-0.1, 'short', Infinity] },
  weightDecay: { good: [0, 1], bad: [-0.01, 1.01] },
  learningRate: { good: [1e-9, 10], bad: [0, 10.1, -1] },
  headRateFactor: { good: [0.1, 1000], bad: [0, 1001] },
  schedule: { good: ['constant', 'cosine', 'steps'], bad: ['linear'] },
  warmupEpochs: { good: [0, 0.5, 10_000], bad: [-0.1, 10_001, 'one'] },
  decayEpochs: { good: [[], [1, 10_000]], bad: [[0], [10_001], [1.5], 3, ['x']] },
  averageDecay: { good: [0, 0.999], bad: [1, -0.1] },
  patience: { good: [0, 3, 10_000], bad: [-1, 1.5, 10_001] },
  decayFactor: { good: [0.001, 0.999], bad: [0, 1] },
  loss: {
    good: ['auto', 'softmax', 'cosface', 'arcface', 'combined', 'triplet', 'distillation'],
    bad: ['triplets', '', 1],
  },
  marginM1: { good: [1, 4.9], bad: [0.9, 5] },
  marginM2: { good: [0, 2.9], bad: [-0.1, 3] },
  marginM3: { good: [0, 0.99], bad: [-0.1, 1] },
  mining: { good: ['hard', 'semi-hard'], bad: ['easy', ''] },
  distillationWeight: { good: [0, 0.5, 1000], bad: [-1, 1001, NaN, '1'] },
  labelSmoothing: { good: [0, 0.99], bad: [1, -0.1] },
  logitScale: { good: [1, 511, 'auto'], bad: [0.9, 512, 'large'] },
  margin: { good: [0, 0.99], bad: [-0.1, 1] },
  sampledClasses: { good: ['auto', 0, 1_000_000], bad: ['many', -1, 1.5, 1_000_001] },
  lossRamp: { good: [0, 1], bad: [-0.1, 1.01] },
  views: { good: [0, 1000], bad: [-1, 1001, 1.5] },
  augmentation: {
    good: [{}, { flip: true, rotation: 45 }],
    bad: [{ shear: 1 }, { rotation: 46 }, { flip: 1 }, 'flip'],
  },
  sampler: {
    good: ['shuffle', { people: 2, pictures: 2 }],
    bad: ['sorted', { people: 2 }, { people: 1, pictures: 2 }],
  },
  split: { good: [0.01, 0.99], bad: [0, 1] },
  splitBy: { good: ['picture', 'identity'], bad: ['person'] },
  seed: { good: [0, 0xffffffff], bad: [-1, 0x100000000, 0.5] },
  weights: { good: ['imagenet', '/w.npz', 'w', undefined], bad: ['', null] },
  faceWeights: { good: [undefined, '/w/face.xml', 'w'], bad: [''] },
  faces: { good: ['on', 'off'], bad: [true, 'aligned'] },
  quantization: { good: [undefined, {}, { afterEpochs: 3 }], bad: [{ colour: 1 }, 8, null] },
  parent: { good: [undefined, '/c', 'c'], bad: [''] },
  changedData: { good: [true, false], bad: ['no'] },
  exclude: { good: [undefined, '/list.txt', 'l'], bad: [''] },
  batchNormMomentum: { good: ['auto', 0, 0.999], bad: [1, -0.1, 'slow'] },
  engine: { good: ['auto', 'native', 'tensorflow', 'javascript'], bad: ['webgpu'] },
  threads: { good: [0, 256], bad: [-1, 257, 1.5] },
  pixelCacheMiB: { good: [0, 0.5, 1e6], bad: [-1, '20 GB'] },
  keepCheckpoints: { good: [1, 100], bad: [0, 1.5] },
  checkpointMinutes: { good: [0, 0.5, 600], bad: [-1, 'often', Infinity] },
};

export const QUANTIZATION_VALUES: Record<keyof QuantizationOptions, Values> = {
  afterEpochs: { good: [0, 5], bad: [-1, 0.5] },
  afterSteps: { good: [undefined, 0, 70], bad: [-1] },
  weightBits: { good: [4, 8], bad: [5, 16, '8'] },
  observer: { good: ['movingAverage', 'percentile', 'meanSquaredError', 'entropy'], bad: ['minMax'] },
  calibrationPictures: { good: [1, 100_000], bad: [0, 100_001] },
  activationsAfter: { good: [0, 1], bad: [-0.1, 1.1] },
  freezeBatchNormAfter: { good: [0, 1], bad: [-0.1, 1.1] },
  freezeRangesAfter: { good: [0, 1], bad: [-0.1, 1.1] },
  learningRateFactor: { good: [0.001, 100], bad: [0, 101] },
  floatLayers: { good: [[], ['Conv1']], bad: ['Conv1', [1]] },
  sensitivityPictures: { good: [0, 4096], bad: [-1, 0.5] },
};
