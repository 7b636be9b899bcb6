import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../../src/core/random.js';
import { readCheckpoint, writeCheckpoint, type Checkpoint } from '../../src/runs/checkpoint.js';
import { isCheckpoint, positionOf } from '../../src/runs/checkpointFacts.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/runs/safetensors.js';
import { mobileNetV2 } from '../support/networks.js';
import { sampleCheckpoint, sampleGraph as graph } from '../support/runs.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const FILES = ['manifest.json', 'model.safetensors', 'optimizer.safetensors', 'state.json'] as const;
const at = (name = '') => path.join(folder(), 'c', name);
const textOf = (name: string) => fs.readFileSync(at(name), 'utf8');
const damaged = (message: RegExp) => ({ code: 'checkpoint-damaged', message });

/** A checkpoint of two of the network's parameters, which is all that these tests need. */
function small(): Checkpoint {
  const { position, session } = sampleCheckpoint();
  const [[name, moments]] = [...session.moments] as [[string, { first: Float32Array; second: Float32Array }]];
  const other = [...session.parameters.keys()].find((key) => !session.moments.has(key))!;
  const parameters = new Map([name, other].map((key) => [key, session.parameters.get(key)!]));
  return { position, session: { step: session.step, parameters, moments: new Map([[name, moments]]) } };
}

function written(checkpoint = small()): Checkpoint {
  fs.rmSync(at(), { recursive: true, force: true });
  writeCheckpoint(at(), graph, checkpoint);
  return checkpoint;
}

/** Writes a file anew, with a manifest that knows it. */
function replaceSoundly(name: string, after: Uint8Array | string): void {
  const bytes = Buffer.from(after);
  fs.writeFileSync(at(name), bytes);
  const manifest = JSON.parse(textOf('manifest.json')) as { files: { file: string }[] };
  const files = manifest.files.map((entry) =>
    entry.file === name
      ? { file: name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
      : entry,
  );
  fs.writeFileSync(at('manifest.json'), JSON.stringify({ ...manifest, files }));
}

describe('writeCheckpoint', () => {
  it('says how many bytes it has written, all files together', () => {
    const bytes = writeCheckpoint(at(), graph, small());
    assert.deepEqual(fs.readdirSync(at()).sort(), FILES);
    assert.equal(
      bytes,
      FILES.reduce((sum, name) => sum + fs.statSync(at(name)).size, 0),
    );
  });

  it('writes the manifest last, and nothing under the checkpoint’s own name before it is whole', () => {
    const order: string[] = [];
    const { renameSync, openSync } = fs;
    try {
      fs.openSync = (file: fs.PathLike, ...rest: [fs.OpenMode]) => {
        if (rest[0] === 'w') order.push(path.basename(String(file)));
        return openSync(file, ...rest);
      };
      fs.renameSync = (from, to) => {
        assert.ok(!fs.existsSync(at()));
        order.push(`→ ${path.basename(String(to))}`);
        renameSync(from, to);
      };
      writeCheckpoint(at(), graph, small());
    } finally {
      Object.assign(fs, { renameSync, openSync });
    }
    assert.deepEqual(order, ['model.safetensors', 'optimizer.safetensors', 'state.json', 'manifest.json', '→ c']);
  });

  it('leaves nothing behind where any of its steps fails', () => {
    const refusal = () => {
      throw Object.assign(new Error('i/o error'), { code: 'EIO' });
    };
    for (const step of ['mkdirSync', 'writeFileSync', 'fsyncSync', 'renameSync'] as const)
      for (let passes = 0; passes < (step === 'mkdirSync' || step === 'renameSync' ? 1 : 4); passes++) {
        const own = fs[step];
        let calls = 0;
        try {
          Object.assign(fs, {
            [step]: (...args: unknown[]): unknown => (calls++ < passes ? Reflect.apply(own, fs, args) : refusal()),
          });
          assert.throws(() => writeCheckpoint(at(), graph, small()), { code: 'EIO' }, step);
        } finally {
          Object.assign(fs, { [step]: own });
        }
        assert.deepEqual(fs.readdirSync(folder()), [], `${step} after ${passes}`);
      }
  });

  it('holds the network itself where no builder makes it, and reads it back', () => {
    const { position, session } = sampleCheckpoint();
    writeCheckpoint(at(), graph, { position, session }, graph);
    assert.deepEqual(fs.readdirSync(at()).sort(), ['graph.json', ...FILES]);
    assert.deepEqual(readCheckpoint(at()).network, graph);
    written();
    assert.equal(readCheckpoint(at()).network, undefined);
  });

  it('never writes over a checkpoint that is there', () => {
    const before = written();
    assert.throws(() => writeCheckpoint(at(), graph, sampleCheckpoint(99)));
    assert.equal(readCheckpoint(at()).session.step, before.session.step);
    assert.deepEqual(fs.readdirSync(folder()), ['c']);
  });
});

describe('a damaged checkpoint', () => {
  it('is told wherever a bit of it has turned (seeded)', () => {
    written();
    for (const name of FILES.slice(1)) {
      const sound = fs.readFileSync(at(name));
      for (let seed = 1; seed <= 25; seed++) {
        const random = Random.fromSeed(seed);
        const bad = Buffer.from(sound);
        const [byte, bit] = [random.integer(bad.length), random.integer(8)];
        bad[byte]! ^= 1 << bit;
        fs.writeFileSync(at(name), bad);
        assert.throws(
          () => readCheckpoint(at()),
          damaged(new RegExp(`${name} was changed or cut short`)),
          `seed ${seed}: bit ${bit} of byte ${byte} of ${name}`,
        );
      }
      fs.writeFileSync(at(name), sound);
    }
    readCheckpoint(at());
  });

  it('is told wherever a file ends too soon or too late', () => {
    for (const name of FILES) {
      written();
      const sound = fs.readFileSync(at(name));
      for (const bad of [
        Buffer.alloc(0),
        sound.subarray(0, 1),
        sound.subarray(0, sound.length >> 1),
        sound.subarray(0, sound.length - 3),
        Buffer.concat([sound, Buffer.from('x')]),
      ]) {
        fs.writeFileSync(at(name), bad);
        assert.throws(() => readCheckpoint(at()), damaged(new RegExp(name)), `${name} of ${bad.length} bytes`);
      }
      fs.writeFileSync(at(name), sound);
      readCheckpoint(at());
    }
  });

  it('is told where files have changed places', () => {
    for (const one of FILES)
      for (const other of FILES) {
        if (one === other) continue;
        written();
        fs.copyFileSync(at(one), at(other));
        assert.throws(() => readCheckpoint(at()), damaged(/is damaged/), `${one} as ${other}`);
      }
  });

  it('is told by its manifest, whose fields all count', () => {
    const entry = { file: 'state.json', bytes: 1, sha256: '0' };
    for (const [wrong, message] of [
      [{ files: [] }, /state\.json is not in its manifest/],
      [{ files: undefined }, /manifest\.json is not what it should be/],
      [{ files: {} }, /manifest\.json is not what it should be/],
      [{ files: [{ ...entry, bytes: -1 }] }, /state\.json cannot be read/],
      [{ files: [{ ...entry, bytes: 1.5 }] }, /manifest\.json is not what it should be/],
      [{ files: [{ ...entry, bytes: 1e6 }] }, /state\.json was changed or cut short/],
      [{ files: [{ ...entry, file: '/etc/passwd' }] }, /\/etc\/passwd does not lie in it/],
      [{ files: [{ ...entry, file: '..' }] }, /\.\. cannot be read/],
      [{ files: [{ ...entry, file: '' }] }, /cannot be read/],
      [{ graph: 7 }, /manifest\.json is not what it should be/],
      [{ version: '1' }, /manifest\.json is not what it should be/],
    ] as const) {
      written();
      const manifest = JSON.parse(textOf('manifest.json')) as object;
      fs.writeFileSync(at('manifest.json'), JSON.stringify({ ...manifest, ...wrong }));
      assert.throws(() => readCheckpoint(at()), damaged(message), JSON.stringify(wrong));
    }
  });

  it('is told by its network, which must be one, and be that of its values', () => {
    const { nodes, ...rest } = graph;
    const [first, ...others] = graph.parameters;
    for (const wrong of [
      '',
      '{}',
      JSON.stringify({ ...rest, nodes: nodes.slice(1) }),
      JSON.stringify({ ...graph, parameters: others }),
      // Sound in itself, and of other weights.
      JSON.stringify(mobileNetV2({ size: 32, people: 4, width: 0.1 })),
      JSON.stringify(graph).replaceAll(`"${first!.name}"`, '"another"'),
      `${JSON.stringify(graph)}${' '.repeat(1 << 22)}`,
    ]) {
      fs.rmSync(at(), { recursive: true, force: true });
      writeCheckpoint(at(), graph, sampleCheckpoint(), graph);
      replaceSoundly('graph.json', JSON.stringify(graph));
      readCheckpoint(at());
      replaceSoundly('graph.json', wrong);
      assert.throws(() => readCheckpoint(at()), damaged(/graph\.json (is not what it should be|was changed)/), wrong);
    }
  });

  it('is told by its state, whose fields all count', () => {
    for (const wrong of [
      { version: 3 },
      { loop: { told: 1 } },
      { kept: { earlier: 'all', isBest: true } },
      { beside: [-1] },
      { step: -1 },
      { step: 0.5 },
      { epoch: -1 },
      { batch: '1' },
      { shuffle: [1, 2, 3] },
      { shuffle: [1, 2, 3, 4, 5] },
      { shuffle: [1, 2, 3, 0x100000000] },
      { shuffle: [1, 2, 3, -1] },
      { shuffle: undefined },
    ]) {
      written();
      replaceSoundly('state.json', JSON.stringify({ ...(JSON.parse(textOf('state.json')) as object), ...wrong }));
      const message = /state\.json is not what it should be/;
      assert.throws(() => readCheckpoint(at()), damaged(message), JSON.stringify(wrong));
      assert.equal(positionOf(at()), undefined, JSON.stringify(wrong));
    }
  });

  it('of another format is told as that, older or newer', () => {
    for (const [version, advice] of [
      [0, 'Train the network again.'],
      [3, 'Update Face Trainer to read it.'],
    ] as const) {
      written();
      fs.writeFileSync(at('manifest.json'), textOf('manifest.json').replace('"version": 2', `"version": ${version}`));
      assert.throws(() => readCheckpoint(at()), {
        code: 'checkpoint-version',
        message: `The checkpoint “${at()}” has format ${version}; this version of Face Trainer reads formats up to 2.`,
        advice,
      });
    }
  });
});

describe('what a checkpoint says', () => {
  it('is its position, its network and the shapes', () => {
    const { position, session } = written();
    const read = readCheckpoint(at());
    assert.deepEqual({ position: read.position, session: read.session }, { position, session });
    assert.equal(read.graph, graph.name);
    for (const [name, values] of read.session.parameters) {
      const shape = graph.parameters.find((spec) => spec.name === name)!.shape;
      assert.deepEqual(read.shapes.get(name), shape);
      assert.equal(
        shape.reduce((product, n) => product * n, 1),
        values.length,
      );
    }
  });

  it('leaves out the moments of a parameter that has one alone: they go together', () => {
    written();
    const { tensors, metadata } = decodeSafetensors(fs.readFileSync(at('optimizer.safetensors')));
    assert.deepEqual(
      tensors.map(({ name }) => name.at(-1)),
      ['m', 'v'],
    );
    replaceSoundly('optimizer.safetensors', encodeSafetensors(tensors.slice(0, 1), metadata));
    assert.equal(readCheckpoint(at()).session.moments.size, 0);
  });

  it('is told in short without the network, and not at all by halves', () => {
    written();
    fs.truncateSync(at('model.safetensors'), 0);
    const bytes = FILES.slice(1).map((name) => (name === 'model.safetensors' ? 0 : fs.statSync(at(name)).size));
    const { epoch, step, bytes: told } = positionOf(at())!;
    assert.deepEqual([epoch, step], [2, 5]);
    assert.ok(told > bytes.reduce((sum, n) => sum + n), 'as it was written');
    assert.ok(isCheckpoint(at()));
    fs.rmSync(at('state.json'));
    assert.equal(positionOf(at()), undefined);
    fs.rmSync(at('manifest.json'));
    assert.ok(!isCheckpoint(at()));
    fs.mkdirSync(at('manifest.json'));
    assert.ok(!isCheckpoint(at()), 'a folder');
    assert.ok(!isCheckpoint(path.join(folder(), 'nowhere')));
    assert.equal(positionOf(path.join(folder(), 'nowhere')), undefined);
  });
});
