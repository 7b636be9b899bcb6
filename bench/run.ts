import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { cacheFolder } from '../src/platform/cacheFolder.js';
import { KEEP_MEMORY } from '../src/platform/keepMemory.js';
import { median, WHAT, type Row } from './support.js';

// npm run bench [-- --batch N,N --rounds N --steps N --json --only NAME]: this project's training step beside its peers in one run, in turns,
// several rounds, medians: the machines are shared and noisy. Peers are measured at their best, with glibc told to keep
// its memory.

interface Contender {
  readonly who: string;
  readonly program: string;
  readonly args: readonly string[];
}

const root = path.resolve(import.meta.dirname, '..');
const peers = path.resolve(root, '../shared/peers');

const { values } = parseArgs({
  options: {
    batch: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '8' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

function contenders(): Contender[] {
  const own = (file: string) => ['--import', 'tsx', path.join(root, 'bench', file)];
  const all: Contender[] = [
    { who: 'face-trainer', program: process.execPath, args: own('ours.ts') },
    { who: 'tfjs-layers', program: process.execPath, args: own('stock.ts') },
    ...pythonPeers(),
  ];
  return all.filter(({ who }) => values.only === undefined || values.only.split(',').includes(who));
}

function pythonPeers(): Contender[] {
  if (!fs.existsSync(peers)) {
    console.error('NOT MEASURED: keras, torch (absent: ../shared/peers)');
    return [];
  }
  const home = process.env['FACE_TRAINER_PEERS'] ?? path.join(cacheFolder(), 'peers');
  const setUp = spawnSync('bash', [path.join(peers, 'setup.sh'), home], { stdio: ['ignore', 2, 2] });
  if (setUp.status !== 0) {
    console.error('NOT MEASURED: keras, torch (their set-up failed)');
    return [];
  }
  return [
    { who: 'keras', program: path.join(home, 'tf', 'bin', 'python'), args: [path.join(peers, 'train_speed_keras.py')] },
    {
      who: 'torch',
      program: path.join(home, 'torch', 'bin', 'python'),
      args: [path.join(peers, 'train_speed_torch.py')],
    },
  ];
}

function measure({ who, program, args }: Contender, batch: number): Row | undefined {
  const own = ['--batch', String(batch), '--steps', values.steps];
  const { stdout, stderr, status } = spawnSync(program, [...args, ...own], {
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
    what: WHAT,
    batch,
    threads: raw.threads,
    imagesPerSecond: raw.imagesPerSecond ?? raw.images_per_s!,
    peakRssMiB: raw.peakRssMiB ?? raw.peak_rss_mib!,
  };
}

function main(): void {
  const all = contenders();
  const summary: string[] = [];
  for (const batch of values.batch.split(',').map(Number)) {
    const rows = new Map<string, Row[]>(all.map(({ who }) => [who, []]));
    for (let round = 0; round < Number(values.rounds); round++)
      for (const contender of all) {
        const row = measure(contender, batch);
        if (row) rows.get(contender.who)!.push(row);
      }
    const medians = [...rows.values()].filter((some) => some.length > 0).map((some) => ({
      ...some[0]!,
      imagesPerSecond: median(some.map((r) => r.imagesPerSecond)),
      peakRssMiB: median(some.map((r) => r.peakRssMiB)),
    })); // prettier-ignore
    if (values.json) for (const row of medians) console.log(JSON.stringify(row));
    const ours = medians.find(({ who }) => who === 'face-trainer');
    for (const row of medians) {
      const ratio = ours
        ? `face-trainer is ${(ours.imagesPerSecond / row.imagesPerSecond).toFixed(2)} times as fast`
        : '';
      summary.push(
        `${row.who.padEnd(14)} batch ${String(row.batch).padStart(3)}  ${row.imagesPerSecond.toFixed(1).padStart(6)} images/s  ${String(row.peakRssMiB).padStart(5)} MiB  ${ratio}`,
      );
    }
  }
  if (!values.json)
    console.log(`${os.cpus()[0]?.model ?? ''}, ${os.availableParallelism()} cores\n${summary.join('\n')}`);
}

main();
