import assert from 'node:assert/strict';
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
