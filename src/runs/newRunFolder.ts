import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { TrainingOptions } from '../protocol/options.js';
import { ignoreInGit } from './runLocation.js';

/**
 * A new run folder's path under `runs`, named by local time and dataset: `20261124-153012-wild`. The folder itself is
 * the trainer's to make. Keeps runs out of version control with a `.gitignore` of its own.
 *
 * @param promised to trainings that wait
 */
export function newRunFolder(runs: string, dataset: string, now: Date, promised: readonly string[] = []): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  const stem = path.join(runs, `${date}-${time}-${nameFor(dataset)}`);
  let folder = stem;
  for (let n = 2; fs.existsSync(folder) || promised.includes(folder); n++) folder = `${stem}-${n}`;
  ignoreInGit(path.dirname(runs));
  return folder;
}

/**
 * The folder of a run that shall be found again by whoever asks for the same: `wild-door-seed-1-5f1c9a02`, of the options' digest.
 */
export function runFolderOfOptions(runs: string, options: TrainingOptions): string {
  const digest = createHash('sha256').update(JSON.stringify(options)).digest('hex').slice(0, 8);
  ignoreInGit(path.dirname(runs));
  return path.join(runs, `${nameFor(options.dataset)}-${options.recipe}-seed-${options.seed}-${digest}`);
}

/** Of at most 40 whole letters, none at the end that Windows drops; `run` where nothing is left. */
function nameFor(dataset: string): string {
  const name = path
    .basename(dataset)
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-');
  const letters = Array.from(name).slice(0, 40);
  return letters.join('').replace(/[.-]+$/, '') || 'run';
}
