import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { trainingOptions } from '../../src/protocol/options.js';
import { RunFolder } from '../../src/runs/runFolder.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();

describe('a run folder', () => {
  it('is its owner’s alone, as are the folders made for it', () => {
    const run = new RunFolder(path.join(folder(), 'runs', 'first'));
    run.create({
      version: 1,
      id: 'x',
      startedAt: '2026-01-01T00:00:00.000Z',
      options: trainingOptions.parse({ dataset: folder() }),
      versions: { faceTrainer: '0', node: '0', platform: 'linux-x64' },
    });
    for (const made of [path.dirname(run.path), run.path, run.checkpoints])
      assert.equal(fs.statSync(made).mode & 0o777, 0o700, made);
  });
});
