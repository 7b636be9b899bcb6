import assert from 'node:assert/strict';
import path from 'node:path';
import { downloadFaces } from '../../src/cli/getWeights.js';
import type { TrainingOptions } from '../../src/protocol/options.js';
import { downloadedFaceWeights } from '../../src/weights/faceWeights.js';
import { useEnvironment } from '../support/environment.js';
import { useFaceWeightsServer } from '../support/faceWeightsServer.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';
import { ScriptedProgram, type Told } from './scriptedProgram.js';

// What a training at a terminal starts from where nobody says, and what does not go with the face network.

const folder = scratchFolder();
const finished = { type: 'finished', reason: 'completed', epochs: 1, steps: 1, elapsedSeconds: 1 };
const SENTENCE = /^The face network is not on this machine: training starts from ImageNet weights\./m;

describe('train from the face network', function () {
  this.timeout(60_000);
  const zoo = useFaceWeightsServer();
  useEnvironment(() => ({
    FACE_TRAINER_FACE_WEIGHTS_URL: zoo.url(),
    FACE_TRAINER_CACHE: path.join(folder(), 'cache'),
  }));
  let program: ScriptedProgram;
  beforeEach(() => (program = new ScriptedProgram(folder())));

  const run = (...args: string[]): Told => program.run(['train', 'd', ...args], { says: [finished] });
  function optionsOf({ order, stderr }: Told): TrainingOptions {
    assert.equal(order?.type, 'train', stderr);
    return order.options;
  }

  it('starts from ImageNet weights where the network is not there and nobody can be asked, and says so', () => {
    const told = run();
    assert.match(told.stderr, SENTENCE);
    const { recipe, weights } = optionsOf(told);
    assert.deepEqual([recipe, weights, zoo.asked], ['default', 'imagenet', []]);
  });

  it('says nothing of the network where another start, or what belongs to one, is asked for', () => {
    for (const args of [
      ['--recipe', 'fast'],
      ['--weights', 'random'],
      ['--width', '0.5'],
      ['--size', '96'],
      ['--head-epochs', '2'],
      ['--quantize-after', '3'],
    ]) {
      const told = run(...args);
      assert.doesNotMatch(told.stderr, SENTENCE, args.join(' '));
      assert.equal(optionsOf(told).recipe, args[1] === 'fast' ? 'fast' : 'default', args.join(' '));
    }
  });

  it('takes the network that is named, and pictures that are aligned already', () => {
    const named = optionsOf(run('--face-weights', 'mine.xml'));
    assert.deepEqual([named.recipe, named.faces, path.basename(named.faceWeights!)], ['face', 'on', 'mine.xml']);
    const aligned = optionsOf(run('--recipe', 'face', '--faces', 'off', '--epochs', '3'));
    assert.deepEqual([aligned.faces, aligned.epochs, aligned.weights], ['off', 3, 'faces']);
  });

  it('refuses what only a network that is built anew has', () => {
    for (const [args, says] of [
      [['--width', '0.5'], /^--width is about a network that is built anew: leave it out, or use another recipe/],
      [['--pooling', 'max'], /^--pooling is about/],
      [['--weights', 'imagenet'], /^--recipe face starts from the face weights: leave --weights out/],
    ] as const) {
      const { status, stderr, order } = run('--recipe', 'face', ...args);
      assert.deepEqual([status, order], [2, undefined]);
      assert.match(stderr, says);
    }
  });

  it('downloads nothing for a run that is refused, which its trainer then says', () => {
    const told = run('--recipe', 'face', '--quantize-after', '1', '--download');
    assert.ok(optionsOf(told).quantization);
    assert.deepEqual(zoo.asked, []);
  });

  withShared('with the publisher’s files', [sharedPaths.faceWeights], () => {
    it('starts from the network once the user agrees, and from then on by itself', async () => {
      // The program's own server would wait for this process while it waits for the program.
      await downloadFaces(() => undefined);
      const told = run();
      const { recipe, weights, faceWeights, faces } = optionsOf(told);
      assert.deepEqual([recipe, weights, faceWeights, faces], ['face', 'faces', undefined, 'on']);
      assert.doesNotMatch(told.stderr, SENTENCE);
      assert.ok(downloadedFaceWeights().face.xml.startsWith(folder()));
      assert.equal(optionsOf(run('--recipe', 'default')).weights, 'imagenet');
    });
  });
});
