import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { reduceAll } from '../../../src/core/runState.js';
import { COSINE_HEAD } from '../../../src/graph/cosineHead.js';
import { openCheckpoint } from '../../../src/inference/openCheckpoint.js';
import type { TrainingOptionsInput } from '../../../src/protocol/options.js';
import { withRecipe } from '../../../src/protocol/recipes.js';
import { RunReader } from '../../../src/runs/runReader.js';
import { readCheckpoint } from '../../../src/runs/checkpoint.js';
import { PageTable } from '../../../src/runs/pageTable.js';
import { visitPages } from '../../../src/runs/peopleFile.js';
import { PORTS } from '../../../src/training/runContext.js';
import { resumeRun, trainRun } from '../../../src/training/trainRun.js';
import { useEnvironment } from '../../support/environment.js';
import { scratchFolder } from '../../support/scratch.js';
import { sharedPaths, withShared } from '../../support/shared.js';
import { resultOf } from '../../support/smallRuns.js';
import { somePeople } from '../../support/somePeople.js';
import { stoppedAfter, type Trained } from '../../support/stoppedAfter.js';

// A head that has room for some of the people, on the face network and real pictures.

const folder = scratchFolder();
const data = () => path.join(folder(), 'people');
const runFolder = () => path.join(folder(), 'run');

/** Of people whose columns are too many for memory, which begins at so many bytes. */
const portsOf = (inFile: boolean) => (inFile ? { ...PORTS, inMemoryBytes: 0 } : PORTS);

async function train(
  recipe: 'face' | 'door',
  options: Partial<TrainingOptionsInput>,
  { until = Infinity, inFile = false } = {},
): Promise<Trained> {
  const wished = { dataset: data(), faceWeights: sharedPaths.faceWeights, split: 0.7, views: 2, ...options };
  const job = { runFolder: runFolder(), options: withRecipe(recipe, wished).data!, version: '0' };
  return stoppedAfter(until, (emit, stop) => trainRun(job, emit, stop, portsOf(inFile)));
}

const goOn = () => stoppedAfter(Infinity, (emit, stop) => resumeRun({ runFolder: runFolder() }, emit, stop));
const checkpointOf = (name: string) => path.join(runFolder(), 'checkpoints', name);

/** What a run came to, with columns and moments of its last checkpoint, wherever they lie. */
function wholeResult() {
  const { session, people } = readCheckpoint(checkpointOf('epoch-0001'));
  const pages: Uint8Array[] = [];
  if (people)
    visitPages(checkpointOf('epoch-0001'), PageTable.decode(people), (_, bytes) => {
      pages.push(bytes.slice());
    });
  return { result: resultOf(runFolder()), kernel: session.parameters.get(COSINE_HEAD.kernel)!, pages };
}
const stateOf = () => reduceAll(new RunReader(runFolder()).readNew());

/** Of two runs, each made anew in the same place. */
async function resultsOf(first: () => Promise<void>, second: () => Promise<void>) {
  await first();
  const expected = wholeResult();
  const { epochs } = stateOf();
  fs.rmSync(runFolder(), { recursive: true });
  await second();
  return { expected, actual: wholeResult(), epochs };
}

describe('a training against a sample of the people', function () {
  this.timeout(120_000);
  useEnvironment(() => ({ FACE_TRAINER_CACHE: path.join(folder(), 'cache') }));

  withShared('on real pictures', [sharedPaths.wild, sharedPaths.faceWeights], () => {
    for (const [recipe, inFile] of [
      ['face', false],
      ['face', true],
      ['door', true],
    ] as const)
      it(`knows all of them, and goes on to the same bits (${recipe}, ${inFile ? 'in a file' : 'in memory'})`, async () => {
        somePeople(data(), 6, 4);
        // Room for four of six.
        const options = { sampledClasses: 1, batchSize: 2, epochs: 1 };
        let steps = 0;
        const { expected, actual, epochs } = await resultsOf(
          async () => {
            const { ok, messages } = await train(recipe, options, { inFile });
            assert.ok(ok, JSON.stringify(messages.at(-1)));
            steps = stateOf().steps.length;
          },
          async () => {
            assert.ok((await train(recipe, options, { inFile, until: steps - 2 })).ok);
            assert.ok((await goOn()).ok);
          },
        );
        assert.deepEqual(actual, expected);
        assert.ok(epochs.at(-1)!.valAccuracy >= 0.9, JSON.stringify(epochs));
        assert.equal(epochs.at(-1)!.strangers, undefined);
        const { parameters } = openCheckpoint(checkpointOf('epoch-0001'));
        const kernel = parameters.get(COSINE_HEAD.kernel)!;
        for (let person = 0; person < 6; person++) {
          const column = kernel.filter((_, i) => i % 6 === person);
          // In a file a unit vector’s numbers have eleven bits.
          assert.ok(Math.abs(Math.hypot(...column) - 32) < (inFile ? 0.02 : 1e-4), `person ${person}`);
        }
      });

    it('is refused where nothing compares pictures with people', async () => {
      somePeople(data(), 3, 3);
      for (const options of [
        { loss: 'distillation' },
        { weights: 'imagenet' },
        { weights: 'imagenet', loss: 'cosface', headEpochs: 1 },
      ] as const) {
        const { ok, messages } = await train('door', { sampledClasses: 1, ...options });
        assert.ok(!ok);
        const failure = messages.find((message) => message.type === 'failure');
        assert.equal(failure?.code, 'invalid-options');
        assert.match(failure.message, /sample of the people/);
      }
    });
  });
});
