import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { noteRunning } from '../../src/runs/runningRuns.js';
import { built } from '../support/built.js';
import { useEnvironment } from '../support/environment.js';
import { scratchFolder } from '../support/scratch.js';
import { runEventOf, writeRun } from './runs.js';

const root = path.resolve(import.meta.dirname, '../..');
const folder = scratchFolder();

interface Start {
  readonly start: { readonly bytes: number };
  readonly looked: { readonly bytes: number };
  readonly rows: readonly string[];
  readonly panels: readonly { readonly view: string; readonly title: string }[];
}

describe('the editor’s start', () => {
  useEnvironment(() => ({ FACE_TRAINER_CACHE: path.join(folder(), 'cache') }));

  const run = () => path.join(folder(), '.face-trainer', 'runs', '20261125-234801-orl');
  const started = async (...rest: readonly string[]) => {
    built('extension.js');
    writeRun(run(), [runEventOf(run(), path.join(folder(), 'orl'))]);
    const script = path.join(root, 'test', 'support', 'standInEditor.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, [script, root, folder(), ...rest]);
    return JSON.parse(stdout) as Start;
  };

  it('reads names alone, and what lists the runs once somebody looks at them', async () => {
    const { start, looked, rows, panels } = await started('look');
    assert.ok(start.bytes < 10_000, `${start.bytes} bytes`);
    assert.ok(looked.bytes > 10 * start.bytes, `${looked.bytes} bytes`);
    assert.deepEqual([rows, panels], [['orl – 23:48'], []]);
  });

  it('shows a training that is at work in the open folder', async () => {
    noteRunning(run(), new Date());
    const { panels } = await started();
    assert.deepEqual(panels, [{ view: 'faceTrainer.run', title: 'Run' }]);
  });

  it('reads more for a training elsewhere, and shows nothing of it', async () => {
    noteRunning(path.join(folder(), 'elsewhere', 'orl'), new Date());
    const { start, panels } = await started();
    assert.deepEqual(panels, []);
    assert.ok(start.bytes > 10_000);
  });
});
