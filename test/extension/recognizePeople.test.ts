import assert from 'node:assert/strict';
import path from 'node:path';
import { recognizePeople } from '../../src/extension/commands/recognizePeople.js';
import { Jobs } from '../../src/extension/job.js';
import type { LastWord, TrainerOrder } from '../../src/protocol/jobs.js';
import type { NetworkAtWork } from '../../src/protocol/recognition.js';
import { renamePerson } from '../../src/recognizers/edits.js';
import { useEnvironment } from '../support/environment.js';
import { scratchFolder } from '../support/scratch.js';
import { NETWORK } from '../support/syntheticFaces.js';
import { FakeEditor, Memory } from './fakeEditor.js';
import { HeldRecognizers } from './heldRecognizers.js';

const scratch = scratchFolder();

/** Enrols at once, with the network inside the extension. */
class InstantJobs extends Jobs {
  readonly orders: Extract<TrainerOrder, { type: 'enroll' }>[] = [];

  constructor(
    editor: FakeEditor,
    private readonly kind: NetworkAtWork['kind'],
  ) {
    super(editor, 'no entry');
  }

  override run(order: TrainerOrder): Promise<LastWord> {
    assert.ok(order.type === 'enroll');
    this.orders.push(order);
    const { name, digest, precision } = NETWORK;
    const recognizer = {
      ...{ folder: order.recognizer, name: 'friends', network: { name, kind: this.kind, digest, precision } },
      people: [{ person: 'Anna', pictures: 5, notThisPerson: 0 }],
      threshold: { value: 0.3, strangersPer1000: 10, evidence: { kind: 'table' as const, people: 1 } },
    };
    const enrolment = {
      ...{ recognizer, pictures: 6, enrolled: 5, severalFaces: [], seconds: 1.2, warnings: [] },
      leftOut: [{ file: '/friends/Anna/wall.jpg', person: 'Anna', reason: 'shows no face that could be found' }],
    };
    return Promise.resolve({ type: 'enrolled', enrolment });
  }
}

describe('Recognize People', () => {
  useEnvironment(() => ({ FACE_TRAINER_CACHE: path.join(scratch(), 'cache') }));

  function open(kind: NetworkAtWork['kind'] = 'dlib') {
    const editor = new FakeEditor();
    const recognizers = HeldRecognizers.inWorkspace(editor, scratch(), 'friends');
    const jobs = new InstantJobs(editor, kind);
    const shown: string[] = [];
    const memory = new Memory();
    const show = (folder: string) => Promise.resolve(void shown.push(folder));
    const ports = { jobs, recognizers, show, memory };
    return {
      editor,
      recognizers,
      jobs,
      shown,
      run: () => recognizePeople(editor, ports, path.join(scratch(), 'friends')),
    };
  }

  it('says which network was at work, and asks once whether the one inside the extension is to be', async () => {
    const { editor, jobs, shown, run, recognizers } = open();
    editor.buttons.push('Use the Built-In Network');
    await run();
    assert.deepEqual([jobs.orders.length, shown], [1, [recognizers.folder]]);
    assert.equal('faceWeights' in jobs.orders[0]!, false);
    const { severity, message, buttons } = editor.said.at(-1)!;
    assert.equal(severity, 'warning');
    assert.match(
      message,
      /^“friends” knows 1 person by 5 pictures after 2 s, with dlib’s small face network, as the better one is not here; 1 picture left out, which the log lists\.$/,
    );
    assert.deepEqual(buttons, ['Try a Picture', 'Evaluate', 'Use a Better Network…', 'Show Log']);
    assert.match(editor.logged.join('\n'), /left out: \/friends\/Anna\/wall\.jpg shows no face/);
    await run();
    assert.equal(jobs.orders.length, 2);
    assert.equal(editor.said.filter((one) => one.severity === 'modal').length, 1, 'who has chosen is not asked again');
  });

  it('asks again for the better network where that is wished', async () => {
    const { editor, jobs, run } = open();
    editor.buttons.push('Use the Built-In Network', 'Use a Better Network…');
    await run();
    const questions = editor.said.filter((one) => one.severity === 'modal');
    assert.deepEqual([questions.length, jobs.orders.length], [2, 1]);
  });

  it('asks before it takes corrections back, and goes on to a picture or an evaluation', async () => {
    const { editor, recognizers, jobs, run } = open('face');
    editor.settings['faceWeights'] = '';
    await recognizers.edit(recognizers.folder, renamePerson('Bo', 'Bob'));
    await run();
    assert.deepEqual(jobs.orders, []);
    assert.match(editor.said[0]!.detail!, /takes back what you have changed in it \(1 change\)/);
    editor.buttons.push('Enrol Again', 'Use the Built-In Network', 'Evaluate');
    await run();
    assert.equal(jobs.orders.length, 1);
    assert.deepEqual(editor.said.at(-1)!.buttons, ['Try a Picture', 'Evaluate', 'Show Log']);
    assert.deepEqual(editor.executed, [['faceTrainer.evaluate', recognizers.folder]]);
  });
});
