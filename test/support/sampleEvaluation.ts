import type { Evaluation } from '../../src/protocol/evaluation.js';

const LOOK = {
  ...{ picture: 'Bert/2.jpg', person: 'Bert', similarity: 0.61 },
  ...{ nearestPerson: 'Anna', nearestPicture: 'Anna/1.jpg' },
};

/** An evaluation of two people and two strangers, with something in each of its parts. */
export const SAMPLE_EVALUATION: Evaluation = {
  ...{ protocol: 'leave-one-out', seed: 1, people: ['Anna', 'Bert'] },
  counts: { people: 2, pictures: 4, single: 0, strangers: 2, strangerPictures: 3 },
  sentence: 'Whether at most 10 of 1,000 strangers would be named cannot be said yet.',
  notes: ['No pairs of people could be made.'],
  ...{ threshold: 0.5, thresholdInterval: [0.4, 1], thresholdFrom: 'given' },
  suggestion: { threshold: 0.620001, carried: false, missing: 297 },
  closedSet: {
    ...{ accuracy: 0.75, accuracyInterval: [0.2, 0.99], top5: 1, top5Interval: [0.4, 1], right: 3, of: 4 },
    byPerson: [
      { of: 2, right: 2, top5: 2 },
      { of: 2, right: 1, top5: 2 },
    ],
    confusions: [{ person: 1, takenFor: 0, count: 1 }],
  },
  openSet: {
    strangersFrom: 'given',
    ...{ fnir: 0.25, fnirInterval: [0.01, 0.8], missed: 1, ofPictures: 4 },
    ...{ fpir: 0.5, fpirInterval: [0.01, 0.99], fpirBound: 0.975, named: 1, ofStrangers: 2 },
    ...{ fnirAtFpir: { '0.5': 0.25 }, fnirAtFpirInterval: { '0.5': [0, 1] } },
    ...{ fpirAtFnir: { '0.05': 0.5 }, fpirAtFnirInterval: { '0.05': [0, 1] } },
    byPicture: { fpir: 0.33, ofPictures: 3, fnirAtFpir: { '0.5': 0.25 }, fpirAtFnir: { '0.05': 0.33 } },
    curve: { threshold: [0.1, 0.6], fnir: [0.25, 0.5], fpir: [1, 0] },
  },
  verification: {
    ...{ pairsFrom: 'made', same: 2, different: 4, folds: 2, accuracy: 0.9, accuracyInterval: [0.5, 1] },
    ...{ auc: 0.95, aucInterval: [0.5, 1], eer: 0.1, eerInterval: [0, 0.5] },
    ...{ tarAtFar: { '0.25': 0.9 }, tarAtFarInterval: { '0.25': [0.5, 1] }, smallestFar: 0.25 },
    roc: { far: [0, 0.25, 1], tar: [0, 0.9, 1], threshold: [1, 0.6, 0.1] },
  },
  evidence: {
    ...{ strangers: [0.62, 0.3], known: [0.9, 0.8, 0.7, -1], knownPerson: [0, 0, 1, 1], compared: 2, enrolled: 2 },
    ...{ strangersFrom: 'given', wanted: { strangersPer1000: 10, confidence: 0.95 } },
  },
  histogram: { from: -1, to: 1, samePerson: [0, 4], otherPeople: [1, 3], strangers: [0, 2] },
  mistakes: [{ kind: 'taken-for-another', ...LOOK, why: 'Bert was taken for Anna.' }],
  mistakeCount: 1,
  alikePeople: [{ people: ['Anna', 'Bert'], similarity: 0.4, pictures: ['Anna/1.jpg', 'Bert/2.jpg'], confused: 1 }],
  nearStrangers: [{ ...LOOK, person: 'Cora', named: true }],
  strayPictures: [{ ...LOOK, ownSimilarity: 0.2 }],
  strayCount: 1,
  map: {
    ...{ picture: ['Anna/1.jpg', 'Cora/1.jpg'], person: [0, -1], length: 2 },
    ...{ components: [0.5, 0, -0.5, 0.1], explained: [0.8, 0.1] },
  },
};
