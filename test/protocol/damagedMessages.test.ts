import assert from 'node:assert/strict';
import type * as z from 'zod';
import { PROTOCOL_VERSION } from '../../src/protocol/handshake.js';
import { JOBS, trainerCommand, trainerMessage, type Job } from '../../src/protocol/jobs.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';
import { GOOD } from './jobMessages.js';
import { RECOGNITION_IN_FULL } from './recognitionMessages.js';

type Path = readonly (string | number)[];

const comparisonInFull = {
  pictures: 3,
  sameData: true,
  machine: 'm',
  models: [{ precision: 'int8', bytes: 1, accuracy: 1, loss: 0.5, latency: { median: 1, p90: 2, runs: 3 } }],
  agreement: 1,
  differing: 0,
};

interface Case {
  readonly schema: z.ZodType;
  readonly message: object;
}

/** Messages with something in every place that may be filled. */
const FULL: Record<string, Case> = {
  ...Object.fromEntries(
    (Object.keys(JOBS) as Job[]).flatMap((job): [string, Case][] => [
      [
        `order ${job}`,
        { schema: trainerCommand, message: { type: job, protocol: PROTOCOL_VERSION, ...GOOD[job].order } },
      ],
      [`word of ${job}`, { schema: trainerMessage, message: GOOD[job].word }],
    ]),
  ),
  ...Object.fromEntries(
    Object.values(SAMPLE_EVENTS).map((event) => [`event ${event.type}`, { schema: trainerMessage, message: event }]),
  ),
  'hello in full': { schema: trainerMessage, message: { type: 'hello', protocol: 1, pid: 7, node: 'v22.0.0' } },
  'preparing in full': { schema: trainerMessage, message: { type: 'preparing', done: 1, total: 2 } },
  'check in full': {
    schema: trainerMessage,
    message: {
      type: 'checked',
      report: {
        ...{ version: 1, dataset: '/d', layout: 'folders', people: 2, pictures: 4 },
        counts: [{ person: 'anna', pictures: 2 }],
        findings: [
          {
            ...{ code: 'two-people', severity: 'error', title: 't', explanation: 'e', advice: 'a' },
            files: [{ file: 'f', detail: 'd', group: 0, thumbnail: 'data:,' }],
          },
        ],
        suggestedExclusions: ['f'],
      },
    },
  },
  'export in full': {
    schema: trainerMessage,
    message: {
      type: 'exported',
      file: '/o',
      bytes: 1,
      cards: ['/card.md'],
      measured: comparisonInFull,
      recognizer: '/o.recognizer',
    },
  },
  'comparison in full': {
    schema: trainerMessage,
    message: {
      type: 'compared',
      comparison: {
        ...{ checkpoint: '/c', dataset: '/d', network: 'n', measurements: comparisonInFull },
        gallery: [
          {
            ...{ file: 'f', person: 'anna', thumbnail: 'data:,' },
            ...{ float32: { person: 'anna', probability: 1 }, int8: { person: 'bert', probability: 0.5 } },
          },
        ],
      },
    },
  },
  'predictions in full': {
    schema: trainerMessage,
    message: {
      ...{ type: 'predicted', runtime: 'r', network: 'n' },
      predictions: [
        { file: 'f', person: 'anna', probability: 1, scores: { anna: 1 }, seen: 'data:,' },
        { file: 'g', error: 'is no picture' },
      ],
    },
  },
  'preview in full': {
    schema: trainerMessage,
    message: { type: 'previewed', samples: [{ file: 'f', original: 'data:,', distorted: 'data:,' }] },
  },
  ...RECOGNITION_IN_FULL,
  'fine-tuning in full': {
    schema: trainerCommand,
    message: {
      ...{ type: 'qat', protocol: PROTOCOL_VERSION, runFolder: '/r', checkpoint: '/c' },
      overrides: {
        ...{ epochs: 1, dataset: '/d', changedData: true, engine: 'native', threads: 1, pixelCacheMiB: 1 },
        quantization: { observer: 'entropy', floatLayers: ['Conv1'], weightBits: 4, afterSteps: 7 },
      },
    },
  },
};

/** The places of a message that hold something, the inner ones too. */
function placesIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Array.isArray(value)
    ? value.flatMap((part, i) => placesIn(part, [...path, i]))
    : Object.entries(value).flatMap(([name, part]) => placesIn(part, [...path, name]));
  return path.length === 0 ? inner : [path, ...inner];
}

/** A copy with another value in one place. */
function replaced(value: unknown, [name, ...rest]: Path, by: unknown): unknown {
  if (name === undefined) return by;
  if (Array.isArray(value)) return value.map((part: unknown, i) => (i === name ? replaced(part, rest, by) : part));
  const fields = value as Record<string, unknown>;
  return { ...fields, [name]: replaced(fields[name], rest, by) };
}

function valueAt(value: unknown, path: Path): unknown {
  let inner = value;
  for (const name of path) inner = (inner as Record<string | number, unknown>)[name];
  return inner;
}

const kindOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);
const WRONG_KINDS: readonly unknown[] = [null, 'x', -0.5, true, [[]], { x: [] }, []];

describe('a message of a trainer', () => {
  for (const [name, { schema, message }] of Object.entries(FULL))
    it(`(${name}) comes whole through a pipe, and has nothing of another kind in any place`, () => {
      const piped: unknown = JSON.parse(JSON.stringify(message));
      const read = schema.parse(piped);
      assert.deepEqual(schema.parse(JSON.parse(JSON.stringify(read))), read, 'read and sent on');
      for (const place of placesIn(piped)) {
        // Empty lists and objects are whole lists and objects.
        const own = kindOf(valueAt(piped, place));
        for (const wrong of WRONG_KINDS.filter((value) => kindOf(value) !== own)) {
          const damaged = replaced(piped, place, wrong);
          assert.ok(!schema.safeParse(damaged).success, `${place.join('.')} = ${JSON.stringify(wrong)}`);
        }
      }
    });

  it('is judged by its name: the body of another is refused where it lacks a part', () => {
    let pairs = 0;
    for (const [name, { schema, message }] of Object.entries(FULL))
      for (const { message: other } of Object.values(FULL)) {
        const missing = Object.keys(message).filter((field) => !(field in other));
        if (missing.every((field) => schema.safeParse(without(message, field)).success)) continue;
        pairs++;
        const mixed = { ...other, type: valueAt(message, ['type']) };
        assert.ok(!schema.safeParse(mixed).success, `${name}: ${JSON.stringify(mixed)}`);
      }
    assert.ok(pairs > 500, String(pairs));
  });

  it('is no other’s order: what a trainer says is nothing that it can be told', () => {
    for (const [name, { schema, message }] of Object.entries(FULL)) {
      const otherWay = schema === trainerCommand ? trainerMessage : trainerCommand;
      assert.ok(!otherWay.safeParse(message).success, name);
    }
  });
});

function without(message: object, field: string): object {
  return Object.fromEntries(Object.entries(message).filter(([name]) => name !== field));
}
