import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { openModel } from '../../src/inference/openModel.js';
import { NOT_REGULAR } from '../../src/platform/regularFile.js';
import { readKeras } from '../../src/weights/readKeras.js';
import { scratchFolder } from '../support/scratch.js';

const reference = path.resolve(import.meta.dirname, '../reference');
/** A file of ours of which a seeded attack changed bytes: HDF5 2.0 reads it without end. */
const endless = path.join(reference, 'endless.h5');

describe('readKeras', function () {
  this.timeout(60_000);
  const folder = scratchFolder();

  it('reads several files in one thread, and says what is wrong with one', async () => {
    const file = path.join(reference, 'keras_weights.h5');
    const first = await readKeras(file, ['backend', 'absent']);
    assert.ok(first.arrays.length > 0);
    assert.deepEqual([...first.attributes], [['backend', 'tensorflow']]);
    const bad = path.join(folder(), 'bad.h5');
    fs.writeFileSync(bad, fs.readFileSync(file).subarray(0, 3000));
    await assert.rejects(readKeras(bad), { name: 'RangeError' });
    await assert.rejects(readKeras(folder()), { code: NOT_REGULAR });
    const both = await Promise.all([readKeras(file), readKeras(file)]);
    for (const { arrays } of both) assert.deepEqual(arrays, first.arrays);
  });

  it('keeps no program alive, and prints nothing', async () => {
    const reader = path.resolve(import.meta.dirname, '../../src/weights/readKeras.ts');
    const script = `const read = async () => {
      const { readKeras } = require(${JSON.stringify(reader)});
      for (const file of process.argv.slice(1))
        await readKeras(file).then(() => console.log('read'), () => console.log('refused'));
    }; void read();`;
    const files = [path.join(reference, 'keras_weights.h5'), endless];
    const args = ['--import', 'tsx', '-e', script, ...files];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 });
    assert.deepEqual([stdout, stderr], ['read\nrefused\n', '']);
  });

  it('ends with a file that sends the library round in circles, and reads the next', async () => {
    await assert.rejects(openModel(endless), { code: 'model-unreadable', message: /comes to no end/ });
    assert.ok((await readKeras(path.join(reference, 'keras_weights.h5'))).arrays.length > 0);
  });
});
