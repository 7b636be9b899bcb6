import assert from 'node:assert/strict';
import path from 'node:path';
import type { Batch, Engine } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import type { TrainerMessage } from '../../src/protocol/jobs.js';
import { trainingOptions, type TrainingOptionsInput } from '../../src/protocol/options.js';
import { collapseOf, collapseWarning } from '../../src/training/collapse.js';
import { StopSignal } from '../../src/training/stopSignal.js';
import { trainRun } from '../../src/training/trainRun.js';
import { fakeEngine, halfRight, unrelated } from '../support/fakeEngine.js';
import { scratchFolder, writePeople } from '../support/scratch.js';

const folder = scratchFolder();

/** Four training pictures of two people, and four others where `fresh` says what they come to; two values each. */
async function collapseOfEmbeddings(
  values: readonly number[],
  options: Partial<TrainingOptionsInput> = {},
  { kernel, fresh }: { readonly kernel?: readonly number[]; readonly fresh?: readonly number[] } = {},
) {
  const owners = Int32Array.of(0, 0, 1, 1, 0, 0, 1, 1);
  const all = [...values, ...(fresh ?? [])];
  const reader = {
    read: (pictures: readonly number[]) =>
      Promise.resolve({ images: Uint8Array.from(pictures), labels: Int32Array.from(pictures, () => 0), pictures }),
  };
  const session = {
    evaluate: ({ images }: Batch) => {
      const embedding = Float32Array.from([...images].flatMap((picture) => all.slice(2 * picture, 2 * picture + 2)));
      return Promise.resolve({ lossSum: 0, correct: 0, outputs: { embedding } });
    },
    readState: () => {
      const parameters = new Map(kernel && [['predictions/kernel', Float32Array.from(kernel)]]);
      return Promise.resolve({ step: 1, parameters, moments: new Map() });
    },
  };
  const split = { train: [0, 1, 2, 3], validation: fresh ? [4, 5, 6, 7] : [] };
  return collapseOf({ session, reader }, { owners, people: ['a', 'b'], split }, optionsOf(options));
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

  it('finds that all new pictures are alike where the training pictures are not', async () => {
    assert.equal((await collapseOfEmbeddings(apart, {}, { fresh: [1, 0, 1, 0, 1, 0, 1, 0] }))?.what, 'new embeddings');
    assert.equal(await collapseOfEmbeddings(apart, {}, { fresh: apart }), undefined);
  });

  it('finds that most pictures, of more than one person, are alike, dead ones among themselves', async () => {
    const dead = await collapseOfEmbeddings(apart, {}, { fresh: [0, 0, 1, 0, 0, 0, 0, 0] });
    assert.deepEqual(dead, { what: 'most new embeddings', alike: 3, asked: 4 });
    const same = await collapseOfEmbeddings([1, 2, 2, 4, 3, 6, 1, 0]);
    assert.deepEqual(same, { what: 'most embeddings', alike: 3, asked: 4 });
    assert.equal(await collapseOfEmbeddings([1, 2, 2, 4, 2, 1, 1, 0]), undefined, 'two of one person');
    assert.match(
      collapseWarning(dead, optionsOf({}), 2).message,
      /After epoch 2, 3 of the 4 new pictures that were asked have nearly the same embedding/,
    );
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
    assert.equal((await collapseOfEmbeddings(apart, {}, { kernel: [1, 1, 2, 2.01] }))?.what, 'people');
    assert.equal(await collapseOfEmbeddings(apart, {}, { kernel: [1, 0, 0, 1] }), undefined);
  });
});

describe('collapseWarning', () => {
  it('says what to change, of what the run does', () => {
    const alike = { what: 'embeddings', spread: 0.0042 } as const;
    const hard = collapseWarning(alike, optionsOf({ loss: 'triplet', sampler: { people: 2, pictures: 2 } }), 3);
    assert.match(hard.message, /After epoch 3 all pictures have nearly the same embedding: they lie 0.004 apart/);
    assert.match(hard.advice, /first epochs.*--learning-rate.*--mining semi-hard.*--loss-ramp.*--warmup-epochs/);
    assert.match(
      collapseWarning({ what: 'new embeddings', spread: 0 }, optionsOf({}), 1).message,
      /all new pictures have/,
    );
    const gentle = collapseWarning(alike, optionsOf({ weights: 'imagenet', loss: 'softmax', warmupEpochs: 1 }), 3);
    assert.equal(gentle.advice, 'Stop, and train again with a lower learning rate (--learning-rate).');
    const unsaid = collapseWarning(alike, optionsOf({ weights: 'imagenet', warmupEpochs: 1 }), 3);
    assert.equal(unsaid.advice, gentle.advice);
    const faces = collapseWarning(alike, optionsOf({ weights: 'faces', warmupEpochs: 1 }), 3);
    assert.match(faces.advice, /, or a smaller --margin, or --loss-ramp 0.3/);
    const three = collapseWarning(alike, optionsOf({ loss: 'combined' }), 3);
    assert.match(three.advice, /smaller margins \(--margin-m1, --margin-m2, --margin-m3\)/);
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
