import assert from 'node:assert/strict';
import path from 'node:path';
import type { RunInProgress, RunListener, RunOrder } from '../../src/extension/activeRun.js';
import { Trainer, type TrainerViews } from '../../src/extension/trainer.js';
import type { TrainerMessage } from '../../src/protocol/jobs.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { scratchFolder } from '../support/scratch.js';
import { FakeEditor, settled } from './fakeEditor.js';
import { runEventOf, writeRun } from './runs.js';

const folder = scratchFolder();

class FakeRun implements RunInProgress {
  running = true;
  stopping = false;
  constructor(
    readonly order: RunOrder,
    readonly name: string,
    readonly listener: RunListener,
  ) {}
  get runFolder(): string {
    return this.order.runFolder;
  }
  stop(): void {
    this.stopping = true;
  }
  says(message: TrainerMessage): void {
    this.listener.onMessage(this, message);
  }
  ends(reason: 'completed' | 'stopped'): void {
    this.running = false;
    this.listener.onEnd(this, { type: 'finished', reason, epochs: 0, steps: 1, elapsedSeconds: 1 });
  }
}

function setUp(): { editor: FakeEditor; trainer: Trainer; runs: FakeRun[]; seen: string[] } {
  const editor = new FakeEditor();
  const seen: string[] = [];
  const note =
    (what: string) =>
    (...args: readonly unknown[]) =>
      void seen.push(
        [what, ...args.map((arg) => (typeof arg === 'string' ? path.basename(arg) : JSON.stringify(arg)))].join(' '),
      );
  const views: TrainerViews = {
    panels: {
      open: note('open'),
      readOn: note('readOn'),
      readSoon: note('readSoon'),
      livenessChanged: note('liveness'),
      preparing: (runFolder) => note('preparing')(runFolder),
    },
    reports: { refresh: note('report') },
    status: { show: (_, name) => note('status')(name), update: () => undefined, hide: note('hide') },
    runChanged: note('changed'),
  };
  const runs: FakeRun[] = [];
  const trainer = new Trainer(editor, views, (order, name, listener) => {
    const run = new FakeRun(order, name, listener);
    runs.push(run);
    return run;
  });
  return { editor, trainer, runs, seen };
}

describe('Trainer', () => {
  const options = () => trainingOptions.parse({ dataset: path.join(folder(), 'people') });

  it('never lets a second training hide the first, however many are started while dialogs were open', async () => {
    const { editor, trainer, runs } = setUp();
    const begun = await Promise.all([trainer.start(options()), trainer.start(options()), trainer.start(options())]);
    assert.deepEqual(begun, [true, false, false]);
    assert.equal(runs.length, 1);
    assert.equal(trainer.activeRun, runs[0]);
    assert.equal(editor.said.filter(({ message }) => message.includes('a second run would only slow both')).length, 2);
    trainer.stop();
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

  it('stops the run that its message was about, and no later one', async () => {
    const { editor, trainer, runs } = setUp();
    await trainer.start(options());
    editor.buttons.push('Stop It');
    const answered = trainer.isBusy();
    runs[0]!.ends('completed');
    await trainer.start(options());
    assert.equal(await answered, true);
    assert.ok(!runs[1]!.stopping);
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
    await settled();
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
    await settled();
    const [name, again, layers, overrides] = editor.executed.at(-1)!;
    assert.deepEqual([name, again, layers], ['faceTrainer.quantize', checkpoint, ['Conv1']]);
    assert.equal((overrides as { changedData: boolean }).changedData, true);
  });
});
