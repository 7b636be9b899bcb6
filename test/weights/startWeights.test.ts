import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type * as h5 from 'h5wasm/node';
import type { Graph } from '../../src/graph/graph.js';
import { GraphBuilder } from '../../src/graph/graphBuilder.js';
import { mobileNetV2 } from '../support/networks.js';
import { initialValues } from '../../src/graph/networkState.js';
import { imageNetFile } from '../../src/weights/imageNetWeights.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { writeCheckpoint } from '../../src/runs/checkpoint.js';
import { RunFolder } from '../../src/runs/runFolder.js';
import { writeRunRecord } from '../../src/runs/runRecord.js';
import { bundledFile } from '../../src/platform/bundledFile.js';
import type * as kerasFile from '../../src/weights/kerasFile.js';
import { startWeights, type StartOptions } from '../../src/weights/startWeights.js';
import { loadHdf5, writeKerasWeights } from '../support/kerasWeights.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
/** An ES module, which this one may not require. */
let h5wasm: typeof h5;
const useHdf5 = () => before(async () => (h5wasm = await loadHdf5()));
const writeKeras = (file: string, rename?: (layer: string) => string, within?: string) =>
  writeKerasWeights(h5wasm, file, graph, values, rename, within);
const reference = path.join(import.meta.dirname, '../reference/keras_weights.h5');
const graph = mobileNetV2({ size: 96, people: 3, width: 0.35 });
const values = initialValues(graph, 77);

const start = (weights: string, options: Partial<StartOptions> = {}, of: Graph = graph) =>
  startWeights(of, { seed: 1, width: 0.35, people: ['a', 'b', 'c'], weights, ...options });

function sameBody(found: ReadonlyMap<string, Float32Array>): void {
  for (const { name } of graph.parameters)
    if (!name.startsWith('predictions/')) assert.deepEqual(found.get(name), values.get(name), name);
}

describe('readKerasFile', () => {
  useHdf5();

  it('reads what Keras wrote: names, order, shapes and values', async () => {
    const expected = JSON.parse(fs.readFileSync(reference.replace('.h5', '.json'), 'utf8')) as {
      name: string;
      shape: number[];
      sum: number;
      first: number;
    }[];
    const { readKerasFile } = (await import(bundledFile('kerasFile.mjs')!)) as typeof kerasFile;
    const arrays = await readKerasFile(reference);
    assert.deepEqual(
      arrays.map(({ name, shape }) => ({ name: `${name}:0`, shape })),
      expected.map(({ name, shape }) => ({ name, shape })),
    );
    arrays.forEach(({ name, values: found }, i) => {
      assert.equal(found[0], expected[i]!.first, name);
      assert.ok(Math.abs(found.reduce((sum, v) => sum + v, 0) - expected[i]!.sum) < 1e-4, name);
    });
  });
});

describe('startWeights', () => {
  useHdf5();

  it('takes a Keras file, by the names of the layers, also inside a saved model, or by their order', async () => {
    for (const [name, rename, within] of [
      ['named.h5', undefined, ''],
      ['model.h5', undefined, 'model_weights'],
      ['ordered.h5', (layer: string) => `other_${layer.length}_${layer}`, ''],
    ] as const) {
      const file = path.join(folder(), name);
      writeKeras(file, rename, within);
      const found = await start(file);
      sameBody(found);
      assert.deepEqual(found.get('predictions/kernel'), initialValues(graph, 1).get('predictions/kernel'));
    }
  });

  it('says what is wrong with a Keras file', async () => {
    const whole = path.join(folder(), 'whole.h5');
    writeKeras(whole);
    const bytes = fs.readFileSync(whole);
    const broken = Buffer.from(bytes);
    broken.fill(0xff, 0, 600);
    const cases: [string, Buffer | (() => void), RegExp][] = [
      ['cut.h5', bytes.subarray(0, bytes.length >> 1), /cannot be read: it is not a Keras weights file/],
      ['broken.h5', broken, /cannot be read: it is not a Keras weights file/],
      ['text.h5', Buffer.from('not at all'), /is not a readable HDF5 file/],
      ['empty.h5', Buffer.alloc(0), /is not a readable HDF5 file/],
    ];
    for (const [name, content, message] of cases) {
      fs.writeFileSync(path.join(folder(), name), content as Buffer);
      await assert.rejects(start(path.join(folder(), name)), { code: 'weights-unreadable', message }, name);
    }
    const plain = new h5wasm.File(path.join(folder(), 'plain.h5'), 'w');
    plain.create_dataset({ name: 'x', data: Float32Array.from([1]) });
    plain.close();
    await assert.rejects(start(path.join(folder(), 'plain.h5')), { message: /layer_names is missing/ });
    const wider = mobileNetV2({ size: 96, people: 3, width: 0.5 });
    await assert.rejects(start(whole, { width: 0.5 }, wider), {
      code: 'weights-mismatch',
      message: /block_1_project\/kernel is \[/,
    });
    await assert.rejects(start(path.join(folder(), 'gone.h5')), {
      code: 'weights-unreadable',
      message: /does not exist/,
    });
  });

  it('takes ImageNet weights from the cache, and says how to get them', async () => {
    const cache = process.env['FACE_TRAINER_CACHE'];
    process.env['FACE_TRAINER_CACHE'] = folder();
    try {
      await assert.rejects(start('imagenet'), { code: 'weights-absent', message: /_0\.35_96_no_top\.h5/ });
      const { path: file } = imageNetFile({ width: 0.35, size: 96 });
      fs.mkdirSync(path.dirname(file));
      writeKeras(file);
      await assert.rejects(start('imagenet'), { code: 'weights-absent' }, 'a file that nobody vouches for');
      const { createHash } = await import('node:crypto');
      const sha256 = createHash('sha256').update(fs.readFileSync(file)).digest('hex');
      fs.writeFileSync(`${file}.json`, JSON.stringify({ sha256 }));
      sameBody(await start('imagenet'));
    } finally {
      if (cache === undefined) delete process.env['FACE_TRAINER_CACHE'];
      else process.env['FACE_TRAINER_CACHE'] = cache;
    }
  });

  it('leaves the layer of an embedding to chance where the weights have none of its length', async () => {
    const narrow = (length: number, people: number) =>
      mobileNetV2({ size: 96, people, width: 0.35, embedding: length });
    const file = path.join(folder(), 'plain.h5');
    writeKeras(file);
    const found = await start(file, {}, narrow(64, 3));
    sameBody(found);
    const random = (length: number) => initialValues(narrow(length, 3), 1).get('embedding/kernel');
    assert.deepEqual(found.get('embedding/kernel'), random(64));
    const checkpoint = path.join(folder(), 'other', 'checkpoints', 'epoch-0001');
    fs.mkdirSync(path.dirname(checkpoint), { recursive: true });
    const trained = initialValues(narrow(64, 5), 2);
    writeCheckpoint(checkpoint, narrow(64, 5), {
      position: { epoch: 1, batch: 0, shuffle: [1, 2, 3, 4] },
      session: { step: 9, parameters: trained, moments: new Map() },
    });
    const kept = await start(checkpoint, {}, narrow(64, 3));
    assert.deepEqual(kept.get('embedding/kernel'), trained.get('embedding/kernel'));
    assert.equal(kept.get('predictions/kernel')!.length, 64 * 3);
    const longer = await start(checkpoint, {}, narrow(128, 3));
    assert.deepEqual(longer.get('embedding/kernel'), random(128));
    assert.deepEqual(longer.get('Conv_1/kernel'), trained.get('Conv_1/kernel'));
  });

  it('takes another run’s checkpoint, and its head when it is for the same people', async () => {
    const checkpoint = path.join(folder(), 'run', 'checkpoints', 'epoch-0003');
    fs.mkdirSync(path.dirname(checkpoint), { recursive: true });
    const moments = new Map(
      graph.parameters
        .filter((p) => p.trainable)
        .map(({ name }) => [name, { first: values.get(name)!, second: values.get(name)! }]),
    );
    writeCheckpoint(checkpoint, graph, {
      position: { epoch: 3, batch: 0, shuffle: [1, 2, 3, 4] },
      session: { step: 9, parameters: values, moments },
    });
    const head = async (people: string[], of = graph) => {
      const found = await start(checkpoint, { people }, of);
      sameBody(found);
      return found.get('predictions/kernel')!;
    };
    const random = initialValues(graph, 1).get('predictions/kernel')!;
    assert.deepEqual(await head(['a', 'b', 'c']), random, 'nobody says whom it is for');
    writeRunRecord(new RunFolder(path.join(folder(), 'run')), {
      ...{ version: 2, id: 'run', startedAt: '', options: trainingOptions.parse({ dataset: folder() }) },
      versions: { faceTrainer: '0', node: '0', platform: '' },
      data: { people: ['a', 'b', 'c'], images: 3, trainImages: 2, validationImages: 1, fingerprint: '' },
    });
    assert.deepEqual(await head(['a', 'b', 'c']), values.get('predictions/kernel'));
    assert.deepEqual(await head(['b', 'a', 'c']), random);
    const four = mobileNetV2({ size: 96, people: 4, width: 0.35 });
    assert.equal((await head(['a', 'b', 'c', 'd'], four)).length, 1280 * 4);
    fs.truncateSync(path.join(checkpoint, 'model.safetensors'), 1000);
    await assert.rejects(head(['a', 'b', 'c']), { code: 'checkpoint-damaged' });
    const other = new GraphBuilder();
    const embedding = other.globalMaxPool('pool', other.conv2d('c', other.input(8, 8, 3), 4, 3));
    const another = other.build('another', { embedding, scores: other.dense('predictions', embedding, 3) });
    await assert.rejects(start(reference, {}, another), { code: 'weights-mismatch' });
  });
});
