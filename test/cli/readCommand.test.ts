import assert from 'node:assert/strict';
import path from 'node:path';
import * as z from 'zod';
import type { Command } from '../../src/cli/command.js';
import type { Flag } from '../../src/cli/flag.js';
import { COMMANDS } from '../../src/cli/commands.js';
import { readCommand } from '../../src/cli/readCommand.js';
import { JOBS } from '../../src/protocol/jobs.js';
import { optionsOf } from '../../src/protocol/optionInfo.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { cwd, refused, wishOf } from './commandLines.js';

/** What each command is about, for the least that it takes. */
const ABOUT: Record<string, string[]> = {
  train: ['faces'],
  distil: ['faces'],
  'find-rate': ['faces'],
  'compare-recipes': ['faces', '--recipes', 'default,fast'],
  qat: ['c'],
  export: ['c'],
  compare: ['c'],
  predict: ['m', 'p.jpg'],
  resume: ['r'],
  pause: [],
  stop: [],
  attach: ['r'],
  ps: [],
  queue: [],
  check: ['faces'],
  align: ['faces'],
  enroll: ['faces'],
  recognize: ['r', 'p.jpg'],
  evaluate: ['r'],
  recognizer: ['list'],
  watch: ['camera', '--recognizer', 'r'],
  serve: ['--recognizer', 'r'],
  privacy: ['delete', '/p'],
  forget: ['faces', 'Anna'],
  'download-weights': [],
  'setup-tensorflow': [],
  version: [],
  help: [],
};

/** Of each flag that takes one of a few names, the last of them. */
const choices = new Map(
  [trainingOptions, JOBS.qat.order, JOBS.export.order, JOBS.predict.order, JOBS.forget.order]
    .flatMap((schema) => optionsOf(schema))
    .flatMap(({ schema, info }) => {
      let inner: z.core.$ZodType = schema;
      while (inner instanceof z.ZodDefault || inner instanceof z.ZodOptional) inner = inner.unwrap();
      return inner instanceof z.ZodEnum ? [[info.flag, String(inner.options.at(-1))] as const] : [];
    }),
);

/** A value that every flag of this kind takes, and what goes with it. */
function valueOf({ name, value }: Flag, { name: of }: Command): string[] {
  const special: Record<string, string[]> = {
    augment: ['flip,rotation=5'],
    weights: ['imagenet'],
    size: ['64'],
    'weight-bits': ['4'],
    seed: ['7'],
    'people-per-batch': ['8', '--pictures-per-person', '4'],
    'pictures-per-person': ['4', '--people-per-batch', '8'],
    embedding: ['128'],
    recipes: ['fast,default'],
    'margin-m1': ['1.2'],
    schedule: ['cosine'],
    'decay-epochs': ['3,5', '--schedule', 'steps'],
    'decay-factor': ['0.5', '--schedule', 'steps', '--decay-epochs', '3'],
  };
  if (value === undefined) return [`--${name}`];
  // Of a recognizer faces are found or not; a network may have been trained on crops.
  if (name === 'faces' && of !== 'predict') return ['--faces', 'off'];
  const quantizes =
    quantizationFlags.has(name) && ['train', 'distil', 'find-rate', 'compare-recipes'].includes(of)
      ? ['--quantize-after', '1']
      : [];
  const numbers: Record<string, string> = { N: '2', F: '0.5' };
  return [`--${name}`, ...(special[name] ?? [choices.get(name) ?? numbers[value] ?? 'some']), ...quantizes];
}

const quantizationFlags = new Set([
  ...['weight-bits', 'observer', 'calibration-pictures', 'activations-after', 'freeze-batch-norm'],
  ...['freeze-ranges', 'learning-rate-factor', 'float-layers', 'sensitivity'],
]);
const allFlags = [...new Map(COMMANDS.flatMap(({ flags }) => flags).map((flag) => [flag.name, flag])).values()];

describe('every flag at every command', () => {
  for (const of of COMMANDS) {
    const about = ABOUT[of.name]!;

    it(`${of.name} takes its own`, () => {
      assert.equal(readCommand([of.name, ...about], cwd).command, of);
      for (const flag of of.flags) {
        // The sample stands in place of a folder.
        const words = flag.name === 'sample' ? [] : about;
        const args = [of.name, ...words, ...valueOf(flag, of)];
        assert.equal(readCommand(args, cwd).command, of, args.join(' '));
        if (flag.value === undefined) assert.match(refused(...args, `--${flag.name}=yes`).message, /takes no value/);
        else {
          assert.match(refused(of.name, ...words, `--${flag.name}`).message, /needs a value/);
          assert.match(refused(of.name, ...words, `--${flag.name}`, '--json').message, /needs a value/);
        }
      }
    });

    it(`${of.name} refuses those of others, and says whose they are`, () => {
      for (const flag of allFlags) {
        if (of.flags.some(({ name }) => name === flag.name)) continue;
        const { message, command: about } = refused(of.name, ...ABOUT[of.name]!, ...valueOf(flag, of).slice(0, 2));
        const owners = COMMANDS.filter(({ flags }) => flags.some(({ name }) => name === flag.name));
        assert.ok(message.startsWith(`--${flag.name} is an option of `), message);
        for (const { name } of owners) assert.ok(message.includes(name), message);
        assert.equal(about, of.name);
      }
      const { message } = refused(of.name, ...ABOUT[of.name]!, '--colour', 'red');
      assert.match(message, /^There is no option --colour\./);
    });
  }

  it('names the nearest option and command', () => {
    for (const [args, near] of [
      [['train', 'faces', '--epoch', '7'], '--epochs'],
      [['train', 'faces', '--learningrate', '1'], '--learning-rate'],
      [['train', 'faces', '--bacth', '7'], '--batch'],
      [['check', 'faces', '--jsno'], '--json'],
      [['trian', 'faces'], '“train”'],
      [['help', 'exprot'], '“export”'],
    ] as const)
      assert.ok(refused(...args).message.includes(`Did you mean ${near}?`), refused(...args).message);
    for (const args of [['fly'], ['train', 'faces', '--colour'], ['train', 'faces', '-x']])
      assert.doesNotMatch(refused(...args).message, /Did you mean/);
  });
});

describe('what a command is about', () => {
  it('is asked for where it is missing, and not taken twice', () => {
    for (const [args, says] of [
      [['train'], /Name the folder to train on, or --sample/],
      [['train', 'a', '--sample'], /not both/],
      [['train', 'a', 'b'], /Unexpected argument “b”/],
      [['qat'], /Name the folder of a checkpoint/],
      [['export'], /Name the folder of a checkpoint/],
      [['compare'], /Name the folder of a checkpoint/],
      [['compare', 'a', 'b'], /Unexpected argument “b”/],
      [['predict'], /Name a checkpoint or an exported file/],
      [['predict', 'm'], /Name pictures/],
      [['check'], /Name the folder to check/],
      [['align'], /Name the folder to align/],
      [['download-weights', 'x'], /Unexpected argument “x”/],
      [['setup-tensorflow', 'x'], /Unexpected argument “x”/],
      [['version', 'x'], /Unexpected argument “x”/],
      [['help', 'train', 'qat'], /Unexpected argument “qat”/],
    ] as const)
      assert.match(refused(...args).message, says);
  });

  it('may stand before or behind the flags, and behind two dashes', () => {
    const of = (...args: string[]) => wishOf(z.object({ order: JOBS.check.order }), ...args).order.dataset;
    for (const args of [
      ['check', 'faces', '--size', '64'],
      ['check', '--size', '64', 'faces'],
      ['--size', '64', 'check', 'faces'],
      ['check', '--size=64', '--', 'faces'],
    ])
      assert.equal(of(...args), path.join(cwd, 'faces'));
    assert.equal(of('check', '--', '--odd'), path.join(cwd, '--odd'));
  });
});

const trainWish = z.object({
  options: trainingOptions,
  out: z.string().optional(),
  json: z.boolean(),
  sample: z.boolean(),
  download: z.boolean(),
});

describe('train', () => {
  const wish = (...args: string[]) => wishOf(trainWish, 'train', ...args);
  const options = (...args: string[]) => wish('faces', ...args).options;

  it('takes the recipe’s defaults, and those of the sample for the sample', () => {
    const { dataset, epochs, batchSize, size, learningRate, split, seed, width, weights } = options();
    assert.deepEqual(
      { dataset, epochs, batchSize, size, learningRate, split, seed, width, weights },
      {
        dataset: path.join(cwd, 'faces'),
        ...{ epochs: 10, batchSize: 64, size: 128, learningRate: 1e-3, split: 0.9, seed: 128, width: 1 },
        weights: 'imagenet',
      },
    );
    const sample = wish('--sample', '--batch', '8');
    assert.ok(sample.sample && !sample.download && !sample.json);
    assert.equal(sample.options.dataset, path.join(cwd, '.face-trainer', 'synthetic-faces'));
    assert.deepEqual(
      [sample.options.batchSize, sample.options.size, sample.options.recipe, sample.options.weights],
      [8, 96, 'original', undefined],
    );
  });

  it('changes a recipe where it is told to', () => {
    const original = options('--recipe', 'original');
    assert.deepEqual(original, trainingOptions.parse({ dataset: original.dataset }));
    const sampler = ['--people-per-batch', '8', '--pictures-per-person', '4'];
    const changed = options('--augment', 'flip, rotation=10', ...sampler, '--weights', 'random');
    assert.deepEqual(changed.augmentation, {
      ...{ flip: true, shift: false, scale: 0, rotation: 10, brightness: 0, contrast: 0, saturation: 0, erasing: 0 },
      ...{ offset: 0, small: 0, dark: 0, moved: 0, covered: 0 },
    });
    assert.deepEqual(
      [changed.sampler, changed.weights, changed.headEpochs],
      [{ people: 8, pictures: 4 }, undefined, 0],
    );
    assert.equal(options('--augment', 'none').augmentation.flip, false);
    assert.equal(options('--weights', 'w.npz').weights, path.join(cwd, 'w.npz'));
    assert.equal(options('--recipe', 'fast').frozen, true);
    assert.equal(options('--batch-norm-momentum', 'auto').batchNormMomentum, 'auto');
    assert.equal(options('--exclude', 'list.txt').exclude, path.join(cwd, 'list.txt'));
    assert.equal(wish('faces', '--out', 'run').out, path.join(cwd, 'run'));
    assert.equal(options('--epochs', '5', '--epochs', '6').epochs, 6, 'the last one counts');
  });

  it('quantizes where it is asked to, and refuses what belongs to it elsewhere', () => {
    assert.equal(options().quantization, undefined);
    assert.equal(options('--quantize-after', '4').quantization?.afterEpochs, 4);
    const steps = options('--quantize-after-steps', '70', '--freeze-ranges', '1').quantization;
    assert.deepEqual([steps?.afterSteps, steps?.freezeRangesAfter, steps?.observer], [70, 1, 'movingAverage']);
    for (const name of quantizationFlags)
      assert.match(
        refused('train', 'faces', `--${name}`, 'nonsense').message,
        new RegExp(`^--${name} goes with --quantize-after or --quantize-after-steps`),
      );
  });

  it('refuses to train the last layer alone on random features', () => {
    for (const args of [
      ['--recipe', 'fast', '--weights', 'random'],
      ['--frozen', '--weights', 'random'],
      ['--head-epochs', '2', '--weights', 'random'],
      ['--recipe', 'original', '--head-epochs', '1'],
    ])
      assert.match(refused('train', 'faces', ...args).message, /learns nothing from random features/);
    assert.equal(options('--weights', 'random').headEpochs, 0, 'the default recipe does without');
    assert.equal(options('--recipe', 'original', '--head-epochs', '1', '--weights', 'c').headEpochs, 1);
  });

  it('says which option is wrong, and what it takes', () => {
    for (const [args, says] of [
      [['--recipe', 'best'], '--recipe: face, door, default, fast, original or distil, not “best”.'],
      [['--epochs', 'many'], '--epochs: a number, not “many”.'],
      [['--epochs', ''], '--epochs: a number, not “”.'],
      [['--epochs', '1.5'], '--epochs: a whole number, not “1.5”.'],
      [['--epochs', '0'], '--epochs: at least 1, not “0”.'],
      [['--epochs', '-1'], '--epochs: at least 1, not “-1”.'],
      [['--epochs', '1e300'], '--epochs: at most 10000, not “1e300”.'],
      [
        ['--augment', 'flip,scale=0.1,rotation=50'],
        '--augment rotation: at most 45, not “flip,scale=0.1,rotation=50”.',
      ],
      [
        ['--schedule', 'steps'],
        '--schedule steps needs --decay-epochs: the epochs behind which the learning rate falls.',
      ],
      [['--decay-epochs', '3'], '--decay-epochs goes with --schedule steps: the schedule cosine does not ask for it.'],
      [['--decay-epochs', '3,x', '--schedule', 'steps'], '--decay-epochs: a number, not “3,x”.'],
      [['--size', '100'], '--size: a multiple of 16, not “100”.'],
      [['--batch', '5000'], '--batch: at most 4096, not “5000”.'],
      [['--split', '1'], '--split: less than 1, not “1”.'],
      [['--learning-rate', '0'], '--learning-rate: more than 0, not “0”.'],
      [['--schedule', 'linear'], '--schedule: constant, cosine or steps, not “linear”.'],
      [['--augment', 'shear'], '--augment: there is no shear.'],
      [['--augment', 'flip,shear=1,blur,'], '--augment: there is no shear or blur.'],
      [['--augment', 'rotation=lots'], '--augment rotation: a number, not “rotation=lots”.'],
      [['--augment', 'scale'], '--augment scale: a number, not “scale”.'],
      [['--augment', 'scale='], '--augment scale: a number, not “scale=”.'],
      [['--augment', 'scale=0.1=5'], '--augment scale: a number, not “scale=0.1=5”.'],
      [['--augment', 'flip=0.5'], '--augment: flip takes no value, not “flip=0.5”.'],
      [['--people-per-batch', '8'], '--people-per-batch and --pictures-per-person go together.'],
      [['--people-per-batch', '1', '--pictures-per-person', '4'], '--people-per-batch: at least 2, not “1”.'],
      [
        ['--quantize-after', '1', '--observer', 'magic'],
        '--observer: movingAverage, percentile, meanSquaredError or entropy, not “magic”.',
      ],
    ] as const)
      assert.equal(refused('train', 'faces', ...args).message, says);
    for (const list of ['flip,', ',', '', 'flip,,shift'])
      assert.match(
        refused('train', 'faces', '--augment', list).message,
        /^--augment: none, or any of flip, .*, not “.*”\.$/,
      );
    assert.match(refused('train', 'faces', '--batch-norm-momentum', 'slow').message, /auto, or a fraction less than 1/);
    assert.match(refused('qat', 'c', '--weight-bits', '5').message, /^--weight-bits: 8, or 4/);
  });
});
