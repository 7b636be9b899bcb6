import {
  evaluationPanelContent,
  evaluationPanelMessage,
  PICTURES_AT_ONCE,
} from '../../src/protocol/evaluationPanel.js';
import { modelPanelContent, modelPanelMessage } from '../../src/protocol/modelPanel.js';
import { SAMPLE_EVALUATION } from '../support/sampleEvaluation.js';
import { checkSchema } from '../support/schemaCases.js';

const notTexts = [1, null];
const notCounts = ['1', 0.5, null];
const answer = {
  ...{ file: '/p.jpg', person: 'Anna', known: true, similarity: 0.7, threshold: 0.46, nearest: 'Anna' },
  ...{ faces: 1, notes: [] },
};

describe('what the host tells the page of an evaluation', () => {
  it('is how far it is, or why there is none', () => {
    checkSchema({
      schema: evaluationPanelContent,
      good: { type: 'evaluating', title: 'people', done: 0, total: 0 },
      bad: { title: notTexts, done: notCounts, total: notCounts },
    });
    checkSchema({
      schema: evaluationPanelContent,
      good: { type: 'notEvaluated', title: 'people', message: 'It has one person.', advice: 'Add another.' },
      bad: { title: notTexts, message: notTexts, advice: notTexts },
    });
  });

  it('is an evaluation, the threshold in force, and what was corrected since', () => {
    checkSchema({
      schema: evaluationPanelContent,
      good: {
        ...{ type: 'evaluation', title: 'people', network: 'face network', evaluation: SAMPLE_EVALUATION },
        ...{ inForce: 0.46, corrects: true, corrections: [{ picture: '/a.jpg', words: 'Not Bo.' }] },
      },
      mayLack: ['inForce'],
      edge: { corrections: [[]] },
      bad: {
        ...{ title: notTexts, network: notTexts, evaluation: [{}, null], inForce: ['0.4', null] },
        ...{ corrects: [1, null], corrections: [null, [{}], [{ picture: 1, words: '' }]] },
      },
    });
    checkSchema({
      schema: evaluationPanelContent,
      good: { type: 'changed', inForce: 0.5, corrections: [] },
      mayLack: ['inForce'],
      bad: { inForce: ['0.5'], corrections: [null, [1]] },
    });
  });

  it('is pictures, also such as could not be read', () => {
    checkSchema({
      schema: evaluationPanelContent,
      good: { type: 'pictures', pictures: [{ file: '/a.jpg', data: 'data:image/png;base64,AA' }, { file: '/b.jpg' }] },
      edge: { pictures: [[]] },
      bad: { pictures: [null, [1], [{ data: 'x' }]] },
    });
  });
});

describe('what the page of an evaluation tells the host', () => {
  it('is which pictures it is about to show, so many at once', () => {
    const files = (count: number) => Array.from({ length: count }, (_, i) => `/${i}.jpg`);
    checkSchema({
      schema: evaluationPanelMessage,
      good: { type: 'pictures', files: files(1) },
      edge: { files: [files(PICTURES_AT_ONCE)] },
      bad: { files: [[], [''], files(PICTURES_AT_ONCE + 1), null] },
    });
  });

  it('is what the user says of an answer', () => {
    checkSchema({
      schema: evaluationPanelMessage,
      good: { type: 'notThisPerson', file: '/a.jpg', person: 'Bo' },
      bad: { file: ['', 1], person: ['', null] },
    });
    checkSchema({
      schema: evaluationPanelMessage,
      good: { type: 'thisIs', file: '/a.jpg', person: 'Bo' },
      mayLack: ['person'],
      bad: { file: ['', 1], person: ['', null] },
    });
    checkSchema({ schema: evaluationPanelMessage, good: { type: 'open', file: '/a.jpg' }, bad: { file: ['', null] } });
  });

  it('is a threshold, or a wish without more', () => {
    checkSchema({
      schema: evaluationPanelMessage,
      good: { type: 'useThreshold', threshold: 0.4 },
      edge: { threshold: [-1, 1] },
      bad: { threshold: [1.1, -2, '0.4', null] },
    });
    checkSchema({ schema: evaluationPanelMessage, good: { type: 'failed', message: 'x' }, bad: { message: notTexts } });
    for (const type of ['ready', 'undo', 'evaluateAgain', 'chooseStrangers', 'stop'])
      checkSchema({ schema: evaluationPanelMessage, good: { type }, bad: {} });
  });
});

describe('what host and page of a recognizer tell each other', () => {
  it('is whom it knows, what it was asked and what was said of that', () => {
    const picture = { id: 1, name: 'p.jpg', answer, correction: 'You said: not Anna.' };
    checkSchema({
      schema: modelPanelContent,
      good: {
        ...{ type: 'recognize', title: 'people', facts: ['2 people'], waiting: 0, failure: 'It failed.' },
        ...{ people: ['Anna'], lastChange: 'Removed Bo', pictures: [picture] },
      },
      mayLack: ['failure', 'lastChange'],
      edge: {
        pictures: [
          [],
          [{ id: 2, name: 'q', answer: { file: '/q', reason: 'no-face', error: 'shows none', faces: 0 } }],
        ],
      },
      bad: {
        ...{ title: notTexts, facts: [null, [1]], waiting: [-1, ...notCounts], failure: notTexts, people: [null, [1]] },
        ...{ lastChange: notTexts, pictures: [null, [1], [{ ...picture, id: '1' }], [{ ...picture, answer: {} }]] },
      },
    });
  });

  it('is a correction by the number of its picture', () => {
    checkSchema({ schema: modelPanelMessage, good: { type: 'notThisPerson', id: 1 }, bad: { id: notCounts } });
    checkSchema({ schema: modelPanelMessage, good: { type: 'openLike', id: 1 }, bad: { id: notCounts } });
    checkSchema({
      schema: modelPanelMessage,
      good: { type: 'thisIs', id: 1, person: 'Anna' },
      mayLack: ['person'],
      bad: { id: notCounts, person: ['', null] },
    });
    for (const type of ['undo', 'evaluate']) checkSchema({ schema: modelPanelMessage, good: { type }, bad: {} });
  });
});
