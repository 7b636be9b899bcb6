import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { FACE_NETWORKS } from '../src/weights/faceWeights.js';
import { checkpointCost, resuming } from './checkpoints.js';
import { onnxruntimeFaces, ours, oursFaces, python, race, stock, torchFaces, type Contender } from './contenders.js';
import { manyPeople } from './manyPeople.js';
import { layers } from './layers.js';
import type { Row } from './support.js';

// npm run bench [-- training|qat|inference|faceNetworks|faceTraining|scaling|checkpoints|manyPeople|layers|redraw … --rounds N --steps N --batch N,N --people N,N --json]: this project beside its
// peers in one run, in turns, several rounds, medians: the machines are shared and noisy. MobileNetV2, 128x128, fp32.

const { values, positionals } = parseArgs({
  options: {
    batch: { type: 'string' },
    people: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const rounds = Number(values.rounds);

const faces = path.resolve(import.meta.dirname, '../../shared/weights/omz');
/** Networks of the Open Model Zoo, how many pictures at once, and how often. */
const FACES: readonly (readonly [network: string, batch: number, steps: number])[] = [
  [FACE_NETWORKS.face, 1, 100],
  [FACE_NETWORKS.face, 32, 8],
  [FACE_NETWORKS.landmarks, 1, 1000],
  [FACE_NETWORKS.detector, 1, 60],
];

function batches(usual: readonly number[]): readonly number[] {
  return values.batch?.split(',').map(Number) ?? usual;
}

function show(what: string, rows: readonly Row[]): void {
  if (values.json) {
    for (const row of rows) console.log(JSON.stringify({ what, ...row }));
    return;
  }
  const first = rows[0];
  for (const { who, batch, threads, imagesPerSecond, peakRssMiB } of rows) {
    const ratio = first ? (first.imagesPerSecond / imagesPerSecond).toFixed(2) : '';
    console.log(
      `${what.padEnd(10)} batch ${String(batch).padStart(3)}  ${who.padEnd(30)} ${imagesPerSecond.toFixed(1).padStart(8)} images/s  ${String(peakRssMiB).padStart(5)} MiB  ${threads} threads  the first is ${ratio} times as fast`,
    );
  }
}

function present(contenders: readonly (Contender | undefined)[]): Contender[] {
  return contenders.filter((contender) => contender !== undefined);
}

const PARTS: Record<string, () => void> = {
  /** A whole training step, pixels in, updated weights out. */
  training() {
    const peers = python();
    const all = present([
      ours('Face Trainer, native'),
      ours('Face Trainer, TensorFlow', '--engine', 'tensorflow'),
      peers?.torch,
      peers?.keras,
      stock,
    ]);
    for (const batch of batches([64])) show('training', race(all, batch, Number(values.steps ?? 8), rounds));
  },
  /** A quantization-aware step with everything rounded and ranges that follow, beside a step in float. */
  qat() {
    const peers = python('--qat');
    const all = present([
      ours('Face Trainer, native, int8', '--qat'),
      ours('Face Trainer, native, float'),
      ours('Face Trainer, TensorFlow, int8', '--qat', '--engine', 'tensorflow'),
      peers && { ...peers.torch, who: 'PyTorch, eager QAT' },
      peers && { ...peers.keras, who: 'tfmot' },
    ]);
    for (const batch of batches([64])) show('qat', race(all, batch, Number(values.steps ?? 8), rounds));
  },
  /** From pictures to logits. */
  inference() {
    const all = present([ours('Face Trainer, native', '--inference'), python()?.onnxruntime]);
    for (const batch of batches([1, 32]))
      show('inference', race(all, batch, Number(values.steps ?? (batch === 1 ? 300 : 40)), rounds));
  },
  /** The face networks, with one thread and with two. */
  faceNetworks() {
    for (const [network, batch, steps] of FACES) {
      if (!batches([1, 32]).includes(batch)) continue;
      for (const threads of [1, 2]) {
        const told = ['--folder', faces, '--network', network, '--threads', String(threads)];
        const all = present([oursFaces(...told), onnxruntimeFaces(...told)]);
        show(network.split('-')[1]!.slice(0, 10), race(all, batch, Number(values.steps ?? steps), rounds));
      }
    }
  },
  /** A whole step of the face network's training, CosFace on 158 people. */
  faceTraining() {
    const told = ['--folder', faces, '--network', FACE_NETWORKS.face];
    const all = present([oursFaces(...told, '--training'), torchFaces(...told)]);
    for (const batch of batches([64])) show('face train', race(all, batch, Number(values.steps ?? 5), rounds));
  },
  /** More threads, and more pictures. */
  scaling() {
    const cores = os.availableParallelism();
    const counts = [1, 2, 4, 8].filter((threads) => threads <= cores);
    const by = counts.map((n) =>
      ours(`Face Trainer, ${n === 1 ? '1 thread' : `${n} threads`}`, '--threads', String(n)),
    );
    show('threads', race([...by].reverse(), 64, Number(values.steps ?? 8), rounds));
    for (const batch of batches([16, 32, 64, 128])) show('batches', race([ours('Face Trainer')], batch, 8, rounds));
  },
  /** What a checkpoint costs training, and how soon a run goes on. */
  checkpoints() {
    const count = Number(values.steps ?? 12);
    void checkpointCost(96, count)
      .then(() => checkpointCost(224, Math.ceil(count / 3)))
      .then(() => resuming(224, rounds));
  },
  /** What very many people cost: a step, memory, disk. */
  manyPeople() {
    const counts = values.people?.split(',').map(Number) ?? [1000, 10_000, 100_000, 1_000_000];
    void manyPeople(counts, faces, Number(values.steps ?? 12));
  },
  /** Where a step's time goes, and how much of the arithmetic limit each kind of layer reaches. */
  layers() {
    void layers(Number(values.batch ?? 64), Number(values.steps ?? 20));
  },
  /** What the panel of a run costs the editor in a frame. */
  redraw() {
    // It drives a page, so it has the types of a browser: a program of its own.
    spawnSync(process.execPath, ['--import', 'tsx', path.join(import.meta.dirname, '../test/webview/redraw.ts')], {
      stdio: 'inherit',
    });
  },
};

if (!values.json) console.log(`${os.cpus()[0]?.model ?? ''}, ${os.availableParallelism()} cores`);
for (const part of positionals.length > 0 ? positionals : Object.keys(PARTS)) {
  const run = PARTS[part];
  if (!run) throw new Error(`There is no benchmark “${part}”: ${Object.keys(PARTS).join(', ')}.`);
  run();
}
