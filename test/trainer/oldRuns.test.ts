import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { RunModel } from '../../src/client/runModel.js';
import { prediction } from '../../src/protocol/prediction.js';
import { scratchFolder } from '../support/scratch.js';
import { built } from '../support/built.js';
import { jsonLines } from '../support/jsonLines.js';

// What version 0.1.0 wrote (test/reference/run-1/README.md) is read by every later one.

const cli = built('faceTrainer.js');
const reference = path.resolve(import.meta.dirname, '../reference/run-1');
const folder = scratchFolder();

function faceTrainer(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { cwd: folder(), encoding: 'utf8' });
  assert.equal(status, 0, `face-trainer ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

describe('runs and exports of version 0.1.0', function () {
  this.timeout(120_000);

  beforeEach(() => {
    fs.cpSync(reference, folder(), { recursive: true });
    // The runs name the folder that they lay in.
    for (const run of ['float', 'int8'])
      for (const file of ['run.json', 'metrics.ndjson', 'check.json']) {
        const text = fs.readFileSync(path.join(folder(), run, file), 'utf8');
        fs.writeFileSync(path.join(folder(), run, file), text.replaceAll('/runs/', `${folder()}/`));
      }
  });

  it('open with every step, epoch and checkpoint', () => {
    for (const [name, steps] of [
      ['float', 3],
      ['int8', 3],
    ] as const) {
      const model = new RunModel(path.join(folder(), name));
      assert.equal(model.phase, 'completed');
      assert.equal(model.state.steps.length, steps);
      assert.equal(model.state.epochs.length, 1);
      assert.deepEqual(
        model.state.checkpoints.map(({ path: at }) => at),
        ['checkpoints/epoch-0001'],
      );
    }
  });

  it('are fine-tuned, started from and exported', () => {
    const checkpoint = path.join('float', 'checkpoints', 'epoch-0001');
    const few = ['--epochs', '1', '--pixel-cache', '0'];
    faceTrainer('qat', checkpoint, ...few, '--calibration-pictures', '12', '--sensitivity', '0', '--out', 'again');
    const small = ['--recipe', 'original', '--size', '32', '--width', '0.1', '--batch', '6'];
    faceTrainer('train', 'pictures', ...small, ...few, '--weights', checkpoint, '--out', 'from');
    for (const format of ['tflite', 'onnx', 'tfjs', 'keras', 'c'])
      faceTrainer('export', checkpoint, '--format', format, '--no-measure', '--output', `new-${format}`);
    const fineTuned = path.join('int8', 'checkpoints', 'epoch-0001');
    faceTrainer('export', fineTuned, '--precision', 'int8', '--output', 'new.tflite');
    assert.ok(fs.statSync(path.join(folder(), 'new.tflite')).size > 100_000);
  });

  it('answer as they did', () => {
    const expected = { 'int8.tflite': 0.6559258, 'int8.onnx': 0.6559258, tfjs: 0.7773646, 'float.onnx': 0.7773646 };
    for (const [file, probability] of Object.entries(expected)) {
      const picture = path.join('pictures', 'synthetic-01', '01.jpg');
      const [answer] = prediction
        .array()
        .parse(jsonLines(faceTrainer('predict', path.join('exports', file), picture, '--json')));
      assert.ok(answer && 'person' in answer, file);
      assert.equal(answer.person, 'synthetic-02', file);
      // What ONNX Runtime and TensorFlow.js compute on another processor may differ in the last bits.
      assert.ok(Math.abs(answer.probability - probability) < 1e-4, `${file}: ${answer.probability}`);
    }
  });
});
