import type { Comparison } from '../../src/protocol/comparison.js';
import type { DataPanelContent } from '../../src/protocol/dataPanel.js';
import type { ModelPanelContent, TriedPicture } from '../../src/protocol/modelPanel.js';

// What the host sends to the panels of pictures and of a network, with names as long as people make them.

/** A picture of one colour. */
const PICTURE =
  'data:image/svg+xml;base64,' +
  Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96"><rect width="96" height="96" fill="#7a8"/></svg>',
  ).toString('base64');
const PERSON = 'Maria-Magdalena_von_Hohenstein-Wittelsbach';
const FILE = `${PERSON}/IMG_20260712_183345_burst_0001_cover_edited.jpeg`;

export const checkContent: Extract<DataPanelContent, { type: 'report' }> = {
  type: 'report',
  report: {
    version: 1,
    dataset: '/pictures/family_and_friends_2026_all_of_them',
    layout: 'folders',
    people: 40,
    pictures: 12_345,
    counts: Array.from({ length: 40 }, (_, i) => ({
      person: i === 0 ? PERSON : `person ${i}`,
      pictures: 400 - 10 * i,
    })),
    findings: (['error', 'warning', 'information'] as const).map((severity, i) => ({
      code: (['two-people', 'near-duplicates', 'too-small'] as const)[i]!,
      severity,
      title: `${3 - i} pictures that a check has found something in`,
      explanation: 'A picture shows one person and stands in the folder of another.',
      advice: 'Leave one of the two out.',
      files: Array.from({ length: 4 }, (_, k) => ({
        file: FILE,
        detail: '32 × 32 px',
        group: k >> 1,
        thumbnail: PICTURE,
      })),
    })),
    suggestedExclusions: [FILE],
  },
};

export const samplesContent: DataPanelContent = {
  type: 'samples',
  dataset: '/pictures/family',
  facts: 'default recipe: flip, shift, rotation 10°',
  samples: Array.from({ length: 6 }, () => ({ file: FILE, original: PICTURE, distorted: PICTURE })),
};

const measurement = (precision: 'float32' | 'int8'): Comparison['measurements']['models'][number] => ({
  precision,
  bytes: precision === 'int8' ? 2_400_000 : 9_100_000,
  accuracy: precision === 'int8' ? 0.915 : 0.925,
  loss: 0.31,
  latency: { median: precision === 'int8' ? 2.1 : 4.3, p90: 5.2, runs: 100 },
});

export const comparisonContent: Extract<ModelPanelContent, { type: 'comparison' }> = {
  type: 'comparison',
  title: 'family_and_friends_2026, epoch 12',
  comparison: {
    checkpoint: '/runs/one/checkpoints/epoch-0012',
    dataset: '/pictures/family',
    network: 'MobileNetV2, 96 px',
    measurements: {
      models: [measurement('float32'), measurement('int8')],
      pictures: 400,
      agreement: 0.98,
      differing: 3,
      machine: 'Intel Xeon, 2 threads',
      sameData: true,
    },
    gallery: Array.from({ length: 3 }, () => ({
      file: FILE,
      person: PERSON,
      float32: { person: PERSON, probability: 0.71 },
      int8: { person: 'Bo', probability: 0.4 },
      thumbnail: PICTURE,
    })),
  },
};

const tried = (id: number): TriedPicture => ({
  id,
  name: FILE,
  answer: {
    file: FILE,
    person: PERSON,
    probability: 0.43,
    seen: PICTURE,
    scores: { [PERSON]: 0.43, Anna: 0.2, Bo: 0.15, Carl: 0.1, Dora: 0.08, Emil: 0.04 },
  },
});

export const tryContent = (...ids: number[]): ModelPanelContent => ({
  type: 'try',
  title: 'family_and_friends_2026, epoch 12',
  facts: 'MobileNetV2, 96 px, 40 people',
  waiting: 0,
  pictures: ids.map(tried),
});

/** Somebody who is known, a stranger, a correction, and a picture without a face. */
export const recognizeContent: ModelPanelContent = {
  type: 'recognize',
  title: 'family_and_friends_2026_at_the_door',
  facts: [
    '40 people  ·  face network face-reidentification-retail-0095',
    'A face is named from a similarity of 0.41 on.',
  ],
  waiting: 0,
  people: [PERSON, 'Anna'],
  lastChange: `Added 1 picture of ${PERSON}`,
  pictures: [
    {
      ...{ id: 4, name: FILE, correction: `You said: this is ${PERSON}.` },
      answer: { ...seenFace(0.78), person: PERSON, known: true, nearest: PERSON },
    },
    { id: 3, name: FILE, answer: { ...seenFace(0.63), person: 'Anna', known: true, nearest: 'Anna' } },
    { id: 2, name: 'stranger.jpg', answer: { ...seenFace(0.22), person: 'unknown', known: false, nearest: PERSON } },
    {
      ...{ id: 1, name: 'wall.jpg' },
      answer: { file: 'wall.jpg', reason: 'no-face', error: 'shows no face that could be found', faces: 0 },
    },
  ],
};

function seenFace(similarity: number) {
  return {
    ...{ file: FILE, similarity, threshold: 0.41, faces: 2, seen: PICTURE },
    runnerUp: { person: 'Bo', similarity: 0.12 },
    mostLike: { person: PERSON, file: FILE, similarity },
    notes: ['The picture shows 2 faces; this is the largest.'],
  };
}

/** A search for a learning rate: it falls, and leaves. */
export const rateContent: Extract<DataPanelContent, { type: 'rate' }> = {
  type: 'rate',
  search: {
    dataset: '/pictures/family_and_friends_2026_all_of_them',
    network: 'MobileNetV2 1.00 128x128',
    optimizer: 'adamw',
    batchSize: 64,
    curve: Array.from({ length: 90 }, (_, i) => {
      const rate = 1e-6 * 10 ** ((6 * i) / 99);
      const smoothed = 5 - 3 / (1 + (8e-4 / rate) ** 2) + (rate > 0.03 ? 20 * Math.log10(rate / 0.03) ** 2 : 0);
      return { rate, loss: smoothed + 0.15 * Math.sin(7 * i), smoothed };
    }),
    diverged: true,
    proposal: { rate: 8.1e-4, steepest: 8.1e-4, lowest: 0.03 },
  },
};
