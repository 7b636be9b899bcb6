import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import { bestCheckpoint, emptyRunState, phaseOf, reduceAll, reduceRun, totalSteps } from '../../src/core/runState.js';
import { FIELD_OF } from '../../src/protocol/eventFields.js';
import { isRunEvent, runEvent, runState, type EventOf, type RunEvent } from '../../src/protocol/runEvents.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';

type Type = RunEvent['type'];

const TYPES = Object.keys(SAMPLE_EVENTS) as Type[];
const LISTS: ReadonlySet<Type> = new Set(['stage', 'step', 'epoch', 'checkpoint', 'mark', 'warning', 'resumed']);
/** All but the one that takes others back. */
const ADDING = TYPES.filter((type) => type !== 'resumed');
const LAST: ReadonlySet<Type> = new Set(['failure', 'finished']);
const alive = { alive: true, stopping: false, ownedHere: true };

/** An event of a kind that can be told from every other one of it. */
function numbered(type: Type, number: number): RunEvent {
  const sample = structuredClone(SAMPLE_EVENTS[type]) as Record<string, unknown>;
  const field = Object.keys(sample).find((name) =>
    ['step', 'steps', 'pid', 'people', 'message', 'detail'].includes(name),
  );
  assert.ok(field, type);
  return runEvent.parse({ ...sample, [field]: typeof sample[field] === 'number' ? number : String(number) });
}

/** Any events in any order, as no run would log them. */
function anyEvents(random: Random, types: readonly Type[] = ADDING): RunEvent[] {
  return Array.from({ length: random.integer(40) }, (_, i) => numbered(random.pick(types), i + 1));
}

const written = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function many(seed: number, check: (random: Random, say: string) => void): void {
  const random = Random.fromSeed(seed);
  for (let trial = 0; trial < 200; trial++) check(random, `seed ${seed}, trial ${trial}`);
}

describe('the state of a run, whatever the order of its events', () => {
  it('is the same for all at once, one by one, and in pieces as a log is read', () => {
    many(1, (random, say) => {
      const events = anyEvents(random, TYPES);
      const whole = reduceAll(events);
      assert.deepEqual(
        events.reduce((state, event) => reduceRun(state, event), emptyRunState()),
        whole,
        say,
      );
      let inPieces = emptyRunState();
      for (let from = 0; from < events.length;) {
        const to = from + 1 + random.integer(7);
        inPieces = reduceAll(events.slice(from, to), inPieces);
        from = to;
      }
      assert.deepEqual(inPieces, whole, say);
    });
  });

  it('is the same from a log that was written and read', () => {
    many(2, (random, say) => {
      const events = anyEvents(random, TYPES);
      const lines = events.map((event) => JSON.stringify(event));
      const read = lines.map((line) => runEvent.parse(JSON.parse(line)));
      assert.deepEqual(reduceAll(read), reduceAll(events), say);
    });
  });

  it('is a state that the schema takes, and comes through a pipe as it is', () => {
    many(3, (random, say) => {
      const state = reduceAll(anyEvents(random, TYPES));
      assert.deepEqual(runState.parse(state), state, say);
      assert.deepEqual(runState.parse(written(state)), state, say);
    });
  });

  it('keeps of some kinds each event in its order, of the others the newest, and loses none', () => {
    many(4, (random, say) => {
      const events = anyEvents(random);
      const state = reduceAll(events);
      for (const type of TYPES) {
        const own = events.filter((event) => event.type === type);
        const expected = LISTS.has(type) ? own : own.at(-1);
        assert.deepEqual(state[FIELD_OF.get(type)!], expected, `${say}, ${type}`);
      }
    });
  });

  it('does not depend on how kinds lie between each other, only on the order within one', () => {
    many(5, (random, say) => {
      const events = anyEvents(random);
      const sorted = [...events].sort((a, b) => TYPES.indexOf(a.type) - TYPES.indexOf(b.type));
      assert.deepEqual(reduceAll(sorted), reduceAll(events), say);
    });
  });

  it('passes over what no version knows', () => {
    many(6, (random, say) => {
      const events = anyEvents(random, TYPES);
      const strange = ['hello', 'preparing', '', 'steps', 'toString', 'constructor', '__proto__'].map((type) => ({
        type,
      }));
      const mixed = random
        .shuffle([...strange])
        .reduce<{ type: string }[]>((all, event) => all.toSpliced(random.integer(all.length + 1), 0, event), events);
      assert.deepEqual(reduceAll(mixed as RunEvent[]), reduceAll(events), say);
      assert.deepEqual(mixed.filter(isRunEvent), events, say);
    });
  });

  it('says after the last word how the run ended, whatever comes late', () => {
    many(7, (random, say) => {
      const before = anyEvents(random).filter(({ type }) => !LAST.has(type));
      const late = anyEvents(random).filter(({ type }) => !LAST.has(type));
      const reason = random.pick(['completed', 'stopped'] as const);
      const end: EventOf<'finished'> = { ...SAMPLE_EVENTS.finished, reason };
      const liveness = { alive: random.integer(2) === 1, stopping: random.integer(2) === 1, ownedHere: false };
      assert.equal(phaseOf(reduceAll([...before, end, ...late]), liveness), reason, say);
      const failed = random.shuffle([end, SAMPLE_EVENTS.failure]);
      assert.equal(phaseOf(reduceAll([...before, ...failed, ...late]), liveness), 'failed', `${say}: a failure counts`);
    });
  });

  it('of a run that goes on is one in training as soon as a step is there', () => {
    many(8, (random, say) => {
      const events = anyEvents(random).filter(({ type }) => !LAST.has(type));
      const phase = events.some(({ type }) => type === 'step') ? 'training' : 'preparing';
      const state = reduceAll(events);
      assert.equal(phaseOf(state, alive), phase, say);
      assert.equal(phaseOf(state, { ...alive, stopping: true }), 'stopping', say);
      assert.equal(phaseOf(state, { ...alive, alive: false }), 'interrupted', say);
    });
  });

  it('has a length once run and pictures are known, in either order, and the newest best checkpoint', () => {
    many(9, (random, say) => {
      const events = anyEvents(random).map((event) =>
        event.type === 'checkpoint' ? { ...event, best: random.integer(2) === 1 } : event,
      );
      const state = reduceAll(events);
      const known = events.some(({ type }) => type === 'run') && events.some(({ type }) => type === 'dataset');
      assert.equal(totalSteps(state), known ? 30 : undefined, `${say}: ten steps in each of three epochs`);
      const best = events.findLast((event) => event.type === 'checkpoint' && event.best);
      assert.equal(bestCheckpoint(state), best, say);
    });
  });
});

describe('two states', () => {
  it('share nothing: what one is told the other does not hear', () => {
    many(10, (random, say) => {
      const events = anyEvents(random, TYPES);
      const first = reduceAll(events);
      const before = structuredClone(first);
      reduceAll(anyEvents(random));
      assert.deepEqual(first, before, say);
    });
  });

  it('leave the events that they were told as they were', () => {
    many(11, (random, say) => {
      const events = anyEvents(random);
      const before = structuredClone(events);
      reduceAll(events);
      assert.deepEqual(events, before, say);
    });
  });
});
