import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { exclusionFile } from '../../client/exclusionList.js';
import { RECIPES, trainingOptions, type RecipeName, type TrainingOptions } from '../../protocol/options.js';
import { withRecipe } from '../../protocol/recipes.js';
import type { Editor, PickItem } from '../editor.js';
import { runsFolderFor } from '../runsFolders.js';
import { trainingSettings } from '../trainingSettings.js';

const { epochs, batchSize, size, seed, split, splitBy } = trainingOptions.shape;
/** The recipe and what is set otherwise; remembered from one training on a folder to the next. */
const choices = z
  .object({
    recipe: z.enum(RECIPES),
    epochs: epochs.unwrap(),
    batchSize: batchSize.unwrap(),
    size: size.unwrap(),
    seed: seed.unwrap(),
    split: split.unwrap(),
    splitBy: splitBy.unwrap(),
    /** null: a random start. */
    weights: z.string().nullable(),
    /** Epochs in float before quantization-aware training begins; null: never. */
    quantizeAfter: z.int().min(0).nullable(),
  })
  .partial({
    epochs: true,
    batchSize: true,
    size: true,
    seed: true,
    split: true,
    splitBy: true,
    weights: true,
    quantizeAfter: true,
  });
type Choices = z.infer<typeof choices>;
type NumberChoice = 'epochs' | 'batchSize' | 'size' | 'split' | 'seed';

/** What outlives the window. */
export interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): Thenable<void>;
}

/** By folder: what suits one folder of pictures need not suit the next. */
const remembered = (dataset: string) => `trainingChoices ${path.resolve(dataset)}`;

export const WEIGHTS_FILES = { 'Weights in Keras’ layout': ['h5', 'hdf5', 'npz'] };

const RECIPE_WORDS: Record<RecipeName, string> = {
  default: 'The whole network, from ImageNet weights: the most accurate',
  fast: 'The last layer alone, on frozen ImageNet features: ready in a minute',
  original: 'The script that Face Trainer grew from, from random weights unless you choose others',
};

interface Item extends PickItem {
  /** Changes some choices; undefined when the user thought better of it. */
  readonly change?: (editor: Editor, current: Choices) => Promise<Choices | undefined>;
  readonly preview?: boolean;
}

export interface PickedOptions {
  readonly options: TrainingOptions;
  /** Whether the user wants to see the pictures first. */
  readonly preview: boolean;
  /** The same choices with every layer trained from random weights: the original recipe is the one made for that. */
  readonly atRandom: TrainingOptions;
}

/**
 * Asks for the options of a training; Enter at once takes those of the last time.
 *
 * @returns undefined when cancelled
 */
export async function pickTrainingOptions(
  editor: Editor,
  memory: Memory,
  dataset: string,
): Promise<PickedOptions | undefined> {
  let current = choicesFor(editor, memory, dataset);
  for (;;) {
    const options = resolve(editor, current, dataset);
    const picked = await editor.pick(items(current, options), {
      title: `Train Model on “${path.basename(dataset)}”`,
      placeHolder: 'Start training, or choose an option to change it',
    });
    if (!picked) return undefined;
    if (!picked.change) {
      await memory.update(remembered(dataset), current);
      const atRandom = resolve(editor, { ...current, recipe: 'original', weights: null }, dataset);
      return { options, preview: picked.preview === true, atRandom };
    }
    current = (await picked.change(editor, current)) ?? current;
    await memory.update(remembered(dataset), current);
  }
}

/** What a training on a folder would begin with now, without a question. */
export function rememberedOptions(editor: Editor, memory: Memory, dataset: string): TrainingOptions {
  return resolve(editor, choicesFor(editor, memory, dataset), dataset);
}

function resolve(editor: Editor, current: Choices, dataset: string): TrainingOptions {
  const list = exclusionFile(runsFolderFor(editor, dataset), dataset);
  const { quantizeAfter, ...wishes } = current;
  const result = withRecipe(current.recipe, {
    ...wishes,
    ...(typeof quantizeAfter === 'number' ? { quantization: { afterEpochs: quantizeAfter } } : {}),
    dataset,
    ...trainingSettings(editor),
    exclude: fs.existsSync(list) ? list : undefined,
  });
  if (result.success) return result.data;
  throw new Error(`a setting is not what it should be: ${result.error.issues[0]?.message ?? ''}`);
}

function choicesFor(editor: Editor, memory: Memory, dataset: string): Choices {
  const saved = choices.safeParse(memory.get(remembered(dataset)));
  if (saved.success) return withoutLostFile(saved.data);
  const recipe = z.enum(RECIPES).safeParse(editor.setting('recipe'));
  return { recipe: recipe.success ? recipe.data : 'default' };
}

/** A weights file or checkpoint that was deleted meanwhile would only make the run fail. */
function withoutLostFile({ weights, ...rest }: Choices): Choices {
  const lost = typeof weights === 'string' && weights !== 'imagenet' && !fs.existsSync(weights);
  return lost || weights === undefined ? rest : { ...rest, weights };
}

function items(current: Choices, options: TrainingOptions): Item[] {
  const start = weightsInWords(options.weights);
  const facts = [
    `${current.recipe} recipe`,
    `${options.epochs} epochs`,
    `batch ${options.batchSize}`,
    `${options.size} px`,
    start,
  ];
  return [
    { label: '$(play) Start training', description: facts.join(', ') },
    { label: 'Options', separator: true },
    {
      label: '$(book) Recipe',
      description: current.recipe,
      detail: RECIPE_WORDS[current.recipe],
      change: changeRecipe,
    },
    number('$(sync) Epochs', 'epochs', options, 'Passes over all the pictures'),
    number('$(layers) Batch size', 'batchSize', options, 'Pictures in one step; a smaller batch needs less memory'),
    number('$(screen-full) Picture size', 'size', options, 'Side of the network’s input in pixels, a multiple of 32'),
    { label: '$(file-binary) Start from', description: start, change: changeWeights },
    number(
      '$(split-horizontal) Training share',
      'split',
      options,
      'Share of each person’s pictures that trains; the rest validates',
    ),
    {
      label: '$(organization) Validate with',
      description: options.splitBy === 'picture' ? 'other pictures of the same people' : 'people left out of training',
      change: changeSplitBy,
    },
    number('$(symbol-numeric) Seed', 'seed', options, 'The same seed gives the same split, order and random weights'),
    {
      label: '$(chip) Quantization-aware after epoch',
      description: quantizeInWords(options),
      change: changeQuantization,
    },
    { label: 'Look first', separator: true },
    { label: '$(eye) Preview', description: 'twelve pictures as training will see them', preview: true },
  ];
}

function weightsInWords(weights: string | undefined): string {
  if (weights === undefined) return 'random weights';
  return weights === 'imagenet' ? 'ImageNet weights' : path.basename(weights);
}

function number(label: string, key: NumberChoice, options: TrainingOptions, prompt: string): Item {
  return {
    label,
    description: String(options[key]),
    change: async (editor, current) => {
      const text = await editor.input({
        title: label.replace(/^\$\([^)]*\) /, ''),
        prompt,
        value: String(options[key]),
        problem: (value) => problem(key, value),
      });
      return text === undefined ? undefined : { ...current, [key]: Number(text) };
    },
  };
}

function problem(key: NumberChoice, text: string): string | undefined {
  const result = trainingOptions.shape[key].safeParse(text.trim() === '' ? Number.NaN : Number(text));
  return result.success ? undefined : result.error.issues[0]?.message;
}

function quantizeInWords({ quantization }: TrainingOptions): string {
  return quantization ? String(quantization.afterEpochs) : 'never';
}

async function changeQuantization(editor: Editor, current: Choices): Promise<Choices | undefined> {
  const text = await editor.input({
    title: 'Quantization-aware after epoch',
    prompt: 'From then on the network is trained for int8 hardware; empty: never',
    value: typeof current.quantizeAfter === 'number' ? String(current.quantizeAfter) : '',
    problem: (value) => (/^\d*$/.test(value.trim()) ? undefined : 'A number of epochs'),
  });
  if (text === undefined) return undefined;
  return { ...current, quantizeAfter: text.trim() === '' ? null : Number(text) };
}

/** Another recipe begins with all of its own. */
async function changeRecipe(editor: Editor): Promise<Choices | undefined> {
  const recipes = RECIPES.map((recipe) => ({ label: recipe, detail: RECIPE_WORDS[recipe], recipe }));
  const picked = await editor.pick(recipes, { title: 'Recipe' });
  return picked && { recipe: picked.recipe };
}

async function changeSplitBy(editor: Editor, current: Choices): Promise<Choices | undefined> {
  const picture = {
    label: 'Other pictures of the same people',
    detail: 'How well the people of this folder are recognized',
  };
  const identity = { label: 'People left out of training', detail: 'How well the network tells strangers apart' };
  const picked = await editor.pick([picture, identity], { title: 'Validate with' });
  return picked && { ...current, splitBy: picked === identity ? 'identity' : 'picture' };
}

async function changeWeights(editor: Editor, current: Choices): Promise<Choices | undefined> {
  const imagenet = {
    label: 'ImageNet weights',
    detail: 'A network that has seen a million pictures; downloaded once, after asking',
  };
  const random = { label: 'Random weights', detail: 'Learns from nothing; needs many pictures and epochs' };
  const file = { label: 'A weights file…', detail: 'In Keras’ layout: .h5 or .npz' };
  const run = { label: 'A checkpoint…', detail: 'The folder of a checkpoint of another run' };
  const picked = await editor.pick([imagenet, random, file, run], { title: 'Start from' });
  if (picked === imagenet) return { ...current, weights: 'imagenet' };
  if (picked === random) return { ...current, weights: null };
  if (!picked) return undefined;
  const [chosen] = await editor.chooseFiles(
    picked === file
      ? { title: 'Weights to start from', openLabel: 'Use These Weights', what: 'file', filters: WEIGHTS_FILES }
      : { title: 'Folder of a checkpoint', openLabel: 'Start from This Checkpoint', what: 'folder' },
  );
  return chosen && { ...current, weights: chosen.fsPath };
}
