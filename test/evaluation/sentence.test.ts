import assert from 'node:assert/strict';
import { upperBound } from '../../src/evaluation/bounds.js';
import {
  boundAt,
  claimAt,
  clustersAt,
  namedShareAt,
  sentenceAt,
  strangersNeeded,
} from '../../src/evaluation/sentence.js';
import type { Evidence } from '../../src/protocol/evaluation.js';

const repeat = (value: number, count: number) => new Array<number>(count).fill(value);

/** So many strangers named and not, pictures missed and not, at a threshold of 0.5; ten pictures a person. */
function evidenceOf(
  { named = 0, unnamed = 0, missed = 0, recognized = 0 }: Readonly<Partial<Record<Counted, number>>>,
  wished: Partial<Evidence['wanted']> & Partial<Pick<Evidence, 'compared' | 'strangersFrom'>> = {},
): Evidence {
  const { compared = 5, strangersFrom = 'given', ...wanted } = wished;
  return {
    strangers: [...repeat(0.6, named), ...repeat(0.3, unnamed)],
    known: [...repeat(0.4, missed), ...repeat(0.9, recognized)],
    knownPerson: Array.from({ length: missed + recognized }, (_, i) => Math.floor(i / 10)),
    ...{ strangersFrom, compared, enrolled: 5, wanted: { strangersPer1000: 10, confidence: 0.95, ...wanted } },
  };
}
type Counted = 'named' | 'unnamed' | 'missed' | 'recognized';

const said = (...args: Parameters<typeof evidenceOf>) => sentenceAt(evidenceOf(...args), 0.5);
const known = { missed: 12, recognized: 988 };
const KNOWN = 'Of 1,000 pictures of your people, about 12 would not be recognized.';

describe('the sentence', () => {
  it('says how many strangers and how many pictures, with how sure and how many were tried', () => {
    assert.equal(
      said({ named: 1, unnamed: 611, ...known }),
      `Of 1,000 strangers, at most 8 would be named (95 % sure; tried with 612). ${KNOWN}`,
    );
    assert.equal(
      said({ unnamed: 2995, ...known }, { strangersPer1000: 1 }),
      `Of 1,000 strangers, at most 1 would be named (95 % sure; tried with 2,995). ${KNOWN}`,
    );
    assert.match(
      said({ unnamed: 3000, ...known }, { confidence: 0.99 }),
      /at most 2 would be named \(99 % sure; tried with 3,000\)/,
    );
    assert.match(said({ unnamed: 3000, ...known }, { confidence: 0.999 }), /\(99\.9 % sure; /);
  });

  it('rounds to the side that is not surer', () => {
    for (const [named, unnamed] of [
      [0, 1000],
      [3, 997],
      [17, 1751],
    ] as const) {
      const bound = upperBound(named, named + unnamed);
      const { strangersPer1000 } = claimAt(evidenceOf({ named, unnamed }), 0.5);
      assert.ok(
        strangersPer1000 >= 1000 * bound && strangersPer1000 < 1000 * bound + 1,
        `${strangersPer1000}, ${bound}`,
      );
    }
    // 299 strangers: 9.9695 of 1,000. A bound of exactly a whole number is that number.
    assert.equal(claimAt(evidenceOf({ unnamed: 299 }), 0.5).strangersPer1000, 10);
  });

  it('says how many strangers are missing instead of a number', () => {
    assert.equal(
      said({ unnamed: 40, ...known }),
      'Whether at most 10 of 1,000 strangers would be named (95 % sure) cannot be said yet: ' +
        `40 strangers were tried; 259 more are missing. ${KNOWN}`,
    );
    assert.match(said({ unnamed: 298 }), /: 298 strangers were tried; 1 more is missing\./);
    assert.match(said({ unnamed: 1 }), /: 1 stranger was tried; 298 more are missing\./);
    assert.match(said({}), /: no stranger was tried; 299 more are missing\./);
    // One named: 473 are needed for 1 in 100.
    assert.match(
      said({ named: 1, unnamed: 39 }),
      /: 40 strangers were tried, of whom 1 was named; 433 more are missing\./,
    );
    assert.match(said({ named: 2, unnamed: 38 }), /of whom 2 were named; /);
    assert.match(
      said({ unnamed: 40 }, { strangersPer1000: 1 }),
      /at most 1 of 1,000 strangers .* 2,955 more are missing/,
    );
    assert.match(said({ unnamed: 40 }, { strangersPer1000: 0.1 }), /at most 1 of 10,000 strangers /);
    assert.match(said({ unnamed: 40 }, { strangersPer1000: 0.25 }), /at most 2\.5 of 10,000 strangers /);
    assert.match(said({ unnamed: 40 }, { strangersPer1000: 12.5 }), /at most 12\.5 of 1,000 strangers /);
  });

  it('gives the number where the strangers are enough but the threshold is too low, be it high', () => {
    assert.match(
      said({ named: 100, unnamed: 500 }),
      /^Of 1,000 strangers, at most 194 would be named \(95 % sure; tried with 600\)\./,
    );
    assert.match(said({ named: 600 }), /^All of 1,000 strangers may be named \(tried with 600\)\./);
  });

  it('says at most, and how many were tried, where no picture was missed', () => {
    // Twenty people: 1 - 0.05^(1/20) = 13.9 %.
    assert.match(
      said({ recognized: 200 }),
      / Of 1,000 pictures of your people, at most 140 would not be recognized \(95 % sure; none of 200 was missed\)\.$/,
    );
  });

  it('says nothing of pictures where none was tried', () => {
    assert.match(
      said({ unnamed: 300 }),
      /How many pictures of your people would not be recognized is not known: nobody has/,
    );
  });

  it('does not make nothing of a little: one of 5,000 is about 1 of 1,000', () => {
    assert.match(said({ missed: 1, recognized: 4999 }), /about 1 would not be recognized\.$/);
    assert.match(said({ missed: 1, recognized: 1 }), /about 500 would not be recognized\.$/);
    assert.match(said({ missed: 3 }), /about 1,000 would not be recognized\.$/);
  });

  it('changes with the threshold', () => {
    const evidence = evidenceOf({ named: 5, unnamed: 995, ...known });
    assert.match(sentenceAt(evidence, 0.2), /^All of 1,000 strangers may be named .* at most 30 would not be/);
    assert.match(sentenceAt(evidence, 0.5), /^Of 1,000 strangers, at most 11 .* about 12 would/);
    assert.match(sentenceAt(evidence, 0.7), /^Of 1,000 strangers, at most 3 .* about 12 would/);
    assert.match(sentenceAt(evidence, 0.95), /^Of 1,000 strangers, at most 3 .* about 1,000 would/);
  });

  it('counts for all who are enrolled what was tried against fewer', () => {
    // Compared with one of five: 1 - (1 - b)^5.
    const evidence = evidenceOf({ unnamed: 2000 }, { compared: 1 });
    const bound = 1 - (1 - upperBound(0, 2000)) ** 5;
    assert.ok(Math.abs(boundAt(evidence, 0.5) - bound) < 1e-12);
    assert.equal(claimAt(evidence, 0.5).strangersPer1000, Math.ceil(1000 * bound));
    // And five times as many are needed.
    assert.match(said({ unnamed: 400 }, { compared: 1 }), /400 strangers were tried; 1,091 more are missing/);
  });
});

describe('the sentence where people play strangers to each other', () => {
  const inTurn = { strangersFrom: 'in-turn', compared: 4 } as const;

  it('says that it is them', () => {
    const bound = 1 - (1 - upperBound(0, 400)) ** (5 / 4);
    assert.match(
      said({ unnamed: 800 }, inTurn),
      new RegExp(
        `^Of 1,000 strangers, at most ${Math.ceil(1000 * bound)} would be named \\(95 % sure; tried with 800 of your own people\\)`,
      ),
    );
  });

  it('asks for other strangers where they are too few', () => {
    assert.match(
      said({ unnamed: 5 }, inTurn),
      /cannot be said yet: 5 of your own people were tried as strangers to each other; 299 other strangers are needed\./,
    );
    assert.match(
      said({ named: 2, unnamed: 3 }, inTurn),
      /to each other, of whom 2 were named; 299 other strangers are needed\./,
    );
    assert.match(said({}, inTurn), /: no stranger was tried; 299 more are missing\./);
  });
});

describe('the numbers of a threshold', () => {
  const evidence = evidenceOf({ named: 2, unnamed: 8, missed: 3, recognized: 17 });

  it('count who reaches it: at the threshold is named and recognized', () => {
    assert.deepEqual(claimAt(evidence, 0.6).named, 2);
    assert.deepEqual(claimAt(evidence, 0.600001).named, 0);
    assert.deepEqual(claimAt(evidence, 0.4).missed, 0);
    assert.deepEqual(claimAt(evidence, 0.400001).missed, 3);
    assert.equal(namedShareAt(evidence, 0.5), 0.2);
    assert.equal(namedShareAt(evidenceOf({}), 0.5), 0);
  });

  it('are kept by person, whatever gaps there are', () => {
    assert.deepEqual(clustersAt(evidence, 0.5), [
      { hits: 3, of: 10 },
      { hits: 0, of: 10 },
    ]);
    assert.deepEqual(clustersAt({ ...evidence, known: [0.1, 0.9], knownPerson: [7, 2] }, 0.5), [
      { hits: 1, of: 1 },
      { hits: 0, of: 1 },
    ]);
  });

  it('tell beforehand how many strangers a wish takes', () => {
    assert.deepEqual(
      [10, 1, 5].map((per1000) => strangersNeeded(per1000, 0.95)),
      [299, 2995, 598],
    );
  });
});
