import assert from 'node:assert/strict';
import { emptyRunState, reduceAll } from '../../src/core/runState.js';
import { runCsv } from '../../webview/runCsv.js';
import { beginning, epoch, recordedRun, step } from '../support/runEvents.js';

describe('runCsv', () => {
  const header = 'step,epoch,loss,accuracy,learning_rate,validation_loss,validation_accuracy';
  const state = reduceAll([...beginning(), ...Array.from({ length: 20 }, (_, i) => step(i + 1)), epoch(1), epoch(2)]);

  it('gives each step as the log has it, and a validation at the end of its epoch', () => {
    const lines = runCsv(state, undefined, { view: 'step' }).split('\n');
    assert.equal(lines.length, 1 + 20 + 1);
    assert.equal(lines[0], header);
    assert.equal(lines[3], `3,1,${10 / 3},0.003,1,,`);
    assert.equal(lines[20], '20,2,0.5,0.02,1,3,0.3');
    assert.equal(lines.at(-1), '', 'the last line ends too');
    assert.equal(runCsv(emptyRunState(), undefined, { view: 'step' }), `${header}\n`);
  });

  it('gives what is shown, by step or by epoch', () => {
    const first = (text: string) => text.split('\n').map((line) => line.split(',')[0]);
    assert.deepEqual(first(runCsv(state, undefined, { view: 'step', range: { from: 8.5, to: 11 } })), [
      ...['step', '9', '10', '11', ''],
    ]);
    const second = first(runCsv(state, undefined, { view: 'epoch', range: { from: 1.5, to: 2.5 } }));
    assert.deepEqual([second.length, second[1]], [12, '11']);
  });

  it('stands behind the run that it goes on from', () => {
    const parent = { state: reduceAll(recordedRun('float')), checkpoint: 'checkpoints/epoch-0001', step: 3, epoch: 1 };
    const lines = runCsv(reduceAll(recordedRun('int8')), parent, { view: 'step' })
      .trim()
      .split('\n')
      .slice(1);
    const places = lines.map((line) => line.split(',').slice(0, 2).join());
    assert.deepEqual(places, ['1,1', '2,1', '3,1', '4,2', '5,2', '6,2']);
  });
});
