import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { RecognizePage } from '../../src/extension/panels/recognizePage.js';
import { Recognizers } from '../../src/extension/recognizers.js';
import { modelPanelContent, type ModelPanelContent } from '../../src/protocol/modelPanel.js';
import type { Reply, Wish } from '../../src/protocol/recognitionJobs.js';
import { scratchFolder } from '../support/scratch.js';
import { FakeEditor, FakePanel, settled } from './fakeEditor.js';

type Result = Reply['result'];

/** A recognizer whose process answers what the test says. */
class HeldRecognizers extends Recognizers {
  readonly wishes: Wish[] = [];
  person = 'Anna';
  override answerer(): ReturnType<Recognizers['answerer']> {
    const answerer = super.answerer('/no recognizer');
    answerer.warmUp = () => undefined;
    answerer.ask = (wish) => {
      this.wishes.push(wish);
      return Promise.resolve(this.resultOf(wish));
    };
    return answerer;
  }

  private resultOf(wish: Wish): Result {
    const network = { name: 'n', kind: 'face', digest: '0'.repeat(64), precision: 'float32' } as const;
    if (wish.kind === 'recognize') {
      const known = this.person !== 'unknown';
      const answers = wish.files.map((file) => ({
        ...{ file, person: this.person, known, similarity: known ? 0.7 : 0.3, threshold: 0.46, nearest: 'Anna' },
        ...{ faces: 1, notes: [], mostLike: { person: 'Anna', file: '/people/Anna/1.jpg', similarity: 0.8 } },
      }));
      return { kind: 'recognized', recognition: { recognizer: 'people', network, runtime: 'r', answers } };
    }
    if (wish.person === 'Nobody')
      return { kind: 'refused', code: 'x', message: 'Nobody is no name.', advice: 'Say who.' };
    this.person = wish.kind === 'notThisPerson' ? 'unknown' : wish.person;
    const threshold = { value: 0.46, strangersPer1000: 10, evidence: { kind: 'table', people: 1 } } as const;
    const recognizer = { folder: '/r', name: 'people', network, people: [], threshold };
    return { kind: 'changed', changed: { recognizer, done: 'Done', leftOut: [] } };
  }
}

const scratch = scratchFolder();

describe('RecognizePage', () => {
  const open = () => {
    const editor = new FakeEditor();
    const panel = new FakePanel('faceTrainer.model', 'Try', true);
    const recognizers = new HeldRecognizers(editor, 'no entry');
    const folder = scratch();
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
  const until = async (holds: () => boolean) => {
    for (let turn = 0; turn < 500 && !holds(); turn++) await settled();
    assert.ok(holds());
  };

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
    panel.close();
  });

  it('asks who it is, says what is refused, and opens the picture that is most alike', async () => {
    const { editor, panel, recognizers } = open();
    panel.say(pasted);
    await until(() => now(panel).pictures.length === 1);
    const { id } = now(panel).pictures[0]!;
    editor.inputs.push('Nobody');
    panel.say({ type: 'thisIs', id });
    await until(() => now(panel).failure !== undefined);
    assert.equal(now(panel).failure, 'Nobody is no name. Say who.');
    editor.inputs.push('Bo');
    panel.say({ type: 'thisIs', id });
    await until(() => recognizers.person === 'Bo');
    panel.say({ type: 'openLike', id });
    await until(() => editor.opened.length > 0);
    assert.deepEqual(editor.opened, ['/people/Anna/1.jpg']);
    panel.close();
  });
});
