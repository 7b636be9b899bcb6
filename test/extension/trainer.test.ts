import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { RunInProgress, RunListener } from '../../src/extension/activeRun.js';
import { announceGone } from '../../src/extension/announce.js';
import { Trainer, type TrainerViews } from '../../src/extension/trainer.js';
import { runRow } from '../../src/extension/views/runRows.js';
import { factsOf } from '../../src/extension/views/runsCatalog.js';
import type { RunOrder, TrainerMessage } from '../../src/protocol/jobs.js';
import { trainingOptions } from '../../src/protocol/options.js';
import type { RunEvent } from '../../src/protocol/runEvents.js';
import { noteRunning } from '../../src/runs/runningRuns.js';
import { takeWish, type RunWish } from '../../src/runs/runControl.js';
import { QueueWatch } from '../../src/extension/queueWatch.js';
import { queuedTrainings } from '../../src/runs/trainingQueue.js';
import { useEnvironment } from '../support/environment.js';
import { scratchFolder } from '../support/scratch.js';
import { FakeEditor, Memory, until } from './fakeEditor.js';
import { runEventOf, writeRun } from './runs.js';

const folder = scratchFolder();

class FakeRun implements RunInProgress {
  running = true;
  asked: RunWish | undefined;
  constructor(
    readonly order: RunOrder | undefined,
    readonly runFolder: string,
    readonly name: string,
    readonly listener: RunListener,
  ) {}
  get stopping(): boolean {
    return this.asked !== undefined;
  }
  end(wish: RunWish): void {
    this.asked = wish;
  }
  says(message: TrainerMessage): void {
    this.listener.onMessage(this, message);
  }
  ends(reason: 'completed' | 'stopped' | 'paused'): void {
    this.running = false;
    this.listener.onEnd(this, { type: 'finished', reason, epochs: 0, steps: 1, elapsedSeconds: 1 });
  }
}

interface SetUp {
  readonly editor: FakeEditor;
  readonly trainer: Trainer;
  readonly runs: FakeRun[];
  readonly seen: string[];
  /** What the status bar was told. */
  readonly told: string[];
}

function setUp(): SetUp {
  const editor = new FakeEditor();
  const seen: string[] = [];
  const told: string[] = [];
  const note =
    (what: string) =>
    (...args: readonly unknown[]) =>
      void seen.push(
        [what, ...args.map((arg) => (typeof arg === 'string' ? path.basename(arg) : JSON.stringify(arg)))].join(' '),
      );
  const views: TrainerViews = {
    panels: {
      open: note('open'),
      openAgain: note('open again'),
      readOn: note('readOn'),
      readSoon: note('readSoon'),
      livenessChanged: note('liveness'),
      preparing: (runFolder) => note('preparing')(runFolder),
    },
    reports: { refresh: note('report') },
    status: {
      show: (_, name) => note('status')(name),
      update: ({ type }) => void told.push(type),
      hide: note('hide'),
    },
    runChanged: note('changed'),
  };
  const runs: FakeRun[] = [];
  const begun = (run: FakeRun) => {
    runs.push(run);
    return run;
  };
  const trainer = new Trainer(editor, views, {
    launch: (order, name, listener) => begun(new FakeRun(order, order.runFolder, name, listener)),
    follow: (runFolder, name, listener) => {
      const run = begun(new FakeRun(undefined, runFolder, name, listener));
      run.says(runEventOf(runFolder, '/pictures/people')); // what its log had
      return run;
    },
    queue: () =>
      Promise.resolve(
        new QueueWatch(
          editor,
          path.join(folder(), 'no trainer'),
          { changed: note('waiting'), begun: note('begun') },
          new Memory(),
        ),
      ),
  });
  return { editor, trainer, runs, seen, told };
}

describe('Trainer', () => {
  useEnvironment(() => ({ FACE_TRAINER_CACHE: path.join(folder(), 'cache') }));

  const options = () => trainingOptions.parse({ dataset: path.join(folder(), 'people') });

  it('never lets a second training hide the first, however many are started while dialogs were open', async () => {
    const { editor, trainer, runs } = setUp();
    const begun = await Promise.all([trainer.start(options()), trainer.start(options()), trainer.start(options())]);
    assert.deepEqual(begun, [true, false, false]);
    assert.equal(runs.length, 1);
    assert.equal(trainer.activeRun, runs[0]);
    assert.equal(
      editor.said.filter(({ message }) => message === 'A training is at work (people). Start this one afterwards?')
        .length,
      2,
    );
    trainer.end('stop');
    assert.ok(runs[0]!.stopping, 'the first can still be stopped');
  });

  it('keeps the run that goes on when another one ends late', async () => {
    const { trainer, runs, seen } = setUp();
    await trainer.start(options());
    runs[0]!.ends('completed');
    await trainer.start(options());
    runs[0]!.listener.onEnd(runs[0]!, { type: 'finished', reason: 'stopped', epochs: 0, steps: 1, elapsedSeconds: 1 });
    assert.equal(trainer.activeRun, runs[1]);
    assert.equal(seen.filter((what) => what === 'hide').length, 1);
  });

  it('puts a training behind the one at work, or starts it beside, as its user wishes', async () => {
    const { editor, trainer, runs } = setUp();
    const ended = noteRunning(path.join(folder(), 'orl'), new Date());
    editor.buttons.push('Start Afterwards');
    assert.equal(await trainer.start(options()), false);
    assert.deepEqual(editor.said.at(-1), {
      severity: 'modal',
      message: 'A training is at work (orl). Start this one afterwards?',
      detail: 'It begins by itself, also when this window is closed by then. Two at the same time are both slower.',
      buttons: ['Start Afterwards', 'Start Now'],
    });
    assert.equal(await trainer.start(options()), false, 'cancelled');
    const later = queuedTrainings();
    assert.deepEqual([runs.length, later.length], [0, 1]);
    editor.buttons.push('Start Now');
    assert.equal(await trainer.start(options()), true);
    assert.notEqual(runs[0]!.runFolder, later[0]!.training!.order.runFolder, 'a folder that is promised is not taken');
    runs[0]!.says(runEventOf(runs[0]!.runFolder, options().dataset));
    await until(() => editor.said.at(-1)?.message === 'When this window closes, shall a training go on?');
    ended();
  });

  it('shows the newest of two that train side by side, and then the other again', async () => {
    const { editor, trainer, runs, seen, told } = setUp();
    await trainer.start(options());
    editor.buttons.push('Start Now');
    await trainer.start(options());
    assert.equal(trainer.activeRun, runs[1]);
    for (const run of runs) run.says({ type: 'preparing', done: 1, total: 2 });
    assert.deepEqual(told, ['preparing'], 'of the one that is shown');
    runs[1]!.ends('completed');
    assert.equal(trainer.activeRun, runs[0]);
    runs[0]!.ends('completed');
    assert.equal(trainer.activeRun, undefined);
    assert.equal(seen.filter((what) => what === 'hide').length, 1);
  });

  it('opens the panel without the focus, and reads on, lists and reports what each message changes', async () => {
    const { trainer, runs, seen } = setUp();
    await trainer.start(options());
    const [run] = runs;
    const name = path.basename(run!.runFolder);
    seen.length = 0;
    run!.says({ type: 'hello', protocol: 1, pid: 1, node: 'v20' });
    run!.says({ type: 'preparing', done: 1, total: 2 });
    const begun = runEventOf(run!.runFolder, options().dataset);
    run!.says(begun);
    run!.says({ type: 'checkpoint', path: 'checkpoints/epoch-0001', epoch: 1, step: 4, bytes: 1, best: true });
    run!.says({ type: 'warning', code: 'x', message: 'little memory', advice: 'take a smaller batch' });
    assert.deepEqual(seen, [
      `preparing ${name}`,
      `changed ${name}`,
      `open ${name} false`,
      `report ${name}`,
      `changed ${name}`,
      `readSoon ${name}`,
      `readSoon ${name}`,
    ]);
  });

  it('says at the end what was reached, and offers what there is to open', async () => {
    const { editor, trainer, runs } = setUp();
    await trainer.start(options());
    writeRun(runs[0]!.runFolder, [runEventOf(runs[0]!.runFolder, options().dataset)]);
    editor.buttons.push('Open Run');
    runs[0]!.ends('stopped');
    await until(() => editor.executed.some(([name]) => name === 'faceTrainer.openRun'));
    assert.deepEqual(editor.said.at(-1), {
      severity: 'information',
      message: 'people: Training was stopped, no epoch was finished.',
      buttons: ['Open Run'],
    });
    assert.deepEqual(editor.executed.at(-1), ['faceTrainer.openRun', runs[0]!.runFolder]);
  });

  it('leads on from a fine-tuning whose pictures have changed, with the same overrides', async () => {
    const { editor, trainer, runs } = setUp();
    const checkpoint = path.join(folder(), 'runs', 'parent', 'checkpoints', 'epoch-0001');
    await trainer.fineTune(checkpoint, { quantization: { floatLayers: ['Conv1'] } });
    editor.buttons.push('Continue with the Changed Pictures');
    runs[0]!.listener.onEnd(runs[0]!, {
      type: 'failure',
      code: 'dataset-changed',
      message: 'Others.',
      advice: 'Go on.',
    });
    await until(() => editor.executed.at(-1)?.[0] === 'faceTrainer.quantize');
    const [name, again, layers, overrides] = editor.executed.at(-1)!;
    assert.deepEqual([name, again, layers], ['faceTrainer.quantize', checkpoint, ['Conv1']]);
    assert.equal((overrides as { changedData: boolean }).changedData, true);
  });

  it('offers what helps against the way in which a run died that has kept nothing', async () => {
    for (const [code, button, command] of [
      ['out-of-memory', 'Train Again…', 'faceTrainer.trainModel'],
      ['trainer-killed', 'Train Again…', 'faceTrainer.trainModel'],
      ['library-missing', 'Set Up TensorFlow…', 'faceTrainer.setUpTensorFlow'],
      ['engine-unavailable', 'Set Up TensorFlow…', 'faceTrainer.setUpTensorFlow'],
    ] as const) {
      const { editor, trainer, runs } = setUp();
      await trainer.start(options());
      editor.buttons.push(button);
      runs[0]!.listener.onEnd(runs[0]!, { type: 'failure', code, message: 'It broke off.', advice: 'Do this.' });
      await until(() => editor.executed.some(([name]) => name === command));
      assert.deepEqual(editor.said.at(-1), {
        severity: 'error',
        message: 'It broke off. Do this.',
        buttons: [button, 'Show Log'],
      });
    }
  });

  it('offers a run that was short of memory its checkpoint, and a smaller batch', async () => {
    const { editor, trainer, runs } = setUp();
    await trainer.start(options());
    const { runFolder } = runs[0]!;
    const dataset = options().dataset;
    const checkpoint = {
      type: 'checkpoint',
      path: 'checkpoints/epoch-0001',
      epoch: 1,
      step: 4,
      bytes: 1,
      best: true,
    } as const;
    writeRun(runFolder, [runEventOf(runFolder, dataset, { batchSize: 32 }), checkpoint]);
    editor.buttons.push('Train with Batches of 16…');
    runs[0]!.listener.onEnd(runs[0]!, { type: 'failure', code: 'memory-low', message: 'Low.', advice: 'Go on.' });
    const led = () => editor.executed.find(([name]) => name === 'faceTrainer.trainModel');
    await until(() => led() !== undefined);
    assert.deepEqual(editor.said.at(-1)?.buttons, ['Go On', 'Train with Batches of 16…', 'Open Run', 'Show Log']);
    assert.deepEqual(led(), ['faceTrainer.trainModel', { scheme: 'file', fsPath: dataset }, { batchSize: 16 }]);
  });

  it('tells of a run that broke off while no window was there, and leads on from its checkpoint', async () => {
    const { editor } = setUp();
    const run = path.join(folder(), 'gone');
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const checkpoint = { type: 'checkpoint', path: 'checkpoints/epoch-0001', epoch: 1, step: 4, bytes: 1, best: true };
    writeRun(run, [
      Object.assign(runEventOf(run, '/pictures/people'), { pid, processStart: 'before:1' }),
      checkpoint as RunEvent,
    ]);
    editor.buttons.push('Go On');
    await announceGone(editor, run);
    const why =
      process.platform === 'linux' ? 'ended when the machine was started anew' : 'is gone, and nothing says why';
    assert.deepEqual(editor.said, [
      {
        severity: 'error',
        message: `Training broke off after epoch 1 of 10: its process ${why}. It can go on from there.`,
        buttons: ['Go On', 'Open Report', 'Open Run', 'Show Log'],
      },
    ]);
    assert.deepEqual(editor.executed, [['faceTrainer.goOn', run]]);
    const facts = factsOf(editor, run);
    assert.deepEqual([facts.phase, facts.trouble], ['interrupted', editor.said[0]!.message]);
    assert.match(
      runRow(facts, new Date()).hint,
      /^people – .*, interrupted\. Training broke off after epoch 1 of 10: /,
    );
    await announceGone(editor, path.join(folder(), 'nowhere'));
    assert.equal(editor.said.length, 1, 'nothing is said of what is not there');
  });

  it('takes over a run that was under way, and tells of its end as of one of its own', async () => {
    const { editor, trainer, runs, seen, told } = setUp();
    const run = path.join(folder(), 'before');
    writeRun(run, [runEventOf(run, '/pictures/people')]);
    trainer.adopt(run);
    assert.equal(trainer.activeRun, runs[0]);
    assert.equal(seen[0], 'open again before');
    assert.ok(seen.includes('status people'));
    assert.deepEqual(told, ['run'], 'the status bar knows how many epochs there are');
    assert.equal(await trainer.start(options()), false, 'one at a time');
    trainer.end('pause');
    assert.equal(runs[0]!.asked, 'pause');
    runs[0]!.ends('paused');
    await until(() => editor.said.length === 2);
    assert.match(editor.said.at(-1)!.message, /^people: Training was paused/);
    assert.equal(trainer.activeRun, undefined);
  });

  it('takes over the next of the queue though it hears of the end of the one before only then', async () => {
    const { editor, trainer, runs } = setUp();
    const [before, next] = ['before', 'next'].map((name) => path.join(folder(), name)) as [string, string];
    for (const run of [before, next]) writeRun(run, [runEventOf(run, '/pictures/people')]);
    trainer.adopt(before);
    const over = noteRunning(next, new Date());
    trainer.adopt(next);
    assert.equal(trainer.activeRun?.runFolder, before);
    runs[0]!.ends('stopped');
    assert.equal(trainer.activeRun.runFolder, next);
    over();
    trainer.adopt(before);
    runs[1]!.ends('stopped');
    assert.equal(trainer.activeRun, undefined, 'one that has ended meanwhile is not shown');
    await until(() => editor.said.length === 2);
  });

  it('asks a run of another process by its folder', () => {
    const { editor, trainer } = setUp();
    const run = path.join(folder(), 'elsewhere');
    writeRun(run, [runEventOf(run, '/pictures/people')]);
    trainer.end('stop', run);
    assert.equal(takeWish(run), 'stop');
    assert.equal(takeWish(run), undefined, 'heard once');
    editor.trusted = false;
    assert.throws(() => trainer.end('pause', run), { code: 'restricted' });
    assert.equal(takeWish(run), undefined, 'in Restricted Mode nothing is written');
  });

  it('goes on with a run in its own folder, for as many epochs as are wished', async () => {
    const { trainer, runs } = setUp();
    const run = path.join(folder(), 'stopped');
    writeRun(run, [runEventOf(run, '/pictures/people')]);
    await trainer.resume(run, 20);
    assert.deepEqual(
      [runs[0]!.name, runs[0]!.order],
      ['people', { type: 'resume', protocol: 1, runFolder: run, epochs: 20 }],
    );
  });

  it('leaves a run alone when the window closes, unless the setting says otherwise', async () => {
    const { editor, trainer, runs } = setUp();
    await trainer.start(options());
    trainer.dispose();
    assert.equal(runs[0]!.asked, undefined);
    editor.settings['whenWindowCloses'] = 'stop';
    trainer.dispose();
    assert.equal(runs[0]!.asked, 'stop');
  });
});
