import { PROTOCOL_VERSION } from '../../src/protocol/handshake.js';
import { trainerCommand, trainerMessage } from '../../src/protocol/jobs.js';
import { SAMPLE_EVALUATION } from '../support/sampleEvaluation.js';

export const NETWORK = {
  name: 'face-reidentification-retail-0095',
  kind: 'face',
  digest: 'ab'.repeat(32),
  precision: 'float32',
};
const quality = { pixels: 120.5, blur: 40, pose: 0.1 };

/** An answer with something in every place that may be filled. */
export const KNOWN = {
  ...{ file: '/p.jpg', person: 'Anna', known: true, similarity: 0.71, threshold: 0.48, nearest: 'Anna' },
  runnerUp: { person: 'Bo', similarity: 0.2 },
  mostLike: { person: 'Anna', file: '/anna/1.jpg', similarity: 0.8 },
  ruledOut: { person: 'Cy', similarity: 0.75 },
  ...{ faces: 2, quality, notes: ['The picture shows 2 faces.'], seen: 'data:,' },
};
export const NO_NAME = { file: '/q.jpg', reason: 'too-small', error: 'is small', faces: 1, quality, seen: 'data:,' };

export const RECOGNIZER = {
  ...{ folder: '/r', name: 'r', network: NETWORK, lastChange: 'Added 1 picture of Anna' },
  people: [{ person: 'Anna', pictures: 5, notThisPerson: 1 }],
  threshold: {
    ...{ value: 0.48, strangersPer1000: 10 },
    evidence: { kind: 'strangers', people: 158, strangers: 612, named: 1, bound: 0.0077, from: 'given' },
  },
};
export const ENROLMENT = {
  ...{ recognizer: RECOGNIZER, pictures: 7, enrolled: 5, seconds: 1.5, warnings: ['w'] },
  leftOut: [{ file: '/a.jpg', person: 'Anna', reason: 'is no picture' }],
  severalFaces: [{ file: '/b.jpg', person: 'Anna', faces: 3 }],
};
const changed = { recognizer: RECOGNIZER, done: 'Added 1 picture of Anna.', leftOut: ENROLMENT.leftOut };
const recognition = { recognizer: 'r', network: NETWORK, runtime: 'native', answers: [KNOWN, NO_NAME] };
const read = { faceWeights: '/w', faces: 'off' };
const protocol = PROTOCOL_VERSION;
const reply = (result: object) => ({ type: 'reply', id: 3, result });

/** Messages of recognition with something in every place that may be filled. */
export const RECOGNITION_IN_FULL = {
  'enrolment in full': {
    schema: trainerCommand,
    message: {
      ...{ type: 'enroll', protocol, dataset: '/d', recognizer: '/r', pictures: 5, seed: 1, network: '/n' },
      ...{ strangersPer1000: 2.5, ...read },
    },
  },
  'enrolled in full': { schema: trainerMessage, message: { type: 'enrolled', enrolment: ENROLMENT } },
  'recognition in full': {
    schema: trainerCommand,
    message: { type: 'recognize', protocol, recognizer: '/r', files: ['/p'], seen: true, ...read },
  },
  'recognized in full': { schema: trainerMessage, message: { type: 'recognized', recognition } },
  'change in full': {
    schema: trainerCommand,
    message: {
      ...{ type: 'editRecognizer', protocol, recognizer: '/r', ...read },
      change: { kind: 'notThisPerson', person: 'Anna', files: ['/p'] },
    },
  },
  'changed in full': { schema: trainerMessage, message: { type: 'edited', changed } },
  'evaluation in full': {
    schema: trainerCommand,
    message: {
      ...{ type: 'evaluate', protocol, model: '/r', probes: '/p', strangers: '/s', pairs: '/q', seed: 1 },
      ...{ strangersPer1000: 1, ...read },
    },
  },
  'evaluated in full': {
    schema: trainerMessage,
    message: { type: 'evaluated', evaluation: SAMPLE_EVALUATION, network: NETWORK, recognizer: RECOGNIZER },
  },
  'answering in full': {
    schema: trainerCommand,
    message: { type: 'answer', protocol, recognizer: '/r', idleSeconds: 60, ...read },
  },
  ready: { schema: trainerMessage, message: { type: 'ready', network: NETWORK, runtime: 'native' } },
  'request of an answer': {
    schema: trainerCommand,
    message: { type: 'request', id: 3, wish: { kind: 'recognize', files: ['/p'], seen: true } },
  },
  'request of a change': {
    schema: trainerCommand,
    message: { type: 'request', id: 3, wish: { kind: 'add', person: 'Anna', files: ['/p'] } },
  },
  'reply with answers': { schema: trainerMessage, message: reply({ kind: 'recognized', recognition }) },
  'reply with a change': { schema: trainerMessage, message: reply({ kind: 'changed', changed }) },
  'reply with a refusal': {
    schema: trainerMessage,
    message: reply({ kind: 'refused', code: 'c', message: 'm', advice: 'a' }),
  },
};
