import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { TrainerProcess, type TrainerEnd } from '../../src/client/trainerProcess.js';
import { escapeHtml } from '../../src/core/format.js';
import { RunModel } from '../../src/client/runModel.js';
import { PROTOCOL_VERSION } from '../../src/protocol/handshake.js';
import { JOBS, type TrainerMessage, type TrainerOrder } from '../../src/protocol/jobs.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const entry = path.join(import.meta.dirname, 'trainers', 'fake.cjs');

interface Started {
  readonly trainer: TrainerProcess;
  readonly messages: TrainerMessage[];
  readonly output: string[];
}

const training = (): TrainerOrder => ({
  type: 'train',
  protocol: PROTOCOL_VERSION,
  runFolder: path.join(folder(), 'run'),
  options: trainingOptions.parse({ dataset: folder() }),
});
const fineTuning = (): TrainerOrder => ({
  type: 'qat',
  protocol: PROTOCOL_VERSION,
  runFolder: path.join(folder(), 'run'),
  checkpoint: path.join(folder(), 'epoch-0001'),
  overrides: {},
});

function start(mode: string, entryFile = entry, order: TrainerOrder = training()): Started {
  process.env['FAKE_TRAINER'] = mode;
  if (mode === 'full') process.env['NODE_OPTIONS'] = '--max-old-space-size=40';
  else delete process.env['NODE_OPTIONS'];
  const messages: TrainerMessage[] = [];
  const output: string[] = [];
  const trainer = new TrainerProcess(
    {
      entry: entryFile,
      order,
      timing: { startMs: mode === 'silent' ? 1000 : 30_000, stopMs: 300 },
    },
    { onMessage: (message) => messages.push(message), onOutput: (line) => output.push(line) },
  );
  return { trainer, messages, output };
}

async function failure(mode: string, order = training()): Promise<Extract<TrainerEnd, { type: 'failure' }>> {
  const { trainer, messages } = start(mode, entry, order);
  const end = await trainer.ended;
  assert.ok(end.type === 'failure', JSON.stringify(end));
  assert.deepEqual(messages.at(-1), end, 'the listener hears the last word too');
  assert.doesNotMatch(end.message, /\n/);
  assert.ok(end.advice.length > 10);
  return end;
}

describe('TrainerProcess', () => {
  it('explains each way in which a trainer can die', async () => {
    const expected: [mode: string, code: string, message: RegExp][] = [
      ['killed', 'trainer-killed', /was ended at once by someone, or by the system for want of memory \(SIGKILL\)/],
      ['told', 'trainer-killed', /was told to end from outside \(SIGTERM\)/],
      ['trap', 'out-of-memory', /ran out of memory/],
      ['refused', 'out-of-memory', /ran out of memory/],
      ['full', 'out-of-memory', /used up the memory that JavaScript may take \(its heap\)/],
      ['segfault', 'trainer-crashed', /crashed \(SIGSEGV\)/],
      ['aborts', 'trainer-crashed', /crashed \(SIGABRT\)/],
      ['library', 'library-missing', /could not load a library \(face-\d+\.node\)/],
      ['exits', 'trainer-crashed', /exit code 7/],
      ['dies-at-once', 'trainer-crashed', /exit code 3/],
      ['silent', 'trainer-silent', /did not start in time/],
      ['old', 'trainer-silent', /speaks protocol 0 instead of 1/],
    ];
    for (const [mode, code, message] of expected) {
      const end = await failure(mode);
      assert.equal(end.code, code, mode);
      assert.match(end.message, message, mode);
      if (/^(?:dies-at-once|silent|old)$/.test(mode)) continue;
      assert.match(end.message, /^Training broke off before its first checkpoint: its process /, mode);
      assert.match(end.advice, /^Train again: nothing was kept\./, mode);
      const { state, hasReport, reportFile } = new RunModel(path.join(folder(), 'run'));
      assert.deepEqual(state.failure, end, 'its folder tells the same');
      assert.ok(
        hasReport && fs.readFileSync(reportFile, 'utf8').includes(escapeHtml(end.message)),
        'so does its report',
      );
      fs.rmSync(path.join(folder(), 'run'), { recursive: true });
    }
  });

  it('has the folder of a run tell what the run itself said last and could not write there', async () => {
    const end = await failure('unlogged');
    assert.equal(end.code, 'internal');
    assert.deepEqual(new RunModel(path.join(folder(), 'run')).state.failure, end);
  });

  it('tells once of a job that says nothing, can end it, and leaves a run alone', async () => {
    process.env['FAKE_TRAINER'] = 'deaf';
    const timing = { startMs: 30_000, stopMs: 300, silentMs: 100 };
    const told: string[] = [];
    const job = new TrainerProcess(
      { entry, timing, order: { type: 'thumbnails', protocol: PROTOCOL_VERSION, files: [], side: 8 } },
      {
        onMessage: () => undefined,
        onOutput: () => undefined,
        onSilent: (sentence, end) => {
          told.push(sentence);
          end();
        },
      },
    );
    const end = await job.ended;
    assert.ok(end.type === 'failure' && end.code === 'trainer-silent', JSON.stringify(end));
    assert.match(end.message, /did not answer and was ended/);
    assert.deepEqual(told, ['The drawing of small pictures has said nothing for 1 s.']);

    const run = start('deaf');
    const silent: string[] = [];
    const watched = new TrainerProcess(
      { entry, timing, order: training() },
      { onMessage: () => undefined, onOutput: () => undefined, onSilent: (sentence) => silent.push(sentence) },
    );
    run.trainer.stop();
    await run.trainer.ended; // 300 ms and more, before its first word as after it
    watched.kill('was not needed');
    await watched.ended;
    assert.deepEqual(silent, []);
  });

  it('adds what the trainer could not log to the run’s log, so that its folder tells it', async () => {
    const end = await failure('segfault');
    const model = new RunModel(path.join(folder(), 'run'));
    assert.equal(model.state.failure?.message, end.message);
    assert.equal(model.phase, 'failed');
  });

  it('adds it to the log of a fine-tuning as well', async () => {
    const end = await failure('killed', fineTuning());
    const model = new RunModel(path.join(folder(), 'run'));
    assert.equal(model.state.failure?.message, end.message);
    assert.equal(model.phase, 'interrupted', 'nothing is wrong with the run');
  });

  it('speaks of the job at hand, however it dies', async () => {
    const protocol = PROTOCOL_VERSION;
    const [dataset, checkpoint] = [folder(), folder()];
    const orders: TrainerOrder[] = [
      { type: 'check', protocol, dataset, size: 128, pixelCacheMiB: 0, faces: 'on' },
      { type: 'align', protocol, dataset, out: dataset, size: 64, threads: 1 },
      { type: 'compare', protocol, checkpoint },
      { type: 'predict', protocol, model: checkpoint, files: [dataset], faces: 'auto', seen: false },
    ];
    for (const order of orders)
      for (const mode of ['killed', 'told', 'full', 'trap', 'segfault', 'exits']) {
        const { message, advice } = await failure(mode, order);
        assert.match(message, new RegExp(`^The ${JOBS[order.type].noun} process `));
        assert.doesNotMatch(
          `${message} ${advice}`,
          /training|train again|batch|checkpoint|undefined/i,
          `${order.type}, ${mode}`,
        );
      }
  });

  it('asks for a stop once, and ends a trainer that does not answer', async () => {
    const { trainer, messages } = start('deaf');
    while (!messages.some(({ type }) => type === 'run')) await new Promise((resolve) => setTimeout(resolve, 20));
    const asked = performance.now();
    trainer.stop();
    trainer.stop();
    const end = await trainer.ended;
    assert.ok(end.type === 'failure' && end.code === 'trainer-silent');
    assert.match(end.message, /did not answer the stop/);
    assert.ok(performance.now() - asked >= 300);
  });

  it('lets one that answers end by itself', async () => {
    const { trainer, messages } = start('obedient');
    while (!messages.some(({ type }) => type === 'run')) await new Promise((resolve) => setTimeout(resolve, 20));
    trainer.stop();
    assert.ok(trainer.stopping);
    const end = await trainer.ended;
    assert.ok(end.type === 'finished' && end.reason === 'stopped');
  });

  it('passes over a message that is not of the protocol, and puts it in the log', async () => {
    const { trainer, messages, output } = start('babbles');
    while (!messages.some(({ type }) => type === 'warning')) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(!messages.some(({ type }) => type === 'step'));
    assert.ok(output.some((line) => line.startsWith('message not understood')));
    assert.ok(output.includes('a line for the log'));
    trainer.kill('was no longer needed');
    await trainer.ended;
  });

  it('says so when there is nothing to start', async () => {
    const { trainer } = start('x', path.join(folder(), 'missing.js'));
    const end = await trainer.ended;
    assert.ok(end.type === 'failure' && end.code === 'library-missing');
    assert.match(end.message, /could not load a library \(missing\.js\)/);
  });
});

describe('RunModel', () => {
  it('reads on where it left off, keeps half a line for later, and passes over a damaged one', () => {
    const file = path.join(folder(), 'metrics.ndjson');
    const warning = (code: string) => JSON.stringify({ type: 'warning', code, message: 'm', advice: 'a' });
    fs.writeFileSync(file, `${warning('one')}\n{"type":"war`);
    const model = new RunModel(folder());
    assert.deepEqual(
      model.state.warnings.map(({ code }) => code),
      ['one'],
    );
    fs.appendFileSync(file, `ning","code":"two","message":"ü","advice":"a"}\n{"torn\n\n${warning('three')}\n`);
    assert.equal(model.readOn().length, 2);
    assert.deepEqual(
      model.state.warnings.map(({ code }) => code),
      ['one', 'two', 'three'],
    );
    assert.deepEqual(model.readOn(), []);
    assert.equal(model.phase, 'interrupted', 'no process, no last word');
  });

  it('reads a log of 200,000 lines at once', () => {
    const line = JSON.stringify({ type: 'warning', code: 'c', message: 'm', advice: 'a' });
    fs.writeFileSync(path.join(folder(), 'metrics.ndjson'), `${line}\n`.repeat(200_000));
    assert.equal(new RunModel(folder()).events.length, 200_000);
  });
});
