import assert from 'node:assert/strict';
import path from 'node:path';
import type { Engine } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import type { TrainerMessage } from '../../src/protocol/jobs.js';
import { trainingOptions, type TrainingOptionsInput } from '../../src/protocol/options.js';
import { collapseOf, collapseWarning } from '../../src/training/collapse.js';
import { StopSignal } from '../../src/training/stopSignal.js';
import { trainRun } from '../../src/training/trainRun.js';
import { fakeEngine, halfRight, unrelated } from '../support/fakeEngine.js';
import { scratchFolder, writePeople } from '../support/scratch.js';

const folder = scratchFolder();

/** Four pictures of two people, two values each. */
async function collapseOfEmbeddings(
  values: readonly number[],
  options: Partial<TrainingOptionsInput> = {},
  kernel?: number[],
) {
  const labels = Int32Array.of(0, 0, 1, 1);
  const reader = { read: () => Promise.resolve({ images: new Uint8Array(4), labels, pictures: [0, 1, 2, 3] }) };
  const result = { lossSum: 0, correct: 0, outputs: { embedding: Float32Array.from(values) } };
  const parameters = new Map(kernel && [['predictions/kernel', Float32Array.from(kernel)]]);
  const session = {
    evaluate: () => Promise.resolve(result),
    readState: () => Promise.resolve({ step: 1, parameters, moments: new Map() }),
  };
  const dataset = { labels, people: ['a', 'b'], split: { train: [0, 1, 2, 3], validation: [] } };
  return collapseOf({ session, reader }, dataset, optionsOf(options));
}

function optionsOf(options: Partial<TrainingOptionsInput>) {
  return trainingOptions.parse({ dataset: 'none', ...options });
}

describe('collapseOf', () => {
  const apart = [1, 0, 0.9, 0.1, 0, 1, 0.1, 0.9];

  it('finds embeddings that are alike, in whatever direction and however long, and dead ones', async () => {
    assert.equal(await collapseOfEmbeddings(apart), undefined);
    assert.equal((await collapseOfEmbeddings([5, 5, 5.01, 5, 5, 5.01, 5.01, 5.01]))?.what, 'embeddings');
    assert.equal((await collapseOfEmbeddings(new Array<number>(8).fill(0)))?.what, 'embeddings');
  });

  it('finds triplets that all stand at the margin though the embeddings are a little apart', async () => {
    // Both pictures of either person at the same two places: nearest stranger and farthest of the same are as far.
    const places = [1, 0, 1, 0.1, 1, 0, 1, 0.1];
    assert.equal(await collapseOfEmbeddings(places), undefined);
    const triplets = { loss: 'triplet', mining: 'semi-hard', sampler: { people: 2, pictures: 2 } } as const;
    assert.equal((await collapseOfEmbeddings(places, triplets))?.what, 'triplets');
    assert.equal(await collapseOfEmbeddings(apart, triplets), undefined);
  });

  it('finds vectors of people that are alike', async () => {
    assert.equal((await collapseOfEmbeddings(apart, {}, [1, 1, 2, 2.01]))?.what, 'people');
    assert.equal(await collapseOfEmbeddings(apart, {}, [1, 0, 0, 1]), undefined);
  });
});

describe('collapseWarning', () => {
  it('says what to change, of what the run does', () => {
    const alike = { what: 'embeddings', spread: 0.0042 } as const;
    const hard = collapseWarning(alike, optionsOf({ loss: 'triplet', sampler: { people: 2, pictures: 2 } }), 3);
    assert.match(hard.message, /After epoch 3 all pictures have nearly the same embedding: they lie 0.004 apart/);
    assert.match(hard.advice, /first epochs.*--learning-rate.*--mining semi-hard.*--loss-ramp.*--warmup-epochs/);
    const gentle = collapseWarning(alike, optionsOf({ weights: 'imagenet', loss: 'softmax', warmupEpochs: 1 }), 3);
    assert.equal(gentle.advice, 'Stop, and train again with a lower learning rate (--learning-rate).');
  });
});

describe('a run that collapses', function () {
  this.timeout(60_000);

  /** @param engine absent for one that computes */
  async function collapses(engine?: Engine) {
    const dataset = path.join(folder(), 'data');
    await writePeople(dataset, 3, 4);
    const told: string[] = [];
    const options = trainingOptions.parse({ dataset, size: 32, width: 0.1, batchSize: 12, epochs: 6, split: 0.6 });
    const job = { runFolder: path.join(folder(), 'run'), options, version: '0' };
    const select = engine ? () => Promise.resolve({ engine }) : selectEngine;
    const ports = { now: () => new Date(0), pixelCache: path.join(folder(), 'pixels'), selectEngine: select };
    const hear = (message: TrainerMessage) => {
      if (message.type === 'warning' && message.code === 'collapsed') told.push(message.message);
    };
    assert.ok(await trainRun(job, hear, new StopSignal(), ports));
    return told.map((message) => message.split(' all ')[0]);
  }

  it('is told so once, and again where it had come back', async () => {
    // One step an epoch.
    const alike = (pictures: number, step: number) =>
      [2, 3, 5].includes(step) ? new Float32Array(2 * pictures).fill(1) : unrelated(pictures);
    const engine = fakeEngine(() => ({ lossSum: 4, correct: 2 }), halfRight, alike);
    assert.deepEqual(await collapses(engine), ['After epoch 2', 'After epoch 5']);
  });

  it('is not where it tells pictures apart', async () => {
    assert.deepEqual(await collapses(), []);
  });
});
