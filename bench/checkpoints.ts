import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { selectEngine } from '../src/engine/selectEngine.js';
import { networkOf } from '../src/graph/network.js';
import { networkOptionsOf } from '../src/graph/networkOptions.js';
import { initialValues } from '../src/graph/networkState.js';
import { PROTOCOL_VERSION } from '../src/protocol/handshake.js';
import type { TrainerMessage, TrainerOrder } from '../src/protocol/jobs.js';
import { trainingOptions } from '../src/protocol/options.js';
import type { TrainingPosition } from '../src/runs/checkpoint.js';
import { CheckpointKeeper } from '../src/runs/checkpointKeeper.js';
import { CheckpointThread, WRITER_HERE, type CheckpointWriter } from '../src/runs/checkpointWriter.js';
import { RunFolder } from '../src/runs/runFolder.js';
import { forkTrainer } from '../test/support/forkTrainer.js';
import { writeNoisePicture } from '../test/support/noisePictures.js';
import { median, randomPixels } from './support.js';

// What a checkpoint of MobileNetV2 costs training, and how soon a run goes on from one.

const CLASSES = 100;
const FIVE_MINUTES_MS = 300_000;

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-bench-'));
  try {
    await work(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds for which training stands still, how much slower the steps beside it are, and until it is on the disk. */
interface Cost {
  readonly stillMs: number;
  readonly besideMs: number;
  readonly writtenMs: number;
  readonly bytes: number;
  readonly stepMs: number;
}

/** Steps of a batch of 32, and a checkpoint each eight of them. */
async function cost(folder: string, size: number, checkpoints: number, writer: CheckpointWriter): Promise<Cost> {
  const { engine } = await selectEngine({ engine: 'native', threads: 0 });
  const graph = networkOf(networkOptionsOf({ size, width: 1, pooling: 'max' }), CLASSES);
  const session = engine.createSession(graph, initialValues(graph, 1));
  const labels = Int32Array.from({ length: 32 }, (_, i) => i % CLASSES);
  const images = randomPixels(labels.length * size * size * 3);
  const run = new RunFolder(folder);
  fs.mkdirSync(run.checkpoints, { recursive: true });
  let bytes = 0;
  const lent = { tell: (event: { bytes: number }) => void (bytes = event.bytes), requireThere: () => undefined };
  const keeper = new CheckpointKeeper(run, graph, 2, lent, writer);
  const [still, alone, beside, written]: [number[], number[], number[], number[]] = [[], [], [], []];
  const timed = async (work: () => Promise<unknown>) => {
    const begin = performance.now();
    await work();
    return performance.now() - begin;
  };
  const step = () =>
    timed(() => session.trainStep({ images, labels }, { learningRate: 1e-3, batchNormMomentum: 0.99 }));
  await step();
  await step();
  for (let i = 0; i < checkpoints; i++) {
    for (let n = 0; n < 4; n++) alone.push(await step());
    let flight: Promise<void> | undefined;
    const begin = performance.now();
    still.push(
      await timed(async () => {
        const position: TrainingPosition = { epoch: 0, batch: 1, shuffle: [1, 2, 3, 4] };
        flight = keeper.write({ position, session: await session.readState() }, undefined);
      }),
    );
    void flight!.then(() => written.push(performance.now() - begin));
    const slowed: number[] = [];
    do slowed.push(await step());
    while (written.length === i);
    beside.push(slowed.reduce((sum, ms) => sum + ms - median(alone), 0));
  }
  session.dispose();
  await writer.close();
  const [stillMs, besideMs, writtenMs, stepMs] = [median(still), median(beside), median(written), median(alone)];
  return { stillMs, besideMs, writtenMs, stepMs, bytes };
}

/** Beside training, and as it would be without a thread. */
export async function checkpointCost(size: number, checkpoints: number): Promise<void> {
  for (const [who, writer] of [
    ['thread', new CheckpointThread()],
    ['no thread', WRITER_HERE],
  ] as const)
    await inFolder(async (folder) => {
      const { stillMs, besideMs, writtenMs, stepMs, bytes } = await cost(folder, size, checkpoints, writer);
      const share = (100 * (stillMs + Math.max(0, besideMs))) / FIVE_MINUTES_MS;
      console.log(
        `checkpoint ${size}x${size}  ${who.padEnd(10)} ${(bytes / 1e6).toFixed(1)} MB  still ${stillMs.toFixed(1)} ms  steps beside ${besideMs.toFixed(0)} ms slower  there after ${writtenMs.toFixed(0)} ms  (a step ${stepMs.toFixed(0)} ms)  each five minutes ${share.toFixed(3)} %`,
      );
    });
}

/** Seconds from an order to a run's first step. */
function untilFirstStep(order: TrainerOrder, cache: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = forkTrainer(cache);
    let begin = 0;
    let seconds: number | undefined;
    child.on('message', (message: TrainerMessage) => {
      if (message.type === 'hello') {
        begin = performance.now();
        child.send(order);
      }
      if (message.type === 'step' && seconds === undefined) {
        seconds = (performance.now() - begin) / 1000;
        child.send({ type: 'stop' });
      }
      if (message.type === 'failure') reject(new Error(message.message));
    });
    child.once('close', () => (seconds === undefined ? reject(new Error('no step was made')) : resolve(seconds)));
  });
}

/** A run of MobileNetV2 on 200 pictures that is stopped and goes on, so many times. */
export async function resuming(size: number, rounds: number): Promise<void> {
  await inFolder(async (folder) => {
    const dataset = path.join(folder, 'data');
    for (let i = 0; i < 200; i++) await writeNoisePicture(path.join(dataset, `person-${i % 10}`, `${i}.png`), i, size);
    const runFolder = path.join(folder, 'run');
    const options = trainingOptions.parse({ dataset, size, width: 1, batchSize: 16, epochs: 1000 });
    const cache = path.join(folder, 'cache');
    const protocol = PROTOCOL_VERSION;
    const first = await untilFirstStep({ type: 'train', protocol, runFolder, options }, cache);
    const again: number[] = [];
    for (let i = 0; i < rounds; i++) again.push(await untilFirstStep({ type: 'resume', protocol, runFolder }, cache));
    console.log(
      `resume ${size}x${size}      ${median(again).toFixed(2)} s from the order to the end of the first step (${again.map((s) => s.toFixed(2)).join(', ')}); a new run ${first.toFixed(2)} s`,
    );
  });
}
