import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { quantize, trainModel, type TrainModelPorts } from '../../src/extension/commands/trainCommands.js';
import { withStartWeights } from '../../src/extension/commands/startWeights.js';
import { Trainer } from '../../src/extension/trainer.js';
import type { RunOrder } from '../../src/protocol/jobs.js';
import { givenNetwork } from '../../src/graph/networkOptions.js';
import { trainingOptions, type TrainingOptions } from '../../src/protocol/options.js';
import { withRecipe } from '../../src/protocol/recipes.js';
import { RunFolder } from '../../src/runs/runFolder.js';
import { writeRunRecord } from '../../src/runs/runRecord.js';
import { useEnvironment } from '../support/environment.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';
import { FakeEditor, Memory } from './fakeEditor.js';
import { runEventOf, writeRun } from './runs.js';

// Train Model and the fine-tuning for int8, where a training starts from the face network.

const folder = scratchFolder();
const people = () => path.join(folder(), 'people');
const place = (fsPath: string) => ({ scheme: 'file', fsPath });

/** A trainer that notes what it is asked to run, and runs nothing. */
function noting(editor: FakeEditor): { readonly trainer: Trainer; readonly orders: RunOrder[] } {
  const orders: RunOrder[] = [];
  const nothing = () => undefined;
  const views = {
    panels: {
      open: nothing,
      openAgain: nothing,
      readOn: nothing,
      readSoon: nothing,
      livenessChanged: nothing,
      preparing: nothing,
    },
    reports: { refresh: nothing },
    status: { show: nothing, update: nothing, hide: nothing },
    runChanged: nothing,
  };
  const trainer = new Trainer(editor, views, {
    launch(order, name) {
      orders.push(order);
      return { order, name, runFolder: order.runFolder, running: true, stopping: false, end: nothing };
    },
    follow: () => assert.fail('no run is under way'),
    queue: () =>
      Promise.resolve({
        newFolder: (runs, name) => path.join(runs, path.basename(name)),
        startsNow: () => Promise.resolve(true),
        begun: () => Promise.resolve(),
      }),
  });
  return { trainer, orders };
}

async function train(editor: FakeEditor): Promise<TrainingOptions | undefined> {
  fs.mkdirSync(people(), { recursive: true });
  const { trainer, orders } = noting(editor);
  const ports: TrainModelPorts = {
    ...{ trainer, memory: new Memory() },
    preview: () => Promise.reject(new Error('no preview is expected')),
    searchRate: () => Promise.reject(new Error('no search is expected')),
    setUpTensorFlow: () => Promise.resolve(),
  };
  await trainModel(editor, ports, place(people()));
  const [order] = orders;
  return order?.type === 'train' ? order.options : undefined;
}

describe('Find Learning Rate', () => {
  useEnvironment(() => ({ FACE_TRAINER_CACHE: path.join(folder(), 'cache') }));

  it('searches with the options that were chosen, in place of a training', async () => {
    const editor = new FakeEditor();
    fs.mkdirSync(people(), { recursive: true });
    const { trainer, orders } = noting(editor);
    const searched: TrainingOptions[] = [];
    const ports: TrainModelPorts = {
      ...{ trainer, memory: new Memory() },
      preview: () => Promise.reject(new Error('no preview is expected')),
      searchRate: (options) => Promise.resolve(void searched.push(options)),
      setUpTensorFlow: () => Promise.resolve(),
    };
    editor.settings = { recipe: 'original' };
    editor.picks.push('$(graph-line) Find');
    await trainModel(editor, ports, place(people()), { learningRate: 0.0042 });
    assert.deepEqual(orders, []);
    assert.deepEqual(
      searched.map(({ recipe, learningRate, dataset }) => [recipe, learningRate, dataset]),
      [['original', 0.0042, people()]],
    );
  });
});

describe('Train Model from the face network', () => {
  useEnvironment(() => ({ FACE_TRAINER_CACHE: path.join(folder(), 'cache') }));

  it('asks before the network is downloaded, and says what ImageNet weights in its place cost', async () => {
    const editor = new FakeEditor();
    editor.picks.push('$(play)');
    assert.equal(await train(editor), undefined, 'whoever closes the question trains nothing');
    const [{ message, detail, buttons }] = editor.said as [FakeEditor['said'][number]];
    assert.equal(message, 'Training starts from a face network, which is not on this machine yet.');
    assert.match(detail!, /^About 4 MB from storage\.openvinotoolkit\.org, downloaded once/);
    assert.match(detail!, /missed 41 of 100 pictures of known people where this one missed 1\.$/);
    assert.deepEqual(buttons, ['Download', 'Use ImageNet Weights', 'Choose a File…']);
  });

  it('goes on from ImageNet weights with the default recipe and what was chosen by hand, after their own question', async () => {
    const editor = new FakeEditor();
    const options = withRecipe('face', { dataset: '/orl', epochs: 7 }).data!;
    const fromImageNet = withRecipe('default', { dataset: '/orl', epochs: 7 }).data!;
    editor.buttons.push('Use ImageNet Weights', 'Download');
    const picked = { options, fromImageNet, atRandom: fromImageNet };
    assert.deepEqual(await withStartWeights(editor, picked, () => Promise.resolve()), fromImageNet);
    assert.match(editor.said[1]!.message, /a network that has seen a million pictures/);
  });

  it('is refused for int8 in a sentence, before anything is asked for or started', async () => {
    const editor = new FakeEditor();
    editor.picks.push('$(chip)', '$(play)');
    editor.inputs.push('2');
    await assert.rejects(train(editor), {
      code: 'invalid-options',
      message: /stays frozen cannot be trained for int8/,
      advice: /then fine-tune its checkpoint/,
    });
    assert.deepEqual(editor.said, []);
  });

  withShared('with face weights', [sharedPaths.faceWeights], () => {
    it('starts at once where the network is, finds faces, and may be told that they are aligned already', async () => {
      const editor = new FakeEditor();
      editor.settings['faceWeights'] = sharedPaths.faceWeights;
      editor.picks.push('$(play)');
      const options = await train(editor);
      assert.deepEqual(
        [options?.recipe, options?.weights, options?.faceWeights, options?.faces],
        ['face', 'faces', sharedPaths.faceWeights, 'on'],
      );
      editor.picks.push('$(account) Faces', 'Already aligned', '$(play)');
      assert.equal((await train(editor))?.faces, 'off');
      assert.deepEqual(editor.said, []);
    });
  });

  it('shows no row of faces for a training from ImageNet weights', async () => {
    const editor = new FakeEditor();
    editor.settings['recipe'] = 'default';
    assert.equal(await train(editor), undefined);
    assert.ok(editor.lists[0]!.some(({ label }) => label.startsWith('$(book)')));
    assert.ok(!editor.lists[0]!.some(({ label }) => label.startsWith('$(account)')));
  });
});

describe('Enable Quantization-Aware Fine-Tuning on a checkpoint of the face network', () => {
  function faceCheckpoint(): string {
    const run = path.join(folder(), '.face-trainer', 'runs', 'faces');
    writeRun(run, [
      runEventOf(run, people()),
      { type: 'checkpoint', path: 'checkpoints/epoch-0001', epoch: 1, step: 1, bytes: 1, best: true },
    ]);
    writeRunRecord(new RunFolder(run), {
      version: 2,
      ...{ id: 'faces', startedAt: new Date(0).toISOString(), faces: 'aligned' },
      options: trainingOptions.parse({ dataset: people() }),
      versions: { faceTrainer: '0', node: '20', platform: 'any' },
      network: { ...givenNetwork(128), name: 'face-reidentification-retail-0095', parameters: 1 },
      data: { people: ['a', 'b'], images: 2, trainImages: 1, validationImages: 1, fingerprint: 'sha256:0' },
    });
    return path.join(run, 'checkpoints', 'epoch-0001');
  }

  it('starts one beside its run, as on any other', async () => {
    const editor = new FakeEditor();
    const { trainer, orders } = noting(editor);
    const checkpoint = faceCheckpoint();
    await quantize(editor, trainer, { kind: 'checkpoint', path: checkpoint }, [], undefined);
    assert.deepEqual(
      orders.map((order) => order.type === 'qat' && [order.checkpoint, path.basename(order.runFolder)]),
      [[checkpoint, 'people-int8']],
    );
  });
});
