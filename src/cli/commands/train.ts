import path from 'node:path';
import * as z from 'zod';
import { drawSample } from '../../client/drawSample.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import {
  RECIPES,
  trainingOptions,
  type RecipeName,
  type TrainingOptions,
  type TrainingOptionsInput,
} from '../../protocol/options.js';
import { trainsOnRandomFeatures, withRecipe } from '../../protocol/recipes.js';
import { SAMPLE_OPTIONS } from '../../protocol/sampleOptions.js';
import { newRunFolder } from '../../runs/newRunFolder.js';
import { defaultRunsFolder } from '../../runs/runLocation.js';
import { promisedFolders } from '../../runs/trainingQueue.js';
import { findFaceWeights } from '../../weights/faceWeights.js';
import type { Command } from '../command.js';
import { UsageError, type OptionFlag } from '../flag.js';
import { JSON_FLAG, OUT, Output } from '../follow.js';
import { getFaceWeights, getWeights } from '../getWeights.js';
import type { Given } from '../given.js';
import { checked, fieldsOf, optionFlags } from '../optionFlags.js';
import { AFTERWARDS, beginRun } from '../queueing.js';
import { recipeDefaults } from '../recipeDefaults.js';

export interface TrainingWish {
  readonly options: TrainingOptions;
  /** The same from the face network, where nobody said what to start from: for when the user agrees to get it. */
  readonly fromFaces?: TrainingOptions;
}

export interface TrainWish extends TrainingWish {
  /** Run folder, absolute; the default place when absent. */
  readonly out: string | undefined;
  readonly json: boolean;
  readonly afterwards: boolean;
  readonly sample: boolean;
  /** The user agrees to download the weights that are needed. */
  readonly download: boolean;
}

const OPTIONS = optionFlags(trainingOptions, recipeDefaults);
/** What a training is told. */
export const TRAINING_FLAGS: readonly OptionFlag[] = OPTIONS;

export const train: Command<TrainWish> = {
  name: 'train',
  takes: ['<folder> [options]', '--sample [options]'],
  summary: 'train on a folder with one sub-folder per person',
  flags: [
    ...OPTIONS,
    {
      name: 'sample',
      help: 'train on synthetic faces drawn by the program (--recipe original --size 96 --batch 16 --learning-rate 0.001)',
    },
    { name: 'download', help: 'download missing weights without asking' },
    AFTERWARDS,
    OUT,
    JSON_FLAG('print every message as a line of JSON'),
  ],

  parse(given) {
    const sample = given.has('sample');
    if (sample && given.words.length > 0) throw new UsageError('Name a folder or --sample, not both.');
    const dataset = sample
      ? path.resolve(given.cwd, '.face-trainer', 'synthetic-faces')
      : given.only('Name the folder to train on, or --sample.');
    const [out, json, download] = [given.path('out'), given.has('json'), given.has('download')];
    return {
      ...trainingWish(given, dataset, sample),
      out,
      json,
      afterwards: given.has('afterwards'),
      sample,
      download,
    };
  },

  async run({ sample, json, ...wish }) {
    const output = new Output(json);
    if (sample) {
      output.note('Drawing synthetic faces (no real person is shown)');
      await drawSample(path.join(__dirname, 'drawSample.js'), wish.options.dataset);
    }
    return beginTraining(wish, output);
  },
};

/** Trains, once what it starts from is there. */
export async function beginTraining(
  { options: wished, fromFaces, out, afterwards, download }: Omit<TrainWish, 'sample' | 'json'>,
  output: Output,
): Promise<number> {
  const options = await withWeights(wished, fromFaces, download);
  const runFolder =
    out ?? newRunFolder(defaultRunsFolder(process.cwd()), options.dataset, new Date(), promisedFolders());
  const order = { type: 'train', protocol: PROTOCOL_VERSION, runFolder, options } as const;
  return beginRun(output, order, path.basename(options.dataset), afterwards);
}

/**
 * What the flags say of a training on a folder.
 *
 * @param named recipe of a command that has one
 * @throws UsageError
 */
export function trainingWish(given: Given, dataset: string, sample = false, named?: RecipeName): TrainingWish {
  const recipe = named ?? recipeOf(given, sample);
  const options = trainingOptionsOf(given, dataset, sample, recipe ?? 'default');
  return { options, ...(recipe === undefined && { fromFaces: trainingOptionsOf(given, dataset, sample, 'face') }) };
}

/** Gets what the training starts from, as far as the user agrees. @returns the options to train with */
export async function withWeights(
  wished: TrainingOptions,
  fromFaces: TrainingOptions | undefined,
  download: boolean,
): Promise<TrainingOptions> {
  const say = (line: string) => console.error(line);
  const faces = [wished.weights, wished.teacher].includes('faces') ? wished : fromFaces;
  // A run that will be refused needs no weights.
  if (faces && !(faces.quantization && faces.frozen)) await getFaceWeights(faces.faceWeights, download, say);
  if (fromFaces && findFaceWeights()) return fromFaces;
  if (fromFaces)
    say(
      'The face network is not on this machine: training starts from ImageNet weights. “face-trainer download-weights --face” gets it.',
    );
  await getWeights(wished, download, say);
  return wished;
}

/** The same from a recipe. @throws UsageError */
export function trainingOptionsOf(given: Given, dataset: string, sample: boolean, recipe: RecipeName): TrainingOptions {
  const { weights, ...fields } = fieldsOf(OPTIONS, given);
  requireTogether(given);
  const overrides = {
    ...(sample ? SAMPLE_OPTIONS : {}),
    ...fields,
    dataset,
    ...(weights === undefined ? {} : { weights: weights === 'random' ? null : weights }),
  };
  if (recipe === 'face' || recipe === 'door') requireOfFaces(given, recipe);
  // Whatever the flags say is checked there.
  const options = checked(withRecipe(recipe, overrides as TrainingOptionsInput), OPTIONS, given);
  requireSchedule(given, options);
  if (trainsOnRandomFeatures(options))
    throw new UsageError(
      `${options.frozen ? `${recipe === 'fast' ? '--recipe fast' : '--frozen'} trains` : '--head-epochs train'} the last layer alone, ` +
        'which learns nothing from random features. Use --weights imagenet or a checkpoint, or train every layer.',
    );
  return options;
}

/** What describes a network that is built here, or rounds one: the face network is made, and computed in float alone. */
const NOT_OF_FACES = OPTIONS.filter(
  ({ name, path: [group] }) =>
    ['backbone', 'width', 'pooling', 'embedding', 'dropout', 'head-epochs'].includes(name) || group === 'quantization',
).map(({ name }) => name);

/**
 * The recipe that is asked for, if only by what belongs to one alone. A training starts from the face network where nothing says
 * otherwise and that is on this machine.
 *
 * @returns undefined where nothing says otherwise and it is not on this machine
 */
function recipeOf(given: Given, sample: boolean): RecipeName | undefined {
  const named = fieldsOf(OPTIONS, given)['recipe'];
  if (named !== undefined)
    return checked(z.object({ recipe: z.enum(RECIPES) }).safeParse({ recipe: named }), OPTIONS, given).recipe;
  if (sample) return 'original';
  if (given.has('teacher')) return 'distil';
  if (given.has('from-random')) return 'door';
  if (given.has('weights')) return given.value('weights') === 'faces' ? 'face' : 'default';
  if (given.has('face-weights') || given.has('faces')) return 'face';
  if (given.has('size') || NOT_OF_FACES.some((name) => given.has(name))) return 'default';
  return findFaceWeights() ? 'face' : undefined;
}

/** @throws UsageError for what the face network does not have */
function requireOfFaces(given: Given, recipe: RecipeName): void {
  if (given.has('weights') && given.value('weights') !== 'faces')
    throw new UsageError(
      `--recipe ${recipe} starts from the face weights: leave --weights out, or use another recipe.`,
    );
  const other = NOT_OF_FACES.find((name) => given.has(name) && !name.startsWith('quantize-'));
  if (other !== undefined)
    throw new UsageError(
      `--${other} is about a network that is built anew: leave it out, or use another recipe than ${recipe}.`,
    );
}

/** @throws UsageError for flags that say nothing without others */
function requireTogether(given: Given): void {
  if (given.has('people-per-batch') !== given.has('pictures-per-person'))
    throw new UsageError('--people-per-batch and --pictures-per-person go together.');
  if (given.has('quantize-after') || given.has('quantize-after-steps')) return;
  const alone = OPTIONS.find(({ name, path: [first] }) => first === 'quantization' && given.has(name));
  if (alone)
    throw new UsageError(
      `--${alone.name} goes with --quantize-after or --quantize-after-steps: without one of them the whole training is in float.`,
    );
}

/** @throws UsageError for flags of a schedule that another one has */
function requireSchedule(given: Given, { schedule, decayEpochs }: TrainingOptions): void {
  const alone = ['decay-epochs', 'decay-factor'].find((name) => given.has(name));
  if (alone !== undefined && schedule !== 'steps')
    throw new UsageError(`--${alone} goes with --schedule steps: the schedule ${schedule} does not ask for it.`);
  if (schedule === 'steps' && decayEpochs.length === 0)
    throw new UsageError('--schedule steps needs --decay-epochs: the epochs behind which the learning rate falls.');
}
