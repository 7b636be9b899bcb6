import assert from 'node:assert/strict';
import path from 'node:path';
import * as z from 'zod';
import { trainingOptions } from '../../src/protocol/options.js';
import { withRecipe } from '../../src/protocol/recipes.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';
import { scratchFolder } from '../support/scratch.js';
import { ScriptedProgram } from './scriptedProgram.js';
import { cwd, refused, wishOf } from './commandLines.js';

const folder = scratchFolder();
const wish = z.object({ options: trainingOptions });
const optionsOf = (...args: string[]) => wishOf(wish, ...args).options;
const dataset = path.join(cwd, 'faces');

describe('distil', () => {
  it('is the recipe distil of a folder, taught by the face network', () => {
    assert.deepEqual(optionsOf('distil', 'faces'), withRecipe('distil', { dataset }).data);
    assert.deepEqual(optionsOf('train', 'faces', '--teacher', 'faces'), optionsOf('distil', 'faces'));
    assert.deepEqual(optionsOf('train', 'faces', '--recipe', 'distil'), optionsOf('distil', 'faces'));
  });

  it('takes a teacher, a width, a size and weights, and what a training takes', () => {
    const wish = [
      '--teacher',
      'runs/a/checkpoints/epoch-0003',
      '--width',
      '0.5',
      '--size',
      '96',
      '--weights',
      'random',
    ];
    const { teacher, width, size, weights, headEpochs, epochs } = optionsOf(
      'distil',
      'faces',
      ...wish,
      '--epochs',
      '3',
    );
    assert.equal(teacher, path.join(cwd, 'runs', 'a', 'checkpoints', 'epoch-0003'));
    assert.deepEqual([width, size, weights, headEpochs, epochs], [0.5, 96, undefined, 0, 3]);
    const beside = optionsOf('distil', 'faces', '--loss', 'cosface', '--distillation-weight', '2');
    assert.deepEqual([beside.loss, beside.distillationWeight, beside.teacher], ['cosface', 2, 'faces']);
  });

  it('has an embedding as long as its teacher’s, and no other start or recipe', () => {
    for (const flag of [['--embedding', '64'], ['--recipe', 'default'], ['--frozen'], ['--views', '2']])
      assert.match(refused('distil', 'faces', ...flag).message, new RegExp(`^${flag[0]!} is an option of train`));
    assert.match(refused('distil').message, /one sub-folder for each person, or pictures without names/);
    assert.match(refused('distil', 'a', 'b').message, /“b”/);
  });
});

describe('distil at a terminal', function () {
  this.timeout(60_000);

  it('begins a run like any other, and tells how near the student came', () => {
    const finished = { type: 'finished', reason: 'completed', epochs: 1, steps: 4, elapsedSeconds: 2 };
    const distilled = { people: 0, pictures: 12, cosine: 0.75 };
    const epoch = { ...SAMPLE_EVENTS.epoch, metric: 'cosine', strangers: undefined, distilled };
    const program = new ScriptedProgram(folder());
    const args = ['distil', 'd', '--weights', 'random', '--teacher', 'c', '--out', 'r'];
    const { status, stdout, order } = program.run(args, { says: [epoch, finished] });
    assert.equal(status, 0, stdout);
    assert.ok(order?.type === 'train');
    const { recipe, teacher, loss } = order.options;
    assert.deepEqual([recipe, path.basename(teacher!), loss], ['distil', 'c', 'distillation']);
    assert.match(stdout, /^ +Cosine to the teacher 0\.750, on 12 pictures held back\.$/m);
    assert.match(stdout, /^Report {6}.*report\.html$/m);
  });
});
