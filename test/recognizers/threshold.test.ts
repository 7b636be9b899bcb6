import assert from 'node:assert/strict';
import type { Threshold } from '../../src/protocol/recognition.js';
import { thresholdInUse } from '../../src/recognizers/thresholdInUse.js';
import { tableThreshold } from '../../src/recognizers/thresholdTable.js';
import { NETWORK } from '../support/syntheticFaces.js';

const face = { name: 'face-reidentification-retail-0095', precision: 'float32' } as const;
const crowd = (count: number) => new Array<unknown>(count).fill(undefined);
const inUse = (threshold: Threshold, people: number) =>
  thresholdInUse({ network: NETWORK, people: crowd(people), threshold });

describe('the table of thresholds', () => {
  it('rises with the number of people, and the fewer strangers may be named', () => {
    const sizes = [1, 2, 5, 7, 10, 30, 50, 100, 158, 500, 5000];
    for (const wanted of [1, 5, 10, 50]) {
      const values = sizes.map((people) => tableThreshold(face, people, wanted)!);
      values.reduce((before, value, i) => {
        assert.ok(value > before, `${sizes[i]} people, ${wanted} of 1,000: ${value} after ${before}`);
        return value;
      });
    }
    for (const people of sizes) assert.ok(tableThreshold(face, people, 1)! > tableThreshold(face, people, 10)!);
  });

  it('lies near the one of verification for one person, and is no similarity that nothing has', () => {
    assert.ok(Math.abs(tableThreshold(face, 1, 10)! - 0.25) < 0.02);
    assert.equal(tableThreshold(face, 0, 10), tableThreshold(face, 1, 10));
    assert.ok(tableThreshold(face, 1e9, 0.001)! <= 1);
  });

  it('says nothing of a network, or a precision, that nothing was measured of', () => {
    assert.equal(tableThreshold({ ...face, precision: 'int8' }, 5, 10), undefined);
    assert.equal(tableThreshold({ ...face, name: 'mobilenet_v2' }, 5, 10), undefined);
  });
});

describe('the threshold in use', () => {
  it('follows the table where it came from there', () => {
    const chosen: Threshold = { value: 0.3, strangersPer1000: 10, evidence: { kind: 'table', people: 3 } };
    const now = inUse(chosen, 50);
    assert.deepEqual(now, {
      ...{ value: tableThreshold(face, 50, 10), strangersPer1000: 10 },
      evidence: { kind: 'table', people: 50 },
    });
  });

  it('grows with people beyond those that it was tried with, and never falls', () => {
    const evidence = { kind: 'strangers', people: 10, strangers: 300, named: 0, bound: 0.0099, from: 'given' } as const;
    const tried: Threshold = { value: 0.41, strangersPer1000: 10, evidence };
    assert.equal(inUse(tried, 10), tried);
    assert.equal(inUse(tried, 5).value, 0.41);
    const grown = inUse(tried, 50);
    const expected = 0.41 + tableThreshold(face, 50, 10)! - tableThreshold(face, 10, 10)!;
    assert.ok(Math.abs(grown.value - expected) < 1e-12);
    assert.deepEqual(grown.evidence, evidence, 'what was tried stays what was tried');
  });

  it('stays where it was put by hand', () => {
    const byHand: Threshold = { value: 0.2, strangersPer1000: 10, evidence: { kind: 'hand', people: 1 } };
    assert.equal(inUse(byHand, 100), byHand);
  });
});
