import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { RunModel } from '../../src/client/runModel.js';
import { TrainerProcess } from '../../src/client/trainerProcess.js';
import { alignSummary } from '../../src/protocol/align.js';
import { datasetReport } from '../../src/protocol/check.js';
import { isAlive } from '../../src/platform/isAlive.js';
import { PROTOCOL_VERSION } from '../../src/protocol/handshake.js';
import { trainerMessage, type TrainerMessage } from '../../src/protocol/jobs.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { readCheckpoint } from '../../src/runs/checkpoint.js';
import { scratchFolder, writePeople } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';
import { built } from '../support/built.js';
import { untilInTime } from '../support/until.js';
import { jsonLines } from '../support/jsonLines.js';

// The bundled trainer and command line, as they are shipped.

const entry = built('trainer.js');
const cli = built('faceTrainer.js');
const folder = scratchFolder();
const small = ['--recipe', 'original', '--size', '32', '--width', '0.1', '--batch', '4', '--split', '0.7'];

function command(args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [cli, ...args], { cwd: folder(), encoding: 'utf8' });
}

/** A trainer whose parent ends with the order sent, long before the trainer has loaded. @returns its pid */
function orphanWith(order: object): number {
  // What TensorFlow or a library may log at any time.
  const chatter = path.join(folder(), 'chatter.cjs');
  fs.writeFileSync(chatter, "setInterval(() => console.error('still here'), 5).unref();");
  const program = `
    const child = require('node:child_process').fork(${JSON.stringify(entry)}, [String(process.pid)],
      { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: ['--require', ${JSON.stringify(chatter)}] });
    child.send(${JSON.stringify(order)}, () => { console.log(child.pid); process.exit(0); });`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const pid = Number(stdout);
  assert.ok(pid > 0);
  return pid;
}

describe('face-trainer', function () {
  this.timeout(120_000);

  it('trains in a process of its own and prints every message as a line of JSON', async () => {
    await writePeople(path.join(folder(), 'data'), 3, 6);
    const { status, stdout, stderr } = command(['train', 'data', ...small, '--epochs', '2', '--out', 'run', '--json']);
    assert.equal(status, 0, stderr);
    const messages = stdout
      .trim()
      .split('\n')
      .map((line) => trainerMessage.parse(JSON.parse(line)));
    const types = new Set(messages.map(({ type }) => type));
    for (const type of [
      'hello',
      'preparing',
      'run',
      'engine',
      'dataset',
      'step',
      'epoch',
      'checkpoint',
      'finished',
    ] as const)
      assert.ok(types.has(type), type);
    assert.equal(messages.filter(({ type }) => type === 'epoch').length, 2);
    const engine = messages.find((m) => m.type === 'engine');
    assert.equal(engine?.name, 'native', 'the tests need the native engine: npm run build:native');
    assert.ok(fs.existsSync(path.join(folder(), 'run', 'report.html')));
  });

  it('ends with the paths of run folder and report, in the default place, which git ignores', async () => {
    await writePeople(path.join(folder(), 'my people'), 2, 6);
    const { status, stdout } = command(['train', 'my people', ...small, '--epochs', '1']);
    assert.equal(status, 0);
    const report = /Report {6}(.*report\.html)/.exec(stdout)?.[1];
    assert.ok(report);
    assert.ok(report.startsWith(path.join(folder(), '.face-trainer', 'runs')), stdout);
    assert.match(path.basename(path.dirname(report)), /^\d{8}-\d{6}-my-people$/);
    assert.equal(fs.readFileSync(path.join(folder(), '.face-trainer', '.gitignore'), 'utf8'), '*\n');
    assert.match(stdout, /Epoch {3}1 {3}loss \d/);
  });

  it('fails in a sentence with exit code 1, and explains a wrong option with exit code 2', async () => {
    fs.mkdirSync(path.join(folder(), 'empty'));
    const empty = command(['train', 'empty']);
    assert.equal(empty.status, 1);
    assert.match(empty.stdout, /“empty” has no sub-folder with pictures\./);
    assert.doesNotMatch(empty.stdout + empty.stderr, /\n\s+at /);
    assert.equal(command(['train', 'missing']).status, 1);
    for (const [args, message] of [
      [['train'], /Name the folder/],
      [['fly'], /no command “fly”/],
      [['train', 'empty', '--epochs', 'many'], /--epochs: /],
      [['train', 'empty', '--size', '100'], /--size: .*multiple of 16/],
      [['train', 'empty', '--split', '1'], /--split: /],
      [['train', 'empty', '--batch', '1'], /--batch: /],
      [['train', 'empty', '--colour'], /colour/],
    ] as const) {
      const { status, stderr } = command(args);
      assert.equal(status, 2, args.join(' '));
      assert.match(stderr, message);
    }
    assert.equal(command(['--help']).status, 0);
    await Promise.resolve();
  });

  it('checks a folder: sentences, JSON for scripts, an exclusion list, and an exit code that tells of errors', async () => {
    await writePeople(path.join(folder(), 'data'), 3, 6, 160);
    const good = command(['check', 'data']);
    assert.equal(good.status, 0, good.stdout + good.stderr);
    assert.match(good.stdout, /18 pictures of 3 people can be used for training\.\nNo problems found\./);
    fs.copyFileSync(path.join(folder(), 'data/person-0/0.png'), path.join(folder(), 'data/person-1/whose.png'));
    fs.writeFileSync(path.join(folder(), 'data/person-2/broken.jpg'), 'x');
    const bad = command(['check', 'data', '--json', '--write-exclusions', 'exclude.txt']);
    assert.equal(bad.status, 1);
    const { findings } = datasetReport.parse(JSON.parse(bad.stdout));
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['two-people', 'unreadable', 'exact-duplicates'],
    );
    assert.match(command(['check', 'data']).stdout, /Error {4}1 picture under two or more people/);
    const excluded = command(['check', 'data', '--exclude', 'exclude.txt']);
    assert.equal(excluded.status, 0, excluded.stdout);
    assert.match(excluded.stdout, /17 pictures of 3 people/);
    const trained = command(['train', 'data', ...small, '--epochs', '1', '--exclude', 'exclude.txt', '--out', 'run']);
    assert.match(trained.stdout, /17 pictures of 3 people/);
    assert.equal(command(['check', 'missing']).status, 1);
    assert.equal(command(['check']).status, 2);
    assert.deepEqual(fs.readdirSync(path.join(folder(), 'data', 'person-2')).length, 7, 'nothing is deleted');
  });

  it('aligns a folder into another, and says what it left out', async () => {
    await writePeople(path.join(folder(), 'data'), 2, 2, 100);
    const { status, stdout } = command(['align', 'data', '--json']);
    assert.equal(status, 0, stdout);
    const summary = alignSummary.parse(JSON.parse(stdout));
    assert.deepEqual([summary.pictures, summary.withoutFace], [4, 4]);
    assert.equal(summary.out, path.join(fs.realpathSync(folder()), 'data-aligned'));
    assert.match(command(['align', 'data']).stdout, /0 aligned, 0 doubtful, 4 without a face/);
    assert.equal(command(['align', 'data', '--out', 'data/inside']).status, 1);
    assert.equal(command(['align', 'data', '--size', '9999']).status, 2);
  });

  it('refuses at once when the weights that a run begins with are not there', async () => {
    await writePeople(path.join(folder(), 'data'), 2, 4);
    const env = { ...process.env, FACE_TRAINER_CACHE: path.join(folder(), 'cache') };
    const ran = spawnSync(process.execPath, [cli, 'train', 'data', '--out', 'run'], {
      cwd: folder(),
      encoding: 'utf8',
      env,
    });
    assert.equal(ran.status, 1);
    assert.match(ran.stdout, /ImageNet weights .* are not on this machine/);
    assert.match(ran.stdout, /face-trainer download-weights/);
    assert.ok(!fs.existsSync(path.join(folder(), 'run')));
    assert.equal(command(['train', 'data', '--weights', 'gone.npz', '--out', 'run']).status, 1);
  });

  it('stops after at most one batch and leaves a whole checkpoint', async () => {
    await writePeople(path.join(folder(), 'data'), 3, 6);
    const messages: TrainerMessage[] = [];
    const runFolder = path.join(folder(), 'run');
    const training = trainingOptions.parse({
      dataset: path.join(folder(), 'data'),
      size: 96,
      width: 0.35,
      batchSize: 6,
      split: 0.7,
      epochs: 9999,
    });
    let stoppedAt: number | undefined;
    const order = { type: 'train', protocol: PROTOCOL_VERSION, runFolder, options: training } as const;
    const trainer = new TrainerProcess(
      { entry, order },
      {
        onMessage: (message) => {
          messages.push(message);
          if (message.type === 'step' && message.step === 4) {
            stoppedAt = message.step;
            trainer.stop();
          }
        },
        onOutput: () => undefined,
      },
    );
    const end = await trainer.ended;
    assert.ok(end.type === 'finished' && end.reason === 'stopped', JSON.stringify(end));
    // Those that were on their way when the stop was sent, and one batch.
    assert.ok(end.steps - stoppedAt! <= 3, `${end.steps} steps`);
    const names = fs.readdirSync(path.join(runFolder, 'checkpoints'));
    // Two batches an epoch and some steps on the way: the stop comes inside an epoch or at its end.
    const last = names.sort((a, b) => a.split('-')[0]!.localeCompare(b.split('-')[0]!)).at(-1)!;
    assert.equal(readCheckpoint(path.join(runFolder, 'checkpoints', last)).session.step, end.steps);
    assert.equal(new RunModel(runFolder).phase, 'stopped');
  });

  if (process.platform === 'linux')
    it('computes at a lower priority than the editor, in every thread that does', async () => {
      await writePeople(path.join(folder(), 'data'), 2, 20);
      const run = path.join(folder(), 'run');
      const args = [
        'train',
        'data',
        '--recipe',
        'original',
        '--size',
        '96',
        '--width',
        '0.5',
        '--batch',
        '16',
        '--epochs',
        '999',
        '--out',
        run,
      ];
      spawn(process.execPath, [cli, ...args], { cwd: folder(), stdio: 'ignore' });
      try {
        await untilInTime('some steps', () => new RunModel(run).state.steps.length > 30);
        const tasks = `/proc/${new RunModel(run).state.run!.pid}/task`;
        // After the name in brackets: the times are fields 11 and 12, the nice value is field 16.
        const threads = fs.readdirSync(tasks).map((tid) => {
          const fields = fs
            .readFileSync(path.join(tasks, tid, 'stat'), 'utf8')
            .split(') ')[1]!
            .split(' ');
          return { time: Number(fields[11]) + Number(fields[12]), nice: Number(fields[16]) };
        });
        const total = threads.reduce((sum, { time }) => sum + time, 0);
        const kept = threads.filter(({ nice }) => nice >= 10).reduce((sum, { time }) => sum + time, 0);
        // V8's own threads are older than any code of ours; they only compile and collect.
        assert.ok(kept > 0.8 * total, JSON.stringify(threads));
      } finally {
        command(['stop', run]);
      }
    });

  it('goes on when its parent vanishes: it is found, followed, and ended by its folder', async () => {
    await writePeople(path.join(folder(), 'data'), 2, 20);
    const run = path.join(folder(), 'run');
    const parent = spawn(process.execPath, [cli, 'train', 'data', ...small, '--epochs', '9999', '--out', run], {
      ...{ cwd: folder(), stdio: 'ignore' },
    });
    await untilInTime('a step', () => new RunModel(run).state.steps.length > 0);
    const { pid } = new RunModel(run).state.run!;
    parent.kill('SIGKILL');
    await untilInTime('the parent’s end', () => !isAlive(parent.pid!));
    const { epochs } = new RunModel(run).state;
    await untilInTime('two epochs more', () => new RunModel(run).state.epochs.length > epochs.length + 1);
    const listed = jsonLines(command(['ps', '--json']).stdout) as { runFolder: string; pid: number }[];
    assert.ok(listed.some((one) => one.runFolder === run && one.pid === pid));
    const attached = spawn(process.execPath, [cli, 'attach', run], { cwd: folder() });
    let said = '';
    attached.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
    await untilInTime('what it tells', () => /Epoch +\d+ /.test(said));
    const paused = command(['pause', run]);
    assert.match(paused.stdout, /^Paused\./);
    await untilInTime('the end of who follows', () => attached.exitCode === 0);
    assert.match(said, /Paused +\d+ steps/);
    assert.ok(!isAlive(pid));
    assert.equal(new RunModel(run).phase, 'paused');
    assert.match(command(['pause', run]).stderr, /is not training/);
    const { steps } = new RunModel(run).state;
    const more = new RunModel(run).state.epochs.length + 1;
    const resumed = command(['resume', run, '--epochs', String(more)]);
    assert.equal(resumed.status, 0, resumed.stderr);
    assert.match(resumed.stdout, /Goes on +from /);
    const after = new RunModel(run);
    assert.deepEqual([after.phase, after.state.epochs.length], ['completed', more]);
    assert.deepEqual(
      after.state.steps.slice(0, steps.length).map(({ step, loss }) => [step, loss]),
      steps.map(({ step, loss }) => [step, loss]),
    );
    assert.match(command(['resume', run, '--epochs', String(more)]).stdout, /are done already/);
  });

  it('trains once for four orders of parents that are gone before it began, and nobody reads what it writes', async () => {
    await writePeople(path.join(folder(), 'data'), 2, 20);
    const options = trainingOptions.parse({ dataset: path.join(folder(), 'data'), size: 32, width: 0.1, epochs: 9999 });
    const run = path.join(folder(), 'run');
    const order = { type: 'train', protocol: PROTOCOL_VERSION, runFolder: run, options };
    const pids = Array.from({ length: 4 }, () => orphanWith(order));
    await untilInTime('a step', () => new RunModel(run).state.steps.length > 0);
    const { pid } = new RunModel(run).state.run!;
    await untilInTime('the end of the others', () => !pids.some((one) => one !== pid && isAlive(one)), 20_000);
    assert.equal(command(['stop', run]).status, 0);
    await untilInTime('the end of all', () => !isAlive(pid));
  });

  withShared('a job that is no run', [sharedPaths.wild], () => {
    it('ends within 5 s when its parent vanishes', async () => {
      const order = { type: 'check', protocol: PROTOCOL_VERSION, dataset: sharedPaths.wild, pixelCacheMiB: 0 };
      const pids = Array.from({ length: 2 }, () => orphanWith(order));
      await untilInTime('the end of all', () => !pids.some((pid) => isAlive(pid)), 5000);
    });
  });

  withShared('the recipe on ORL', [sharedPaths.orl, sharedPaths.weights1], () => {
    it('reaches a validation accuracy of 0.90 on ORL within three epochs from ImageNet weights', () => {
      const args = [
        'train',
        sharedPaths.orl,
        '--recipe',
        'original',
        '--epochs',
        '3',
        '--batch',
        '16',
        '--weights',
        sharedPaths.weights1,
        '--out',
        'run',
      ];
      const { status, stdout } = command(args);
      assert.equal(status, 0, stdout);
      const { epochs } = new RunModel(path.join(folder(), 'run')).state;
      assert.equal(epochs.length, 3);
      assert.ok(epochs[0]!.valAccuracy >= 0.5, `after the first epoch ${epochs[0]!.valAccuracy}`);
      assert.ok(epochs[2]!.valAccuracy >= 0.9, `after the third epoch ${epochs[2]!.valAccuracy}`);
    });
  });
});
