import assert from 'node:assert/strict';
import {
  evaluation,
  EVALUATION_LIMITS,
  evaluationMistake,
  evidence,
  strayPicture,
  wantedStrangers,
} from '../../src/protocol/evaluation.js';
import { SAMPLE_EVALUATION } from '../support/sampleEvaluation.js';
import { checkSchema } from '../support/schemaCases.js';

const { closedSet, openSet, verification, map } = evaluation.shape;

const badShare = [-0.1, 1.1, '0.5', null];
const badCount = [-1, 0.5, '1'];
const badInterval = [0.5, [0.5], [0, 1, 2], ['0', '1']];
const badByRate = [{ '0.010': 0.5 }, { '1e-3': 0.5 }, { '0.01': '0.5' }, 0.5];
const badIntervals = [{ '0.01': 0.5 }, { '0.01': [0.5] }, { '.1': [0, 1] }];
const badLook = {
  picture: [1, null],
  person: [undefined, 2],
  similarity: [1.1, -1.1, null],
  nearestPerson: [1],
  nearestPicture: [[], null],
};
/** One entry more than a list may have. */
const tooMany = (item: unknown, most: number) => Array.from({ length: most + 1 }, () => item);

describe('the result of an evaluation', () => {
  it('has every value at its place, with its interval beside it', () => {
    const { list } = EVALUATION_LIMITS;
    checkSchema({
      schema: evaluation,
      good: SAMPLE_EVALUATION,
      mayLack: ['closedSet', 'openSet', 'verification', 'suggestion', 'map'],
      edge: { threshold: [-1, 1], thresholdFrom: ['evidence', 'none'], protocol: ['gallery'], notes: [[]] },
      bad: {
        sentence: [1, undefined],
        notes: ['none', [1]],
        seed: [0.5, 'one'],
        protocol: ['all', null],
        people: ['Anna', [1]],
        counts: [{ ...SAMPLE_EVALUATION.counts, people: -1 }, { people: 1 }],
        threshold: [2, '0.5', null],
        thresholdInterval: badInterval,
        thresholdFrom: ['table', null],
        suggestion: [0.5, { threshold: 0.5, carried: true, missing: -1 }],
        ...{ closedSet: [{}], openSet: [{}], verification: [{}], evidence: [{}], map: [{}] },
        histogram: [{ ...SAMPLE_EVALUATION.histogram, strangers: [0.5] }],
        mistakes: [{}, tooMany(SAMPLE_EVALUATION.mistakes[0], list)],
        mistakeCount: badCount,
        alikePeople: [[{ people: ['Anna'], similarity: 0.5, confused: 0 }]],
        nearStrangers: [[{}], tooMany(SAMPLE_EVALUATION.nearStrangers[0], list)],
        strayPictures: [[{}], tooMany(SAMPLE_EVALUATION.strayPictures[0], list)],
        strayCount: badCount,
      },
    });
  });

  it('gives the share of right pictures, by person and with what was taken for what', () => {
    checkSchema({
      schema: closedSet,
      good: { ...SAMPLE_EVALUATION.closedSet },
      edge: { accuracy: [0, 1], confusions: [[]] },
      bad: {
        ...{ accuracy: badShare, top5: badShare, accuracyInterval: badInterval, top5Interval: badInterval },
        ...{ right: badCount, of: badCount },
        byPerson: [[{ of: 2, right: -1, top5: 0 }], [{ right: 1 }]],
        confusions: [[{ person: 0, takenFor: 1, count: 0 }], [{ person: -1, takenFor: 1, count: 1 }]],
      },
    });
  });

  it('gives FNIR and FPIR at the threshold, at rates and as a curve', () => {
    const rates = { fnirAtFpir: badByRate, fpirAtFnir: badByRate };
    checkSchema({
      schema: openSet,
      good: { ...SAMPLE_EVALUATION.openSet },
      edge: { strangersFrom: ['in-turn'], fnirAtFpir: [{}, { '0.001': 0, '1': 1 }] },
      bad: {
        strangersFrom: ['folder', null],
        ...{
          fnir: badShare,
          fpir: badShare,
          fpirBound: badShare,
          fnirInterval: badInterval,
          fpirInterval: badInterval,
        },
        ...{ missed: badCount, named: badCount, ofPictures: badCount, ofStrangers: badCount },
        ...{ ...rates, fnirAtFpirInterval: badIntervals, fpirAtFnirInterval: badIntervals },
        byPicture: [{ ...SAMPLE_EVALUATION.openSet?.byPicture, fpir: 2 }, {}],
        curve: [
          { threshold: [0.1], fnir: [0.1] },
          { ...SAMPLE_EVALUATION.openSet?.curve, fpir: tooMany(0, EVALUATION_LIMITS.curve) },
        ],
      },
    });
  });

  it('gives accuracy by folds where there are folds, AUC, EER and TAR at FAR', () => {
    checkSchema({
      schema: verification,
      good: { ...SAMPLE_EVALUATION.verification },
      mayLack: ['accuracy', 'accuracyInterval'],
      edge: { pairsFrom: ['file'], tarAtFar: [{}] },
      bad: {
        pairsFrom: ['folder'],
        ...{ same: badCount, different: badCount, folds: badCount, smallestFar: badShare },
        ...{ accuracy: badShare, auc: badShare, eer: badShare, tarAtFar: badByRate },
        ...{ accuracyInterval: badInterval, aucInterval: badInterval, eerInterval: badInterval },
        tarAtFarInterval: badIntervals,
        roc: [
          { far: [0], tar: [0] },
          { far: ['0'], tar: [0], threshold: [0] },
        ],
      },
    });
  });

  it('carries what the sentence is made from', () => {
    const { similarities } = EVALUATION_LIMITS;
    checkSchema({
      schema: evidence,
      good: SAMPLE_EVALUATION.evidence,
      edge: { strangers: [[]], known: [[]], knownPerson: [[]] },
      bad: {
        strangers: [[2], 0.5, tooMany(0, similarities)],
        known: [['0.5'], tooMany(0, similarities)],
        knownPerson: [[-1], tooMany(0, similarities)],
        strangersFrom: ['folder', null],
        ...{ compared: badCount, enrolled: badCount, wanted: [{}, { strangersPer1000: 0 }] },
      },
    });
    assert.deepEqual(wantedStrangers.parse({ strangersPer1000: 1 }), { strangersPer1000: 1, confidence: 0.95 });
    checkSchema({
      schema: wantedStrangers,
      good: SAMPLE_EVALUATION.evidence.wanted,
      mayLack: ['confidence'],
      edge: { strangersPer1000: [0.1, 1000], confidence: [0.51, 0.999] },
      bad: { strangersPer1000: [0, -1, 1001, '1'], confidence: [1, 0.5, 0.05, 95] },
    });
  });

  it('names the pictures of a mistake and of what may lie in the wrong folder', () => {
    checkSchema({
      schema: evaluationMistake,
      good: { ...SAMPLE_EVALUATION.mistakes[0] },
      edge: { kind: ['not-recognized', 'stranger-named'], similarity: [-1, 1] },
      bad: { ...badLook, kind: ['false', null], why: [1] },
    });
    checkSchema({
      schema: strayPicture,
      good: { ...SAMPLE_EVALUATION.strayPictures[0] },
      bad: { ...badLook, ownSimilarity: [2, null] },
    });
  });

  it('has a map of pictures, the strangers among them', () => {
    checkSchema({
      schema: map,
      good: { ...SAMPLE_EVALUATION.map },
      bad: {
        picture: ['Anna/1.jpg', tooMany('a', EVALUATION_LIMITS.points)],
        person: [[-2], [0.5]],
        length: [0, 1.5],
        components: [['0'], null],
        explained: [[1.5], 0.5],
      },
    });
  });
});
