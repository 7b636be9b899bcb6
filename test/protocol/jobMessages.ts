import type { Job } from '../../src/protocol/jobs.js';

const options = { dataset: '/d' };
const measurements = { pictures: 1, sameData: true, machine: 'm', models: [] };
const finished = { type: 'finished', reason: 'completed', epochs: 1, steps: 2, elapsedSeconds: 3 };

/** For each job the smallest order and last word that are whole. */
export const GOOD: Record<Job, { order: Record<string, unknown>; word: Record<string, unknown> }> = {
  train: { order: { runFolder: '/r', options }, word: finished },
  qat: { order: { runFolder: '/r', checkpoint: '/c', overrides: {} }, word: finished },
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
  preview: { order: { options }, word: { type: 'previewed', samples: [] } },
};
