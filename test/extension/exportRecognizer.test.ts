import assert from 'node:assert/strict';
import path from 'node:path';
import { exportRecognizer } from '../../src/extension/commands/exportCommand.js';
import { Jobs } from '../../src/extension/job.js';
import type { LastWord, TrainerOrder } from '../../src/protocol/jobs.js';
import { scratchFolder } from '../support/scratch.js';
import { FakeEditor } from './fakeEditor.js';
import { HeldRecognizers } from './heldRecognizers.js';

const folder = scratchFolder();

class WritingJobs extends Jobs {
  readonly orders: Extract<TrainerOrder, { type: 'export' }>[] = [];

  override run(order: TrainerOrder): Promise<LastWord> {
    assert.ok(order.type === 'export');
    this.orders.push(order);
    const file = order.output;
    return Promise.resolve({ type: 'exported', file, bytes: 4_500_000, cards: [`${file}.card.md`] });
  }
}

describe('Export Model… on a recognizer', () => {
  it('asks for the kind of file alone, in the precision of its vectors, and writes its embedding', async () => {
    const editor = new FakeEditor();
    editor.settings['faceWeights'] = '/networks/face.xml';
    const recognizers = HeldRecognizers.inWorkspace(editor, folder());
    const jobs = new WritingJobs(editor, 'no entry');
    editor.picks.push('ONNX, float32');
    await exportRecognizer(editor, jobs, recognizers.folder, recognizers.record(recognizers.folder)!);
    const [order, more] = jobs.orders;
    assert.ok(order && !more);
    assert.deepEqual(
      [order.checkpoint, order.options, order.measure, order.faceWeights],
      [recognizers.folder, { format: 'onnx', precision: 'float32', part: 'embedding' }, false, '/networks/face.xml'],
    );
    assert.equal(path.dirname(order.output), path.join(recognizers.folder, 'exports'));
    assert.match(editor.said.at(-1)!.message, /was written, 4\.5 MB\.$/);
  });

  it('writes nothing where no kind is chosen', async () => {
    const editor = new FakeEditor();
    const recognizers = HeldRecognizers.inWorkspace(editor, folder());
    const jobs = new WritingJobs(editor, 'no entry');
    await exportRecognizer(editor, jobs, recognizers.folder, recognizers.record(recognizers.folder)!);
    assert.deepEqual(jobs.orders, []);
  });
});
