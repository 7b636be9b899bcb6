import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { predict } from '../../src/inference/predict.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { StopSignal } from '../../src/training/stopSignal.js';
import { trainRun } from '../../src/training/trainRun.js';
import { scratchFolder, writePeople } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';

const never = () => false;
const quietly = () => undefined;

const ALIGNED = 'a network of aligned faces asked about whole pictures';
withShared(ALIGNED, [sharedPaths.wild], () => {
  describe(ALIGNED, function () {
    this.timeout(60_000);
    const folder = scratchFolder();

    it('finds the face first, and says where there is none', async () => {
      await writePeople(path.join(folder(), 'data'), 2, 4);
      fs.writeFileSync(path.join(folder(), 'data', 'align.ndjson'), '');
      const options = trainingOptions.parse({
        dataset: path.join(folder(), 'data'),
        size: 32,
        width: 0.1,
        epochs: 1,
        batchSize: 4,
        split: 0.5,
      });
      let checkpoint = '';
      await trainRun(
        { runFolder: path.join(folder(), 'run'), options, version: '0' },
        (message) => {
          if (message.type === 'checkpoint') checkpoint = message.path;
        },
        new StopSignal(),
        { now: () => new Date(0), pixelCache: path.join(folder(), 'pixels'), selectEngine },
      );
      const model = path.join(folder(), 'run', ...checkpoint.split('/'));
      const person = fs.readdirSync(sharedPaths.wild).filter((name) => !name.startsWith('.'))[0]!;
      const face = path.join(sharedPaths.wild, person, fs.readdirSync(path.join(sharedPaths.wild, person))[0]!);
      const noise = path.join(
        folder(),
        'data',
        fs.readdirSync(path.join(folder(), 'data')).find((name) => name !== 'align.ndjson')!,
      );
      const files = [face, path.join(noise, fs.readdirSync(noise)[0]!)];
      const auto = (await predict({ model, files, faces: 'auto' }, quietly, never))!.predictions;
      assert.ok('person' in auto[0]!, JSON.stringify(auto[0]));
      assert.ok('error' in auto[1]! && /face/.test(auto[1].error), JSON.stringify(auto[1]));
      const plain = (await predict({ model, files, faces: 'as-they-are' }, quietly, never))!.predictions;
      assert.ok('person' in plain[1]!);
      assert.notDeepEqual(plain[0], auto[0]);
    });
  });
});
