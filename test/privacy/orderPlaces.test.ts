import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { JOURNAL } from '../../src/faces/alignJournal.js';
import { placesOf, preparePlaces } from '../../src/privacy/orderPlaces.js';
import { writtenPlaces } from '../../src/platform/writtenPlaces.js';
import { PROTOCOL_VERSION } from '../../src/protocol/handshake.js';
import { JOBS, trainerCommand, type Job, type TrainerOrder } from '../../src/protocol/jobs.js';
import { writeRecognizer } from '../../src/recognizers/recognizerFolder.js';
import { GOOD } from '../protocol/jobMessages.js';
import { useEnvironment } from '../support/environment.js';
import { scratchFolder } from '../support/scratch.js';
import { recognizerOf } from '../support/syntheticFaces.js';

const folder = scratchFolder();
const at = (...names: string[]) => path.join(folder(), ...names);

const orderOf = (job: Job, more: object = {}) =>
  trainerCommand.parse({ type: job, protocol: PROTOCOL_VERSION, ...GOOD[job].order, ...more }) as TrainerOrder;

function put(file: string): string {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
  fs.writeFileSync(file, 'x');
  fs.chmodSync(path.dirname(file), 0o755);
  return path.dirname(file);
}
const isOpen = (place: string) => (fs.statSync(place).mode & 0o077) !== 0;

describe('where a job writes', () => {
  useEnvironment(() => ({ FACE_TRAINER_CACHE: at('cache') }));

  it('is known of every job that writes what names or shows people', () => {
    const kinds = (Object.keys(JOBS) as Job[]).map((job) => [
      job,
      placesOf(orderOf(job))
        .map(({ kind }) => kind)
        .join(),
    ]);
    assert.deepEqual(Object.fromEntries(kinds.filter(([, kind]) => kind !== '')), {
      train: 'run',
      qat: 'run',
      resume: 'run',
      align: 'aligned',
      enroll: 'recognizer',
      export: 'export',
    });
  });

  it('is noted with the pictures, which a later job that does not know them leaves as they are', () => {
    writeRecognizer(at('door'), recognizerOf(['Anna', 'Bo']));
    preparePlaces(orderOf('enroll', { dataset: at('faces'), recognizer: at('door') }));
    preparePlaces(orderOf('answer', { recognizer: at('door') }));
    assert.deepEqual(writtenPlaces(), [{ kind: 'recognizer', path: at('door'), dataset: at('faces') }]);
  });

  it('is closed to others where the product wrote before, and left alone where it is a folder of the user', function () {
    if (process.platform === 'win32') this.skip();
    const [run, crops, own] = [put(at('run', 'run.json')), put(at('crops', JOURNAL)), put(at('own', 'holiday.jpg'))];
    writeRecognizer(at('door'), recognizerOf(['Anna', 'Bo']));
    fs.chmodSync(at('door'), 0o755);
    preparePlaces(orderOf('train', { runFolder: run }));
    preparePlaces(orderOf('align', { out: crops }));
    preparePlaces(orderOf('recognize', { recognizer: at('door') }));
    preparePlaces(orderOf('align', { out: own }));
    preparePlaces(orderOf('train', { runFolder: own }));
    assert.deepEqual([run, crops, at('door'), own].map(isOpen), [false, false, false, true]);
  });
});
