import assert from 'node:assert/strict';
import { evaluationLines } from '../../src/cli/evaluationLines.js';
import { changeLines, enrolmentLines, recognitionLines, recognizerLines } from '../../src/cli/recognitionLines.js';
import { thresholdWords } from '../../src/core/thresholdWords.js';
import {
  enrolment,
  recognizerSummary,
  recognized,
  threshold,
  type Answer,
  type Threshold,
} from '../../src/protocol/recognition.js';
import { ENROLMENT, KNOWN, NETWORK, RECOGNIZER } from '../protocol/recognitionMessages.js';
import { evaluation } from '../../src/protocol/evaluation.js';
import { SAMPLE_EVALUATION } from '../support/sampleEvaluation.js';

// What recognition says to a person at a terminal: the sentence first.

const enrolled = enrolment.parse(ENROLMENT);
const network = recognizerSummary.parse(RECOGNIZER).network;
const known = recognized.parse(KNOWN);
const recognition = (answers: Answer[]) => ({ recognizer: 'r', network, runtime: 'the native engine', answers });
const evidenceOf = (evidence: Threshold['evidence'], strangersPer1000 = 10) =>
  thresholdWords(threshold.parse({ value: 0.4, strangersPer1000, evidence }));

describe('an enrolment as text', () => {
  it('begins with who is known and how sure that is', () => {
    const lines = enrolmentLines(enrolled);
    assert.equal(lines[0], '“r” knows 1 person by 5 pictures.');
    assert.equal(lines[1], 'Of 1,000 strangers at most 8 would be named (95 % sure; tried with 612 strangers).');
    assert.ok(lines.includes('Network     face-reidentification-retail-0095 (float32, abababababab)'));
    assert.ok(lines.includes('Looked at   7 pictures in 1.5 s'));
    assert.equal(lines.at(-1), 'Recognizer  /r');
  });

  it('lists what was left out and what shows several, ten at most', () => {
    const leftOut = Array.from({ length: 13 }, (_, i) => ({ file: `/${i}.jpg`, person: 'Anna', reason: 'is dark' }));
    const lines = enrolmentLines({ ...enrolled, leftOut });
    const at = lines.indexOf('Left out    13 pictures of Anna:');
    assert.equal(lines[at + 1], '            /0.jpg is dark');
    assert.equal(lines[at + 11], '            and 3 more');
    assert.ok(lines.includes('            /b.jpg: 3 faces'));
    assert.ok(lines.includes('Warning     w'));
    const plain = enrolmentLines({ ...enrolled, leftOut: [], severalFaces: [], warnings: [] }).join('\n');
    assert.doesNotMatch(plain, /Left out|Several|Warning/);
  });
});

describe('the words of a threshold', () => {
  it('are no surer than the evidence', () => {
    assert.match(
      evidenceOf({ kind: 'table', people: 3 }),
      /^Of 1,000 strangers about 10 would be named: .* not been tried/,
    );
    assert.match(evidenceOf({ kind: 'table', people: 1 }, 0.5), /about 0\.5 would be named.* for 1 person enrolled/);
    assert.match(evidenceOf({ kind: 'hand', people: 3 }), /set by hand: .* not been tried/);
    assert.match(evidenceOf({ kind: 'none', people: 1 }), /is not known: .* a guess/);
    const tried = {
      kind: 'strangers',
      people: 157,
      strangers: 158,
      named: 0,
      bound: 0.01878,
      from: 'in-turn',
    } as const;
    assert.equal(
      evidenceOf(tried),
      'Of 1,000 strangers at most 19 would be named (95 % sure; tried with your own 158 people, each as a stranger to the others).',
    );
  });
});

describe('answers as text', () => {
  const lineOf = (answer: Answer) => recognitionLines(recognition([answer]))[0]!;

  it('name the person, how like, what is needed, who is next, and the nearest picture', () => {
    assert.equal(
      lineOf(known),
      '/p.jpg: Anna (0.71, needs 0.48; then Bo 0.20; nearest picture /anna/1.jpg). The picture shows 2 faces.',
    );
    assert.equal(
      recognitionLines(recognition([]))[0],
      'Network     face-reidentification-retail-0095 (float32, abababababab), computed by the native engine',
    );
  });

  it('say “unknown”, and whom the face is most like', () => {
    const unknown = { ...known, person: 'unknown', known: false, similarity: 0.31, notes: [] };
    assert.match(lineOf(unknown), /^\/p\.jpg: unknown \(most like Anna 0\.31, needs 0\.48; then Bo/);
    const nobody = { ...unknown, nearest: undefined, runnerUp: undefined, mostLike: undefined };
    assert.equal(
      lineOf(recognized.parse(JSON.parse(JSON.stringify(nobody)))),
      '/p.jpg: unknown (nobody left, needs 0.48)',
    );
  });

  it('say why there is no answer', () => {
    const none: Answer = { file: '/q.jpg', reason: 'no-face', error: 'shows no face that could be found', faces: 0 };
    assert.equal(lineOf(none), '/q.jpg: no answer, the picture shows no face that could be found');
  });

  it('say which network is at work where it is not the face network', () => {
    const dlib = recognizerSummary.parse({ ...RECOGNIZER, network: { ...NETWORK, kind: 'dlib' } }).network;
    assert.match(recognitionLines({ ...recognition([]), network: dlib })[0]!, /serves where no face weights are there/);
  });
});

describe('a recognizer as text', () => {
  it('lists its people, and what can be taken back', () => {
    const lines = recognizerLines(recognizerSummary.parse(RECOGNIZER));
    assert.match(lines[0]!, /^“r” knows 1 person\. Of 1,000 strangers at most 8/);
    assert.ok(lines.includes('            Anna: 5 pictures, 1 picture “not this person”'));
    assert.ok(lines.includes('Last        Added 1 picture of Anna'));
  });

  it('says what a change did', () => {
    const recognizer = recognizerSummary.parse(RECOGNIZER);
    assert.deepEqual(changeLines({ recognizer, done: 'Added 1 picture of Anna.', leftOut: [] }), [
      'Added 1 picture of Anna.',
      'Threshold   0.480',
    ]);
  });
});

describe('an evaluation as text', () => {
  const lines = evaluationLines(SAMPLE_EVALUATION);

  it('begins with the sentence, and gives counts before percentages with their intervals', () => {
    assert.equal(lines[0], SAMPLE_EVALUATION.sentence);
    assert.ok(
      lines.includes(
        'Closed set  3 of 4 pictures are most like their own person: 75.0 % (20.0 to 99.0); among the first five 100.0 %',
      ),
    );
    assert.ok(lines.includes('Strangers   1 of 2 are named: 50.0 % (1.0 to 99.0)'));
    assert.ok(lines.includes('Missed      1 of 4 pictures of known people: 25.0 % (1.0 to 80.0)'));
    assert.ok(lines.some((line) => /TAR 90\.0 % at FAR 25\.0 %/.test(line)));
    assert.ok(lines.some((line) => /0\.620, which nothing carries yet: 297 strangers are missing/.test(line)));
    assert.ok(lines.includes('Note        No pairs of people could be made.'));
  });

  it('is silent of what was not evaluated', () => {
    const absent = { closedSet: undefined, openSet: undefined, verification: undefined };
    const little = { ...SAMPLE_EVALUATION, ...absent, mistakes: [], mistakeCount: 0 };
    const text = evaluationLines(evaluation.parse(JSON.parse(JSON.stringify(little)))).join('\n');
    assert.doesNotMatch(text, /Closed set|Strangers|Pairs|Mistakes/);
  });
});
