import assert from 'node:assert/strict';
import { checkLines } from '../../src/cli/checkView.js';
import { comparisonLines, measurementLines, predictionLines } from '../../src/cli/modelLines.js';
import type { DatasetReport, Finding } from '../../src/protocol/check.js';
import type { Comparison, Difference, Measurements } from '../../src/protocol/comparison.js';

// Results as lines of text, for a person at a terminal.

const report: DatasetReport = {
  ...{ version: 1, dataset: '/d', layout: 'folders', people: 1, pictures: 1 },
  ...{ counts: [{ person: 'anna', pictures: 1 }], findings: [], suggestedExclusions: [] },
};
const finding = (severity: Finding['severity'], files: Finding['files']): Finding => ({
  ...{ code: 'few-pictures', severity, title: 'Too few', explanation: 'There are few.', advice: 'Add some.', files },
});

describe('a check as text', () => {
  it('counts one as one and thousands with commas', () => {
    assert.deepEqual(checkLines(report), ['1 picture of 1 person can be used for training.', 'No problems found.']);
    assert.match(checkLines({ ...report, pictures: 12_345, people: 67 })[0]!, /^12,345 pictures of 67 people can/);
  });

  it('says of each finding what it is, why it matters and what to do, in three columns', () => {
    const lines = checkLines({
      ...report,
      findings: [finding('error', []), finding('warning', []), finding('information', [])],
    });
    const [title, explanation, advice] = ['Too few', 'There are few.', 'Add some.'];
    for (const [i, word] of ['Error  ', 'Warning', 'Note   '].entries())
      assert.deepEqual(lines.slice(1 + 4 * i, 5 + 4 * i), [
        '',
        `${word}  ${title}`,
        `         ${explanation}`,
        `         ${advice}`,
      ]);
    assert.equal(lines.length, 13, 'and nothing else');
  });

  it('names six files with their detail, and counts the others', () => {
    const files = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ file: `${i}.png`, ...(i === 0 ? { detail: '8 px' } : {}) }));
    const named = (count: number) => checkLines({ ...report, findings: [finding('warning', files(count))] }).slice(5);
    assert.deepEqual(named(2), ['           0.png  (8 px)', '           1.png']);
    assert.equal(named(6).length, 6);
    assert.deepEqual(named(7).slice(5), ['           5.png', '           and 1 more file']);
    assert.equal(named(1006).at(-1), '           and 1,000 more files');
  });
});

const model = (precision: 'float32' | 'int8') =>
  ({ precision, bytes: 2_345_678, accuracy: 0.925, loss: 0.3, latency: { median: 3.456, p90: 5, runs: 50 } }) as const;
const both: Measurements = {
  ...{ pictures: 1234, sameData: true, machine: 'a processor', models: [model('float32'), model('int8')] },
  ...{ agreement: 0.951, differing: 12 },
};
const difference = (n: number): Difference => ({
  ...{ file: `anna/${n}.png`, person: 'anna' },
  float32: { person: 'anna', probability: 0.6 },
  int8: { person: 'bert', probability: 0.512 },
});

describe('measurements as text', () => {
  it('have a line for each network, how far they agree, and on what they were measured', () => {
    assert.deepEqual(measurementLines(both), [
      'float32     accuracy 92.5 %   3.46 ms per picture   2.35 MB',
      'int8        accuracy 92.5 %   3.46 ms per picture   2.35 MB',
      'Agreement   95.1 %',
      '            on 1,234 validation pictures; a processor',
    ]);
  });

  it('of one network say nothing of agreement', () => {
    const { agreement, differing, ...one } = both;
    assert.ok(agreement && differing);
    const lines = measurementLines({ ...one, models: [model('float32')] });
    assert.equal(lines.length, 2);
    assert.doesNotMatch(lines.join('\n'), /Agreement|undefined/);
  });

  it('are followed by the pictures on which two networks differ, ten at most', () => {
    const compared = (count: number, differing: number): Comparison => ({
      ...{ checkpoint: '/c', dataset: '/d', network: 'n', measurements: { ...both, differing } },
      gallery: Array.from({ length: count }, (_, i) => difference(i)),
    });
    const after = (comparison: Comparison) =>
      comparisonLines(comparison).slice(measurementLines(comparison.measurements).length);
    assert.deepEqual(after(compared(0, 0)), [], 'they agree everywhere');
    assert.deepEqual(after(compared(2, 2)), [
      'They differ on:',
      '            anna/0.png: float anna 60.0 %, int8 bert 51.2 %',
      '            anna/1.png: float anna 60.0 %, int8 bert 51.2 %',
    ]);
    assert.equal(after(compared(10, 10)).length, 11);
    // The gallery itself ends somewhere; the count goes on.
    const many = after(compared(24, 300));
    assert.deepEqual([many.length, many.at(-1)], [12, '            and 290 more']);
  });
});

describe('predictions as text', () => {
  it('name the three likeliest people, the likeliest first, or why nobody was asked', () => {
    const scores = { bert: 0.2, anna: 0.6, carl: 0.05, dora: 0.15 };
    assert.deepEqual(
      predictionLines([
        { file: 'p.jpg', person: 'anna', probability: 0.6, scores },
        { file: 'q.jpg', error: 'no face was found' },
        { file: 'r.jpg', person: 'anna', probability: 1, scores: { anna: 1 } },
      ]),
      ['p.jpg: anna 60.0 %, bert 20.0 %, dora 15.0 %', 'q.jpg: no face was found', 'r.jpg: anna 100.0 %'],
    );
    assert.deepEqual(predictionLines([]), []);
  });
});
