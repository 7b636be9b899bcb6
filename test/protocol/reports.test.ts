import assert from 'node:assert/strict';
import { alignSummary } from '../../src/protocol/align.js';
import { datasetReport, finding, FINDING_CODES } from '../../src/protocol/check.js';
import { comparison, difference, measurement, measurements } from '../../src/protocol/comparison.js';
import { hello } from '../../src/protocol/handshake.js';
import { facesWish, prediction } from '../../src/protocol/prediction.js';
import { checkSchema } from '../support/schemaCases.js';

const found = {
  code: 'exact-duplicates',
  severity: 'warning',
  title: 'Copies',
  explanation: 'Two files hold the same picture.',
  advice: 'Keep one.',
  files: [
    { file: 'a/1.png', detail: '3 copies', group: 0, thumbnail: 'data:image/png;base64,AA==' },
    { file: 'b/2.png' },
  ],
};

const measured = {
  precision: 'int8',
  bytes: 2_500_000,
  accuracy: 0.75,
  loss: 1.25,
  latency: { median: 3.5, p90: 4, runs: 50 },
};
const all = {
  pictures: 40,
  sameData: false,
  machine: 'a processor',
  models: [measured, { ...measured, precision: 'float32' }],
  agreement: 0.95,
  differing: 2,
};
const differs = {
  file: 'anna/1.png',
  person: 'anna',
  float32: { person: 'anna', probability: 0.6 },
  int8: { person: 'bert', probability: 0.5 },
  thumbnail: 'data:image/png;base64,AA==',
};
const compared = { checkpoint: '/c', dataset: '/d', network: 'n', measurements: all, gallery: [differs] };

describe('the report of a check', () => {
  it('has findings of known kinds and gravity, with their files', () => {
    checkSchema({
      schema: finding,
      good: found,
      edge: { severity: ['error', 'information'], files: [[]], code: FINDING_CODES, title: [''] },
      bad: {
        code: ['copies', '', 1, null],
        severity: ['fatal', 'note', undefined],
        title: [1, null],
        explanation: [undefined, {}],
        advice: [['Keep one.'], null],
        files: [
          'a/1.png',
          ['a/1.png'],
          [{ file: 1 }],
          [{ detail: 'x' }],
          [{ file: 'a', detail: 1 }],
          [{ file: 'a', group: 0.5 }],
          [{ file: 'a', group: '0' }],
          [{ file: 'a', thumbnail: null }],
        ],
      },
    });
  });

  it('is read whole, and one of another version not at all', () => {
    checkSchema({
      schema: datasetReport,
      good: {
        ...{ version: 1, dataset: '/d', layout: 'folders', people: 2, pictures: 5 },
        ...{ counts: [{ person: 'anna', pictures: 3 }], findings: [found], suggestedExclusions: ['a/1.png'] },
      },
      edge: { layout: ['labels', 'split'], counts: [[]], findings: [[]], suggestedExclusions: [[]], pictures: [0] },
      bad: {
        version: [0, 2, '1', null],
        dataset: [1, null],
        layout: ['tree', ''],
        people: [1.5, '2', null, NaN],
        pictures: [1.5, '5', null],
        counts: [{}, [{ person: 'anna' }], [{ pictures: 3 }], [{ person: 'anna', pictures: 0.5 }], [['anna', 3]]],
        findings: [{}, [{}], [{ ...found, severity: 'fatal' }]],
        suggestedExclusions: ['a/1.png', [1], [null]],
      },
    });
  });

  it('has a kind once, in words that a file name could hold', () => {
    assert.equal(new Set(FINDING_CODES).size, FINDING_CODES.length);
    for (const code of FINDING_CODES) assert.match(code, /^[a-z]+(-[a-z]+)*$/);
  });
});

describe('what was measured of a network', () => {
  it('is of one precision, with shares between 0 and 1', () => {
    checkSchema({
      schema: measurement,
      good: measured,
      edge: { precision: ['float32'], bytes: [0], accuracy: [0, 1], loss: [0, -0.001] },
      bad: {
        precision: ['int4', 'INT8', 8],
        bytes: [-1, 0.5, '1'],
        accuracy: [-0.01, 1.01, NaN, null],
        loss: [NaN, Infinity, '1', null],
        latency: [3.5, {}, { median: 3.5, p90: 4 }, { median: 'x', p90: 4, runs: 1 }, { median: 1, p90: 4, runs: -1 }],
      },
    });
  });

  it('says on which pictures, and how far two networks agree where there are two', () => {
    checkSchema({
      schema: measurements,
      good: all,
      mayLack: ['agreement', 'differing'],
      edge: { pictures: [0], agreement: [0, 1], differing: [0], models: [[]], sameData: [true] },
      bad: {
        pictures: [-1, 0.5, null],
        sameData: ['yes', 1, null],
        machine: [null, 7],
        models: [measured, [{ ...measured, accuracy: 2 }], [null]],
        agreement: [-0.1, 1.1, null],
        differing: [-1, 0.5, null],
      },
    });
  });

  it('shows pictures on which float and int8 differ', () => {
    const verdicts = [
      {},
      { person: 'anna' },
      { person: 'anna', probability: '1' },
      { person: 1, probability: 1 },
      'anna',
    ];
    checkSchema({
      schema: difference,
      good: differs,
      mayLack: ['thumbnail'],
      bad: { file: [1, null], person: [null], float32: verdicts, int8: verdicts, thumbnail: [1, null] },
    });
    checkSchema({
      schema: comparison,
      good: compared,
      edge: { gallery: [[]] },
      bad: {
        checkpoint: [1, null],
        dataset: [1, null],
        network: [1, null],
        measurements: [{}, { ...all, pictures: -1 }, null],
        gallery: [differs, [{ ...differs, int8: undefined }]],
      },
    });
  });
});

describe('who a network thinks is in a picture', () => {
  const answer = { file: 'p.jpg', person: 'anna', probability: 0.9, scores: { anna: 0.9, bert: 0.1 }, seen: 'data:,' };

  it('is a person with the score of each, or why nobody was asked', () => {
    assert.deepEqual(prediction.parse(answer), answer);
    assert.deepEqual(prediction.parse({ file: 'p.jpg', error: 'is no picture' }), {
      file: 'p.jpg',
      error: 'is no picture',
    });
    const { seen, ...unseen } = answer;
    assert.ok(seen && prediction.safeParse(unseen).success, 'what the network saw is sent on request');
    for (const wrong of [
      { file: 'p.jpg' },
      { error: 'is no picture' },
      { ...answer, file: undefined },
      { ...answer, person: undefined },
      { ...answer, probability: NaN },
      { ...answer, probability: '0.9' },
      { ...answer, scores: { anna: 'much' } },
      { ...answer, scores: { anna: NaN } },
      { ...answer, scores: [0.9, 0.1] },
      { ...answer, scores: undefined },
      { ...answer, seen: 1 },
      { file: 'p.jpg', error: 1 },
      null,
    ])
      assert.ok(!prediction.safeParse(wrong).success, JSON.stringify(wrong));
  });

  it('keeps people with the names of an object’s own parts', () => {
    const scores = { constructor: 0.5, toString: 0.25, '': 0.25 };
    const read = prediction.parse(JSON.parse(JSON.stringify({ ...answer, scores })));
    assert.ok('scores' in read);
    assert.deepEqual({ ...read.scores }, scores);
  });

  it('is asked with one of three overrides for faces', () => {
    for (const wish of ['auto', 'align', 'as-they-are']) assert.equal(facesWish.parse(wish), wish);
    for (const wish of ['Auto', '', 'yes', true, undefined, null])
      assert.ok(!facesWish.safeParse(wish).success, String(wish));
  });
});

describe('what else a trainer says', () => {
  it('counts the crops of an alignment', () => {
    const counts = [1.5, '1', null, NaN];
    checkSchema({
      schema: alignSummary,
      good: {
        ...{ out: '/o', contactSheet: '/o/contact-sheet.html', pictures: 9, aligned: 5, doubtful: 1 },
        ...{ withoutFace: 2, unreadable: 1, kept: 0 },
      },
      bad: {
        ...{ out: [1, null], contactSheet: [1, null], pictures: counts, aligned: counts, doubtful: counts },
        ...{ withoutFace: counts, unreadable: counts, kept: counts },
      },
    });
  });

  it('says who it is', () => {
    checkSchema({
      schema: hello,
      good: { type: 'hello', protocol: 1, pid: 7, node: 'v22.0.0' },
      bad: { protocol: ['1', 1.5, null], pid: ['7', 0.5], node: [22, null] },
    });
  });
});
