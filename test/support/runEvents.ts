import fs from 'node:fs';
import path from 'node:path';
import { runEvent, type EventOf, type RunEvent } from '../../src/protocol/runEvents.js';
import type { HostMessage } from '../../src/protocol/panel.js';

// Runs as their logs tell them, for what draws a run.

const reference = path.resolve(import.meta.dirname, '../reference/run-1');

/** The log of a run that version 0.1.0 trained: three steps, one epoch. */
export function recordedRun(name: 'float' | 'int8'): RunEvent[] {
  const text = fs.readFileSync(path.join(reference, name, 'metrics.ndjson'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => runEvent.parse(JSON.parse(line)));
}

export const step = (n: number, more: Partial<EventOf<'step'>> = {}): EventOf<'step'> => ({
  type: 'step',
  epoch: Math.ceil(n / 10),
  step: n,
  loss: 10 / n,
  accuracy: Math.min(1, n / 1000),
  learningRate: 1,
  imagesPerSecond: 1,
  etaSeconds: 1,
  ...more,
});

export const epoch = (n: number, more: Partial<EventOf<'epoch'>> = {}): EventOf<'epoch'> => ({
  type: 'epoch',
  epoch: n,
  step: 10 * n,
  loss: 2,
  accuracy: 0.2,
  valLoss: 3,
  valAccuracy: 0.3,
  imagesPerSecond: 1,
  learningRate: 1,
  elapsedSeconds: 1,
  ...more,
});

export const checkpoint = (n: number, more: Partial<EventOf<'checkpoint'>> = {}): EventOf<'checkpoint'> => ({
  type: 'checkpoint',
  path: `checkpoints/epoch-${String(n).padStart(4, '0')}`,
  epoch: n,
  step: 10 * n,
  bytes: 1000,
  best: false,
  ...more,
});

/** How a run begins: its options, its pictures, its engine. */
export function beginning(options: Partial<EventOf<'run'>['options']> = {}): RunEvent[] {
  const begun = recordedRun('float').filter(({ type }) => ['run', 'dataset', 'engine'].includes(type));
  return begun.map((event) =>
    event.type === 'run' ? { ...event, options: { ...event.options, epochs: 100, ...options } } : event,
  );
}

export function snapshot(
  events: readonly RunEvent[],
  more: Partial<Extract<HostMessage, { type: 'snapshot' }>> = {},
): HostMessage {
  return {
    type: 'snapshot',
    runFolder: '/runs/one',
    events: [...events],
    liveness: { alive: true, stopping: false, ownedHere: true },
    hasReport: false,
    ...more,
  };
}
