import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { reduceAll } from '../../src/core/runState.js';
import { RunModel } from '../../src/client/runModel.js';
import { processStart } from '../../src/platform/isAlive.js';
import { RunReader } from '../../src/runs/runReader.js';
import { standOf, readSummary } from '../../src/runs/runSummary.js';
import type { Engine } from '../../src/engine/engine.js';
import { loadAddon } from '../../src/engine/native/addon.js';
import { NativeSession } from '../../src/engine/native/nativeSession.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { nativeAddonFile } from '../../src/platform/nativeAddon.js';
import { UserError } from '../../src/core/userError.js';
import type { TrainerMessage } from '../../src/protocol/jobs.js';
import { trainingOptions, type TrainingOptionsInput } from '../../src/protocol/options.js';
import type { EventOf } from '../../src/protocol/runEvents.js';
import { readCheckpoint } from '../../src/runs/checkpoint.js';
import { StopSignal } from '../../src/training/stopSignal.js';
import type { TrainingPorts } from '../../src/training/runContext.js';
import { trainRun } from '../../src/training/trainRun.js';
import { fakeEngine, halfRight, type Counts } from '../support/fakeEngine.js';
import { scratchFolder, writePeople } from '../support/scratch.js';

const folder = scratchFolder();
const data = () => path.join(folder(), 'data');
const runFolder = () => path.join(folder(), 'run');

interface Ran {
  readonly ok: boolean;
  readonly messages: TrainerMessage[];
}

async function train(
  options: Partial<TrainingOptionsInput>,
  ports?: Partial<TrainingPorts>,
  onMessage?: (m: TrainerMessage) => void,
  stop = new StopSignal(),
): Promise<Ran> {
  const messages: TrainerMessage[] = [];
  const job = {
    runFolder: runFolder(),
    options: trainingOptions.parse({ dataset: data(), size: 32, width: 0.1, epochs: 2, batchSize: 4, ...options }),
    version: '0',
  };
  const emit = (message: TrainerMessage) => {
    messages.push(message);
    onMessage?.(message);
  };
  const ok = await trainRun(job, emit, stop, {
    now: () => new Date(0),
    pixelCache: path.join(folder(), 'pixels'),
    selectEngine,
    ...ports,
  });
  return { ok, messages };
}

const faked = (step: (n: number) => Counts = () => ({ lossSum: 4, correct: 2 }), validation = halfRight) => ({
  selectEngine: () => Promise.resolve({ engine: fakeEngine(step, validation) }),
});

function failureOf({ messages }: Ran): { code: string; message: string; advice: string } {
  const failure = messages.find((message) => message.type === 'failure');
  assert.ok(failure, JSON.stringify(messages.at(-1)));
  assert.doesNotMatch(failure.message + failure.advice, /\n|\bat .*:\d+:\d+/, 'no stack trace');
  return failure;
}

describe('trainRun', function () {
  this.timeout(60_000);

  it('trains, and leaves a run folder that tells the same as the messages did', async () => {
    await writePeople(data(), 3, 6);
    const { ok, messages } = await train({ split: 0.7, seed: 9 });
    assert.ok(ok, JSON.stringify(messages.at(-1)));
    const logged = new RunReader(runFolder()).readNew();
    assert.deepEqual(
      logged,
      messages.filter(({ type }) => type !== 'preparing'),
    );
    const state = reduceAll(logged);
    assert.equal(state.epochs.length, 2);
    assert.equal(state.steps.length, 2 * state.dataset!.stepsPerEpoch);
    assert.deepEqual(
      state.steps.map(({ step }) => step),
      state.steps.map((_, i) => i + 1),
    );
    assert.equal(state.finished?.reason, 'completed');
    assert.equal(state.steps.at(-1)!.etaSeconds < 5, true);

    const record = JSON.parse(fs.readFileSync(path.join(runFolder(), 'run.json'), 'utf8')) as {
      options: unknown;
      data: { people: string[]; fingerprint: string };
    };
    assert.deepEqual(record.options, state.run!.options);
    assert.deepEqual(record.data.people, ['person-0', 'person-1', 'person-2']);
    assert.match(record.data.fingerprint, /^sha256:[0-9a-f]{64}$/);

    const checkpoint = readCheckpoint(path.join(runFolder(), 'checkpoints', 'epoch-0002'));
    assert.equal(checkpoint.position.epoch, 2);
    assert.equal(checkpoint.session.step, state.steps.length);

    const report = fs.readFileSync(path.join(runFolder(), 'report.html'), 'utf8');
    assert.equal(report.match(/<svg /g)?.length, 2);
    assert.equal(report.match(/<polyline/g)?.length, 6);
    assert.doesNotMatch(report, /<script|https?:\/\/(?!www\.w3\.org)/);
  });

  it('writes an epoch’s line with the fields that were promised', async () => {
    await writePeople(data(), 2, 4);
    await train({ split: 0.5 }, faked());
    const line = fs
      .readFileSync(path.join(runFolder(), 'metrics.ndjson'), 'utf8')
      .split('\n')
      .find((l) => l.startsWith('{"type":"epoch"'))!;
    const epoch = JSON.parse(line) as Record<string, unknown>;
    for (const key of ['epoch', 'step', 'loss', 'accuracy', 'valLoss', 'valAccuracy', 'imagesPerSecond'])
      assert.equal(typeof epoch[key], 'number', key);
    // Four pictures validate, two of each person; half of each batch is right, at a loss of 0.7 a picture.
    assert.deepEqual([epoch['valAccuracy'], epoch['valLoss'], epoch['metric']], [0.5, 0.7, 'accuracy']);
    const { right, pictures, weakest } = epoch['answers'] as NonNullable<EventOf<'epoch'>['answers']>;
    assert.deepEqual([right, pictures, weakest?.pictures], [2, 4, 2]);
  });

  it('says who it is, so that another process with its number is not taken for it', async () => {
    await writePeople(data(), 2, 4);
    await train({ split: 0.5 }, faked());
    const { run } = new RunModel(runFolder()).state;
    assert.deepEqual([run?.pid, run?.processStart], [process.pid, processStart(process.pid)]);
  });

  it('calls the later of two equal epochs the best, and a list of runs learns it from the summary alone', async () => {
    await writePeople(data(), 2, 4);
    const { messages } = await train({ split: 0.5, epochs: 3, keepCheckpoints: 1 }, faked());
    const finished = messages.find((m) => m.type === 'finished');
    assert.deepEqual([finished?.bestEpoch, finished?.bestValAccuracy], [3, 0.5]);
    fs.rmSync(path.join(runFolder(), 'metrics.ndjson'));
    const summary = readSummary(runFolder())!;
    assert.deepEqual(summary.best, { epoch: 3, valAccuracy: 0.5, metric: 'accuracy' });
    assert.deepEqual(
      summary.checkpoints.map(({ path: at, best }) => [at, best]),
      [['checkpoints/epoch-0003', true]],
    );
    assert.equal(standOf(runFolder(), summary).phase, 'completed');
  });

  it('leaves a validation loss out that is not finite, with one warning, and every line stays readable', async () => {
    await writePeople(data(), 2, 4);
    // Two steps an epoch: the first two validations are without a number.
    const { ok, messages } = await train(
      { split: 0.5, epochs: 3, batchSize: 2 },
      faked(undefined, (pictures, step) => ({ lossSum: step <= 4 ? NaN : 1, correct: pictures })),
    );
    assert.ok(ok);
    const warnings = messages.filter((m) => m.type === 'warning');
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['validation-not-finite'],
    );
    assert.match(warnings[0]!.message, /after epoch 1 is not a finite number/);
    const { epochs, warnings: logged } = reduceAll(new RunReader(runFolder()).readNew());
    assert.deepEqual(
      epochs.map(({ valLoss }) => valLoss),
      [undefined, undefined, 0.5],
    );
    assert.equal(logged.length, 1, 'no line that cannot be read');
  });

  it('ends in a sentence when its folder is removed, and makes no part of it again', async () => {
    await writePeople(data(), 2, 4);
    const ran = await train({ split: 0.5, epochs: 3 }, faked(), (message) => {
      if (message.type !== 'checkpoint' || message.epoch !== 1) return;
      // As a removal that lost a race against a checkpoint leaves it.
      fs.rmSync(runFolder(), { recursive: true, force: true });
      fs.mkdirSync(path.join(runFolder(), 'checkpoints'), { recursive: true });
    });
    assert.ok(!ran.ok);
    const { code, message } = failureOf(ran);
    assert.equal(code, 'run-folder-unwritable');
    assert.match(message, /was removed or moved/);
    assert.deepEqual(fs.readdirSync(runFolder(), { recursive: true }), ['checkpoints']);
    assert.ok(!ran.messages.some(({ type }) => type === 'finished'));
  });

  it('computes the same run twice, to the bit', async () => {
    await writePeople(data(), 2, 6);
    const results: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      fs.rmSync(runFolder(), { recursive: true, force: true });
      const { messages } = await train({ split: 0.7 });
      results.push({
        losses: messages.filter((m) => m.type === 'step').map((m) => m.loss),
        session: readCheckpoint(path.join(runFolder(), 'checkpoints', 'epoch-0002')).session,
      });
    }
    assert.deepEqual(results[0], results[1]);
  });

  it('stops after the batch at hand, with a checkpoint that knows where it was', async () => {
    await writePeople(data(), 2, 12);
    const stop = new StopSignal();
    const steps = () =>
      fs.readFileSync(path.join(runFolder(), 'metrics.ndjson'), 'utf8').match(/"type":"step"/g)!.length;
    const { ok, messages } = await train(
      { split: 0.8, epochs: 100 },
      {},
      (message) => message.type === 'step' && message.step === 7 && stop.request(),
      stop,
    );
    assert.ok(ok);
    assert.equal(messages.at(-1)!.type, 'finished');
    assert.equal(steps(), 7);
    const { position, session } = readCheckpoint(path.join(runFolder(), 'checkpoints', 'step-000007'));
    assert.deepEqual(
      [position.epoch, position.batch, session.step],
      [1, 2, 7],
      'five batches an epoch: the third of the second was next',
    );
  });

  it('can be stopped while it still reads the pictures', async () => {
    await writePeople(data(), 2, 6);
    const stop = new StopSignal();
    stop.request();
    const { ok, messages } = await train({}, faked(), undefined, stop);
    assert.ok(ok);
    const last = messages.at(-1)!;
    assert.ok(last.type === 'finished' && last.reason === 'stopped' && last.steps === 0);
  });

  it('leaves no run folder behind for a folder that cannot be trained with', async () => {
    fs.mkdirSync(data());
    const failure = failureOf(await train({}));
    assert.equal(failure.code, 'dataset-no-people');
    assert.ok(!fs.existsSync(runFolder()));
  });

  it('refuses to write into a run folder that is not empty', async () => {
    await writePeople(data(), 2, 4);
    fs.mkdirSync(runFolder());
    fs.writeFileSync(path.join(runFolder(), 'precious.txt'), 'x');
    assert.equal(failureOf(await train({ split: 0.5 }, faked())).code, 'run-folder-unwritable');
    assert.deepEqual(fs.readdirSync(runFolder()), ['precious.txt']);
  });

  it('says that the run folder cannot be written', async () => {
    await writePeople(data(), 2, 4);
    fs.writeFileSync(runFolder(), 'a file stands where the folder should be made');
    const failure = failureOf(await train({ split: 0.5 }, faked()));
    assert.equal(failure.code, 'run-folder-unwritable');
    assert.match(failure.advice, /faceTrainer.runFolder/);
  });

  it('goes on with the pictures in the cache when their folder vanishes, with a warning', async () => {
    await writePeople(data(), 2, 6);
    const { ok, messages } = await train(
      { split: 0.7, epochs: 3 },
      faked(),
      (message) => message.type === 'step' && fs.rmSync(data(), { recursive: true, force: true }),
    );
    assert.ok(ok);
    const warnings = messages.filter((m) => m.type === 'warning');
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['dataset-vanished'],
    );
  });

  it('fails in a sentence when the folder vanishes and its pictures are in no cache', async () => {
    await writePeople(data(), 2, 6);
    const ran = await train(
      { split: 0.7, epochs: 3, pixelCacheMiB: 0 },
      faked(),
      (message) => message.type === 'step' && fs.rmSync(data(), { recursive: true, force: true }),
    );
    assert.ok(!ran.ok);
    assert.equal(failureOf(ran).code, 'dataset-vanished');
  });

  it('stops at a loss that is not finite and keeps the last good checkpoint', async () => {
    await writePeople(data(), 2, 6);
    const ran = await train(
      { split: 0.7, epochs: 3 },
      faked((n) => {
        if (n > 3)
          throw new UserError(
            'not-finite',
            'Training diverged: the loss is not a finite number at step 4.',
            'Lower it.',
          );
        return { lossSum: 4, correct: 1 };
      }),
    );
    assert.equal(failureOf(ran).code, 'not-finite');
    assert.equal(readCheckpoint(path.join(runFolder(), 'checkpoints', 'epoch-0001')).position.epoch, 1);
    assert.match(fs.readFileSync(path.join(runFolder(), 'report.html'), 'utf8'), /Training diverged/);
  });

  it('names where the native engine meets a number that is not finite, and keeps the last good checkpoint', async () => {
    await writePeople(data(), 2, 4);
    const addon = loadAddon(nativeAddonFile()!);
    const { engine } = await selectEngine({ engine: 'native', threads: 1 });
    /** The native engine, into whose weights a NaN falls before the fourth step: in the second epoch. */
    const poisoned: Engine = {
      ...engine,
      createSession(...args) {
        const session = new NativeSession(addon, args[0], args[1], { threads: 1 }, args[2]);
        const trainStep = session.trainStep.bind(session);
        session.trainStep = async (...step) => {
          const { parameters, first, second, step: done } = addon.read(session.handle);
          if (done === 3) {
            parameters[parameters.length - 3] = NaN;
            addon.write(session.handle, parameters, first, second, done);
          }
          return trainStep(...step);
        };
        return session;
      },
    };
    const ran = await train(
      { split: 0.75, batchSize: 3, epochs: 3 },
      { selectEngine: () => Promise.resolve({ engine: poisoned }) },
    );
    const failure = failureOf(ran);
    assert.equal(failure.code, 'not-finite');
    assert.match(failure.message, /the parameter predictions\/\S+ is not a finite number at step 4/);
    const kept = readCheckpoint(path.join(runFolder(), 'checkpoints', 'epoch-0001'));
    assert.equal(kept.session.step, 2);
    for (const [name, values] of kept.session.parameters) assert.ok(values.every(Number.isFinite), name);
  });

  it('warns when only a slow engine is there, and says how to get a fast one', async () => {
    await writePeople(data(), 2, 4);
    const cache = process.env['FACE_TRAINER_CACHE'];
    const damaged = path.join(folder(), 'damaged.node');
    fs.writeFileSync(damaged, 'this is no library');
    try {
      // Neither engine; then TensorFlow with a native engine that does not load.
      for (const [addon, home, says] of [
        [
          path.join(folder(), 'absent.node'),
          path.join(folder(), 'no-cache'),
          /native engine does not load.*TensorFlow is not set up.*plain JavaScript engine/,
        ],
        [damaged, cache, /native engine does not load.*training uses TensorFlow/],
      ] as const) {
        if (home === undefined) delete process.env['FACE_TRAINER_CACHE'];
        else process.env['FACE_TRAINER_CACHE'] = home;
        const ports: Partial<TrainingPorts> = { selectEngine: (options) => selectEngine(options, addon) };
        const { ok, messages } = await train({ split: 0.5, epochs: 1 }, ports);
        assert.ok(ok);
        const warning = messages.find((m) => m.type === 'warning');
        assert.match(warning!.message, says);
        assert.match(warning!.advice, /build:native/);
        fs.rmSync(runFolder(), { recursive: true });
        assert.equal(failureOf(await train({ engine: 'native', split: 0.5 }, ports)).code, 'engine-unavailable');
        fs.rmSync(runFolder(), { recursive: true });
      }
      process.env['FACE_TRAINER_CACHE'] = path.join(folder(), 'no-cache');
      const failure = failureOf(await train({ engine: 'tensorflow', split: 0.5 }));
      assert.equal(failure.code, 'engine-unavailable');
      assert.match(failure.advice, /setup:tensorflow/);
    } finally {
      if (cache === undefined) delete process.env['FACE_TRAINER_CACHE'];
      else process.env['FACE_TRAINER_CACHE'] = cache;
    }
  });
});
