import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { downloadFaces, downloadWeights, getFaceWeights, getWeights } from '../../src/cli/getWeights.js';
import { withRecipe } from '../../src/protocol/recipes.js';
import { imageNetFile, isDownloaded } from '../../src/weights/imageNetWeights.js';
import { downloadedFaceWeights } from '../../src/weights/faceWeights.js';
import { useEnvironment } from '../support/environment.js';
import { useFaceWeightsServer } from '../support/faceWeightsServer.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';
import { ScriptedProgram } from './scriptedProgram.js';

// Weights that a training wants, from a server on this machine into a cache of the test.

const folder = scratchFolder();
const weights = fs.readFileSync(path.join(import.meta.dirname, '../reference/keras_weights.h5'));
const ENVIRONMENT = ['FACE_TRAINER_WEIGHTS_URL', 'FACE_TRAINER_CACHE'] as const;
const before = ENVIRONMENT.map((name) => process.env[name]);
let server: http.Server;
let asked: string[];
let sent: Buffer;
let told: string[];
const say = (line: string) => told.push(line);

/** For each test of a suite: a server, and a cache of the test. */
function useServer(): void {
  beforeEach(async () => {
    [asked, told, sent] = [[], [], weights];
    server = http.createServer((request, response) => {
      asked.push(request.url!);
      response.writeHead(200, { 'content-length': sent.length }).end(sent);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    process.env['FACE_TRAINER_WEIGHTS_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keras`;
    process.env['FACE_TRAINER_CACHE'] = path.join(folder(), 'cache');
  });
  afterEach(() => {
    for (const [i, name] of ENVIRONMENT.entries())
      if (before[i] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before[i];
    server.closeAllConnections();
    server.close();
  });
}

const options = (overrides: object = {}) => withRecipe('default', { dataset: '/d', ...overrides }).data!;

describe('the weights that a training wants', () => {
  useServer();
  it('are downloaded with consent, once, and say where they are', async () => {
    await getWeights(options({ width: 0.35, size: 96 }), true, say);
    const file = imageNetFile({ width: 0.35, size: 96 });
    assert.deepEqual(asked, [`/keras/${file.name}`]);
    assert.deepEqual(fs.readFileSync(file.path), weights);
    assert.ok(isDownloaded(file));
    assert.deepEqual(
      [told[0], told.at(-1)],
      [`Downloading ${file.name} from ${new URL(file.url).host}`, `The weights are now in ${file.path}`],
    );
    assert.match(told.at(-2)!, /^ {2}(\d+\.\d) of \1 MB$/, 'all of it');
    told = [];
    await getWeights(options({ width: 0.35, size: 96 }), true, say);
    assert.deepEqual([asked.length, told], [1, []], 'there is nothing to do and nothing to say');
  });

  it('are not touched where nobody can be asked', () => {
    const program = new ScriptedProgram(folder());
    const finished = { type: 'finished', reason: 'completed', epochs: 1, steps: 1, elapsedSeconds: 1 };
    const { status, order, stderr } = program.run(['train', 'd'], { says: [finished] });
    assert.deepEqual([status, asked], [0, []]);
    assert.equal(
      stderr,
      'The face network is not on this machine: training starts from ImageNet weights. “face-trainer download-weights --face” gets it.\nprinted by the trainer\n',
    );
    // The training itself says that those are missing too.
    assert.ok(order?.type === 'train' && order.options.weights === 'imagenet');
  });

  it('are none for a random start and for a file', async () => {
    await getWeights(options({ weights: null }), true, say);
    await getWeights(options({ weights: path.join(folder(), 'w.npz') }), true, say);
    assert.deepEqual([asked, told], [[], []]);
  });

  it('of a width that Keras has none of are refused before anything is asked', async () => {
    await assert.rejects(getWeights(options({ width: 0.6 }), true, say), { code: 'weights-none' });
    assert.deepEqual(asked, []);
  });

  it('that arrive as something else are not kept', async () => {
    sent = Buffer.from('<html>Please log in.</html>');
    await assert.rejects(downloadWeights({ width: 1, size: 128 }, say), {
      code: 'download-failed',
      message: /not an HDF5 file/,
    });
    assert.ok(!fs.existsSync(imageNetFile({ width: 1, size: 128 }).path));
    assert.ok(!told.some((line) => line.startsWith('The weights are')));
  }).timeout(30_000);
});

describe('download-weights', () => {
  useServer();
  it('says of weights that are there where they are', async () => {
    await downloadWeights({ width: 1, size: 192 }, say);
    told = [];
    await downloadWeights({ width: 1, size: 192 }, say);
    assert.deepEqual(told, [`The weights are already in ${imageNetFile({ width: 1, size: 192 }).path}`]);
    assert.equal(asked.length, 1);
  });

  it('tells of a large file every two megabytes, and of its end', async () => {
    sent = Buffer.concat([weights, Buffer.alloc(9e6)]);
    await downloadWeights({ width: 1, size: 128 }, say);
    const megabytes = told.flatMap((line) => /^ {2}([\d.]+) of ([\d.]+) MB$/.exec(line)?.slice(1).map(Number) ?? []);
    const done = megabytes.filter((_, i) => i % 2 === 0);
    const total = Number((sent.length / 1e6).toFixed(1));
    assert.equal(done.at(-1), total);
    assert.ok(done.length >= 2 && done.length <= 6, done.join());
    for (const [i, now] of done.slice(0, -1).entries()) assert.ok(now - (done[i - 1] ?? 0) > 1.9, done.join());
  });
});

describe('the face network that a recognizer wants', () => {
  const zoo = useFaceWeightsServer();
  useEnvironment(() => ({
    FACE_TRAINER_FACE_WEIGHTS_URL: zoo.url(),
    FACE_TRAINER_CACHE: path.join(folder(), 'cache'),
  }));
  beforeEach(() => (told = []));

  it('is not touched where nobody agrees, or where another one is named', async () => {
    await getFaceWeights(undefined, false, say);
    await getFaceWeights(path.join(folder(), 'mine.xml'), true, say);
    assert.deepEqual([zoo.asked, told], [[], []]);
  });

  withShared('with the publisher’s files', [sharedPaths.faceWeights], () => {
    it('is downloaded with consent, once, and says where it is', async () => {
      await getFaceWeights(undefined, true, say);
      const place = path.dirname(downloadedFaceWeights().face.xml);
      assert.deepEqual(
        [told[0], told.at(-2), told.at(-1)],
        [
          `Downloading the face network from ${new URL(zoo.url()).host}`,
          '  4.3 of 4.3 MB',
          `The face weights are now in ${place}`,
        ],
      );
      assert.equal(zoo.asked.length, 6);
      told = [];
      await getFaceWeights(undefined, true, say);
      assert.deepEqual(told, []);
      await downloadFaces(say);
      assert.deepEqual([zoo.asked.length, told], [6, [`The face weights are already in ${place}`]]);
    });
  });
});
