import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../../src/core/userError.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import type { MessageOf, TrainerMessage } from '../../src/protocol/jobs.js';
import type { EventOf } from '../../src/protocol/runEvents.js';
import { trainingOptions, type TrainingOptions } from '../../src/protocol/options.js';
import { quantization } from '../../src/protocol/quantizationOptions.js';
import { quantizationSchedule } from '../../src/training/quantization/quantizationSchedule.js';
import { fineTuningOptions, runToFineTune, requireSameData } from '../../src/runs/checkpointRun.js';
import { StopSignal } from '../../src/training/stopSignal.js';
import { trainRun } from '../../src/training/trainRun.js';
import { rewrite } from '../support/checkpoints.js';
import { scratchFolder, writeNoisePicture, writePeople } from '../support/scratch.js';
import { optionsOf } from '../../src/protocol/optionInfo.js';
import { VALUES } from '../protocol/optionValues.js';

const folder = scratchFolder();
const data = () => path.join(folder(), 'data');

async function train(name: string, options: TrainingOptions): Promise<TrainerMessage[]> {
  const messages: TrainerMessage[] = [];
  await trainRun(
    { runFolder: path.join(folder(), name), options, version: '0' },
    (message) => messages.push(message),
    new StopSignal(),
    { now: () => new Date(0), pixelCache: path.join(folder(), 'pixels'), selectEngine },
  );
  return messages;
}

function all<T extends TrainerMessage['type']>(messages: readonly TrainerMessage[], type: T): MessageOf<T>[] {
  return messages.filter((message): message is MessageOf<T> => message.type === type);
}

/** 4 people with 10 pictures: 9 of each train, in batches of 6: 6 steps an epoch. */
async function parentRun(more: Partial<TrainingOptions> = {}): Promise<string> {
  await writePeople(data(), 4, 10);
  const options = trainingOptions.parse({
    dataset: data(),
    size: 32,
    width: 0.1,
    epochs: 3,
    batchSize: 6,
    learningRate: 1e-3,
    pooling: 'average',
    ...more,
  });
  const messages = await train('parent', options);
  const written = all(messages, 'checkpoint').at(-1);
  assert.ok(written, JSON.stringify(messages.at(-1)));
  return path.join(folder(), 'parent', ...written.path.split('/'));
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof UserError, `${String(error)} ${(error as Error).stack}`);
    assert.ok(error.message.length > 20 && error.advice.length > 20);
    return error.code;
  }
  return 'accepted';
}

describe('quantizationSchedule', () => {
  it('begins after epochs or steps, and spreads its parts over what is left', () => {
    const plan = (options: object) => quantizationSchedule(quantization.parse(options), 10, 100);
    assert.deepEqual(plan({ afterEpochs: 4 }), {
      calibration: 40,
      weights: 40,
      activations: 46,
      batchNormFrozen: 64,
      rangesFrozen: 76,
    });
    assert.deepEqual(plan({ afterEpochs: 4, afterSteps: 90, activationsAfter: 0 }), {
      calibration: 90,
      weights: 90,
      activations: 90,
      batchNormFrozen: 94,
      rangesFrozen: 96,
    });
    assert.equal(plan({ afterEpochs: 40 }).activations, 400);
  });
});

describe('a run with quantization', function () {
  this.timeout(60_000);

  it('switches each part on at its step, tells it, and counts what rounds in every step and epoch', async () => {
    await writePeople(data(), 4, 10);
    const options = trainingOptions.parse({
      ...{ dataset: data(), size: 32, width: 0.1, epochs: 4, batchSize: 6, pooling: 'average' },
      quantization: {
        afterEpochs: 2,
        activationsAfter: 0.25,
        freezeBatchNormAfter: 0.5,
        freezeRangesAfter: 1,
        calibrationPictures: 20,
        sensitivityPictures: 3,
      },
    });
    const messages = await train('run', options);
    assert.equal(messages.at(-1)!.type, 'finished', JSON.stringify(messages.at(-1)));
    assert.deepEqual(
      all(messages, 'mark').map(({ name, step, epoch }) => [name, step, epoch]),
      [
        ['calibration', 12, 3],
        ['weights', 12, 3],
        ['activations', 15, 3],
        ['batchNormFrozen', 18, 4],
        ['rangesFrozen', 24, 4],
      ],
    );
    const steps = all(messages, 'step').map(({ activeQuantizers }) => activeQuantizers);
    const [none, kernels, whole] = [0, 53, 53 + 65]; // so narrow a network has one sum more
    assert.deepEqual(steps, [
      ...Array<number>(12).fill(none),
      ...Array<number>(3).fill(kernels),
      ...Array<number>(9).fill(whole),
    ]);
    assert.deepEqual(
      all(messages, 'epoch').map(({ activeQuantizers }) => activeQuantizers),
      [none, none, whole, whole],
    );
    const rates = all(messages, 'step').map(({ learningRate }) => learningRate);
    assert.ok(Math.abs(rates[12]! / rates[11]! - 0.1) < 1e-9);
    const [calibrated] = all(messages, 'calibrated');
    assert.deepEqual([calibrated!.step, calibrated!.pictures, calibrated!.observer], [12, 20, 'movingAverage']);
    const [sensitivity] = all(messages, 'sensitivity');
    assert.deepEqual([sensitivity!.layers.length, sensitivity!.pictures], [53, 3]);
    const table = all(messages, 'quantizers').at(-1)!.quantizers;
    assert.equal(table.length, whole);
    assert.ok(table.every(({ kind, activeSince }) => activeSince === (kind === 'weights' ? 12 : 15)));
    assert.ok(table.filter(({ sqnr }) => sqnr !== undefined).length > 100);
    // The best of an int8 network is one that was validated as one.
    assert.ok(all(messages, 'checkpoint').some(({ best, epoch }) => best && epoch === 3));
  });

  it('warns when quantization would begin after the last step, and rounds nothing', async () => {
    await writePeople(data(), 4, 10);
    const options = trainingOptions.parse({
      dataset: data(),
      size: 32,
      width: 0.1,
      epochs: 1,
      batchSize: 6,
      quantization: { afterEpochs: 5 },
    });
    const messages = await train('run', options);
    assert.ok(all(messages, 'warning').some(({ code }) => code === 'quantization-never'));
    assert.ok(all(messages, 'step').every(({ activeQuantizers }) => activeQuantizers === 0));
    assert.equal(all(messages, 'mark').length, 0);
  });

  it('refuses a network that stays frozen', async () => {
    await writePeople(data(), 4, 10);
    const options = trainingOptions.parse({ dataset: data(), size: 32, width: 0.1, frozen: true, quantization: {} });
    const [failure] = await train('run', options);
    assert.equal(failure!.type === 'failure' && failure.code, 'invalid-options');
  });

  for (const observer of ['percentile', 'meanSquaredError', 'entropy'] as const)
    it(`finds ranges with ${observer}, which then stay`, async () => {
      const checkpoint = await parentRun();
      const options = fineTuningOptions(checkpoint, { epochs: 2, quantization: { observer, calibrationPictures: 30 } });
      const tables = all(await train('child', options), 'quantizers').map(({ quantizers }) =>
        quantizers.filter(({ kind }) => kind === 'activations').map(({ range }) => range),
      );
      assert.deepEqual(tables.at(-1), tables[0]);
      assert.ok(tables[0]!.every(([min, max]) => min <= 0 && max >= 0 && min < max));
    });
});

describe('fine-tuning a checkpoint', function () {
  this.timeout(60_000);

  it('takes over every option of its run but those that start anew', async () => {
    const checkpoint = await parentRun();
    const file = path.join(checkpoint, '../../run.json');
    const record = JSON.parse(fs.readFileSync(file, 'utf8')) as { options: object };
    const anew = new Set(
      optionsOf(trainingOptions).flatMap(({ path: [name], info }) => (info.startsAnew ? [name] : [])),
    );
    const usual = new Map(Object.entries(trainingOptions.parse({ dataset: data() })));
    const itsOwn = ['dataset', 'parent', 'changedData', 'quantization', 'epochs'];
    for (const [name, { good }] of Object.entries(VALUES)) {
      if (itsOwn.includes(name)) continue;
      const values = good.filter((value) => value !== undefined);
      const other = values.find((value) => !isDeepStrictEqual(value, usual.get(name))) ?? values[0];
      fs.writeFileSync(file, JSON.stringify({ ...record, options: { ...record.options, [name]: other } }));
      const parsed = trainingOptions.parse({ dataset: data(), ...(anew.has(name) ? {} : { [name]: other }) });
      const expected = new Map(Object.entries(parsed)).get(name);
      assert.deepEqual(new Map(Object.entries(fineTuningOptions(checkpoint, {}))).get(name), expected, name);
    }
  });

  it('goes on from it: its people, its pictures, its accuracy, with the options of its run', async () => {
    const checkpoint = await parentRun({ batchNormMomentum: 0.9, seed: 7 });
    const options = fineTuningOptions(checkpoint, { epochs: 2 });
    assert.deepEqual([options.seed, options.size, options.epochs, options.parent], [7, 32, 2, checkpoint]);
    const messages = await train('child', options);
    assert.equal(messages.at(-1)!.type, 'finished', JSON.stringify(messages.at(-1)));
    const before = fs.readFileSync(path.join(folder(), 'parent', 'metrics.ndjson'), 'utf8');
    const reached = before
      .split('\n')
      .filter((line) => line.includes('"type":"epoch"'))
      .map((line) => JSON.parse(line) as EventOf<'epoch'>);
    assert.equal(all(messages, 'calibrated')[0]!.floatValAccuracy, reached.at(-1)!.valAccuracy);
    assert.equal(
      codeOf(() => runToFineTune(path.join(folder(), 'child', 'checkpoints', 'epoch-0002'))),
      'already-quantized',
    );
  });

  it('refuses in words a checkpoint that is damaged, of another version, or without its run', async () => {
    const checkpoint = await parentRun();
    const manifest = path.join(checkpoint, 'manifest.json');
    const text = fs.readFileSync(manifest, 'utf8');
    fs.writeFileSync(manifest, text.replace(/"version": \d/, '"version": 7'));
    assert.equal(
      codeOf(() => runToFineTune(checkpoint)),
      'checkpoint-version',
    );
    fs.writeFileSync(manifest, text);
    const record = path.join(folder(), 'parent', 'run.json');
    fs.renameSync(record, `${record}.bak`);
    assert.equal(
      codeOf(() => runToFineTune(checkpoint)),
      'checkpoint-parentless',
    );
    fs.renameSync(`${record}.bak`, record);
    fs.truncateSync(path.join(checkpoint, 'model.safetensors'), 1000);
    assert.equal(
      codeOf(() => runToFineTune(checkpoint)),
      'checkpoint-damaged',
    );
    assert.equal(
      codeOf(() => runToFineTune(path.join(folder(), 'nowhere'))),
      'checkpoint-damaged',
    );
  });

  it('says that pictures have moved or changed, and goes on when told where they are or that it is fine', async () => {
    const checkpoint = await parentRun();
    const moved = path.join(folder(), 'moved');
    fs.renameSync(data(), moved);
    assert.equal(
      codeOf(() => fineTuningOptions(checkpoint, {})),
      'dataset-missing',
    );
    const there = fineTuningOptions(checkpoint, { dataset: moved, epochs: 1 });
    const moving = (await train('elsewhere', there)).at(-1)!;
    assert.equal(moving.type, 'finished', JSON.stringify(moving));
    await writeNoisePicture(path.join(moved, 'person-1', 'new.png'), 999);
    const failure = (await train('changed', there)).at(-1)!;
    assert.equal(failure.type === 'failure' && failure.code, 'dataset-changed');
    assert.equal((await train('agreed', { ...there, changedData: true })).at(-1)!.type, 'finished');
    fs.renameSync(path.join(moved, 'person-1'), path.join(moved, 'somebody'));
    const other = (await train('people', { ...there, changedData: true })).at(-1)!;
    assert.equal(other.type === 'failure' && other.code, 'dataset-people-changed');
    const parent = runToFineTune(checkpoint);
    assert.equal(
      codeOf(() => requireSameData(parent, parent.people.slice(1), parent.fingerprint, true)),
      'dataset-people-changed',
    );
  });

  it('refuses weights that are not finite by name, and names dead channels', async () => {
    const checkpoint = await parentRun();
    // The checkpoint's own file, with numbers changed and its checksum put right.
    rewrite(checkpoint, 'block_1_expand/kernel', (values) => values.fill(NaN, 3, 4));
    const failure = (await train('broken', fineTuningOptions(checkpoint, { epochs: 1 }))).at(-1)!;
    assert.ok(failure.type === 'failure' && failure.code === 'not-finite', JSON.stringify(failure));
    assert.match(failure.message, /block_1_expand\/kernel/);
    rewrite(checkpoint, 'block_1_expand/kernel', (values) => values.fill(0));
    const messages = await train('dead', fineTuningOptions(checkpoint, { epochs: 1 }));
    const dead = all(messages, 'warning').find(({ code }) => code === 'channels-dead');
    assert.match(dead?.message ?? '', /of block_1_expand/);
  });
});
