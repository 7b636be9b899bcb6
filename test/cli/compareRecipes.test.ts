import assert from 'node:assert/strict';
import * as z from 'zod';
import { trainingOptions } from '../../src/protocol/options.js';
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
});
