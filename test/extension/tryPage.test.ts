import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { TrainerOrder, LastWord } from '../../src/protocol/jobs.js';
import { TryPage } from '../../src/extension/panels/tryPage.js';
import { modelPanelContent, type ModelPanelContent } from '../../src/protocol/modelPanel.js';
import { FakeEditor, FakePanel, settled } from './fakeEditor.js';

type Predict = Extract<TrainerOrder, { type: 'predict' }>;

/** Jobs that end when the test says so. */
class HeldJobs {
  readonly orders: Predict[] = [];
  readonly ends: ((end: LastWord) => void)[] = [];
  stopped = 0;
  start(order: TrainerOrder): { ended: Promise<LastWord>; stop(): void } {
    assert.ok(order.type === 'predict');
    this.orders.push(order);
    const ended = new Promise<LastWord>((resolve) => this.ends.push(resolve));
    return { ended, stop: () => (this.stopped += 1) };
  }
}

function answers(order: Predict, person: string): LastWord {
  const predictions = order.files.map((file) => ({ file, person, probability: 0.9, scores: { [person]: 0.9 } }));
  return { type: 'predicted', runtime: 'ONNX Runtime', network: 'MobileNetV2', predictions };
}

describe('TryPage', () => {
  function open(): { editor: FakeEditor; panel: FakePanel; jobs: HeldJobs } {
    const editor = new FakeEditor();
    const panel = new FakePanel('faceTrainer.model', 'Try', true);
    const jobs = new HeldJobs();
    new TryPage(editor, panel, 'orl, epoch 2', '/model', jobs);
    panel.say({ type: 'ready' });
    return { editor, panel, jobs };
  }
  const now = (panel: FakePanel): Extract<ModelPanelContent, { type: 'try' }> => {
    const content = modelPanelContent.parse(panel.posted.at(-1));
    assert.ok(content.type === 'try');
    return content;
  };
  const pasted = (name: string) => ({ type: 'picture', name, data: Buffer.from(name).toString('base64') });

  it('asks one picture after the other, and shows the newest answer first', async () => {
    const { panel, jobs } = open();
    panel.say(pasted('a.png'));
    panel.say(pasted('b.png'));
    await settled();
    assert.deepEqual([jobs.orders.length, now(panel).waiting], [1, 2]);
    assert.equal(fs.readFileSync(jobs.orders[0]!.files[0]!, 'utf8'), 'a.png');
    jobs.ends[0]!(answers(jobs.orders[0]!, 'Anna'));
    await settled();
    jobs.ends[1]!(answers(jobs.orders[1]!, 'Bo'));
    await settled();
    const { pictures, waiting, facts } = now(panel);
    assert.deepEqual(
      pictures.map(({ name, answer }) => [name, 'person' in answer && answer.person]),
      [
        ['b.png', 'Bo'],
        ['a.png', 'Anna'],
      ],
    );
    assert.deepEqual([waiting, facts], [0, 'MobileNetV2, computed by ONNX Runtime']);
    panel.close();
  });

  it('keeps what was pasted inside its own folder, whatever its name, and removes that folder with the panel', async () => {
    const { panel, jobs } = open();
    panel.say(pasted('../../../outside.png'));
    await settled();
    const [file] = jobs.orders[0]!.files;
    assert.match(path.basename(path.dirname(file!)), /^face-trainer-try-/);
    panel.close();
    assert.equal(jobs.stopped, 1, 'a prediction that nobody sees is stopped');
    jobs.ends[0]!({ type: 'cancelled' });
    await settled();
    assert.ok(!fs.existsSync(path.dirname(file!)));
    assert.equal(jobs.orders.length, 1);
  });

  it('says what was wrong with the network, and forgets it with the next answer', async () => {
    const { panel, jobs } = open();
    panel.say(pasted('a.png'));
    await settled();
    jobs.ends[0]!({ type: 'failure', code: 'model-unreadable', message: 'It is damaged.', advice: 'Export it again.' });
    await settled();
    assert.equal(now(panel).failure, 'It is damaged. Export it again.');
    panel.say(pasted('b.png'));
    await settled();
    jobs.ends[1]!(answers(jobs.orders[1]!, 'Bo'));
    await settled();
    assert.equal(now(panel).failure, undefined);
    panel.close();
  });

  it('opens one camera for two quick clicks, and closes it with the panel', async () => {
    const { editor, panel } = open();
    panel.say({ type: 'openCamera' });
    panel.say({ type: 'openCamera' });
    while (editor.browsed.length < 2) await settled();
    assert.equal(editor.browsed[0], editor.browsed[1]);
    assert.equal((await fetch(editor.browsed[0]!)).status, 200);
    panel.close();
    await settled();
    await assert.rejects(fetch(editor.browsed[0]!));
  });

  it('tells when the browser cannot be opened', async () => {
    const { editor, panel } = open();
    editor.browse = () => Promise.reject(new Error('there is no browser'));
    panel.say({ type: 'openCamera' });
    while (editor.said.length === 0) await settled();
    assert.deepEqual(
      [editor.said[0]!.message, editor.logged],
      ['Face Trainer: there is no browser', ['error Error: there is no browser']],
    );
    panel.close();
  });
});
