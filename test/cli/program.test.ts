import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { COMMANDS } from '../../src/cli/commands.js';
import { RunModel } from '../../src/client/runModel.js';
import { isAlive } from '../../src/platform/isAlive.js';
import { runEvent } from '../../src/protocol/runEvents.js';
import { recipeComparison } from '../../src/protocol/recipeComparison.js';
import { scratchFolder, writePeople } from '../support/scratch.js';
import { built } from '../support/built.js';

// The bundled program at a terminal: what it prints, how it ends.

const cli = built('faceTrainer.js');
const folder = scratchFolder();
const forever = [
  ...['train', 'data', '--recipe', 'original', '--size', '32', '--width', '0.1', '--batch', '4', '--epochs', '9999'],
  ...['--out', 'run'],
];

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [cli, ...args], { cwd: folder(), encoding: 'utf8' });
}

interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  /** Everything printed so far. */
  readonly said: () => string;
  /** Waits for something to be printed. */
  readonly says: (what: RegExp) => Promise<void>;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

function start(...args: string[]): Started {
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder() });
  let text = '';
  let waiting: (() => void)[] = [];
  const heard = (chunk: string) => {
    text += chunk;
    for (const again of waiting.splice(0)) again();
  };
  child.stdout.setEncoding('utf8').on('data', heard);
  child.stderr.setEncoding('utf8').on('data', heard);
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('close', (code, signal) => {
      resolve({ code, signal });
      heard('');
    }),
  );
  const says = async (what: RegExp) => {
    while (!what.test(text)) {
      assert.equal(child.exitCode, null, `ended without ${String(what)}: ${text}`);
      await new Promise<void>((resolve) => (waiting = [...waiting, resolve]));
    }
  };
  return { child, said: () => text, says, ended };
}

describe('the program at a terminal', function () {
  this.timeout(60_000);

  it('tells of every command, and of each what it takes', () => {
    const overview = run();
    assert.equal(overview.status, 0);
    assert.deepEqual([run('--help').stdout, run('help').stdout], [overview.stdout, overview.stdout]);
    for (const { name, summary, flags, takes } of COMMANDS) {
      // A long summary goes on in the next line.
      const unfolded = overview.stdout.replaceAll(/\n {8,}/g, ' ');
      assert.ok(unfolded.includes(`  ${name} `) && unfolded.includes(summary), name);
      if (name === 'help') continue; // which is the overview
      const { status, stdout, stderr } = run(name, '--help');
      assert.deepEqual([status, stderr], [0, ''], name);
      for (const words of takes) assert.ok(stdout.includes(`face-trainer ${name} ${words}`.trim()), words);
      for (const flag of flags) assert.match(stdout, new RegExp(`^  --${flag.name}( [A-Z]+)?  +\\S`, 'm'));
      for (const line of stdout.split('\n')) assert.ok(line.length <= 110, line);
    }
  });

  it('tells a mistake in two lines, with exit code 2', () => {
    for (const [args, says, help] of [
      [['train', 'x', '--epoch', '7'], /^There is no option --epoch\. Did you mean --epochs\?$/m, 'train --help'],
      [['fly'], /^There is no command “fly”\.$/m, 'help'],
      [
        ['check', 'x', '--epochs', '7', '--frozen'],
        /^--epochs is an option of train, distil, find-rate, compare-recipes, qat and resume, not of check\.$/m,
        'check',
      ],
    ] as const) {
      const { status, stdout, stderr } = run(...args);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, says);
      assert.equal(stderr.trim().split('\n').length, 2, stderr);
      assert.ok(stderr.includes(`“face-trainer ${help}`), stderr);
    }
  });

  it('says which version it is', () => {
    assert.match(run('--version').stdout, /^\d+\.\d+\.\d+\n$/);
    assert.equal(run('version').stdout, run('-v').stdout);
  });

  it('ends quietly when its reader has read enough', async () => {
    await writePeople(path.join(folder(), 'data'), 2, 6);
    for (const args of [
      ['help', 'train'],
      ['check', 'data'],
      ['check', 'data', '--json'],
      [...forever, '--json'],
    ]) {
      const { child, said, says, ended } = start(...args);
      // Closed before anything is written, or in the middle of a run: nobody reads.
      if (args[0] === 'train') await says(/"type":"step"/);
      child.stdout.destroy();
      assert.deepEqual(await ended, { code: 0, signal: null }, `${args.join(' ')}: ${said()}`);
      assert.doesNotMatch(said(), /EPIPE|\n\s+at /);
    }
    // The run does not need anybody who reads.
    assert.equal(run('stop', 'run').status, 0);
    assert.equal(new RunModel(path.join(folder(), 'run')).phase, 'stopped');
  });

  it('stops a run at Ctrl-C after the batch at hand, and ends with 0', async () => {
    await writePeople(path.join(folder(), 'data'), 2, 6);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const { child, said, says, ended } = start(...forever.slice(0, -1), signal);
      await says(/Epoch +1 /);
      child.kill(signal);
      assert.deepEqual(await ended, { code: 0, signal: null }, said());
      assert.match(said(), /Stopping after this batch \(Ctrl-C again ends it at once\)[^]*Stopped +\d+ steps?/);
      assert.equal(new RunModel(path.join(folder(), signal)).phase, 'stopped');
    }
  });

  it('writes into the log of a run that its trainer was killed', async () => {
    await writePeople(path.join(folder(), 'data'), 2, 6);
    const { said, says, ended } = start(...forever);
    await says(/Epoch +1 /);
    const pid = new RunModel(path.join(folder(), 'run')).state.run!.pid;
    process.kill(pid, 'SIGKILL');
    assert.equal((await ended).code, 1);
    assert.ok(!isAlive(pid));
    assert.match(said(), /Failed +Training broke off [^]*: its process was ended at once from outside \(SIGKILL\)\./);
    const log = fs.readFileSync(path.join(folder(), 'run', 'metrics.ndjson'), 'utf8').trim();
    assert.equal(runEvent.parse(JSON.parse(log.split('\n').at(-1)!)).type, 'failure');
  });

  it('compares recipes by what their networks answer, and trains nothing twice', async () => {
    await writePeople(path.join(folder(), 'data'), 3, 6);
    const small = [
      '--weights',
      'random',
      '--size',
      '32',
      '--width',
      '0.1',
      '--batch',
      '4',
      '--epochs',
      '1',
      '--split',
      '0.6',
    ];
    const compare = () =>
      run('compare-recipes', 'data', '--recipes', 'default,original', '--seeds', '2', ...small, '--json');
    const first = compare();
    assert.equal(first.status, 0, first.stderr);
    const linesOf = ({ stdout }: typeof first) =>
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { type: string });
    const lines = linesOf(first);
    assert.equal(lines.filter(({ type }) => type === 'finished').length, 4);
    const { type, ...compared } = lines.at(-1)!;
    assert.equal(type, 'recipesCompared');
    const { recipes, pairs, seeds, people } = recipeComparison.parse(compared);
    assert.deepEqual([recipes.map(({ recipe }) => recipe), seeds, people], [['default', 'original'], [128, 129], 3]);
    assert.equal(pairs.length, 1);
    const runs = fs.readdirSync(path.join(folder(), '.face-trainer', 'runs')).sort();
    const names = [
      'data-default-seed-128',
      'data-default-seed-129',
      'data-original-seed-128',
      'data-original-seed-129',
    ];
    const undated = runs.map((name) => name.slice(0, -9));
    assert.deepEqual(undated, names);
    assert.deepEqual(linesOf(compare()), [lines.at(-1)]);
  });

  it('writes exclusions over an earlier list, and over nothing else', async () => {
    await writePeople(path.join(folder(), 'data'), 2, 3, 160);
    const precious = path.join(folder(), 'data', 'person-0', '0.png');
    const before = fs.readFileSync(precious);
    const refused = run('check', 'data', '--write-exclusions', precious);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /0\.png” already exists and is not an exclusion list/);
    assert.deepEqual(fs.readFileSync(precious), before);
    assert.equal(run('check', 'data', '--write-exclusions', 'data').status, 1, 'a folder');
    for (let time = 0; time < 2; time++)
      assert.equal(run('check', 'data', '--write-exclusions', 'list.txt').status, 0, 'new, and over itself');
    assert.match(fs.readFileSync(path.join(folder(), 'list.txt'), 'utf8'), /^# Pictures of .*data to leave out/);
    const nowhere = run('check', 'data', '--write-exclusions', path.join('gone', 'list.txt'));
    assert.match(nowhere.stderr, /^The exclusion list .* cannot be written: the folder does not exist/m);
    assert.deepEqual(
      fs.readdirSync(folder()).filter((name) => name.includes('tmp')),
      [],
    );
  });

  it('speaks of an export where an export fails', () => {
    fs.cpSync(path.resolve(import.meta.dirname, '../reference/run-1'), folder(), { recursive: true });
    const checkpoint = path.join('float', 'checkpoints', 'epoch-0001');
    fs.writeFileSync(path.join(folder(), 'file'), '');
    for (const output of [path.join('file', 'x.tflite'), path.join('file', 'x.h5')]) {
      const format = output.endsWith('.h5') ? 'keras' : 'tflite';
      const { status, stdout, stderr } = run(
        'export',
        checkpoint,
        '--format',
        format,
        '--output',
        output,
        '--no-measure',
      );
      assert.equal(status, 1);
      assert.match(stdout, /Failed +The file “.*” cannot be written: a file is in the way\./, stderr);
      assert.doesNotMatch(stdout, /run folder|runFolder|train again/i);
    }
  });
});
