import fs from 'node:fs';
import path from 'node:path';
import { compareAnswers, type RecipeAnswers } from '../../evaluation/recipeComparison.js';
import { reduceAll } from '../../core/runState.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import type { RunOrder } from '../../protocol/jobs.js';
import { RECIPES, type RecipeName, type TrainingOptions } from '../../protocol/options.js';
import type { Answer } from '../../protocol/recipeComparison.js';
import { runFolderOfOptions } from '../../runs/newRunFolder.js';
import { defaultRunsFolder } from '../../runs/runLocation.js';
import { RunFolder } from '../../runs/runFolder.js';
import { RunReader } from '../../runs/runReader.js';
import { readSummary, standOf } from '../../runs/runSummary.js';
import { EXIT, type Command } from '../command.js';
import { UsageError } from '../flag.js';
import { JSON_FLAG, Output } from '../follow.js';
import type { Given } from '../given.js';
import { recipeLines } from '../recipeLines.js';
import { TRAINING_FLAGS, trainingOptionsOf, withWeights } from './train.js';

interface CompareWish {
  /** [recipes][seeds] */
  readonly runs: readonly (readonly TrainingOptions[])[];
  readonly seeds: readonly number[];
  readonly download: boolean;
  readonly json: boolean;
}

const MOST_SEEDS = 20;

export const compareRecipesCommand: Command<CompareWish> = {
  name: 'compare-recipes',
  takes: ['<folder> --recipes <name>,<name> [options]'],
  summary: 'train by several recipes from several seeds, and say which is better only where the pictures carry it',
  flags: [
    { name: 'recipes', value: 'NAMES', help: `two or more of ${RECIPES.join(', ')}, separated by commas` },
    { name: 'seeds', value: 'N', help: `how often each trains, from --seed on, 1 to ${MOST_SEEDS} (3)` },
    // They are compared by new pictures of the same people.
    ...TRAINING_FLAGS.filter(({ name }) => name !== 'recipe' && name !== 'split-by'),
    { name: 'download', help: 'download missing weights without asking' },
    JSON_FLAG('print every message of the runs as a line of JSON, and the comparison as the last'),
  ],

  parse(given) {
    const dataset = given.only('Name the folder to train on.');
    const recipes = recipesOf(given);
    const count = seedCount(given);
    const runs = recipes.map((recipe) => {
      const options = trainingOptionsOf(given, dataset, false, recipe);
      return Array.from({ length: count }, (_, i) => ({ ...options, seed: options.seed + i }));
    });
    const seeds = runs[0]!.map(({ seed }) => seed);
    return { runs, seeds, download: given.has('download'), json: given.has('json') };
  },

  async run({ runs, seeds, download, json }) {
    const output = new Output(json);
    for (const [options] of runs) await withWeights(options!, undefined, download);
    const answers: Answer[][][] = runs.map(() => []);
    const seconds: number[][] = runs.map(() => []);
    // Seed by seed, so that a comparison that is broken off has compared something.
    for (const [s] of seeds.entries())
      for (const [r, own] of runs.entries()) {
        const ran = await trained(own[s]!, output);
        if (!ran) return EXIT.failed;
        answers[r]!.push(ran.answers);
        seconds[r]!.push(ran.seconds);
      }
    const all = runs.map(([options], r): RecipeAnswers => {
      const mean = seconds[r]!.reduce((sum, value) => sum + value, 0) / seeds.length;
      return { recipe: options!.recipe, bySeed: answers[r]!, seconds: mean };
    });
    const comparison = compareAnswers(all, seeds);
    output.note('', ...recipeLines(comparison));
    output.lines({ type: 'recipesCompared', ...comparison });
    return EXIT.ok;
  },
};

function recipesOf(given: Given): RecipeName[] {
  const words = given.value('recipes');
  const names = typeof words === 'string' ? words.split(',').map((name) => name.trim()) : [];
  const known = names.flatMap((name) => RECIPES.filter((recipe) => recipe === name));
  if (known.length === names.length && new Set(known).size === names.length && names.length > 1) return known;
  throw new UsageError(`--recipes wants two or more of ${RECIPES.join(', ')}, separated by commas, each once.`);
}

function seedCount(given: Given): number {
  const text = given.value('seeds') ?? '3';
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_SEEDS) return count;
  throw new UsageError(`--seeds wants a whole number from 1 to ${MOST_SEEDS}, not “${String(text)}”.`);
}

/**
 * A run by these options, which may have been begun or ended by an earlier comparison.
 *
 * @returns undefined where it was stopped or failed, which was said
 */
async function trained(
  options: TrainingOptions,
  output: Output,
): Promise<{ readonly answers: Answer[]; readonly seconds: number } | undefined> {
  const runFolder = runFolderOfOptions(defaultRunsFolder(process.cwd()), options);
  output.note(`— ${options.recipe}, seed ${options.seed}: ${path.basename(runFolder)}`);
  if (!isWhole(runFolder)) {
    const end = await output.follow(orderFor(runFolder, options));
    if (end.type !== 'finished') {
      output.failed(end);
      return undefined;
    }
    if (!isWhole(runFolder)) {
      output.note('The comparison is not whole yet: the same command goes on with it.');
      return undefined;
    }
  }
  const best = readSummary(runFolder)!.checkpoints.find((one) => one.best)!;
  const checkpoint = new RunFolder(runFolder).checkpoint(best.path);
  const end = await output.follow({ type: 'validate', protocol: PROTOCOL_VERSION, checkpoint });
  if (end.type !== 'validated') {
    output.failed(end);
    return undefined;
  }
  const { finished } = reduceAll(new RunReader(runFolder).readNew());
  return { answers: end.answers, seconds: finished!.elapsedSeconds };
}

/** Whether it came to its end, and its best checkpoint is still there. */
function isWhole(runFolder: string): boolean {
  const summary = readSummary(runFolder);
  const ended = summary?.finished === 'completed' || summary?.finished === 'early';
  return ended && summary.checkpoints.some(({ best }) => best);
}

/** One that broke off before its first checkpoint has nothing to go on from, and begins anew. */
function orderFor(runFolder: string, options: TrainingOptions): RunOrder {
  const summary = readSummary(runFolder);
  if (summary && summary.checkpoints.length > 0) return { type: 'resume', protocol: PROTOCOL_VERSION, runFolder };
  const isAtWork = summary && ['preparing', 'training', 'silent'].includes(standOf(runFolder, summary).phase);
  if (!isAtWork) fs.rmSync(runFolder, { recursive: true, force: true });
  return { type: 'train', protocol: PROTOCOL_VERSION, runFolder, options };
}
