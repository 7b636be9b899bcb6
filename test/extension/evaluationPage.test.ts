import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { EvaluationPanels } from '../../src/extension/panels/evaluationPanels.js';
import type { RunningJob } from '../../src/extension/job.js';
import { evaluationPanelContent, type EvaluationPanelContent } from '../../src/protocol/evaluationPanel.js';
import type { LastWord } from '../../src/protocol/jobs.js';
import { NETWORK } from '../support/syntheticFaces.js';
import { SAMPLE_EVALUATION } from '../support/sampleEvaluation.js';
import { scratchFolder } from '../support/scratch.js';
import { FakeEditor, FakePanel, settled, until } from './fakeEditor.js';
import { HeldRecognizers } from './heldRecognizers.js';

/** Jobs that end when the test says so. */
class HeldJobs {
  readonly orders: { readonly type: string; readonly [name: string]: unknown }[] = [];
  readonly progress: ((done: number, total: number) => void)[] = [];
  private readonly ends: ((end: LastWord) => void)[] = [];

  start(
    order: HeldJobs['orders'][number],
    onProgress: (done: number, total: number) => void = () => undefined,
  ): RunningJob {
    this.orders.push(order);
    this.progress.push(onProgress);
    return {
      ended: new Promise((resolve) => this.ends.push(resolve)),
      stop: () => this.end({ type: 'cancelled' }),
    };
  }

  end(word: LastWord): void {
    this.ends.at(-1)?.(word);
  }
}

/** Of the pictures that the recognizer of these tests holds. */
const PICTURE = '/Anna/1.jpg';
const LOOK = { picture: PICTURE, person: 'Anna', nearestPerson: 'Bo', nearestPicture: '/Bo/0.jpg', similarity: 0.61 };
const EVALUATION = {
  ...SAMPLE_EVALUATION,
  evidence: { ...SAMPLE_EVALUATION.evidence, compared: 3, enrolled: 3 },
  mistakes: [{ kind: 'taken-for-another' as const, ...LOOK, why: 'More like Bo.' }],
};
const { name, kind, digest, precision } = NETWORK;
const EVALUATED: LastWord = { type: 'evaluated', evaluation: EVALUATION, network: { name, kind, digest, precision } };

const scratch = scratchFolder();

function open() {
  const editor = new FakeEditor();
  const recognizers = HeldRecognizers.inWorkspace(editor, scratch());
  const jobs = new HeldJobs();
  const panels = new EvaluationPanels(editor, jobs, recognizers);
  const { folder } = recognizers;
  const evaluate = (panel = panels) => {
    panel.evaluate({ target: folder });
    const made = editor.panels.at(-1)!;
    made.say({ type: 'ready' });
    return made;
  };
  return { editor, recognizers, jobs, panels, folder, evaluate };
}

function contents(panel: FakePanel): EvaluationPanelContent[] {
  return panel.posted.map((message) => evaluationPanelContent.parse(message));
}

function last<T extends EvaluationPanelContent['type']>(panel: FakePanel, type: T) {
  const found = contents(panel).findLast((content) => content.type === type);
  return found as Extract<EvaluationPanelContent, { type: T }> | undefined;
}

/** An evaluation that is there. */
async function evaluated() {
  const opened = open();
  const panel = opened.evaluate();
  opened.jobs.end(EVALUATED);
  await until(() => last(panel, 'evaluation') !== undefined);
  return { ...opened, panel, people: () => opened.recognizers.record(opened.folder)!.people };
}

describe('the page of an evaluation, in the host', () => {
  it('says how far it is, then shows the result, and keeps it with the recognizer', async () => {
    const { jobs, folder, evaluate, recognizers } = open();
    const panel = evaluate();
    jobs.progress[0]!(3, 9);
    assert.deepEqual(contents(panel).at(-1), { type: 'evaluating', title: 'door', done: 3, total: 9 });
    assert.equal(jobs.orders[0]!['model'], folder);
    jobs.end(EVALUATED);
    await until(() => last(panel, 'evaluation') !== undefined);
    const shown = last(panel, 'evaluation')!;
    assert.deepEqual([shown.corrects, shown.corrections], [true, []]);
    assert.equal(shown.inForce, recognizers.summary(folder)!.threshold.value);
    assert.equal(shown.network, `face network ${name}`);
    assert.ok(fs.existsSync(path.join(folder, 'evaluation.json')));
  });

  it('comes back after a reload with what it had found, and not for a recognizer that has changed since', async () => {
    const { editor, recognizers, folder, panel } = await evaluated();
    const jobs = new HeldJobs();
    const again = () => {
      const restored = new FakePanel('faceTrainer.evaluation', 'Evaluate', false);
      new EvaluationPanels(editor, jobs, recognizers).restore(restored, panel.saved);
      restored.say({ type: 'ready' });
      return restored;
    };
    assert.equal(last(again(), 'evaluation')?.title, 'door');
    panel.say({ type: 'takeOut', file: PICTURE, person: 'Anna' });
    await until(() => last(panel, 'changed')?.lastChange !== undefined);
    assert.ok(again().isClosed);
    assert.deepEqual(jobs.orders, [], 'nothing is computed by a window that opens');
    const nonsense = new FakePanel('faceTrainer.evaluation', 'Evaluate', false);
    new EvaluationPanels(editor, jobs, recognizers).restore(nonsense, { kind: 'evaluation', target: `${folder}-gone` });
    assert.ok(nonsense.isClosed);
  });

  it('takes “not this person”, a move and a taking-out to heart, and takes each back', async () => {
    const { recognizers, panel, people } = await evaluated();
    const before = people();
    for (const [message, words] of [
      [{ type: 'notThisPerson', file: PICTURE, person: 'Bo' }, 'Faces like it are not named Bo any more.'],
      [{ type: 'moveTo', file: PICTURE, from: 'Anna', person: 'Bo' }, 'Now a picture of Bo.'],
      [{ type: 'takeOut', file: PICTURE, person: 'Anna' }, 'No picture of Anna any more.'],
      [{ type: 'thisIs', file: PICTURE, person: 'Cy' }, 'Now a picture of Cy.'],
    ] as const) {
      panel.say(message);
      await until(() => last(panel, 'changed')?.lastChange !== undefined);
      assert.deepEqual(last(panel, 'changed')!.corrections, [{ picture: PICTURE, words }]);
      assert.notDeepEqual(people(), before);
      panel.say({ type: 'undo' });
      await until(() => last(panel, 'changed')?.lastChange === undefined);
      assert.deepEqual(last(panel, 'changed')!.corrections, []);
      assert.deepEqual(people(), before);
    }
    assert.deepEqual(
      recognizers.wishes.map((wish) => wish.kind),
      ['notThisPerson', 'add'],
      'what needs no network asks none',
    );
  });

  it('sets the threshold where the line stands, which has no promise, and takes it back', async () => {
    const { recognizers, folder, panel } = await evaluated();
    const before = recognizers.summary(folder)!.threshold.value;
    panel.say({ type: 'useThreshold', threshold: 0.523 });
    await until(() => last(panel, 'changed')?.inForce === 0.523);
    const { threshold } = recognizers.record(folder)!;
    assert.deepEqual(threshold, { value: 0.523, strangersPer1000: 10, evidence: { kind: 'hand', people: 3 } });
    assert.deepEqual(last(panel, 'changed')!.lastChange, 'Set the threshold to 0.523');
    panel.say({ type: 'undo' });
    await until(() => last(panel, 'changed')?.inForce === before);
  });

  it('gives a suggested threshold the promise that its evidence carries', async () => {
    const { recognizers, folder, jobs, evaluate } = open();
    const panel = evaluate();
    const suggestion = { threshold: 0.62, carried: true, missing: 0 };
    jobs.end({ ...EVALUATED, evaluation: { ...EVALUATION, suggestion } });
    await until(() => last(panel, 'evaluation') !== undefined);
    panel.say({ type: 'useThreshold', threshold: 0.6203 });
    await until(() => last(panel, 'changed')?.inForce === 0.62);
    const { evidence } = recognizers.record(folder)!.threshold;
    assert.ok(evidence.kind === 'strangers');
    assert.deepEqual([evidence.strangers, evidence.named, evidence.from], [2, 1, 'given']);
    assert.ok(evidence.bound > 0.5 && evidence.bound <= 1, String(evidence.bound));
  });

  it('opens and shows only pictures that the evaluation names', async () => {
    const { editor, panel } = await evaluated();
    panel.say({ type: 'pictures', files: [PICTURE, '/etc/passwd'] });
    await until(() => last(panel, 'pictures') !== undefined);
    assert.deepEqual(
      last(panel, 'pictures')!.pictures.map(({ file }) => file),
      [PICTURE],
    );
    panel.say({ type: 'open', file: '/etc/passwd' });
    panel.say({ type: 'open', file: PICTURE });
    await until(() => editor.opened.length > 0 && editor.said.length > 0);
    assert.deepEqual(editor.opened, [PICTURE]);
    assert.match(editor.said.at(-1)!.message, /“\/etc\/passwd” is not in this evaluation/);
  });

  it('says why there is no result, and tries other strangers, whom a reload remembers', async () => {
    const { editor, jobs, evaluate } = open();
    const panel = evaluate();
    jobs.end({ type: 'failure', code: 'x', message: 'It has one person.', advice: 'Add another.' });
    await until(() => last(panel, 'notEvaluated') !== undefined);
    assert.equal(last(panel, 'notEvaluated')!.message, 'It has one person.');
    editor.files.push('/strangers');
    panel.say({ type: 'chooseStrangers' });
    await until(() => jobs.orders.length === 2);
    assert.equal(jobs.orders[1]!['strangers'], '/strangers');
    assert.equal((panel.saved as { strangers?: string }).strangers, '/strangers');
    panel.say({ type: 'ready' });
    panel.say({ type: 'stop' });
    await until(() => last(panel, 'notEvaluated')?.message === 'The evaluation was stopped.');
    panel.say({ type: 'evaluateAgain' });
    await settled();
    assert.equal(jobs.orders.length, 3);
  });
});
