import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { ExportSource } from '../../src/export/exportSource.js';
import { writeExport } from '../../src/export/writeExport.js';
import { networkOf } from '../../src/graph/network.js';
import { networkOptionsOf } from '../../src/graph/networkOptions.js';
import { initialValues } from '../../src/graph/networkState.js';
import { formatOf, FORMATS } from '../../src/protocol/exportFormats.js';
import { exportOptions } from '../../src/protocol/exportOptions.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const network = networkOptionsOf({ size: 32, width: 0.1, pooling: 'max' });
const float = networkOf(network, 2);
const input = { width: 32, height: 32, layout: 'NHWC', colour: 'RGB', resize: 36, scaling: 'x / 127.5 - 1' } as const;
const source: ExportSource = {
  ...{ float, quantization: undefined, parameters: initialValues(float, 1), batchNormMomentum: 0.99 },
  facts: {
    ...{ version: 2, labels: ['Anna', 'Bo'], input: { ...input, faces: 'aligned' } },
    network: { ...network, name: float.name },
  },
};

/** On a disk that is full from the so many-th file on. @returns how many were begun */
async function onFullDisk(room: number, work: () => Promise<unknown>): Promise<number> {
  const { writeFileSync } = fs;
  let files = 0;
  try {
    fs.writeFileSync = (...args: Parameters<typeof writeFileSync>) => {
      if (++files > room) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      writeFileSync(...args);
    };
    await work();
  } finally {
    fs.writeFileSync = writeFileSync;
  }
  return files;
}

describe('an export onto a full disk', function () {
  this.timeout(60_000);

  for (const format of FORMATS)
    it(`leaves nothing behind, and says that it is an export that has no room: ${format}`, async () => {
      const options = exportOptions.parse({ format });
      const { ending } = formatOf(format);
      const output = (name: string) =>
        path.join(folder(), name, ending.includes('/') ? path.basename(ending) : `x${ending}`);
      const count = await onFullDisk(Infinity, () => writeExport(source, options, output('whole')));
      assert.ok(count > 0);
      for (let room = 0; room < count; room++) {
        await assert.rejects(
          onFullDisk(room, () => writeExport(source, options, output('new'))),
          { code: 'disk-full', message: /^The disk of the file “/, advice: 'Free some space and export again.' },
        );
        assert.deepEqual(fs.readdirSync(folder()), ['whole'], 'a folder that was made for it goes, too');
      }
    });

  it('leaves an earlier export as it was, and what lies beside it', async () => {
    const options = exportOptions.parse({ format: 'onnx' });
    const output = path.join(folder(), 'x.onnx');
    fs.writeFileSync(output, 'earlier');
    await assert.rejects(
      onFullDisk(0, () => writeExport(source, options, output)),
      { code: 'disk-full' },
    );
    assert.deepEqual(fs.readdirSync(folder()), ['x.onnx']);
    assert.equal(fs.readFileSync(output, 'utf8'), 'earlier');
  });
});
