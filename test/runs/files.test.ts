import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { readCheckpoint, writeCheckpoint } from '../../src/runs/checkpoint.js';
import { zipSync } from 'fflate';
import { readNpz } from '../../src/weights/npz.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/runs/safetensors.js';
import { startWeights } from '../../src/weights/startWeights.js';
import { sampleCheckpoint, sampleGraph as graph } from '../support/runs.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
describe('readNpz', () => {
  it('reads what NumPy wrote: C and Fortran order, float64, a scalar', () => {
    const arrays = readNpz(fs.readFileSync(path.join(import.meta.dirname, '../reference/arrays.npz')));
    assert.deepEqual(arrays.get('c'), { shape: [2, 3], values: Float32Array.from([0, 0.25, 0.5, 0.75, 1, 1.25]) });
    assert.deepEqual(arrays.get('fortran'), {
      shape: [2, 3, 4],
      values: Float32Array.from({ length: 24 }, (_, i) => i),
    });
    assert.deepEqual([...arrays.get('double')!.values], [1.5, -2.25]);
    assert.deepEqual(arrays.get('scalar'), { shape: [], values: Float32Array.from([7]) });
  });

  it('unpacks what is looked for, once and no more than any network has', () => {
    const zero = new Uint8Array(2 ** 28 + 1);
    const bomb = zipSync({ 'bomb.npy': zero }, { level: 1 });
    assert.ok(bomb.length < 2 ** 22);
    assert.equal(readNpz(bomb, new Set(['kernel'])).size, 0);
    assert.throws(() => readNpz(bomb, new Set(['bomb'])), { name: 'RangeError', message: /larger than those of any/ });
  });

  it('makes a sentence of a file that is no archive, is not there, or holds other weights', async () => {
    const start = (file: string) =>
      startWeights(graph, { seed: 1, width: 0.1, people: [], weights: path.join(folder(), file) });
    fs.writeFileSync(path.join(folder(), 'bad.npz'), 'nonsense');
    await assert.rejects(start('bad.npz'), { code: 'weights-unreadable', message: /not a readable .npz/ });
    await assert.rejects(start('missing.npz'), { code: 'weights-unreadable', message: /does not exist/ });
    fs.copyFileSync(path.join(import.meta.dirname, '../reference/arrays.npz'), path.join(folder(), 'other.npz'));
    await assert.rejects(start('other.npz'), {
      code: 'weights-mismatch',
      message: /Conv1\/kernel is absent, not \[3, 3, 3, 8\]/,
    });
  });
});

describe('safetensors', () => {
  it('lays a file out as the format says', () => {
    const bytes = encodeSafetensors([{ name: 'a', shape: [2], values: Float32Array.from([1, -2]) }], { k: 'v' });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    assert.equal(length % 8, 0);
    const header: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    assert.deepEqual(header, { __metadata__: { k: 'v' }, a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } });
    assert.deepEqual([...bytes.subarray(8 + length)], [0, 0, 128, 63, 0, 0, 0, 192]);
  });

  it('gives back what it was given, and refuses a file that was cut', () => {
    const tensors = [
      { name: 'x/ü', shape: [2, 3], values: Float32Array.from([1, 2, 3, 4, 5, 6]) },
      { name: 'empty', shape: [0], values: new Float32Array(0) },
    ];
    const bytes = encodeSafetensors(tensors);
    assert.deepEqual(decodeSafetensors(bytes).tensors, tensors);
    for (const end of [0, 7, 20, bytes.length - 1])
      assert.throws(() => decodeSafetensors(bytes.subarray(0, end)), RangeError, `cut at ${end}`);
  });

  it('refuses a header that is not one of tensors', () => {
    const file = (text: string) => {
      const bytes = Buffer.alloc(8 + text.length + 8);
      bytes.writeBigUInt64LE(BigInt(text.length));
      bytes.write(text, 8);
      return bytes;
    };
    const entry = (part: object) => JSON.stringify({ x: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...part } });
    assert.deepEqual(decodeSafetensors(file(entry({}))).tensors[0]!.shape, [2]);
    const bad = [{ shape: undefined }, { shape: [-1, -2] }, { shape: [1.5] }, { dtype: 'F16' }, { data_offsets: [0] }];
    const offsets = [{ data_offsets: [-8, 0] }, { data_offsets: [8, 16] }, { data_offsets: [0, 4] }];
    for (const text of ['', '[]', 'null', '{"x":5}', '{"__metadata__":5}', ...[...bad, ...offsets].map(entry)])
      assert.throws(() => decodeSafetensors(file(text)), RangeError, text);
  });
});

describe('a checkpoint', () => {
  it('comes back to the bit', () => {
    const checkpoint = sampleCheckpoint();
    writeCheckpoint(path.join(folder(), 'c'), graph, checkpoint);
    const { position, session } = readCheckpoint(path.join(folder(), 'c'));
    assert.deepEqual({ position, session }, checkpoint);
    assert.deepEqual(fs.readdirSync(folder()), ['c'], 'nothing temporary stays');
  });

  it('says which file was damaged, cut or lost', () => {
    const file = (name: string) => path.join(folder(), 'c', name);
    const damage: [RegExp, () => void][] = [
      [
        /model.safetensors was changed/,
        () => {
          const b = fs.readFileSync(file('model.safetensors'));
          b[b.length - 3]! ^= 1;
          fs.writeFileSync(file('model.safetensors'), b);
        },
      ],
      [/optimizer.safetensors was changed or cut/, () => fs.truncateSync(file('optimizer.safetensors'), 100)],
      [/state.json cannot be read/, () => fs.rmSync(file('state.json'))],
      [/manifest.json is not what it should be/, () => fs.writeFileSync(file('manifest.json'), '{')],
      [/manifest.json cannot be read/, () => fs.rmSync(file('manifest.json'))],
      [/secret does not lie in it/, () => rename('state.json', '../secret')],
      [/state.json cannot be read/, () => replaceBy(file('state.json'), 'folder')],
      [/state.json cannot be read/, () => replaceBy(file('state.json'), 'link')],
      [/model.safetensors is not what it should be/, () => rewriteSoundly(file('model.safetensors'))],
      ...(process.platform === 'win32'
        ? []
        : [[/state.json cannot be read/, () => replaceBy(file('state.json'), 'pipe')] as [RegExp, () => void]]),
    ];
    /** A manifest that names another file. */
    const rename = (from: string, to: string) =>
      fs.writeFileSync(file('manifest.json'), fs.readFileSync(file('manifest.json'), 'utf8').replace(from, to));
    const replaceBy = (at: string, what: 'folder' | 'link' | 'pipe') => {
      fs.rmSync(at);
      if (what === 'folder') fs.mkdirSync(at);
      else if (what === 'link') fs.symlinkSync('manifest.json', at);
      else assert.equal(spawnSync('mkfifo', [at]).status, 0);
    };
    /** Nonsense whose hash the manifest knows. */
    const rewriteSoundly = (at: string) => {
      const manifest = fs.readFileSync(file('manifest.json'), 'utf8');
      const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
      const [before, after] = [fs.readFileSync(at), Buffer.from('nonsense')];
      fs.writeFileSync(at, after);
      const sound = manifest.replace(hash(before), hash(after)).replace(`"bytes": ${before.length}`, '"bytes": 8');
      fs.writeFileSync(file('manifest.json'), sound);
    };
    for (const [message, harm] of damage) {
      fs.rmSync(path.join(folder(), 'c'), { recursive: true, force: true });
      writeCheckpoint(path.join(folder(), 'c'), graph, sampleCheckpoint());
      harm();
      assert.throws(() => readCheckpoint(path.join(folder(), 'c')), { code: 'checkpoint-damaged', message });
    }
  });
});
