import assert from 'node:assert/strict';
import { parseArguments } from '../../src/cli/arguments.js';
import { TerminalView } from '../../src/cli/terminalView.js';
import type { TrainerMessage } from '../../src/protocol/jobs.js';
import { trainingOptions } from '../../src/protocol/options.js';

const messages: TrainerMessage[] = [
  { type: 'hello', protocol: 1, pid: 1, node: 'v' },
  {
    type: 'run',
    runFolder: '/runs/1',
    startedAt: 'now',
    pid: 1,
    options: trainingOptions.parse({ dataset: '/d', epochs: 2 }),
  },
  { type: 'engine', name: 'tensorflow', detail: 'TensorFlow 2' },
  { type: 'preparing', done: 3, total: 10 },
  {
    type: 'dataset',
    people: 2,
    images: 10,
    trainImages: 8,
    validationImages: 2,
    stepsPerEpoch: 4,
    skippedCount: 0,
    skipped: [],
  },
  {
    type: 'step',
    epoch: 1,
    step: 4,
    loss: 1.23456,
    accuracy: 0.5,
    learningRate: 1,
    imagesPerSecond: 51.23,
    etaSeconds: 61,
  },
  {
    type: 'epoch',
    epoch: 1,
    step: 4,
    loss: 1.2,
    accuracy: 0.5,
    valLoss: 1.1,
    valAccuracy: 0.925,
    imagesPerSecond: 50,
    learningRate: 1,
    elapsedSeconds: 9,
  },
  {
    type: 'finished',
    reason: 'completed',
    epochs: 2,
    steps: 8,
    elapsedSeconds: 61.2,
    bestEpoch: 1,
    bestValAccuracy: 0.925,
  },
];

function show(isTTY: boolean): string {
  let text = '';
  const view = new TerminalView({ write: (part) => (text += part), isTTY, columns: 90 });
  for (const message of messages) view.show(message);
  return text;
}

describe('TerminalView', () => {
  it('prints plain lines where a line cannot be redrawn', () => {
    const text = show(false);
    assert.ok(!text.includes('\r') && !text.includes('\u001b'));
    assert.match(
      text,
      /^Epoch {3}1 {3}loss 1\.2000 {2}accuracy 50\.0 % {3}validation loss 1\.1000 {2}accuracy 92\.5 %/m,
    );
    assert.match(text, /^Finished +8 steps in 1 min 02 s, best validation accuracy 92\.5 % after epoch 1$/m);
  });

  it('draws a bar at a terminal, in one line, and wipes it before the next line', () => {
    const text = show(true);
    assert.match(text, /█{12}░{12} 50 % {2}epoch 1 {2}loss 1\.2346 {2}51\.2 images\/s {2}1 min 01 s left/);
    assert.match(text, /reading pictures 3\/10/);
    for (const bar of text.split('\r\u001b[K').filter((part) => part.includes('█')))
      assert.ok(bar.split('\n')[0]!.length < 90, bar);
    assert.ok(text.includes('\r\u001b[KEpoch'));
  });
});

describe('parseArguments', () => {
  it('takes the recipe’s defaults, and those of the sample for the sample', () => {
    const train = parseArguments(['train', 'faces'], '/home', '/sample');
    assert.ok(train.name === 'train' && !train.sample);
    const { dataset, epochs, batchSize, size, learningRate, split, seed, width, weights } = train.options;
    assert.deepEqual(
      { epochs, batchSize, size, learningRate, split, seed, width, weights },
      {
        epochs: 10,
        batchSize: 64,
        size: 128,
        learningRate: 1e-3,
        split: 0.9,
        seed: 128,
        width: 1,
        weights: 'imagenet',
      },
    );
    assert.match(dataset, /faces$/);
    const sample = parseArguments(['train', '--sample', '--batch', '8'], '/home', '/sample');
    assert.ok(sample.name === 'train' && sample.sample);
    assert.deepEqual([sample.options.dataset, sample.options.batchSize, sample.options.size], ['/sample', 8, 96]);
    assert.deepEqual([sample.options.recipe, sample.options.weights], ['original', undefined]);
  });

  const options = (...args: string[]) => {
    const command = parseArguments(['train', 'faces', ...args], '/home', '/sample');
    assert.ok(command.name === 'train', JSON.stringify(command));
    return command.options;
  };

  it('changes a recipe where it is told to', () => {
    const original = options('--recipe', 'original');
    assert.deepEqual(original, trainingOptions.parse({ dataset: original.dataset }));
    const changed = options(
      '--augment',
      'flip, rotation=10',
      '--people-per-batch',
      '8',
      '--pictures-per-person',
      '4',
      '--weights',
      'random',
    );
    assert.deepEqual(changed.augmentation, {
      flip: true,
      shift: false,
      scale: 0,
      rotation: 10,
      brightness: 0,
      contrast: 0,
      saturation: 0,
      erasing: 0,
    });
    assert.deepEqual(
      [changed.sampler, changed.weights, changed.headEpochs],
      [{ people: 8, pictures: 4 }, undefined, 0],
    );
    assert.deepEqual(options('--augment', 'none').augmentation.flip, false);
    assert.match(options('--weights', 'w.npz').weights!, /home.w\.npz$/);
    assert.equal(options('--recipe', 'fast').frozen, true);
  });

  it('takes a checkpoint for qat, and quantization as an option of train', () => {
    const command = parseArguments(
      [
        'qat',
        'runs/a/checkpoints/epoch-0003',
        '--epochs',
        '2',
        '--observer',
        'entropy',
        '--weight-bits',
        '4',
        '--float-layers',
        'Conv1, predictions',
        '--changed-data',
      ],
      '/home',
      '/sample',
    );
    assert.ok(command.name === 'qat' && !command.json);
    assert.match(command.checkpoint, /home.runs.a.checkpoints.epoch-0003$/);
    const { quantization: wished, ...rest } = command.wishes;
    assert.deepEqual(rest, { epochs: 2, changedData: true });
    assert.deepEqual(
      [wished!.observer, wished!.weightBits, wished!.floatLayers],
      ['entropy', 4, ['Conv1', 'predictions']],
    );
    assert.equal(options().quantization, undefined);
    assert.deepEqual(
      [
        options('--quantize-after', '4').quantization!.afterEpochs,
        options('--quantize-after-steps', '70', '--freeze-ranges', '1').quantization!.freezeRangesAfter,
      ],
      [4, 1],
    );
    for (const [args, says] of [
      [['qat'], /Name the folder of a checkpoint/],
      [['qat', 'c', '--weight-bits', '5'], /--weight-bits/],
      [['qat', 'c', '--observer', 'magic'], /--observer/],
    ] as const) {
      const refused = parseArguments(args, '/home', '/sample');
      assert.ok(refused.name === 'help');
      assert.match(refused.error!, says);
    }
  });

  it('says which option is wrong', () => {
    for (const [args, says] of [
      [['--recipe', 'best'], /--recipe: there is default, fast, original/],
      [['--augment', 'shear'], /--augment: .*shear/],
      [['--augment', 'rotation=lots'], /--augment: /],
      [['--people-per-batch', '8'], /--people-per-batch and --pictures-per-person/],
      [['--schedule', 'linear'], /--schedule: /],
    ] as const) {
      const command = parseArguments(['train', 'faces', ...args], '/home', '/sample');
      assert.ok(command.name === 'help');
      assert.match(command.error!, says);
    }
  });
});
