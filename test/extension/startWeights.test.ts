import assert from 'node:assert/strict';
import { UserError } from '../../src/core/userError.js';
import { withStartWeights, type Download } from '../../src/extension/commands/startWeights.js';
import { trainingOptions, type RecipeName, type TrainingOptions } from '../../src/protocol/options.js';
import { withRecipe } from '../../src/protocol/recipes.js';
import { sharedPaths, withShared } from '../support/shared.js';
import { scratchFolder } from '../support/scratch.js';
import { FakeEditor } from './fakeEditor.js';

const folder = scratchFolder();

describe('the weights that a training starts from', () => {
  let cache: string | undefined;
  beforeEach(() => {
    cache = process.env['FACE_TRAINER_CACHE'];
    process.env['FACE_TRAINER_CACHE'] = folder();
  });
  afterEach(() => {
    if (cache === undefined) delete process.env['FACE_TRAINER_CACHE'];
    else process.env['FACE_TRAINER_CACHE'] = cache;
  });

  const picked = (recipe: RecipeName) => ({
    options: withRecipe(recipe, { dataset: '/orl', seed: 7, weights: 'imagenet' }).data!,
    atRandom: withRecipe('original', { dataset: '/orl', seed: 7, weights: null }).data!,
    fromImageNet: withRecipe('default', { dataset: '/orl', seed: 7 }).data!,
  });
  const offline: Download = () =>
    Promise.reject(new UserError('download-failed', 'There is no connection.', 'Look at the proxy settings.'));
  const ask = (editor: FakeEditor, recipe: RecipeName, download: Download = offline) =>
    withStartWeights(editor, picked(recipe), download);

  it('asks nothing when the training starts from something else', async () => {
    const editor = new FakeEditor();
    const options = trainingOptions.parse({ dataset: '/orl', weights: '/mine.h5' });
    assert.equal(
      await withStartWeights(editor, { options, atRandom: options, fromImageNet: options }, offline),
      options,
    );
    assert.deepEqual(editor.said, []);
  });

  it('says offline what to do, and offers each way on again until one is taken', async () => {
    const editor = new FakeEditor();
    editor.buttons.push('Download', 'Try Again', 'Choose a File…');
    editor.files.push('/usb/weights.h5');
    const options = await ask(editor, 'fast');
    assert.deepEqual(options, { ...picked('fast').options, weights: '/usb/weights.h5' });
    assert.equal(editor.said.length, 3);
    for (const { detail, buttons } of editor.said.slice(1)) {
      assert.equal(detail, 'There is no connection. Look at the proxy settings.');
      assert.deepEqual(buttons, ['Try Again', 'Use Random Weights…', 'Choose a File…']);
    }
  });

  it('comes back to the question when no file was chosen', async () => {
    const editor = new FakeEditor();
    editor.buttons.push('Choose a File…', 'Choose a File…');
    editor.files.push(undefined, '/usb/weights.h5');
    assert.equal((await ask(editor, 'default'))?.weights, '/usb/weights.h5');
  });

  for (const recipe of ['fast', 'default'] as const) {
    it(`says what a random start means for the ${recipe} recipe before it takes the original one`, async () => {
      const editor = new FakeEditor();
      editor.buttons.push('Use Random Weights…', 'Train Every Layer');
      assert.deepEqual(await ask(editor, recipe), picked(recipe).atRandom);
      const { message, detail, buttons } = editor.said[1]!;
      assert.equal(message, `The ${recipe} recipe needs weights to start from.`);
      assert.match(detail!, /trains every layer instead, with the original recipe .*It takes longer/);
      assert.deepEqual(buttons, ['Train Every Layer']);
    });

    it(`keeps the ${recipe} recipe when the random start was thought better of`, async () => {
      const editor = new FakeEditor();
      editor.buttons.push('Use Random Weights…');
      assert.equal(await ask(editor, recipe), undefined);
      assert.deepEqual(
        editor.said.map(({ buttons }) => buttons.length),
        [3, 1, 3],
        'the first question comes back, and is left',
      );
    });
  }

  it('changes nothing but the weights of a recipe that trains every layer anyway', async () => {
    const editor = new FakeEditor();
    editor.buttons.push('Use Random Weights…');
    const { weights, ...rest } = picked('original').options;
    const { weights: none, ...options } = (await ask(editor, 'original')) as TrainingOptions;
    assert.deepEqual([weights, none, options], ['imagenet', undefined, rest]);
    assert.equal(editor.said.length, 1);
  });

  it('goes on with the options once the weights are there, and gives up when the download is cancelled', async () => {
    const editor = new FakeEditor();
    editor.buttons.push('Download');
    const done = await ask(editor, 'default', (file, { onProgress }) => {
      onProgress!(1e6, 9e6);
      assert.match(file.url, /mobilenet_v2/);
      return Promise.resolve();
    });
    assert.deepEqual(done, picked('default').options);
    const abort = new AbortController();
    editor.progress = (_, work) => work(() => undefined, abort.signal);
    editor.buttons.push('Download');
    const cancelled = await ask(editor, 'default', () => {
      abort.abort();
      return Promise.reject(new Error('aborted'));
    });
    assert.equal(cancelled, undefined);
  });

  withShared('a teacher that is a face network', [sharedPaths.faceWeights], () => {
    it('asks for the face network where it teaches, then for what the student starts from', async () => {
      const student = withRecipe('distil', { dataset: '/orl', seed: 7 }).data!;
      const choices = { ...picked('default'), options: student };
      const editor = new FakeEditor();
      // The teacher from a file; then the student's own weights are not there either.
      editor.buttons.push('Choose a File…', 'Choose a File…');
      editor.files.push(sharedPaths.faceWeights, '/usb/weights.h5');
      const options = await withStartWeights(editor, choices, offline);
      assert.equal(editor.said.length, 2, editor.said.map(({ message }) => message).join('\n'));
      assert.deepEqual([options?.teacher, options?.weights], ['faces', '/usb/weights.h5']);
      assert.equal(options?.recipe, 'distil');
      assert.equal(await withStartWeights(new FakeEditor(), choices, offline), undefined, 'nothing was chosen');
    });
  });
});
