import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../../src/core/random.js';
import { PROTOCOL_VERSION } from '../../src/protocol/handshake.js';
import type { TrainerMessage, TrainerOrder } from '../../src/protocol/jobs.js';
import { trainingOptions, type TrainingOptionsInput } from '../../src/protocol/options.js';
import { readCheckpoint } from '../../src/runs/checkpoint.js';
import { forkTrainer } from '../support/forkTrainer.js';
import { writePeople } from '../support/scratch.js';
import { sharedPaths } from '../support/shared.js';
import { resultOf, SMALL_RUN, SMALL_RUNS } from '../support/smallRuns.js';

// SIGKILL at instants that chance draws, and what a run is worth afterwards.

/** What happened to a run that was killed again and again. */
export interface Killed {
  /** Beside those that it had something to go on from: before there was any checkpoint, where the run begins anew. */
  readonly tooEarly: number;
  /** Kills that left a checkpoint half written or half removed, under a name that says so. */
  readonly leftovers: number;
}

export interface KillOptions {
  readonly dataset: string;
  readonly runFolder: string;
  readonly cache: string;
  readonly options: Partial<TrainingOptionsInput>;
  readonly random: Random;
  /** That leave something to go on from. */
  readonly kills: number;
}

/** What a run says that was killed before its first checkpoint. */
const NOTHING_YET = ['run-without-checkpoint', 'run-unreadable'];

/** How a trainer ended: killed, or with its last word; a run that ended before it was killed says so. */
type End = 'killed' | 'finished' | { readonly code: string; readonly message: string };

/** Lets a trainer do its work for so long. */
function work(order: TrainerOrder, cache: string, killAfterMs: number): Promise<End> {
  return new Promise((resolve) => {
    const child = forkTrainer(cache, 'ignore');
    let end: End = 'killed';
    let timer: NodeJS.Timeout | undefined;
    child.on('message', (message: TrainerMessage) => {
      if (message.type === 'hello') {
        child.send(order);
        if (Number.isFinite(killAfterMs)) timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      }
      if (message.type === 'finished') end = 'finished';
      // Killed behind its last word, which only the log has heard.
      if (message.type === 'failure') end = message.code === 'run-complete' ? 'finished' : message;
    });
    child.once('close', () => {
      clearTimeout(timer);
      resolve(end);
    });
  });
}

function orderOf({ dataset, runFolder, options }: KillOptions): TrainerOrder {
  const all = trainingOptions.parse({ dataset, checkpointMinutes: 0.0005, ...options });
  return { type: 'train', protocol: PROTOCOL_VERSION, runFolder, options: all };
}

/** The run without any kill, and how long it takes from the order to the last word. */
export async function wholeRun(how: KillOptions): Promise<{ readonly result: unknown; readonly ms: number }> {
  const begin = performance.now();
  assert.equal(await work(orderOf(how), how.cache, Infinity), 'finished');
  return { result: resultOf(how.runFolder), ms: performance.now() - begin };
}

/**
 * Kills a run so many times behind its first checkpoint, lets it end, and holds it against the one that was never killed. A run that ends before is begun anew.
 *
 * @throws AssertionError where a checkpoint is not whole, the run cannot go on, or its bits are others
 */
export async function killRun(
  how: KillOptions,
  whole: { readonly result: unknown; readonly ms: number },
): Promise<Killed> {
  const { runFolder, cache, random, kills } = how;
  let [tooEarly, leftovers, done] = [0, 0, 0];
  const checkpoints = path.join(runFolder, 'checkpoints');
  const go = async (ms: number): Promise<End> => {
    if (!fs.existsSync(runFolder)) return work(orderOf(how), cache, ms);
    const end = await work({ type: 'resume', protocol: PROTOCOL_VERSION, runFolder }, cache, ms);
    if (typeof end === 'string' || !NOTHING_YET.includes(end.code)) return end;
    fs.rmSync(runFolder, { recursive: true, force: true });
    return work(orderOf(how), cache, ms);
  };
  // A busy machine starts slowly: the time that kills are drawn from follows where they fall.
  let reach = whole.ms / 2;
  while (done < kills) {
    const end = await go(random.uniform() * reach);
    if (end !== 'killed') {
      reach /= 1.2;
      assert.equal(end, 'finished');
      assert.deepEqual(resultOf(runFolder), whole.result);
      fs.rmSync(runFolder, { recursive: true, force: true });
      continue;
    }
    const there = fs.existsSync(checkpoints) ? fs.readdirSync(checkpoints) : [];
    const sound = there.filter((name) => !name.startsWith('.'));
    leftovers += there.length - sound.length;
    for (const name of sound) readCheckpoint(path.join(checkpoints, name));
    if (sound.length > 0) done++;
    else {
      tooEarly++;
      reach *= 1.2;
    }
  }
  assert.equal(await go(Infinity), 'finished');
  assert.deepEqual(resultOf(runFolder), whole.result);
  for (const place of [runFolder, checkpoints])
    assert.deepEqual(
      fs.readdirSync(place).filter((name) => name.startsWith('.') || name.includes('.tmp-')),
      [],
      'nothing half done is left',
    );
  return { tooEarly, leftovers };
}

/** Kills runs of every kind, so many times in all. */
export async function attackRuns(count: number, seed: number, folder: string): Promise<void> {
  const dataset = path.join(folder, 'data');
  await writePeople(dataset, 4, 8);
  const kinds = Object.entries(SMALL_RUNS);
  for (const [i, [name, options]] of kinds.entries()) {
    const kills = Math.floor(count / kinds.length) + (i < count % kinds.length ? 1 : 0);
    const how = {
      ...{ dataset, cache: path.join(folder, 'cache'), options: { ...SMALL_RUN, ...options } },
      ...{ random: Random.fromSeed(seed + i), kills },
    };
    const whole = await wholeRun({ ...how, runFolder: path.join(folder, `whole-${i}`) });
    const { tooEarly, leftovers } = await killRun({ ...how, runFolder: path.join(folder, `run-${i}`) }, whole);
    console.log(
      `${name}: killed ${kills} times, ${tooEarly} more before the first checkpoint, ${leftovers} inside a checkpoint; the same bits each time`,
    );
  }
}

/** MobileNetV2 on the pictures of the ORL database: what people train. */
const ORL_RUN = {
  ...{ width: 0.5, size: 96, weights: sharedPaths.weights05, epochs: 3, headEpochs: 1, threads: 2 },
  ...{ quantization: { afterEpochs: 2, calibrationPictures: 32, sensitivityPictures: 8 } },
} as const;

/** Kills a run of MobileNetV2 that learns people's faces and is quantized on the way. */
export async function attackNetwork(kills: number, seed: number, folder: string): Promise<void> {
  if (!fs.existsSync(sharedPaths.orl) || !fs.existsSync(sharedPaths.weights05)) {
    console.log('Not run: the pictures of ORL or the weights are not in ../shared');
    return;
  }
  const how = {
    ...{ dataset: sharedPaths.orl, cache: path.join(folder, 'cache'), options: ORL_RUN },
    ...{ random: Random.fromSeed(seed), kills },
  };
  const whole = await wholeRun({ ...how, runFolder: path.join(folder, 'whole') });
  const { tooEarly, leftovers } = await killRun({ ...how, runFolder: path.join(folder, 'run') }, whole);
  console.log(
    `MobileNetV2 on ORL: killed ${kills} times, ${tooEarly} more before the first checkpoint, ${leftovers} inside a checkpoint; the same bits each time`,
  );
}
