import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { CameraAnswer } from '../../src/extension/panels/cameraAnswer.js';
import { ModelPanels } from '../../src/extension/panels/modelPanels.js';
import { RecognizePage } from '../../src/extension/panels/recognizePage.js';
import { Scores } from '../../src/extension/panels/scores.js';
import type { LastWord, TrainerOrder } from '../../src/protocol/jobs.js';
import { modelPanelContent, type ModelPanelContent } from '../../src/protocol/modelPanel.js';
import { renamePerson, undo } from '../../src/recognizers/edits.js';
import { scratchFolder } from '../support/scratch.js';
import { cameraAt } from './cameraBrowser.js';
import { FakeEditor, FakePanel, settled, until } from './fakeEditor.js';
import { HeldRecognizers } from './heldRecognizers.js';

const scratch = scratchFolder();

describe('RecognizePage', () => {
  const open = () => {
    const editor = new FakeEditor();
    const panel = new FakePanel('faceTrainer.model', 'Try', true);
    const folder = path.join(scratch(), 'door');
    const recognizers = new HeldRecognizers(editor, folder);
    const saved = { kind: 'recognize', recognizer: folder };
    new RecognizePage(editor, panel, { place: folder, recognizer: folder, title: 'door', saved }, recognizers);
    panel.say({ type: 'ready' });
    return { editor, panel, recognizers, folder };
  };
  const now = (panel: FakePanel): Extract<ModelPanelContent, { type: 'recognize' }> => {
    const content = modelPanelContent.parse(panel.posted.at(-1));
    assert.ok(content.type === 'recognize');
    return content;
  };
  const pasted = { type: 'picture', name: 'a.png', data: Buffer.from('a').toString('base64') };

  it('asks again after “not this person”, and keeps a pasted picture with the recognizer', async () => {
    const { panel, recognizers, folder } = open();
    panel.say(pasted);
    await until(() => now(panel).pictures.length === 1);
    const [before] = now(panel).pictures;
    assert.ok(before && 'person' in before.answer && before.answer.person === 'Anna');
    panel.say({ type: 'notThisPerson', id: before.id });
    await until(() => recognizers.wishes.length === 3 && now(panel).pictures[0]?.correction !== undefined);
    const change = recognizers.wishes[1]!;
    assert.deepEqual([change.kind, path.dirname(change.files[0]!)], ['notThisPerson', path.join(folder, 'pictures')]);
    assert.equal(fs.readFileSync(change.files[0]!, 'utf8'), 'a');
    await until(() => {
      const [shown] = now(panel).pictures;
      return shown !== undefined && 'person' in shown.answer && !shown.answer.known;
    });
    assert.equal(now(panel).lastChange, 'Said that 1 picture is not Anna');
    // Something else is done elsewhere: that is not for this page to take back.
    await recognizers.edit(folder, renamePerson('Bo', 'Bob'));
    await until(() => now(panel).lastChange === undefined);
    assert.equal(now(panel).pictures[0]!.correction, 'You said: not Anna.');
    panel.say({ type: 'undo' });
    await settled();
    assert.deepEqual(recognizers.people(folder), ['Anna', 'Bob', 'Cy']);
    await recognizers.edit(folder, undo);
    await until(() => now(panel).lastChange !== undefined);
    assert.deepEqual(recognizers.people(folder), ['Anna', 'Bo', 'Cy']);
    panel.say({ type: 'undo' });
    await until(() => now(panel).lastChange === undefined);
    assert.equal(now(panel).pictures[0]!.correction, undefined);
    panel.close();
  });

  it('asks who it is, says what is refused, and opens the picture that is most alike', async () => {
    const { editor, panel, recognizers } = open();
    panel.say(pasted);
    await until(() => now(panel).pictures.length === 1);
    const { id } = now(panel).pictures[0]!;
    editor.picks.push('$(add)');
    editor.inputs.push('Nobody');
    panel.say({ type: 'thisIs', id });
    await until(() => now(panel).failure !== undefined);
    assert.equal(now(panel).failure, 'Nobody is no name. Say who.');
    editor.picks.push('Bo');
    panel.say({ type: 'thisIs', id });
    await until(() => recognizers.person === 'Bo');
    panel.say({ type: 'openLike', id });
    await until(() => editor.opened.length > 0);
    assert.deepEqual(editor.opened, ['/people/Anna/1.jpg']);
    panel.close();
  });

  describe('of a checkpoint', () => {
    const predicted = (files: readonly string[]): LastWord => ({
      ...{ type: 'predicted', runtime: 'the native engine', network: 'MobileNetV2' },
      predictions: files.map((file) => ({ file, person: 'Bo', probability: 0.49, scores: { Bo: 0.49, Anna: 0.3 } })),
    });
    const openCheckpoint = () => {
      const editor = new FakeEditor();
      const panel = new FakePanel('faceTrainer.model', 'Try', true);
      const folder = path.join(scratch(), 'recognizers', 'epoch-0001');
      const recognizers = new HeldRecognizers(editor, folder);
      const asked: string[][] = [];
      const start = (order: TrainerOrder) => {
        assert.ok(order.type === 'predict');
        asked.push(order.files);
        return { ended: Promise.resolve(predicted(order.files)), stop: () => undefined };
      };
      const place = path.join(scratch(), 'checkpoints', 'epoch-0001');
      const scores = new Scores({ start }, place, {});
      const saved = { kind: 'try', model: place };
      new RecognizePage(editor, panel, { place, recognizer: folder, title: 'orl', scores, saved }, recognizers);
      panel.say({ type: 'ready' });
      return { editor, panel, recognizers, asked, place, folder };
    };
    const content = (panel: FakePanel) => {
      const shown = modelPanelContent.parse(panel.posted.at(-1));
      assert.ok(shown.type !== 'comparison');
      return shown;
    };

    it('answers by its embedding, or by its scores alone where every picture is one of its people', async () => {
      const { panel, recognizers, asked } = openCheckpoint();
      recognizers.person = 'unknown';
      panel.say(pasted);
      await until(() => now(panel).pictures.length === 1);
      assert.equal(now(panel).closedSet, false);
      panel.say({ type: 'closedSet', on: true });
      await until(() => content(panel).type === 'try' && content(panel).pictures.length === 1);
      const closed = content(panel);
      assert.ok(closed.type === 'try' && 'person' in closed.pictures[0]!.answer);
      assert.deepEqual([closed.pictures[0]!.answer.person, closed.closedSet], ['Bo', true]);
      assert.equal(closed.facts, 'MobileNetV2, computed by the native engine');
      assert.equal(asked.length, 1);
      panel.say({ type: 'closedSet', on: false });
      await until(() => content(panel).type === 'recognize');
      assert.equal(recognizers.wishes.length, 1, 'an answer that is there is not asked for again');
      panel.say({ type: 'evaluate' });
      panel.close();
    });

    it('says how far the enrolling of its people is, and keeps pictures that could not be answered', async () => {
      const { panel, recognizers, place } = openCheckpoint();
      recognizers.prepare(place, 1200, 3160);
      assert.deepEqual(now(panel).facts, ['Its people are enrolled: 1,200 of 3,160 pictures.']);
      recognizers.refusal = { message: 'The pictures are gone.', advice: 'Bring them back.' };
      panel.say(pasted);
      await until(() => now(panel).failure !== undefined);
      assert.deepEqual([now(panel).failure, now(panel).pictures], ['The pictures are gone. Bring them back.', []]);
      panel.say({ type: 'closedSet', on: true });
      await until(() => content(panel).type === 'try' && content(panel).pictures.length === 1);
      recognizers.refusal = undefined;
      panel.say({ type: 'closedSet', on: false });
      await until(() => content(panel).type === 'recognize' && content(panel).pictures.length === 1);
      assert.equal(now(panel).failure, undefined);
      panel.close();
    });

    it('learns at the camera, too', async () => {
      const { editor, panel, recognizers, folder } = openCheckpoint();
      panel.say({ type: 'openCamera' });
      await until(() => editor.browsed.length === 1);
      const camera = await cameraAt(editor.browsed[0]!);
      const post = async (place: string, body: string) =>
        (await (await camera.post(place, body)).json()) as CameraAnswer;
      const seen = await post('/picture', 'a jpeg');
      assert.equal(seen.title, 'Anna');
      const { id, known, people } = seen.correctable!;
      assert.deepEqual([known, people], ['Anna', ['Anna', 'Bo', 'Cy']]);
      const not = await post('/correction', JSON.stringify({ kind: 'notThisPerson', id }));
      assert.match(not.title, /^Nobody I know/);
      assert.equal(not.correctable!.known, undefined);
      assert.equal(recognizers.record(folder)!.people[0]!.negatives.length, 1);
      const is = await post('/correction', JSON.stringify({ kind: 'thisIs', id, person: 'Dora' }));
      assert.equal(is.title, 'Dora');
      assert.ok(recognizers.people(folder).includes('Dora'));
      panel.close();
    });
  });
});

describe('Try a Picture', () => {
  const jobs = {
    start: () => {
      throw new Error('no job is expected');
    },
  };
  const shown = (panel: FakePanel) => {
    panel.say({ type: 'ready' });
    const content = modelPanelContent.parse(panel.posted.at(-1));
    panel.close();
    return content;
  };

  it('asks a recognizer where there is one, a checkpoint in both ways, and of other files the scores', () => {
    const editor = new FakeEditor();
    const checkpoint = path.join(scratch(), 'run', 'checkpoints', 'epoch-0003');
    fs.mkdirSync(checkpoint, { recursive: true });
    fs.writeFileSync(path.join(checkpoint, 'manifest.json'), '{}');
    const [embedding, classifier] = ['a-embedding.onnx', 'b.onnx'].map((name) => path.join(scratch(), name));
    for (const file of [embedding!, classifier!]) fs.writeFileSync(file, '');
    const recognizers = new HeldRecognizers(editor, `${embedding!}.recognizer`);
    const panels = new ModelPanels(editor, jobs, recognizers);
    for (const [model, type, closedSet, title] of [
      [checkpoint, 'recognize', false, /epoch 3$/],
      [embedding!, 'recognize', undefined, /^a-embedding\.onnx$/],
      [classifier!, 'try', undefined, /^b\.onnx$/],
    ] as const) {
      panels.tryPictures(model);
      const panel = editor.panels.at(-1)!;
      const content = shown(panel);
      assert.ok(content.type !== 'comparison');
      assert.deepEqual([content.type, content.closedSet], [type, closedSet]);
      assert.match(content.title, title);
      // After a reload of the window it is the same page, but in a folder that is trusted alone.
      const restored = new FakePanel('faceTrainer.model', 'Try', false);
      panels.restore(restored, panel.saved);
      assert.equal(shown(restored).type, type);
      editor.trusted = false;
      const untrusted = new FakePanel('faceTrainer.model', 'Try', false);
      panels.restore(untrusted, panel.saved);
      assert.ok(untrusted.isClosed);
      editor.trusted = true;
    }
  });
});
