import assert from 'node:assert/strict';
import { TerminalView } from '../../src/cli/terminalView.js';
import type { TrainerMessage } from '../../src/protocol/jobs.js';
import { trainingOptions } from '../../src/protocol/options.js';
import type { RunEvent } from '../../src/protocol/runEvents.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';

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

/** What a view prints of some messages, where a line cannot be redrawn. */
function linesOf(...told: TrainerMessage[]): string[] {
  let text = '';
  const view = new TerminalView({ write: (part) => (text += part), isTTY: false, columns: 90 });
  for (const message of told) view.show(message);
  return text.split('\n').slice(0, -1);
}

describe('what a terminal says of each event of a run', () => {
  /** Of the sample events, which have every field; nothing of those that are not here. */
  const EXPECTED: Partial<Record<RunEvent['type'], string[]>> = {
    run: ['Run folder  /runs/a'],
    dataset: ['Pictures    20 pictures of 2 people: 18 train, 2 validate'],
    engine: ['Engine      AVX2, 2 threads'],
    stage: ['Stage       the last layer trains on the frozen network below it'],
    resumed: ['Goes on     from epoch-0001: 1 epoch and 10 steps done'],
    mark: ['Quantized   ranges of the activations are found (after step 5)'],
    calibrated: ['Calibrated  on 32 pictures: validation accuracy 50.0 % in float, 40.0 % rounded without training'],
    sensitivity: ['Layers      that lose most when rounded alone: Conv1 (loss +0.0000)'],
    epoch: [
      'Epoch   1   loss 0.7000  accuracy 50.0 %   validation loss 0.8000  accuracy 40.0 %   12.0 images/s',
      '            Of 9 people left out in turn, 1 would be named at the threshold of 0.50 (2 by a damaged picture). Not recognized there: 2.0 % of the pictures, 30.0 % of damaged ones.',
    ],
    warning: ['Warning     m a'],
    failure: ['Failed      m', '            a'],
    finished: ['Finished    10 steps in 9 s, best validation accuracy 40.0 % after epoch 1'],
  };

  for (const [type, event] of Object.entries(SAMPLE_EVENTS))
    it(`${type}: ${EXPECTED[event.type] ? 'a line' : 'nothing'}`, () =>
      assert.deepEqual(linesOf(event), EXPECTED[event.type] ?? []));

  it('of what came of a run, in a sentence of counts below its last line', () => {
    const { run, dataset, epoch, finished } = SAMPLE_EVENTS;
    const answers = { right: 37, pictures: 40, weakest: { person: 'Anna', right: 1, pictures: 3 } };
    const validated = { ...epoch, distilled: undefined, strangers: undefined, answers };
    const lines = linesOf(run, { ...dataset, people: 40 }, validated, finished);
    assert.deepEqual(lines.slice(-2), [
      'Finished    10 steps in 9 s, best validation accuracy 40.0 % after epoch 1',
      '            Right in 37 of 40 new pictures. With so few, 79 to 99 % is the honest range. Weakest: Anna (1 of 3).',
    ]);
    const paused = linesOf(run, dataset, validated, { ...finished, reason: 'paused' });
    assert.equal(paused.at(-1), '            After 1 of 3 epochs: right in 37 of 40 new pictures.');
  });

  it('of a student, how near it came to its teacher, and what that does for people left out', () => {
    const distilled = { people: 3, pictures: 20, cosine: 0.81, pairs: { count: 40, student: 0.9, teacher: 0.975 } };
    const epoch = { ...SAMPLE_EVENTS.epoch, metric: 'cosine', strangers: undefined, distilled } as const;
    const [line, measured] = linesOf(epoch);
    assert.equal(
      line,
      'Epoch   1   loss 0.7000  cosine 50.0 %   validation loss 0.8000  cosine 40.0 %   12.0 images/s',
    );
    assert.equal(
      measured,
      '            Cosine to the teacher 0.810, on 20 pictures of 3 people left out of training. Of 40 pairs of these pictures the student tells 90.0 % right, the teacher 97.5 %.',
    );
    const unnamed = linesOf({ ...epoch, distilled: { people: 0, pictures: 20, cosine: 0.81 } });
    assert.equal(unnamed[1], '            Cosine to the teacher 0.810, on 20 pictures held back.');
  });

  it('of a stage, only what is new: every layer from the first step is no news', () => {
    const stage = { ...SAMPLE_EVENTS.stage, name: 'all' } as const;
    assert.deepEqual(linesOf({ ...stage, step: 0 }), []);
    assert.deepEqual(linesOf({ ...stage, step: 7 }), ['Stage       every layer trains']);
  });

  it('of each mark, what begins with it', () => {
    const marks = (['calibration', 'weights', 'activations', 'batchNormFrozen', 'rangesFrozen'] as const).map(
      (name) => ({ ...SAMPLE_EVENTS.mark, name }),
    );
    const lines = linesOf(...marks);
    assert.equal(new Set(lines).size, marks.length);
    for (const line of lines) assert.match(line, /^Quantized {3}[a-z].* \(after step 5\)$/);
  });

  it('of a measurement of layers, the three that cost most, the costliest first', () => {
    const layers = [0.1, 0.4, -0.2, 0.3].map((lossIncrease, i) => ({ layer: `L${i}`, lossIncrease, changed: 1 }));
    assert.deepEqual(linesOf({ ...SAMPLE_EVENTS.sensitivity, layers }), [
      'Layers      that lose most when rounded alone: L1 (loss +0.4000), L3 (loss +0.3000), L0 (loss +0.1000)',
    ]);
    assert.equal(layers[0]!.layer, 'L0', 'the event stays in its order');
  });

  it('of an epoch without a validation loss, the accuracy alone', () => {
    const { valLoss, ...epoch } = SAMPLE_EVENTS.epoch;
    assert.ok(valLoss);
    assert.match(linesOf({ ...epoch, epoch: 123 })[0]!, /^Epoch 123 .* {3}validation accuracy 40\.0 % {3}/);
  });

  it('of an end, how it came and what was best, if anything was', () => {
    const { bestEpoch, bestValAccuracy, ...finished } = SAMPLE_EVENTS.finished;
    assert.ok(bestEpoch && bestValAccuracy);
    assert.deepEqual(linesOf({ ...finished, reason: 'stopped', steps: 1, elapsedSeconds: 3700 }), [
      'Stopped     1 step in 1 h 01 min',
    ]);
  });

  it('of a job that was stopped, that it was; of its progress and of another job’s result nothing', () => {
    assert.deepEqual(linesOf({ type: 'cancelled' }), ['Stopped']);
    assert.deepEqual(linesOf({ type: 'preparing', done: 3, total: 10 }), []);
    assert.deepEqual(linesOf({ type: 'previewed', samples: [] }), []);
  });
});

describe('the bar of a terminal', () => {
  const drawn = (columns: number, ...told: TrainerMessage[]): string => {
    let text = '';
    const view = new TerminalView({ write: (part) => (text += part), isTTY: true, columns });
    for (const message of told) view.show(message);
    return text;
  };
  const { run, dataset, step } = SAMPLE_EVENTS;
  const bars = (text: string) => text.split('\r\u001b[K').filter((part) => /[█░]/.test(part));

  it('is as full as the run is far, from empty to full', () => {
    for (const [done, full, percent] of [
      [1, 0, 3],
      [15, 12, 50],
      [29, 23, 96],
      [30, 24, 100],
    ] as const) {
      const [bar] = bars(drawn(120, run, dataset, { ...step, step: done }));
      assert.ok(bar!.startsWith(`${'█'.repeat(full)}${'░'.repeat(24 - full)} ${percent} %  epoch 1`), bar);
    }
    const [beyond] = bars(drawn(120, run, dataset, { ...step, step: 99 }));
    assert.ok(beyond!.startsWith(`${'█'.repeat(24)} `), 'never wider than it is');
  });

  it('is full where nobody knows how many steps there are', () => {
    assert.match(bars(drawn(120, step))[0]!, /^█{24} 100 %/);
  });

  it('is cut to the width of the terminal, down to twenty columns', () => {
    for (const [columns, length] of [
      [200, 75],
      [60, 59],
      [30, 29],
      [5, 20],
    ] as const)
      assert.equal(bars(drawn(columns, run, dataset, step))[0]!.length, length, String(columns));
  });

  it('of pictures that are read begins with the first, and is not drawn of none', () => {
    assert.equal(drawn(90, { type: 'preparing', done: 0, total: 0 }), '');
    assert.match(drawn(90, { type: 'preparing', done: 0, total: 8 }), /░{24} 0 % {2}reading pictures 0\/8$/);
  });

  it('is wiped once, before the line that follows it', () => {
    const text = drawn(90, step, SAMPLE_EVENTS.warning, SAMPLE_EVENTS.engine);
    assert.ok(text.endsWith('\r\u001b[KWarning     m a\nEngine      AVX2, 2 threads\n'), JSON.stringify(text));
  });
});
