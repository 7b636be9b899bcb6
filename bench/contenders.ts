import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../src/platform/cacheFolder.js';
import { KEEP_MEMORY } from '../src/platform/keepMemory.js';
import { median, type Row } from './support.js';

const root = path.resolve(import.meta.dirname, '..');
const peers = path.resolve(root, '../shared/peers');

/** A program that prints one row of JSON. Peers are measured at their best, with glibc told to keep its memory. */
export interface Contender {
  readonly who: string;
  readonly program: string;
  readonly args: readonly string[];
}

/** This project's engine. */
export function ours(who: string, ...args: string[]): Contender {
  return { who, program: process.execPath, args: ['--import', 'tsx', path.join(root, 'bench', 'ours.ts'), ...args] };
}

/** It on a face network. */
export function oursFaces(...args: string[]): Contender {
  const program = path.join(root, 'bench', 'oursFaces.ts');
  return { who: 'Face Trainer, native', program: process.execPath, args: ['--import', 'tsx', program, ...args] };
}

/** ONNX Runtime on one; none as above. */
export function onnxruntimeFaces(...args: string[]): Contender | undefined {
  const peer = python()?.onnxruntime;
  return peer && { ...peer, args: [path.join(root, 'bench', 'onnxruntime_faces.py'), ...args] };
}

/** PyTorch training one; none as above. */
export function torchFaces(...args: string[]): Contender | undefined {
  const peer = python()?.torch;
  return peer && { ...peer, args: [path.join(root, 'bench', 'torch_faces.py'), ...args] };
}

export const stock: Contender = {
  who: 'tfjs-layers on tfjs-node',
  program: process.execPath,
  args: ['--import', 'tsx', path.join(root, 'bench', 'stock.ts')],
};

/** The peers' Python programs, told `more`; none where they or their set-up are absent, which is said. */
export function python(...more: string[]): { keras: Contender; torch: Contender; onnxruntime: Contender } | undefined {
  if (!fs.existsSync(peers)) {
    console.error('NOT MEASURED: Keras, PyTorch, ONNX Runtime (absent: ../shared/peers)');
    return undefined;
  }
  const home = process.env['FACE_TRAINER_PEERS'] ?? path.join(cacheFolder(), 'peers');
  const setUp = spawnSync('bash', [path.join(peers, 'setup.sh'), home], { stdio: ['ignore', 2, 2] });
  if (setUp.status !== 0) {
    console.error('NOT MEASURED: Keras, PyTorch, ONNX Runtime (their set-up failed)');
    return undefined;
  }
  const contender = (who: string, venv: string, script: string): Contender => ({
    who,
    program: path.join(home, venv, 'bin', 'python'),
    args: [script, ...more],
  });
  return {
    keras: contender('Keras', 'tf', path.join(peers, 'train_speed_keras.py')),
    torch: contender('PyTorch, channels-last', 'torch', path.join(peers, 'train_speed_torch.py')),
    onnxruntime: contender('ONNX Runtime', 'tf', path.join(root, 'bench', 'onnxruntime_inference.py')),
  };
}

/** Runs every contender `rounds` times in turns. @returns the medians, in the contenders' order */
export function race(contenders: readonly Contender[], batch: number, steps: number, rounds: number): Row[] {
  const rows = new Map<string, Row[]>(contenders.map(({ who }) => [who, []]));
  for (let round = 0; round < rounds; round++)
    for (const contender of contenders) {
      const row = measure(contender, batch, steps);
      if (row) rows.get(contender.who)!.push(row);
    }
  return [...rows.values()]
    .filter((some) => some.length > 0)
    .map((some) => ({
      ...some[0]!,
      imagesPerSecond: median(some.map((r) => r.imagesPerSecond)),
      peakRssMiB: median(some.map((r) => r.peakRssMiB)),
    }));
}

function measure({ who, program, args }: Contender, batch: number, steps: number): Row | undefined {
  const { stdout, stderr, status } = spawnSync(program, [...args, '--batch', String(batch), '--steps', String(steps)], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...KEEP_MEMORY, TF_CPP_MIN_LOG_LEVEL: '2' },
  });
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (status !== 0 || !line.startsWith('{')) {
    console.error(`NOT MEASURED: ${who} at batch ${batch}: ${stderr.trim().split('\n').at(-1) ?? ''}`);
    return undefined;
  }
  const raw = JSON.parse(line) as Partial<Row> & { images_per_s?: number; peak_rss_mib?: number; threads: number };
  return {
    who,
    batch,
    threads: raw.threads,
    imagesPerSecond: raw.imagesPerSecond ?? raw.images_per_s!,
    peakRssMiB: raw.peakRssMiB ?? raw.peak_rss_mib!,
  };
}
