import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { TrainerMessage } from '../src/protocol/jobs.js';
import type { EventOf } from '../src/protocol/runEvents.js';

// What the recipes reach: trains each of them with several seeds and prints validation accuracy by epoch as a table. The
// figures of docs/recipes.md come from here:
//   tsx bench/recipes.ts --aligned FOLDER --whole FOLDER --weights FILE [--seeds 128,1,2] [--out results.json]

const { values } = parseArgs({
  options: {
    aligned: { type: 'string' },
    whole: { type: 'string' },
    weights: { type: 'string' },
    seeds: { type: 'string', default: '128,1,2' },
    out: { type: 'string', default: 'recipes.json' },
  },
});
const cli = path.resolve(import.meta.dirname, '../dist/faceTrainer.js');

interface Result {
  readonly what: string;
  readonly seed: number;
  readonly seconds: number;
  readonly epochs: readonly EventOf<'epoch'>[];
}

function train(what: string, folder: string, recipe: string, seed: number): Result {
  const out = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-recipes-'));
  try {
    const args = ['train', folder, '--recipe', recipe, '--weights', values.weights!, '--seed', String(seed)];
    const ran = spawnSync(process.execPath, [cli, ...args, '--json', '--out', path.join(out, 'run')], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    if (ran.status !== 0) throw new Error(ran.stdout.slice(-1000) + ran.stderr);
    const messages = ran.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TrainerMessage);
    const epochs = messages.filter((m): m is EventOf<'epoch'> => m.type === 'epoch');
    const { elapsedSeconds } = messages.find((m): m is EventOf<'finished'> => m.type === 'finished')!;
    console.error(
      `${what}, seed ${seed}: ${epochs.map((e) => e.valAccuracy.toFixed(3)).join(' ')}, ${Math.round(elapsedSeconds)} s`,
    );
    return { what, seed, seconds: elapsedSeconds, epochs };
  } finally {
    fs.rmSync(out, { recursive: true, force: true });
  }
}

const jobs: [string, string | undefined, string][] = [
  ['default, aligned', values.aligned, 'default'],
  ['default, whole pictures', values.whole, 'default'],
  ['original, whole pictures', values.whole, 'original'],
  ['fast, aligned', values.aligned, 'fast'],
];
const results: Result[] = [];
for (const [what, folder, recipe] of jobs)
  for (const seed of values.seeds.split(',').map(Number))
    if (folder !== undefined) results.push(train(what, folder, recipe, seed));
fs.writeFileSync(values.out, `${JSON.stringify(results, null, 1)}\n`);
for (const { what, seed, seconds, epochs } of results)
  console.log(
    `| ${what} | ${seed} | ${epochs.map((e) => e.valAccuracy.toFixed(3)).join(' | ')} | ${Math.round(seconds)} s |`,
  );
