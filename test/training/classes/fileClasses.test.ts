import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { Random } from '../../../src/core/random.js';
import { emptyColumns } from '../../../src/training/classes/classStore.js';
import { fitRows } from '../../../src/training/classes/columns.js';
import { openClasses } from '../../../src/training/classes/openClasses.js';
import { scratchFolder } from '../../support/scratch.js';
import { PEOPLE, trainTo } from './fileTraining.js';

const folder = scratchFolder();
const below = (name: string) => {
  const at = path.join(folder(), name);
  fs.mkdirSync(at);
  return at;
};
const SCALE = 32;

describe('classes in a file', function () {
  this.timeout(60_000);

  it('come back as they were written, but for the last bits of 16, columns as long as the scale', () => {
    const random = Random.fromSeed(6);
    const layout = { people: 75, length: 12, scale: SCALE };
    const store = openClasses(layout, { checkpoints: folder(), inMemoryBytes: 0 }, 1);
    const classes = Int32Array.of(0, 3, 15, 16, 40, 74);
    const written = emptyColumns(classes.length, layout.length);
    for (let i = 0; i < written.values.length; i++) {
      written.values[i] = random.between(-1, 1);
      written.first[i] = random.between(-1e-4, 1e-4);
      written.second[i] = random.between(0, 1e-9);
    }
    fitRows(written.values, layout.length, SCALE);
    store.write(classes, written, 3);
    const read = emptyColumns(classes.length, layout.length);
    store.read(classes, read);
    // A half keeps 11 bits, of small numbers 2⁻²⁴ of the scale; a bfloat16 8.
    const near = (a: number, b: number, share: number, least: number) => Math.abs(a - b) <= Math.abs(b) * share + least;
    read.values.forEach((v, i) => assert.ok(near(v, written.values[i]!, 2 ** -9, SCALE * 2 ** -23), `${v}`));
    read.first.forEach((v, i) => assert.ok(near(v, written.first[i]!, 2 ** -7, 0)));
    read.second.forEach((v, i) => assert.ok(near(v, written.second[i]!, 2 ** -7, 0)));
    for (let i = 0; i < classes.length; i++) {
      const length = Math.hypot(...read.values.subarray(i * layout.length, (i + 1) * layout.length));
      assert.ok(Math.abs(length - SCALE) < 1e-5 * SCALE, `${length}`);
    }
    const alone = new Float32Array(layout.length);
    store.readValues(40, alone);
    assert.deepEqual(alone, read.values.subarray(4 * layout.length, 5 * layout.length));
    store.dispose();
  });

  it('are removed with their folder where there is no run', () => {
    const before = new Set(fs.readdirSync(os.tmpdir()));
    const store = openClasses({ people: 40, length: 4, scale: 1 }, { inMemoryBytes: 0 }, 1);
    const own = fs.readdirSync(os.tmpdir()).filter((name) => /^face-trainer-people-/.test(name) && !before.has(name));
    assert.equal(own.length, 1);
    store.dispose();
    assert.ok(!fs.existsSync(path.join(os.tmpdir(), own[0]!)));
  });

  it('train as those in memory do', async () => {
    const [inFile, inMemory] = [
      await trainTo(below('file'), 60),
      await trainTo(below('memory'), 60, { inMemory: true }),
    ];
    const length = inFile.columns.length / PEOPLE;
    for (let person = 0; person < PEOPLE; person++) {
      const [a, b] = [inFile, inMemory].map(({ columns }) => columns.subarray(person * length, (person + 1) * length));
      const cosine = a!.reduce((sum, v, i) => sum + v * b![i]!, 0) / (Math.hypot(...a!) * Math.hypot(...b!));
      assert.ok(cosine > 0.998, `person ${person}: ${cosine}`);
    }
  });

  it('end with the same bits however often the process is killed', async () => {
    const [steps, broken] = [60, below('killed')];
    const expected = await trainTo(below('whole'), steps);
    // Between two checkpoints, while one is written, and before the first.
    for (const until of [2, 21, 37]) await killedAfter(until, broken);
    assert.deepEqual(await trainTo(broken, steps), expected);
  });
});

/** A process that trains is killed as soon as it tells of a step. */
async function killedAfter(step: number, at: string): Promise<void> {
  const program = path.join(import.meta.dirname, 'fileTraining.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', program, 'train', at], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<string | null>((resolve) => child.once('exit', (_, signal) => resolve(signal)));
  readline.createInterface(child.stdout).on('line', (line) => {
    if (Number(line) >= step) child.kill('SIGKILL');
  });
  assert.equal(await ended, 'SIGKILL');
}
