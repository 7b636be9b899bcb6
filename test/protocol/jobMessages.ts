import type { Forgetting, PersonalPlace } from '../../src/protocol/personalData.js';
import { SAMPLE_EVALUATION } from '../support/sampleEvaluation.js';
import type { Job } from '../../src/protocol/jobs.js';

const options = { dataset: '/d' };
const measurements = { pictures: 1, sameData: true, machine: 'm', models: [] };
const network = { name: 'n', kind: 'face', digest: '0'.repeat(64), precision: 'float32' };
export const GOOD_RECOGNIZER = {
  ...{ folder: '/r', name: 'r', network, people: [] },
  threshold: { value: 0.4, strangersPer1000: 10, evidence: { kind: 'table', people: 0 } },
};
const finished = { type: 'finished', reason: 'completed', epochs: 1, steps: 2, elapsedSeconds: 3 };

export const GOOD_PLACE: PersonalPlace = {
  ...{ id: 'a', kind: 'run', path: '/runs/a', holds: 'names', dataset: '/d', bytes: 1000, files: 2 },
};
export const GOOD_FORGETTING: Forgetting = {
  ...{ done: true, dataset: '/d', pictures: ['/d/x.jpg'], advice: ['Train again.'], evidence: '/e.json', code: 'c' },
  traces: [{ kind: 'run', path: '/runs/a', found: 'the name', bytes: 10 }],
  remains: [{ path: '/runs/a/checkpoints', what: '1 network', bytes: 10 }],
  left: [{ path: '/p', why: 'w' }],
  search: {
    ...{ places: 1, files: 2, bytes: 3, names: 1, pictures: 0, vectors: 0 },
    hits: [{ path: '/p', what: 'w' }],
  },
};

/** For each job the smallest order and last word that are whole. */
export const GOOD: Record<Job, { order: Record<string, unknown>; word: Record<string, unknown> }> = {
  train: { order: { runFolder: '/r', options }, word: finished },
  qat: { order: { runFolder: '/r', checkpoint: '/c', overrides: {} }, word: finished },
  resume: { order: { runFolder: '/r' }, word: finished },
  check: {
    order: { dataset: '/d' },
    word: {
      type: 'checked',
      report: {
        ...{ version: 1, dataset: '/d', layout: 'folders', people: 2, pictures: 4 },
        ...{ counts: [], findings: [], suggestedExclusions: [] },
      },
    },
  },
  align: {
    order: { dataset: '/d', out: '/o' },
    word: {
      type: 'aligned',
      summary: {
        ...{ out: '/o', contactSheet: '/o/c.html', pictures: 1, aligned: 1, doubtful: 0 },
        ...{ withoutFace: 0, unreadable: 0, kept: 0 },
      },
    },
  },
  export: {
    order: { checkpoint: '/c', options: { format: 'onnx' }, output: '/o.onnx' },
    word: { type: 'exported', file: '/o.onnx', bytes: 1, cards: [] },
  },
  validate: {
    order: { checkpoint: '/c' },
    word: { type: 'validated', answers: [{ file: 'a/1.jpg', person: 'a', right: true }] },
  },
  compare: {
    order: { checkpoint: '/c' },
    word: {
      type: 'compared',
      comparison: { checkpoint: '/c', dataset: '/d', network: 'n', measurements, gallery: [] },
    },
  },
  predict: {
    order: { model: '/m', files: ['/p'] },
    word: { type: 'predicted', runtime: 'r', network: 'n', predictions: [] },
  },
  enroll: {
    order: { dataset: '/d', recognizer: '/r' },
    word: {
      type: 'enrolled',
      enrolment: {
        ...{ recognizer: GOOD_RECOGNIZER, pictures: 0, enrolled: 0, leftOut: [], severalFaces: [] },
        ...{ seconds: 1, warnings: [] },
      },
    },
  },
  recognize: {
    order: { recognizer: '/r', files: ['/p'] },
    word: { type: 'recognized', recognition: { recognizer: 'r', network, runtime: 'r', answers: [] } },
  },
  editRecognizer: {
    order: { recognizer: '/r', change: { kind: 'add', person: 'anna', files: ['/p'] } },
    word: { type: 'edited', changed: { recognizer: GOOD_RECOGNIZER, done: 'd', leftOut: [] } },
  },
  evaluate: {
    order: { model: '/m' },
    word: { type: 'evaluated', evaluation: SAMPLE_EVALUATION, network },
  },
  answer: { order: { recognizer: '/r' }, word: { type: 'rested', why: 'idle', requests: 0 } },
  listPersonal: { order: { folders: ['/w'] }, word: { type: 'personalListed', places: [GOOD_PLACE] } },
  deletePersonal: {
    order: { folders: [], ids: ['a'] },
    word: { type: 'personalDeleted', removed: [GOOD_PLACE], left: [{ path: '/p', why: 'w' }] },
  },
  forget: {
    order: { folders: [], dataset: '/d', person: 'Anna', change: false },
    word: { type: 'forgotten', forgetting: GOOD_FORGETTING },
  },
  preview: { order: { options }, word: { type: 'previewed', samples: [] } },
  findRate: {
    order: { options },
    word: {
      type: 'rateFound',
      search: { dataset: '/d', network: 'n', optimizer: 'adam', batchSize: 8, curve: [], diverged: false },
    },
  },
  thumbnails: { order: { files: ['/p'], side: 96 }, word: { type: 'thumbnails', pictures: [{ file: '/p' }] } },
};
