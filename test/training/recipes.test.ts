import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { KERAS_ADAM, adamUpdate } from '../../src/core/adam.js';
import { reduceAll, type RunState } from '../../src/core/runState.js';
import { computeLoss } from '../../src/core/losses/losses.js';
import { createJavaScriptEngine } from '../../src/engine/tfjs/tfjsEngine.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import type { Engine } from '../../src/engine/engine.js';
import { GraphBuilder } from '../../src/graph/graphBuilder.js';
import { mobileNetV2 } from '../support/networks.js';
import { quantizeGraph } from '../../src/quantization/quantizeGraph.js';
import { initialValues } from '../../src/graph/networkState.js';
import type { TrainerMessage } from '../../src/protocol/jobs.js';
import type { RunEvent } from '../../src/protocol/runEvents.js';
import { trainingOptions, type TrainingOptionsInput } from '../../src/protocol/options.js';
import { withRecipe } from '../../src/protocol/recipes.js';
import { readCheckpoint } from '../../src/runs/checkpoint.js';
import { HeadSession } from '../../src/training/headSession.js';
import { previewSamples } from '../../src/dataset/preview.js';
import { StopSignal } from '../../src/training/stopSignal.js';
import { trainRun } from '../../src/training/trainRun.js';
import { Random } from '../../src/core/random.js';
import { scratchFolder, writeNoisePicture, writePeople } from '../support/scratch.js';

const folder = scratchFolder();
const data = () => path.join(folder(), 'data');
const distorted = {
  flip: true,
  shift: true,
  scale: 0.1,
  rotation: 10,
  brightness: 0.1,
  contrast: 0.2,
  saturation: 0.2,
};

let engine: Engine;

/** Trains a small network, in a run folder of its own. */
async function train(name: string, options: Partial<TrainingOptionsInput>): Promise<RunState> {
  const messages: TrainerMessage[] = [];
  const job = {
    runFolder: path.join(folder(), name),
    options: trainingOptions.parse({
      dataset: data(),
      size: 32,
      width: 0.1,
      epochs: 3,
      batchSize: 8,
      split: 0.75,
      keepCheckpoints: 9,
      learningRate: 1e-2,
      ...options,
    }),
    version: '0',
  };
  const ok = await trainRun(job, (message) => messages.push(message), new StopSignal(), {
    now: () => new Date(0),
    pixelCache: path.join(folder(), 'pixels'),
    selectEngine,
  });
  const state = reduceAll(messages.filter((m): m is RunEvent => !['hello', 'preparing'].includes(m.type)));
  assert.ok(ok, state.failure?.message);
  return state;
}

const parameters = (run: string, epoch: number) =>
  readCheckpoint(path.join(folder(), run, 'checkpoints', `epoch-000${epoch}`)).session.parameters;
const losses = (state: RunState) => state.steps.map(({ loss }) => loss);

/** The layer above the embedding. */
const HEAD = 'predictions';

describe('HeadSession', () => {
  before(async () => ({ engine } = await selectEngine({ engine: 'native', threads: 2 })));

  const graph = mobileNetV2({ size: 32, people: 3, width: 0.1, pooling: 'average' });

  it('makes the step that the definition makes on the features, and leaves the rest as it is', async () => {
    const random = Random.fromSeed(1);
    const start = initialValues(graph, 3);
    const images = Uint8Array.from({ length: 5 * 32 * 32 * 3 }, () => random.integer(256));
    const batch = { images, labels: Int32Array.from([0, 1, 2, 1, 0]) };
    const loss = { kind: 'softmax', labelSmoothing: 0.1 } as const;
    const session = new HeadSession(engine, graph, graph.outputs.embedding, start, { loss });
    const features = await session.features(batch);
    const width = features.length / 5;
    const kernel = start.get(`${HEAD}/kernel`)!.slice();
    const bias = start.get(`${HEAD}/bias`)!.slice();
    const moments = (size: number) => ({ first: new Float32Array(size), second: new Float32Array(size) });
    const [ofKernel, ofBias] = [moments(kernel.length), moments(3)];
    for (let step = 1; step <= 3; step++) {
      const logits = new Float32Array(15);
      for (let row = 0; row < 5; row++)
        for (let c = 0; c < 3; c++) {
          let sum = bias[c]!;
          for (let k = 0; k < width; k++) sum += features[row * width + k]! * kernel[k * 3 + c]!;
          logits[row * 3 + c] = sum;
        }
      const { gradients, lossSum } = computeLoss(loss, { scores: logits }, batch.labels);
      const ofK = new Float32Array(kernel.length);
      const ofB = new Float32Array(3);
      gradients.scores!.forEach((g, i) => {
        const [row, c] = [Math.floor(i / 3), i % 3];
        ofB[c]! += g;
        for (let k = 0; k < width; k++) ofK[k * 3 + c]! += features[row * width + k]! * g;
      });
      adamUpdate(kernel, ofK, ofKernel, step, 1e-2, KERAS_ADAM);
      adamUpdate(bias, ofB, ofBias, step, 1e-2, KERAS_ADAM);
      const result = await session.trainStep(batch, { learningRate: 1e-2, batchNormMomentum: 0 });
      assert.ok(Math.abs(result.lossSum - lossSum) < 1e-3, `${result.lossSum} and ${lossSum}`);
    }
    const { step, parameters: after, moments: kept } = await session.readState();
    assert.equal(step, 3);
    // Adam's first steps are as long as the rate, whatever the gradient: rounding decides where it is nearly zero.
    const off = after.get(`${HEAD}/kernel`)!.filter((v, i) => Math.abs(v - kernel[i]!) > 1e-3);
    assert.ok(off.length < kernel.length / 100, `${off.length} of ${kernel.length}`);
    for (const { name, trainable } of graph.parameters) {
      if (!name.startsWith(HEAD)) assert.deepEqual(after.get(name), start.get(name), name);
      if (trainable && !name.startsWith(HEAD)) assert.ok(kept.get(name)!.second.every((v) => v === 0));
    }
    session.dispose();
  });

  it('takes features instead of pictures, and gives the same', async () => {
    const random = Random.fromSeed(2);
    const dropped = mobileNetV2({ size: 32, people: 3, width: 0.1, pooling: 'average', dropout: 0.2 });
    const session = new HeadSession(engine, dropped, dropped.outputs.embedding, initialValues(dropped, 3));
    const images = Uint8Array.from({ length: 4 * 32 * 32 * 3 }, () => random.integer(256));
    const labels = Int32Array.from([0, 1, 2, 1]);
    const whole = await session.evaluate({ images, labels }, { wants: ['embedding', 'scores'] });
    const again = await session.evaluate({ images: whole.outputs.embedding!, labels });
    assert.deepEqual(again.outputs.scores, whole.outputs.scores);
    // Whoever evaluates pictures with the whole network sees the same.
    const plain = engine.createSession(dropped, initialValues(dropped, 3));
    assert.deepEqual(
      (await plain.evaluate({ images, labels }, { wants: ['embedding', 'scores'] })).outputs,
      whole.outputs,
    );
    plain.dispose();
    session.dispose();
  });

  it('trains every layer above a node, of however many', async () => {
    const b = new GraphBuilder();
    const pool = b.globalAveragePool('pool', b.batchNorm('norm', b.conv2d('conv', b.input(6, 6, 3), 5, 3)));
    const embedding = b.batchNorm('embedding_norm', b.dense('embedding', pool, 4));
    const deep = b.build('deep', { embedding, scores: b.dense('scores', embedding, 3) });
    const start = initialValues(deep, 1);
    const session = new HeadSession(await createJavaScriptEngine(), deep, 'pool', start);
    const random = Random.fromSeed(3);
    const images = Uint8Array.from({ length: 4 * 6 * 6 * 3 }, () => random.integer(256));
    await session.trainStep(
      { images, labels: Int32Array.of(0, 1, 2, 1) },
      { learningRate: 0.1, batchNormMomentum: 0.9 },
    );
    const { parameters } = await session.readState();
    const moved = deep.parameters.filter(({ name }) => parameters.get(name)!.some((v, i) => v !== start.get(name)![i]));
    const above = deep.parameters.filter(({ name }) => /^(embedding|scores)/.test(name));
    // A bias before a batch norm has a gradient of rounding alone.
    const sure = above.filter(({ name }) => name !== 'embedding/bias');
    for (const { name } of sure)
      assert.ok(
        moved.some((other) => other.name === name),
        `${name} has moved`,
      );
    for (const { name } of moved)
      assert.ok(
        above.some((other) => other.name === name),
        `${name} has not`,
      );
    session.dispose();
  });

  it('refuses a network that is quantized', () => {
    const quantized = quantizeGraph(graph);
    assert.throws(
      () => new HeadSession(engine, quantized, quantized.outputs.embedding, initialValues(quantized, 1)),
      /is quantized: its head does not train alone/,
    );
  });
});

describe('a run', function () {
  this.timeout(60_000);
  beforeEach(() => writePeople(data(), 4, 8));

  it('trains the head alone first, then every layer, and tells when', async () => {
    const state = await train('run', {
      headEpochs: 1,
      dropout: 0.2,
      pooling: 'average',
      optimizer: 'adamw',
      schedule: 'cosine',
      augmentation: distorted,
    });
    assert.deepEqual(state.stages, [
      { type: 'stage', name: 'head', epoch: 1, step: 0 },
      { type: 'stage', name: 'all', epoch: 2, step: 3 },
    ]);
    const start = initialValues(mobileNetV2({ size: 32, people: 4, width: 0.1, pooling: 'average' }), 128);
    const [first, second] = [parameters('run', 1), parameters('run', 2)];
    for (const name of ['Conv1/kernel', 'bn_Conv1/moving_mean', 'Conv_1/kernel']) {
      assert.deepEqual(first.get(name), start.get(name), name);
      assert.notDeepEqual(second.get(name), start.get(name), name);
    }
    assert.notDeepEqual(first.get(`${HEAD}/kernel`), start.get(`${HEAD}/kernel`));
    assert.ok(state.steps.at(-1)!.learningRate < 0.1 * state.steps[0]!.learningRate);
    for (const { waitingShare } of state.epochs) assert.ok(waitingShare! >= 0 && waitingShare! <= 1);
  });

  it('is the same to the bit with any number of threads, and with a cache, a warm one or none', async () => {
    const options = {
      headEpochs: 1,
      dropout: 0.3,
      labelSmoothing: 0.1,
      optimizer: 'adamw',
      weightDecay: 0.05,
      augmentation: { ...distorted, erasing: 0.5 },
    } as const;
    const one = await train('one', { ...options, threads: 1 });
    const two = await train('two', { ...options, threads: 2 });
    const none = await train('none', { ...options, pixelCacheMiB: 0 });
    assert.deepEqual(losses(two), losses(one));
    assert.deepEqual(losses(none), losses(one));
    assert.deepEqual(parameters('two', 3), parameters('one', 3));
    assert.notDeepEqual(losses(await train('three', { ...options, seed: 5 })), losses(one));
  });

  it('with a frozen network computes the features of each picture once, and comes to the same as computing them anew', async () => {
    const options = { augmentation: { flip: true }, epochs: 4, schedule: 'cosine' } as const;
    const frozen = await train('frozen', { ...options, frozen: true });
    const anew = await train('anew', { ...options, headEpochs: 4, schedule: 'constant' });
    assert.deepEqual(
      frozen.stages.map(({ name }) => name),
      ['head'],
    );
    const start = initialValues(mobileNetV2({ size: 32, people: 4, width: 0.1 }), 128);
    assert.deepEqual(parameters('frozen', 4).get('Conv_1/kernel'), start.get('Conv_1/kernel'));
    // The first rate is the same in both; then one of them goes down.
    assert.ok(Math.abs(losses(frozen)[0]! - losses(anew)[0]!) < 1e-4, `${losses(frozen)[0]} and ${losses(anew)[0]}`);
    const same = await train('same', { ...options, frozen: true, schedule: 'constant' });
    losses(same).forEach((loss, i) => assert.ok(Math.abs(loss - losses(anew)[i]!) < 0.02 * (1 + loss), `step ${i}`));
  });

  it('validates with strangers by their nearest neighbours', async () => {
    const open = async (name: string, seedOf: (person: number, picture: number) => number) => {
      fs.rmSync(data(), { recursive: true });
      for (let person = 0; person < 4; person++)
        for (let picture = 0; picture < 4; picture++)
          // Sides of their own, so that no file is another one's copy.
          await writeNoisePicture(
            path.join(data(), `person-${person}`, `${picture}.png`),
            seedOf(person, picture),
            64 + 2 * (4 * person + picture),
          );
      const state = await train(name, { splitBy: 'identity', split: 0.5, epochs: 1 });
      const [{ valLoss, valAccuracy, metric } = {}] = state.epochs;
      assert.deepEqual([valLoss, metric, state.dataset!.people], [undefined, 'nearestNeighbour', 2]);
      return valAccuracy;
    };
    assert.equal(await open('alike', (person) => person), 1, 'the pictures of a person are alike');
    const noise = await open('noise', (person, picture) => 10 * person + picture);
    assert.ok(noise !== undefined && noise < 1, `pictures that have nothing in common: ${noise}`);
    assert.match(fs.readFileSync(path.join(folder(), 'alike', 'report.html'), 'utf8'), /<svg/);
  });

  it('makes up batches of people and pictures', async () => {
    const state = await train('pk', { sampler: { people: 3, pictures: 2 }, epochs: 2 });
    assert.equal(state.dataset!.stepsPerEpoch, 4);
    assert.equal(state.steps.length, 8);
  });

  it('leaves its check in the run folder', async () => {
    fs.writeFileSync(path.join(data(), 'person-0', 'broken.jpg'), 'x');
    await train('run', { epochs: 1 });
    const check = JSON.parse(fs.readFileSync(path.join(folder(), 'run', 'check.json'), 'utf8')) as {
      findings: { code: string }[];
    };
    assert.equal(check.findings[0]!.code, 'unreadable');
  });
});

describe('previewSamples', () => {
  it('shows up to twelve pictures as they are and as the first epoch sees them', async () => {
    await writePeople(data(), 3, 6);
    fs.writeFileSync(path.join(data(), 'person-0', 'broken.jpg'), 'x');
    const options = withRecipe('default', { dataset: data(), size: 64 }).data!;
    const samples = await previewSamples(options);
    assert.equal(samples.length, 12);
    assert.ok(
      samples.every(({ original, distorted: d }) => original.startsWith('data:image/jpeg;base64,') && d !== original),
    );
    assert.deepEqual(await previewSamples(options), samples);
    const still = await previewSamples({ ...options, augmentation: trainingOptions.shape.augmentation.parse({}) });
    assert.ok(still.every(({ original, distorted: d }) => original === d));
  });
});

describe('withRecipe', () => {
  it('gives the brief’s script as the original recipe, and nothing that needs weights without them', () => {
    const original = withRecipe('original', { dataset: '/d' }).data!;
    const {
      size,
      width,
      pooling,
      batchSize,
      optimizer,
      learningRate,
      epochs,
      split,
      seed,
      weights,
      schedule,
      dropout,
      labelSmoothing,
      headEpochs,
    } = original;
    assert.deepEqual(
      {
        size,
        width,
        pooling,
        batchSize,
        optimizer,
        learningRate,
        epochs,
        split,
        seed,
        weights,
        schedule,
        dropout,
        labelSmoothing,
        headEpochs,
      },
      {
        size: 128,
        width: 1,
        pooling: 'max',
        batchSize: 128,
        optimizer: 'adam',
        learningRate: 2e-4,
        epochs: 10,
        split: 0.9,
        seed: 128,
        weights: undefined,
        schedule: 'constant',
        dropout: 0,
        labelSmoothing: 0,
        headEpochs: 0,
      },
    );
    assert.ok(Object.values(original.augmentation).every((v) => v === false || v === 0));
    assert.equal(withRecipe('default', { dataset: '/d', weights: null }).data!.headEpochs, 0);
    assert.equal(withRecipe('default', { dataset: '/d', epochs: 3 }).data!.epochs, 3);
    assert.equal(withRecipe('default', { dataset: '/d', epochs: -3 }).success, false);
  });
});
