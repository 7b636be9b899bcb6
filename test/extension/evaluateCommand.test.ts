import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { evaluatedOf } from '../../src/extension/commands/evaluateCommand.js';
import { saveEvaluation, savedEvaluation } from '../../src/extension/panels/savedResults.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { RunFolder } from '../../src/runs/runFolder.js';
import { writeRunRecord } from '../../src/runs/runRecord.js';
import { SAMPLE_EVALUATION } from '../support/sampleEvaluation.js';
import { scratchFolder } from '../support/scratch.js';
import { FakeEditor } from './fakeEditor.js';
import { HeldRecognizers } from './heldRecognizers.js';
import { runEventOf, writeRun } from './runs.js';

const scratch = scratchFolder();
const at = (...names: string[]) => path.join(scratch(), ...names);

/** A run on a folder of pictures, whose classes have names. @returns its checkpoint */
function checkpointOf(people: readonly string[], dataset = at('pictures')): string {
  const checkpoint = {
    type: 'checkpoint',
    path: 'checkpoints/epoch-0001',
    epoch: 1,
    step: 4,
    bytes: 1,
    best: true,
  } as const;
  const run = writeRun(at('run'), [runEventOf(at('run'), dataset), checkpoint]);
  writeRunRecord(new RunFolder(run), {
    ...{ version: 2, id: 'run', startedAt: new Date(0).toISOString() },
    options: trainingOptions.parse({ dataset }),
    versions: { faceTrainer: '0', node: '20', platform: 'linux' },
    data: { people: [...people], images: 4, trainImages: 3, validationImages: 1, fingerprint: 'f' },
  });
  return path.join(run, checkpoint.path);
}

async function evaluated(checkpoint: string, editor = new FakeEditor()) {
  return evaluatedOf(editor, HeldRecognizers.inWorkspace(editor, at('workspace')), checkpoint);
}

describe('what Evaluate asks about a checkpoint', () => {
  it('are the pictures that were held out of its training, and none that it has seen', async () => {
    fs.mkdirSync(at('pictures'));
    const target = checkpointOf(['Anna', 'Bo']);
    assert.deepEqual(await evaluated(target), { target });
  });

  it('is its folder where it was trained on pictures without names', async () => {
    fs.mkdirSync(at('pictures'));
    const target = checkpointOf([]);
    assert.deepEqual(await evaluated(target), { target, probes: at('pictures') });
  });

  it('is a folder that is asked for where its own is gone', async () => {
    const target = checkpointOf(['Anna', 'Bo']);
    const editor = new FakeEditor();
    editor.files.push(at('others'));
    assert.deepEqual(await evaluated(target, editor), { target, probes: at('others') });
  });

  it('is not answered by an evaluation of a whole folder that was saved before', () => {
    fs.mkdirSync(at('pictures'));
    const target = checkpointOf(['Anna', 'Bo']);
    const result = { evaluation: SAMPLE_EVALUATION, network: 'n' };
    saveEvaluation(new FakeEditor(), { target, probes: at('pictures') }, result);
    assert.equal(savedEvaluation({ target }), undefined);
    assert.ok(savedEvaluation({ target, probes: at('pictures') }));
    saveEvaluation(new FakeEditor(), { target }, result);
    assert.ok(savedEvaluation({ target }));
  });
});
