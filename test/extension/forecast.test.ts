import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { forecastWords } from '../../src/core/forecastWords.js';
import { Forecaster } from '../../src/extension/commands/forecast.js';
import { pickTrainingOptions } from '../../src/extension/commands/trainingOptionsPick.js';
import { countPictures } from '../../src/platform/countPictures.js';
import { withRecipe } from '../../src/protocol/recipes.js';
import { RunReader } from '../../src/runs/runReader.js';
import { writeSummary } from '../../src/runs/runSummary.js';
import { reduceAll } from '../../src/core/runState.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';
import { scratchFolder } from '../support/scratch.js';
import { FakeEditor, Memory } from './fakeEditor.js';
import { epochEvent, runEventOf, writeRun } from './runs.js';

const folder = scratchFolder();
const data = () => path.join(folder(), 'people');

function touch(...names: string[]): void {
  for (const name of names) {
    fs.mkdirSync(path.dirname(path.join(data(), name)), { recursive: true });
    fs.writeFileSync(path.join(data(), name), '');
  }
}

/** A run that has ended: two epochs on 40 pictures in 60 s. */
function ended(): void {
  const run = path.join(folder(), '.face-trainer', 'runs', '20260101-000000-people');
  const dataset = { ...SAMPLE_EVENTS.dataset, people: 4, images: 40 };
  const finished = { ...SAMPLE_EVENTS.finished, epochs: 2, elapsedSeconds: 60 };
  const options = withRecipe('default', { dataset: data() }).data!;
  writeRun(run, [runEventOf(run, data(), options), dataset, epochEvent(1, 4, 0.5), epochEvent(2, 8, 0.5), finished]);
  writeSummary(run, reduceAll(new RunReader(run).readNew()));
}

describe('what a training begins with', () => {
  it('are the pictures in folders of people, at any depth, without what systems leave behind', () => {
    touch('Anna/1.jpg', 'Anna/more/2.PNG', 'Bo/1.webp', 'Bo/notes.txt', 'Cy/readme.md', '.hidden/1.jpg', 'loose.jpg');
    assert.deepEqual(countPictures(data(), 10_000), { pictures: 4, people: 2, isMore: false });
    assert.deepEqual(countPictures(path.join(data(), 'nowhere'), 10_000), { pictures: 0, people: 0, isMore: false });
    assert.equal(countPictures(data(), -1).isMore, true);
  });

  it('is said in a line, the time as roughly as it is known', () => {
    const counted = { pictures: 400, people: 40, isMore: false };
    assert.equal(forecastWords(counted), '400 pictures of 40 people');
    assert.equal(forecastWords({ pictures: 1, people: 1, isMore: false }), '1 picture of 1 person');
    const times = [3, 41, 70, 3500, 7300].map((seconds) => forecastWords({ ...counted, seconds }).split(', ')[1]);
    assert.deepEqual(times, ['about 10 s', 'about 50 s', 'about 2 min', 'about 1 h', 'about 3 h']);
    assert.equal(forecastWords({ pictures: 12_000, people: 9, isMore: true }), 'more than 12,000 pictures');
  });

  it('takes as long as the newest run like it did, picture by picture and epoch by epoch', () => {
    touch(...Array.from({ length: 80 }, (_, i) => `p${i % 4}/${i}.jpg`));
    ended();
    const editor = new FakeEditor();
    editor.workspaceFolders.push(folder());
    const of = (recipe: 'default' | 'fast', more = {}) =>
      new Forecaster(editor, data()).of(withRecipe(recipe, { dataset: data(), ...more }).data!);
    // 60 s for two epochs on 40 pictures: 120 s on 80, and five times as long for ten epochs.
    assert.deepEqual(of('default', { epochs: 10 }), { pictures: 80, people: 4, isMore: false, seconds: 600 });
    assert.equal(of('default', { size: 224 }).seconds, undefined, 'no run was like that');
    assert.equal(of('fast').seconds, undefined);
  });

  it('stands in the first line of the dialog, and choices go back to the recipe at once', async () => {
    touch('Anna/1.jpg', 'Bo/1.jpg');
    const editor = new FakeEditor();
    const memory = new Memory();
    editor.picks.push('$(sync) Epochs', '$(discard) Reset', '$(play)');
    editor.inputs.push('33');
    const picked = await pickTrainingOptions(editor, memory, data());
    assert.equal(picked?.options.epochs, 30);
    const [first, changed, back] = editor.lists.map((list) => list.map(({ label }) => label));
    assert.deepEqual(
      [first, changed, back].map((labels) => labels!.includes('$(discard) Reset to recipe')),
      [false, true, false],
    );
    assert.equal(editor.lists[0]![0]!.description, '2 pictures of 2 people');
  });
});
