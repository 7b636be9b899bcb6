import assert from 'node:assert/strict';
import { reduceAll } from '../../src/core/runState.js';
import { verdictWords } from '../../src/core/verdictWords.js';
import { runVerdict } from '../../src/evaluation/runVerdict.js';
import type { EventOf, RunEvent } from '../../src/protocol/runEvents.js';
import { verdict as verdictSchema } from '../../src/protocol/verdict.js';
import { beginning, checkpoint, epoch } from '../support/runEvents.js';

type Answers = NonNullable<EventOf<'epoch'>['answers']>;
type Ended = EventOf<'finished'>['reason'];

/** An epoch with so many new pictures right. */
function validated(n: number, right: number, pictures: number, more: Partial<EventOf<'epoch'>> = {}): RunEvent {
  return epoch(n, { metric: 'accuracy', valAccuracy: right / pictures, answers: { right, pictures }, ...more });
}

const finished = (reason: Ended): RunEvent => ({
  ...{ type: 'finished', reason, epochs: 1, steps: 10, elapsedSeconds: 9 },
});

/** Of a run of 40 people and ten epochs. */
function verdictOf(epochs: readonly RunEvent[], reason: Ended | null = 'completed', people = 40) {
  const begun = beginning({ epochs: 10 }).map((event) => (event.type === 'dataset' ? { ...event, people } : event));
  const found = runVerdict(reduceAll([...begun, ...epochs, ...(reason ? [finished(reason)] : [])]));
  if (found) verdictSchema.parse(found);
  return found;
}

const wordsOf = (...given: Parameters<typeof verdictOf>) => verdictWords(verdictOf(...given)!);

describe('the verdict on a run', () => {
  it('is none before an epoch counted its pictures, of an old log, and of a student', () => {
    assert.equal(verdictOf([]), undefined);
    assert.equal(verdictOf([epoch(1)]), undefined);
    const student = epoch(1, { metric: 'cosine', distilled: { people: 0, pictures: 9, cosine: 0.5 } });
    assert.equal(verdictOf([student]), undefined);
  });

  it('counts how far it is while it trains, and where it rests', () => {
    for (const reason of [null, 'paused', 'stopped'] as const) {
      assert.equal(verdictOf([validated(1, 14, 40)], reason)?.kind, 'learning');
      const words = wordsOf([validated(1, 10, 40), validated(2, 14, 40)], reason);
      assert.equal(words, 'After 2 of 10 epochs: right in 14 of 40 new pictures.');
    }
  });

  it('says that nothing is learned where guesses would be right as often', () => {
    const words = wordsOf([validated(1, 0, 4)]);
    assert.equal(words, 'It has learned nothing yet: 0 of 4 new pictures right, as good as guessing.');
    // One in forty by chance: 4 of 80 may be luck, 12 of 80 are not.
    assert.equal(verdictOf([validated(1, 4, 80)])?.kind, 'nothing');
    assert.notEqual(verdictOf([validated(1, 12, 80)])?.kind, 'nothing');
    // Of two people half are right by guessing; four right of four are no proof, yet nobody says that they are guesses.
    assert.equal(verdictOf([validated(1, 5, 8)], 'completed', 2)?.kind, 'nothing');
    assert.equal(verdictOf([validated(1, 4, 4)], 'completed', 2)?.kind, 'few');
  });

  it('says that it ended too early where the last epochs brought more, by more than a picture', () => {
    const rising = [validated(1, 100, 200), validated(2, 110, 200), validated(3, 130, 200)];
    assert.equal(verdictOf(rising)?.kind, 'rising');
    assert.equal(wordsOf(rising), 'Right in 130 of 200 new pictures, and still getting better when it ended.');
    assert.equal(verdictOf(rising, 'early')?.kind, 'known', 'nothing became better before it ended');
    const hardly = [validated(1, 128, 200), validated(2, 129, 200), validated(3, 131, 200)];
    assert.equal(verdictOf(hardly)?.kind, 'known');
    const fallen = [...rising, validated(4, 120, 200)];
    assert.equal(verdictOf([...fallen, checkpoint(3, { best: true })])?.kind, 'known');
  });

  it('says that pictures are known by heart where the loss of new ones rises and own ones are far ahead', () => {
    const losses = [1, 1.1, 1.2, 1.3];
    const epochs = losses.map((valLoss, i) => validated(i + 1, 144 - i, 200, { valLoss, accuracy: 0.999 }));
    const [verdict, words] = [verdictOf(epochs), wordsOf(epochs)];
    assert.equal(verdict?.kind, 'byHeart');
    assert.equal(
      words,
      'It knows its own pictures by heart (99 %), new ones less well (144 of 200, 72 %). More pictures help most.',
    );
    const close = losses.map((valLoss, i) => validated(i + 1, 180 - i, 200, { valLoss, accuracy: 0.95 }));
    assert.equal(verdictOf(close)?.kind, 'known');
    const falling = losses.map((valLoss, i) => validated(i + 1, 144 - i, 200, { valLoss: -valLoss, accuracy: 0.999 }));
    assert.equal(verdictOf(falling)?.kind, 'known');
  });

  it('gives the range that so few pictures leave, by Clopper and Pearson', () => {
    // scipy.stats.binomtest(37, 40).proportion_ci(): 0.7961, 0.9843; of 40 of 40: 0.9119.
    assert.equal(
      wordsOf([validated(1, 37, 40)]),
      'Right in 37 of 40 new pictures. With so few, 79 to 99 % is the honest range.',
    );
    assert.equal(wordsOf([validated(1, 40, 40)]), 'All 40 new pictures right. With so few the truth may be 91 %.');
    assert.equal(wordsOf([validated(1, 1, 1)]), 'The only new picture right. With so few the truth may be 2 %.');
  });

  it('is the count and its range where the pictures are many', () => {
    // scipy.stats.binomtest(930, 1000).proportion_ci(): 0.9124, 0.9450.
    assert.equal(wordsOf([validated(1, 930, 1000)]), 'Right in 930 of 1,000 new pictures (91 to 95 %).');
  });

  it('names the person who is known worst', () => {
    const answers: Answers = { right: 37, pictures: 40, weakest: { person: 's12', right: 1, pictures: 3 } };
    assert.match(wordsOf([validated(1, 37, 40, { answers })]), /range\. Weakest: s12 \(1 of 3\)\.$/);
    assert.doesNotMatch(wordsOf([validated(1, 37, 40, { answers })], 'paused'), /Weakest/);
  });

  it('speaks of people who were left out in their own words', () => {
    const words = wordsOf([validated(1, 300, 400, { metric: 'nearestNeighbour' })]);
    assert.match(
      words,
      /^Of 400 pictures of people it has never seen, 300 are most like another of the same person \(/,
    );
  });

  it('is that of the best epoch, which its checkpoint tells', () => {
    const epochs = [validated(1, 180, 200), validated(2, 150, 200)];
    assert.match(wordsOf(epochs), /^Right in 180 of 200/);
    assert.match(wordsOf([...epochs, checkpoint(2, { best: true })]), /^Right in 150 of 200/);
  });
});
