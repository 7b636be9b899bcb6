import os from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { bootName, processStart } from '../platform/isAlive.js';
import { oomCounts, readMemory } from '../platform/memory.js';
import { noteRunning, notedRun } from '../runs/runningRuns.js';
import { steadyNow, writeVitalSigns } from '../runs/vitalSigns.js';
import { MemoryWatch } from './memoryWatch.js';
import { COUNTS, PauseMeter, type WatchedRun } from './watchRun.js';

// A thread of its own: a step may block the main thread for minutes, and what says that a process lives must not wait for it.

const { runFolder, since, cache, beatMs, counters } = workerData as WatchedRun;
const counts = new Int32Array(counters);
const [turns, words] = [new PauseMeter(steadyNow()), new PauseMeter(steadyNow())];
const { pid } = process;
const who = { pid, processStart: processStart(pid), host: os.hostname(), boot: bootName() };
const countsBefore = oomCounts();

const LOOK_MS = 500;
const memory = new MemoryWatch();
let beaten = -Infinity;

function look(): void {
  const now = steadyNow();
  turns.see(Atomics.load(counts, COUNTS.turns), now);
  words.see(Atomics.load(counts, COUNTS.told), now);
  const reading = readMemory();
  const shortage = memory.see(reading);
  if (shortage) parentPort!.postMessage(shortage);
  if (now - beaten < 0.9 * beatMs) return;
  beaten = now;
  const heapShare = Atomics.load(counts, COUNTS.heap) / 1000;
  try {
    writeVitalSigns(runFolder, {
      ...{ version: 1, ...who, at: new Date().toISOString(), beatAt: now },
      ...{ ...reading, heapShare, oomCounts: countsBefore },
      ...{ turnAt: turns.at, longestTurnMs: turns.longestMs, toldAt: words.at, longestSilenceMs: words.longestMs },
    });
  } catch {
    // The disk is full or away, which the run itself tells.
  }
  // Whoever removed the note did not mean that nobody shall find the run.
  if (notedRun(runFolder, cache)?.pid !== pid) noteRunning(runFolder, new Date(since), cache);
}

look();
setInterval(look, Math.min(LOOK_MS, beatMs));
parentPort!.on('message', () => process.exit(0));
