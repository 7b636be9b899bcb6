import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Jobs } from '../../src/extension/job.js';
import { DataPanels } from '../../src/extension/panels/dataPanels.js';
import { EvaluationPanels } from '../../src/extension/panels/evaluationPanels.js';
import { Recognizers } from '../../src/extension/recognizers.js';
import { PROTOCOL_VERSION } from '../../src/protocol/handshake.js';
import { undo } from '../../src/recognizers/edits.js';
import { scratchFolder } from '../support/scratch.js';
import { FakeEditor, FakePanel, settled } from './fakeEditor.js';

const folder = scratchFolder();

/** What a trainer would be: a program that leaves a file behind. */
function trap(): string {
  const entry = path.join(folder(), 'trainer.mjs');
  fs.writeFileSync(
    entry,
    `import fs from 'node:fs'; fs.writeFileSync(${JSON.stringify(path.join(folder(), 'ran'))}, '');`,
  );
  return entry;
}

function restrictedEditor(): FakeEditor {
  const editor = new FakeEditor();
  editor.trusted = false;
  editor.workspaceFolders = [folder()];
  return editor;
}

const RESTRICTED = { code: 'restricted', message: /^This window is in Restricted Mode/ };

describe('in Restricted Mode', () => {
  it('no process is started, whoever asks', () => {
    const editor = restrictedEditor();
    const jobs = new Jobs(editor, trap());
    const wish = { files: ['a.jpg'], side: 96 };
    assert.throws(() => jobs.start({ type: 'thumbnails', protocol: PROTOCOL_VERSION, ...wish }), RESTRICTED);
    const recognizers = new Recognizers(editor, trap());
    assert.throws(() => recognizers.answerer(folder()), RESTRICTED);
    assert.equal(fs.existsSync(path.join(folder(), 'ran')), false);
  });

  it('no recognizer is changed', async () => {
    const recognizers = new Recognizers(restrictedEditor(), trap());
    await assert.rejects(recognizers.edit(folder(), undo), RESTRICTED);
    await assert.rejects(recognizers.change(folder(), { kind: 'add', person: 'Anna', files: ['a.jpg'] }), RESTRICTED);
  });

  it('a check that the folder brings along is shown, and writes nothing', async () => {
    const editor = restrictedEditor();
    const never = () => Promise.reject(new Error('nothing is to be drawn'));
    const report = { version: 1 as const, dataset: path.join(folder(), 'orl'), layout: 'folders' as const };
    const rest = { people: 1, pictures: 1, counts: [], findings: [], suggestedExclusions: ['s01/01.jpg'] };
    new DataPanels(new FakeEditor(), never).report({ ...report, ...rest }, false);
    const before = fs.readdirSync(folder(), { recursive: true });
    const panel = new FakePanel('faceTrainer.data', 'Check', false);
    new DataPanels(editor, never).restore(panel, { kind: 'check', dataset: report.dataset });
    panel.say({ type: 'ready' });
    assert.equal(panel.posted.length, 1);
    panel.say({ type: 'leaveOut' });
    panel.say({ type: 'takeBack' });
    await settled();
    assert.match(editor.said[0]!.message, /Restricted Mode/);
    assert.deepEqual(fs.readdirSync(folder(), { recursive: true }), before);
  });

  it('no evaluation comes back: its pictures would be made by a process', () => {
    const editor = restrictedEditor();
    const panels = new EvaluationPanels(editor, new Jobs(editor, trap()), new Recognizers(editor, trap()));
    const panel = new FakePanel('faceTrainer.evaluation', 'Evaluate', false);
    panels.restore(panel, { kind: 'evaluation', target: folder() });
    assert.ok(panel.isClosed);
  });
});
