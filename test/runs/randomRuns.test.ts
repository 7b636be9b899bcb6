import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../../src/core/random.js';
import type { RunEvent } from '../../src/protocol/runEvents.js';
import { CheckpointKeeper, type CheckpointPorts } from '../../src/runs/checkpointKeeper.js';
import { WRITER_HERE } from '../../src/runs/checkpointWriter.js';
import { RunFolder } from '../../src/runs/runFolder.js';
import { RunReader } from '../../src/runs/runReader.js';
import { sampleCheckpoint, sampleGraph } from '../support/runs.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';
import { scratchFolder } from '../support/scratch.js';

// Runs that chance makes up, each from a seed that a failure names.

const folder = scratchFolder();

interface Written {
  readonly name: string;
  readonly accuracy: number;
  readonly loss: number;
  /** Of which kind of network: bests of two kinds are not held against each other. */
  readonly kind: number;
  readonly validated: boolean;
}

/** Whether the newest of all is the best of its kind: nobody has a higher accuracy, or the same with a lower loss. */
function newestIsBest(all: readonly Written[]): boolean {
  const newest = all.at(-1)!;
  const rivals = all.filter(({ kind, validated }) => validated && kind === newest.kind);
  return (
    newest.validated &&
    rivals.every(
      ({ accuracy, loss }) => accuracy < newest.accuracy || (accuracy === newest.accuracy && loss >= newest.loss),
    )
  );
}

/** What must be on the disk: of whole epochs the newest few, and the last that was the best when it was written; the last two inside one. */
function mustStay(all: readonly Written[], newest: number): string[] {
  const best = all.findLast((_, i) => newestIsBest(all.slice(0, i + 1)));
  const whole = all.filter(({ validated }) => validated);
  const inside = all.slice(all.findLastIndex(({ validated }) => validated) + 1);
  const names = new Set([...whole.slice(-newest), ...inside.slice(-2)].map(({ name }) => name));
  if (best) names.add(best.name);
  return [...names].sort();
}

describe('checkpoints over a whole run', () => {
  for (let seed = 1; seed <= 6; seed++)
    it(`are the newest few and the best at every moment (seed ${seed})`, async () => {
      const random = Random.fromSeed(seed);
      const newest = 1 + random.integer(4);
      const run = new RunFolder(folder());
      fs.mkdirSync(run.checkpoints);
      const told: string[] = [];
      let best = false;
      const lent: CheckpointPorts = {
        tell: ({ path: at, best: isBest }) => {
          told.push(path.posix.basename(at));
          best = isBest;
        },
        requireThere: () => undefined,
      };
      const keeper = new CheckpointKeeper(run, sampleGraph, newest, lent, WRITER_HERE);
      const [[parameter, values]] = [...sampleCheckpoint().session.parameters] as [[string, Float32Array]];
      const all: Written[] = [];
      let kind = 0;
      for (let epoch = 1; epoch <= 25; epoch++) {
        if (random.integer(12) === 0) {
          keeper.forgetBest();
          kind++;
        }
        // Few values, so that many are equal; a loss that is not finite is not told.
        const [accuracy, loss] = [random.integer(4) / 4, [0.5, 1, Infinity][random.integer(3)]!];
        const validated = random.integer(6) > 0;
        const name = validated ? `epoch-${String(epoch).padStart(4, '0')}` : `step-${String(epoch).padStart(6, '0')}`;
        all.push({ name, accuracy, loss, kind, validated });
        await keeper.write(
          {
            position: { epoch, batch: 0, shuffle: [1, 2, 3, 4] },
            session: { step: epoch, parameters: new Map([[parameter, values]]), moments: new Map() },
          },
          validated ? { valAccuracy: accuracy, ...(loss === Infinity ? {} : { valLoss: loss }) } : undefined,
        );
        const history = JSON.stringify({ seed, newest, all });
        assert.equal(best, newestIsBest(all), history);
        assert.deepEqual(fs.readdirSync(run.checkpoints).sort(), mustStay(all, newest), history);
      }
      assert.deepEqual(
        told,
        all.map(({ name }) => name),
      );
    });
});

/** A line of a log, and what is read of it: an event, nothing, or that it could not be read. */
interface Line {
  readonly bytes: Buffer;
  readonly event?: RunEvent;
  readonly unread?: true;
}

const samples: readonly RunEvent[] = Object.values(SAMPLE_EVENTS);
const MESSAGES = ['', 'ü', '“€”', '𠮷'.repeat(40), 'x'.repeat(5000), '\\n\u2028"', '\u0000'];

function someLine(random: Random): Line {
  const whole = (event: object, end = '\n') => Buffer.from(`${JSON.stringify(event)}${end}`);
  switch (random.integer(8)) {
    case 0:
      return { bytes: Buffer.from('\n') };
    case 1: {
      // Cut by a kill, perhaps in the middle of a sign: never the whole.
      const bytes = whole({ ...SAMPLE_EVENTS.warning, message: '“€”' }, '');
      return { bytes: Buffer.concat([bytes.subarray(0, 1 + random.integer(bytes.length - 1)), Buffer.from('\n')]) };
    }
    case 2:
      return { bytes: whole({ type: `later-${random.integer(9)}` }), unread: true };
    case 3: {
      const message = MESSAGES[random.integer(MESSAGES.length)]!;
      const event = { ...SAMPLE_EVENTS.warning, message };
      return { bytes: whole(event), event };
    }
    case 4: {
      const event = samples[random.integer(samples.length)]!;
      return { bytes: whole(event, '\r\n'), event };
    }
    default: {
      const event = samples[random.integer(samples.length)]!;
      return { bytes: whole(event), event };
    }
  }
}

/** How many lines a warning of the reader speaks of, and the first of them; undefined for an event of the run. */
function unreadOf(event: RunEvent): { count: number; first: number } | undefined {
  if (event.type !== 'warning' || event.code !== 'log-unreadable') return undefined;
  const [, one, count, first] = /^(?:Line (\d+)|(\d+) lines, from line (\d+) on,) of the run’s log/.exec(
    event.message,
  )!;
  return one === undefined ? { count: Number(count), first: Number(first) } : { count: 1, first: Number(one) };
}

describe('a log that grows in pieces of any length', () => {
  for (let seed = 1; seed <= 12; seed++)
    it(`is read once and whole (seed ${seed})`, () => {
      const random = Random.fromSeed(seed);
      const lines = Array.from({ length: 150 }, () => someLine(random));
      const bytes = Buffer.concat(lines.map((line) => line.bytes));
      const log = new RunFolder(folder()).metrics;
      const reader = new RunReader(folder());
      const read: RunEvent[] = [];
      for (let at = 0; at < bytes.length;) {
        // Often a few bytes, so that signs are cut; sometimes many lines.
        const size = random.integer(3) > 0 ? 1 + random.integer(40) : 1 + random.integer(6000);
        fs.appendFileSync(log, bytes.subarray(at, at + size));
        at += size;
        if (random.integer(3) > 0) read.push(...reader.readNew());
      }
      read.push(...reader.readNew());
      assert.deepEqual(
        read.filter((event) => !unreadOf(event)),
        lines.flatMap(({ event }) => event ?? []),
        `seed ${seed}`,
      );
      const numbers = lines.flatMap(({ unread }, i) => (unread ? [i + 1] : []));
      for (const { count, first } of read.flatMap((event) => unreadOf(event) ?? []))
        assert.equal(numbers.splice(0, count)[0], first, `seed ${seed}`);
      assert.deepEqual(numbers, [], `seed ${seed}: each told once`);
      assert.deepEqual(
        new RunReader(folder()).readNew().filter((event) => !unreadOf(event)).length,
        read.filter((event) => !unreadOf(event)).length,
        `seed ${seed}: at one go`,
      );
    });

  it('gives nothing of a line before its end has come', () => {
    const log = new RunFolder(folder()).metrics;
    const reader = new RunReader(folder());
    const line = Buffer.from(`${JSON.stringify({ ...SAMPLE_EVENTS.warning, message: '€𠮷' })}\n`);
    for (const [i, byte] of line.entries()) {
      fs.appendFileSync(log, Buffer.from([byte]));
      assert.equal(reader.readNew().length, i === line.length - 1 ? 1 : 0, `after ${i + 1} bytes`);
    }
  });

  it('is read on where a reading broke off', () => {
    const log = new RunFolder(folder()).metrics;
    const reader = new RunReader(folder());
    const line = `${JSON.stringify(SAMPLE_EVENTS.mark)}\n`;
    fs.writeFileSync(log, line.repeat(3));
    const { readSync } = fs;
    try {
      fs.readSync = () => {
        throw Object.assign(new Error('i/o error'), { code: 'EIO' });
      };
      assert.deepEqual(reader.readNew(), []);
    } finally {
      fs.readSync = readSync;
    }
    assert.equal(reader.readNew().length, 3);
    fs.rmSync(log);
    assert.deepEqual(reader.readNew(), [], 'gone');
    fs.writeFileSync(log, line.repeat(4));
    assert.equal(reader.readNew().length, 1, 'back, with one more');
    fs.writeFileSync(log, line);
    assert.deepEqual(reader.readNew(), [], 'shorter than what was read');
  });
});
