import assert from 'node:assert/strict';
import path from 'node:path';
import { UserError } from '../../src/core/userError.js';
import { forgetBuiltInNetwork, withFaceWeights } from '../../src/extension/commands/faceWeights.js';
import { downloadedFaceWeights, findFaceWeights } from '../../src/weights/faceWeights.js';
import { useEnvironment } from '../support/environment.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';
import { FakeEditor, Memory } from './fakeEditor.js';

const folder = scratchFolder();

describe('the face network that a recognizer wants', () => {
  useEnvironment(() => ({ FACE_TRAINER_CACHE: folder() }));
  const offline = () =>
    Promise.reject(new UserError('download-failed', 'There is no connection.', 'Look at the proxy settings.'));

  it('is downloaded only after a question that says how much, from where, and what else there is', async () => {
    const editor = new FakeEditor();
    editor.buttons.push('Download');
    let asked = 0;
    const files = downloadedFaceWeights();
    const chosen = await withFaceWeights(editor, new Memory(), ({ onProgress } = {}) => {
      asked++;
      onProgress?.(1e6, 4e6);
      return Promise.resolve(files);
    });
    assert.deepEqual([chosen, asked, editor.said.length], [{}, 1, 1]);
    const { detail, buttons } = editor.said[0]!;
    assert.match(detail!, /^About 4 MB from storage\.openvinotoolkit\.org, downloaded once/);
    assert.match(detail!, /inside the extension works without a download/);
    assert.deepEqual(buttons, ['Download', 'Use the Built-In Network', 'Choose a File…']);
  });

  it('may be the one inside the extension, without network', async () => {
    const editor = new FakeEditor();
    editor.buttons.push('Download', 'Use the Built-In Network');
    const memory = new Memory();
    assert.deepEqual(await withFaceWeights(editor, memory, offline), {});
    const { message, detail, buttons } = editor.said[1]!;
    assert.equal(message, 'The face network could not be used.');
    assert.equal(detail, 'There is no connection. Look at the proxy settings.');
    assert.equal(buttons[0], 'Try Again');
    editor.said.length = 0;
    assert.deepEqual(await withFaceWeights(editor, memory, offline), {});
    assert.deepEqual(editor.said, [], 'who has chosen it is not asked again');
    await forgetBuiltInNetwork(memory);
    assert.equal(await withFaceWeights(editor, memory, offline), undefined);
    assert.equal(editor.said.length, 1);
  });

  it('is none when the user thinks better of it, at the question or at the bar', async () => {
    const editor = new FakeEditor();
    assert.equal(await withFaceWeights(editor, new Memory(), offline), undefined);
    const abort = new AbortController();
    editor.progress = (_, work) => work(() => undefined, abort.signal);
    editor.buttons.push('Download');
    const cancelled = withFaceWeights(editor, new Memory(), () => {
      abort.abort();
      return Promise.reject(new Error('aborted'));
    });
    assert.equal(await cancelled, undefined);
  });

  it('is looked for where the setting says, and nothing else is asked', async () => {
    const editor = new FakeEditor();
    editor.settings['faceWeights'] = folder();
    await assert.rejects(withFaceWeights(editor, new Memory(), offline), { code: 'weights-unreadable' });
    assert.deepEqual(editor.said, []);
  });

  withShared('with the publisher’s files', [sharedPaths.faceWeights], () => {
    const face = path.join(sharedPaths.faceWeights, 'face-reidentification-retail-0095.xml');

    it('may be a file, which is found from then on', async () => {
      const editor = new FakeEditor();
      editor.buttons.push('Choose a File…', 'Choose a File…');
      editor.files.push(path.join(folder(), 'absent.xml'), face);
      assert.deepEqual(await withFaceWeights(editor, new Memory(), offline), {});
      assert.match(editor.said[1]!.detail!, /it does not exist/);
      assert.deepEqual(findFaceWeights(), downloadedFaceWeights());
      editor.said.length = 0;
      assert.deepEqual(await withFaceWeights(editor, new Memory(), offline), {});
      assert.deepEqual(editor.said, []);
    });

    it('is told to the job where the setting names it', async () => {
      const editor = new FakeEditor();
      editor.settings['faceWeights'] = face;
      assert.deepEqual(await withFaceWeights(editor, new Memory(), offline), { faceWeights: face });
    });
  });
});
