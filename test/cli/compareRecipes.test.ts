import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { readCommand } from '../../src/cli/readCommand.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { writeCheckpoint } from '../../src/runs/checkpoint.js';
import { runFolderOfOptions } from '../../src/runs/newRunFolder.js';
import { RunFolder } from '../../src/runs/runFolder.js';
import { defaultRunsFolder } from '../../src/runs/runLocation.js';
import { sampleCheckpoint, sampleGraph } from '../support/runs.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';
import { scratchFolder } from '../support/scratch.js';
import { refused, wishOf } from './commandLines.js';
import { ScriptedProgram } from './scriptedProgram.js';

const folder = scratchFolder();
const wish = z.object({ runs: z.array(z.array(trainingOptions)), seeds: z.array(z.number()) });

describe('compare-recipes', () => {
  it('trains each recipe from as many seeds, with what else is said for all of them', () => {
    const { runs, seeds } = wishOf(
      wish,
      ...['compare-recipes', 'faces', '--recipes', 'default, fast', '--seeds', '2', '--seed', '5', '--epochs', '4'],
    );
    assert.deepEqual(seeds, [5, 6]);
    assert.deepEqual(
      runs.map((own) => own.map(({ recipe, seed, epochs, size }) => [recipe, seed, epochs, size])),
      [
        [
          ['default', 5, 4, 128],
          ['default', 6, 4, 128],
        ],
        [
          ['fast', 5, 4, 192],
          ['fast', 6, 4, 192],
        ],
      ],
    );
    assert.equal(wishOf(wish, 'compare-recipes', 'faces', '--recipes', 'default,fast').seeds.length, 3);
  });

  it('refuses what is no comparison', () => {
    for (const [args, says] of [
      [[], /--recipes wants two or more of face, door, /],
      [['--recipes', 'default'], /--recipes wants two or more/],
      [['--recipes', 'default,default'], /each once/],
      [['--recipes', 'default,best'], /--recipes wants/],
      [['--recipes', 'default,fast', '--seeds', '0'], /--seeds wants a whole number from 1 to 20, not “0”/],
      [['--recipes', 'default,fast', '--seeds', '2.5'], /not “2.5”/],
      [['--recipes', 'default,fast', '--seeds', '21'], /not “21”/],
      [['--recipes', 'default,fast', '--split-by', 'identity'], /--split-by is an option of train/],
    ] as const)
      assert.match(refused('compare-recipes', 'faces', ...args).message, says, args.join(' '));
    assert.match(refused('compare-recipes', '--recipes', 'default,fast').message, /Name the folder to train on/);
  });
});

describe('compare-recipes at a terminal', function () {
  this.timeout(60_000);
  const args = ['compare-recipes', 'd', '--recipes', 'default,original', '--weights', 'random', '--seeds', '1'];

  it('ends with the first run that fails, and says why', () => {
    const failure = { type: 'failure', code: 'x', message: 'It is broken.', advice: 'Mend it.' };
    const { status, stdout, order } = new ScriptedProgram(folder()).run(args, { says: [failure] });
    assert.equal(status, 1);
    assert.equal(order?.type, 'train');
    assert.match(
      stdout,
      /^— default, seed 128: d-default-seed-128-[0-9a-f]{8}\nFailed {6}It is broken\.\n {12}Mend it\.\n$/,
    );
  });

  it('says that a run which was stopped can be gone on with', () => {
    const finished = { type: 'finished', reason: 'stopped', epochs: 1, steps: 4, elapsedSeconds: 2 };
    const { status, stdout } = new ScriptedProgram(folder()).run(args, { says: [finished] });
    assert.equal(status, 1);
    assert.match(stdout, /\nThe comparison is not whole yet: the same command goes on with it\.\n$/);
  });

  /** A run as an earlier comparison left it, in the folder of the first that this one asks for. */
  function earlier(finished: object | undefined, checkpoints: readonly { readonly best: boolean }[]): string {
    const base = fs.realpathSync(folder());
    const { runs } = wish.parse(readCommand(args, base).wish);
    const options = runs[0]![0]!;
    const run = new RunFolder(runFolderOfOptions(defaultRunsFolder(base), options));
    fs.mkdirSync(run.checkpoints, { recursive: true });
    const events: object[] = [{ ...SAMPLE_EVENTS.run, runFolder: run.path, options, pid: 1e9 }];
    checkpoints.forEach(({ best }, i) => {
      const relative = `checkpoints/epoch-000${i + 1}`;
      writeCheckpoint(path.join(run.path, relative), sampleGraph, sampleCheckpoint(10 * (i + 1), i + 1));
      events.push({ ...SAMPLE_EVENTS.epoch, epoch: i + 1, step: 10 * (i + 1) });
      events.push({ type: 'checkpoint', path: relative, epoch: i + 1, step: 10 * (i + 1), bytes: 1, best });
    });
    if (finished) events.push(finished);
    fs.writeFileSync(run.metrics, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    return run.path;
  }
  const done = { type: 'finished', reason: 'completed', epochs: 2, steps: 20, elapsedSeconds: 5 };
  const failure = { type: 'failure', code: 'x', message: 'It is broken.', advice: 'Mend it.' };
  const orderAfter = () => new ScriptedProgram(folder()).run(args, { says: [failure] }).order;

  it('asks a run that is whole already, and its best checkpoint', () => {
    const run = earlier(done, [{ best: true }, { best: false }]);
    const order = orderAfter();
    assert.ok(order?.type === 'validate');
    assert.equal(order.checkpoint, path.join(run, 'checkpoints', 'epoch-0001'));
  });

  it('goes on with one that was broken off', () => {
    const run = earlier(undefined, [{ best: true }]);
    const order = orderAfter();
    assert.ok(order?.type === 'resume');
    assert.equal(order.runFolder, run);
    assert.ok(fs.existsSync(path.join(run, 'checkpoints', 'epoch-0001')));
  });

  it('begins one anew that has nothing to go on from', () => {
    const run = earlier(failure, []);
    const order = orderAfter();
    assert.ok(order?.type === 'train');
    assert.equal(order.runFolder, run);
    assert.equal(fs.existsSync(path.join(run, 'metrics.ndjson')), false);
  });

  it('says what became of the pictures where a whole run cannot be asked', () => {
    earlier(done, [{ best: true }]);
    const missing = { ...failure, message: 'The pictures are gone.' };
    const { status, stdout } = new ScriptedProgram(folder()).run(args, { says: [missing] });
    assert.equal(status, 1);
    assert.match(stdout, /Failed {6}The pictures are gone\./);
  });
});
