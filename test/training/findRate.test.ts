import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { trainingOptions, type TrainingOptionsInput } from '../../src/protocol/options.js';
import { rateSearch } from '../../src/protocol/rateFinder.js';
import { findRate } from '../../src/training/findRate.js';
import { fakeEngine, halfRight } from '../support/fakeEngine.js';
import { scratchFolder, writePeople } from '../support/scratch.js';

const folder = scratchFolder();
const data = () => path.join(folder(), 'data');
const ports = () => ({ pixelCache: path.join(folder(), 'pixels'), selectEngine });
const optionsOf = (more: Partial<TrainingOptionsInput>) =>
  trainingOptions.parse({ dataset: data(), size: 32, width: 0.1, batchSize: 4, split: 0.7, seed: 9, ...more });
const quiet = { progress: () => undefined, steps: () => undefined, cancelled: () => false };

describe('findRate', function () {
  this.timeout(120_000);

  for (const [name, options] of Object.entries({
    original: {},
    'head first, SGD': { headEpochs: 1, optimizer: 'sgd' },
    'frozen below the head': { frozen: true },
    'for int8, averaged': { quantization: {}, averageDecay: 0.9 },
  } satisfies Record<string, Partial<TrainingOptionsInput>>))
    it(`raises the rate until the loss leaves, the same twice, and leaves nothing behind: ${name}`, async () => {
      await writePeople(data(), 4, 8);
      const before = fs.readdirSync(folder()).sort();
      const wish = optionsOf(options);
      const search = (await findRate(wish, quiet, ports()))!;
      assert.deepEqual(rateSearch.parse(search), search);
      assert.ok(search.curve.length > 30 && search.curve.length <= 100, `${search.curve.length} steps`);
      const [first] = search.curve;
      // Four people, nothing learned yet.
      assert.ok(Math.abs(first!.loss - Math.log(4)) < 1.5, `${first!.loss}`);
      assert.ok(search.diverged || search.curve.length === 100);
      assert.deepEqual(await findRate(wish, quiet, ports()), search);
      assert.deepEqual(fs.readdirSync(folder()).sort(), [...new Set([...before, 'pixels'])].sort());
    });

  it('ends at a loss that is no number, and keeps it out of the curve', async () => {
    await writePeople(data(), 2, 4);
    const engine = fakeEngine((n) => ({ lossSum: n < 41 ? 4 : NaN, correct: 1 }), halfRight);
    const found = await findRate(optionsOf({}), quiet, { ...ports(), selectEngine: () => Promise.resolve({ engine }) });
    assert.equal(found!.diverged, true);
    assert.equal(found!.curve.length, 40);
    assert.equal(found!.proposal, undefined);
  });

  it('can be stopped, and tells how far it is', async () => {
    await writePeople(data(), 2, 4);
    const told: number[] = [];
    const watch = { ...quiet, steps: (done: number) => told.push(done), cancelled: () => told.length === 7 };
    assert.equal(await findRate(optionsOf({}), watch, ports()), undefined);
    assert.deepEqual(told, [0, 1, 2, 3, 4, 5, 6]);
  });
});
