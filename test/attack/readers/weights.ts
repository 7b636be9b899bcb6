import fs from 'node:fs';
import path from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import type { Random } from '../../../src/core/random.js';
import { readOpenVino } from '../../../src/weights/openVino/readOpenVino.js';
import { startWeights } from '../../../src/weights/startWeights.js';
import { constant, writeIr, type TestLayer } from '../../support/openVinoIr.js';
import { mutateBytes, mutateWords } from '../mutations.js';
import type { Attempt } from '../reader.js';
import { PEOPLE, tinyCheckpoint, tinyGraph } from './networks.js';
import { SampleFiles } from './sampleFiles.js';

/** An array of NumPy's format 1, little-endian float32. */
function npy(shape: readonly number[], values: Float32Array): Uint8Array {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`.padEnd(117) + '\n';
  const head = Buffer.from(`\x93NUMPY\x01\0\0\0${header}`, 'latin1');
  head.writeUInt16LE(header.length, 8);
  return Buffer.concat([head, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]);
}

export function npz(folder: string): Attempt {
  const { parameters } = tinyCheckpoint().session;
  const arrays = Object.fromEntries(
    tinyGraph.parameters.map(({ name, shape }) => [`${name}.npy`, npy(shape, parameters.get(name)!)]),
  );
  const original = Buffer.from(zipSync(arrays));
  const file = path.join(folder, 'weights.npz');
  return async (random) => {
    fs.writeFileSync(file, random.integer(2) === 0 ? mutateBytes(original, random) : mutateMember(original, random));
    await startWeights(tinyGraph, { seed: 1, width: 1, weights: file, people: PEOPLE });
  };
}

/** One array of an archive that is sound. */
function mutateMember(archive: Buffer, random: Random): Uint8Array {
  const members = unzipSync(archive);
  const name = random.pick(Object.keys(members));
  const array = Buffer.from(members[name]!);
  const header = mutateWords(array.toString('latin1', 10, 128), random);
  members[name] = new Uint8Array(random.integer(2) === 0 ? mutateBytes(array, random) : headed(array, header));
  return zipSync(members, { level: 1 });
}

function headed(array: Buffer, header: string): Uint8Array {
  const head = Buffer.from(array.subarray(0, 10));
  head.writeUInt16LE(Math.min(header.length, 0xffff), 8);
  return Buffer.concat([head, Buffer.from(header, 'latin1'), array.subarray(128)]);
}

/** Convolution, bias, rectifier, pooling: what face networks are made of. */
const LAYERS: readonly TestLayer[] = [
  { name: 'x', type: 'Parameter', shape: [1, 3, 8, 8], data: { shape: '1,3,8,8' } },
  constant(
    'k',
    [4, 3, 3, 3],
    Array.from({ length: 108 }, (_, i) => (i - 54) / 100),
  ),
  {
    ...{ name: 'conv', type: 'Convolution', inputs: ['x', 'k'], shape: [1, 4, 8, 8] },
    data: { strides: '1, 1', pads_begin: '1, 1', pads_end: '1, 1', dilations: '1, 1' },
  },
  constant('b', [1, 4, 1, 1], [1, 2, 3, 4]),
  { name: 'sum', type: 'Add', inputs: ['conv', 'b'], shape: [1, 4, 8, 8] },
  constant('s', [4], [0.1, 0.2, 0.3, 0.4]),
  { name: 'prelu', type: 'PReLU', inputs: ['sum', 's'], shape: [1, 4, 8, 8] },
  {
    ...{ name: 'pool', type: 'MaxPool', inputs: ['prelu'], shape: [1, 4, 4, 4] },
    data: { kernel: '2, 2', strides: '2, 2', pads_begin: '0, 0', pads_end: '0, 0', rounding_type: 'ceil' },
  },
  { name: 'end', type: 'Result', inputs: ['pool'] },
];

export function openVino(folder: string): Attempt {
  const { xml, bin } = writeIr(folder, LAYERS);
  const files = new SampleFiles(
    folder,
    [xml, bin].map((file) => path.basename(file)),
  );
  const reading = { name: 'stranger', colours: 'BGR' } as const;
  readOpenVino({ xml, bin }, reading);
  return (random) => {
    files.restore();
    const name = path.basename(random.integer(5) === 0 ? bin : xml);
    const original = files.original(name);
    files.change(
      name,
      name.endsWith('.xml') ? mutateWords(original.toString(), random) : mutateBytes(original, random),
    );
    readOpenVino({ xml, bin }, reading);
  };
}
