import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { RecognizePage } from '../../src/extension/panels/recognizePage.js';
import { modelPanelContent, type ModelPanelContent } from '../../src/protocol/modelPanel.js';
import { renamePerson, undo } from '../../src/recognizers/edits.js';
import { scratchFolder } from '../support/scratch.js';
import { FakeEditor, FakePanel, settled, until } from './fakeEditor.js';
import { HeldRecognizers } from './heldRecognizers.js';

const scratch = scratchFolder();

describe('RecognizePage', () => {
  const open = () => {
    const editor = new FakeEditor();
    const panel = new FakePanel('faceTrainer.model', 'Try', true);
    const folder = path.join(scratch(), 'door');
    const recognizers = new HeldRecognizers(editor, folder);
    new RecognizePage(editor, panel, folder, recognizers);
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
});
