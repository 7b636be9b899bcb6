import assert from 'node:assert/strict';
import fs from 'node:fs';
import { PROTOCOL_VERSION } from '../../src/protocol/handshake.js';
import type { TrainerMessage, TrainerOrder } from '../../src/protocol/jobs.js';
import { trainingOptions, type TrainingOptionsInput } from '../../src/protocol/options.js';
import { forkTrainer } from '../support/forkTrainer.js';

// Steps by the million: what a trainer holds must not grow with them. Linux alone says what a process holds.

/** What a trainer held after so many steps. */
export interface Held {
  readonly step: number;
  readonly seconds: number;
  readonly residentMiB: number;
  readonly threads: number;
  readonly files: number;
}

export interface SoakOptions {
  readonly dataset: string;
  readonly runFolder: string;
  readonly cache: string;
  /** The run is stopped behind them. */
  readonly steps: number;
  readonly samples: number;
  readonly options?: Partial<TrainingOptionsInput>;
  readonly onSample?: (held: Held) => void;
}

/** Lets a trainer make so many steps, and looks at it on the way. */
export function soak({ dataset, runFolder, cache, steps, samples, options, onSample }: SoakOptions): Promise<Held[]> {
  const order: TrainerOrder = {
    ...{ type: 'train', protocol: PROTOCOL_VERSION, runFolder },
    options: trainingOptions.parse({
      ...{ dataset, size: 32, width: 0.1, batchSize: 2, threads: 1 },
      ...{ epochs: 10_000, checkpointMinutes: 0.2, ...options },
    }),
  };
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const child = forkTrainer(cache);
    const held: Held[] = [];
    let last: TrainerMessage | undefined;
    child.on('message', (message: TrainerMessage) => {
      last = message;
      if (message.type === 'hello') child.send(order);
      if (message.type !== 'step') return;
      const { step } = message;
      if (step >= ((held.length + 1) * steps) / samples) {
        held.push(heldBy(child.pid!, step, (performance.now() - begin) / 1000));
        onSample?.(held.at(-1)!);
      }
      if (step === steps) child.send({ type: 'stop' });
    });
    child.once('close', (code) => {
      if (code === 0 && last?.type === 'finished') resolve(held);
      else reject(new Error(`the trainer ended with ${code ?? 'a signal'}: ${JSON.stringify(last)}`));
    });
  });
}

function heldBy(pid: number, step: number, seconds: number): Held {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  const number = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)![1]);
  const files = fs.readdirSync(`/proc/${pid}/fd`).length;
  return { step, seconds, residentMiB: number('VmRSS') / 1024, threads: number('Threads'), files };
}

/** Beyond what garbage of V8 makes come and go. */
const SLACK_MIB = 48;
/** A file may be open at the moment of looking. */
const SLACK_FILES = 2;

/** @throws AssertionError where the second half held more than the first */
export function requireFlat(held: readonly Held[]): void {
  const half = held.length >> 1;
  const first = held.slice(0, half);
  const second = held.slice(half);
  const most = (some: readonly Held[], key: 'residentMiB' | 'threads' | 'files') =>
    Math.max(...some.map((one) => one[key]));
  const told = JSON.stringify(held);
  assert.ok(most(second, 'residentMiB') <= most(first, 'residentMiB') + SLACK_MIB, told);
  assert.ok(most(second, 'threads') <= most(first, 'threads'), told);
  assert.ok(most(second, 'files') <= most(first, 'files') + SLACK_FILES, told);
}
