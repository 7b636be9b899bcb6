import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { exclusionFile } from '../../client/exclusionList.js';
import { RECIPES, trainingOptions, type RecipeName, type TrainingOptions } from '../../protocol/options.js';
import { withRecipe } from '../../protocol/recipes.js';
import { runsFolderFor } from '../trainer.js';

const { epochs, batchSize, size, seed, split, splitBy } = trainingOptions.shape;
/** The recipe and what is set otherwise; remembered from one training to the next. */
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

const REMEMBERED = 'trainingChoices2';

const RECIPE_WORDS: Record<RecipeName, string> = {
  default: 'The whole network, from ImageNet weights: the most accurate',
  fast: 'The last layer alone, on frozen ImageNet features: ready in a minute',
  original: 'The script that Face Trainer grew from, from random weights unless you choose others',
};

interface Item extends vscode.QuickPickItem {
  /** Changes some choices; undefined when the user thought better of it. */
  readonly change?: (current: Choices) => Promise<Choices | undefined>;
  readonly preview?: boolean;
}

/**
 * Asks for the options of a training; Enter at once takes those of the last time.
 *
 * @returns undefined when cancelled; `preview` when the user wants to see the pictures first
 */
export async function pickTrainingOptions(
  dataset: string,
  memory: vscode.Memento,
): Promise<{ options: TrainingOptions; preview: boolean } | undefined> {
  let current = remembered(memory);
  for (;;) {
    const options = resolve(current, dataset);
    const picked = await vscode.window.showQuickPick(items(current, options), {
      title: `Train Model on “${path.basename(dataset)}”`,
      placeHolder: 'Start training, or choose an option to change it',
      matchOnDescription: true,
    });
    if (!picked) return undefined;
    if (!picked.change) {
      await memory.update(REMEMBERED, current);
      return { options, preview: picked.preview === true };
    }
    current = (await picked.change(current)) ?? current;
    await memory.update(REMEMBERED, current);
  }
}

function resolve(current: Choices, dataset: string): TrainingOptions {
  const settings = vscode.workspace.getConfiguration('faceTrainer');
  const list = exclusionFile(runsFolderFor(dataset), dataset);
  const { quantizeAfter, ...wishes } = current;
  const result = withRecipe(current.recipe, {
    ...wishes,
    ...(typeof quantizeAfter === 'number' ? { quantization: { afterEpochs: quantizeAfter } } : {}),
    dataset,
    engine: settings.get('engine'),
    threads: settings.get('threads'),
    pixelCacheMiB: settings.get('pixelCacheMiB'),
    exclude: fs.existsSync(list) ? list : undefined,
  });
  if (result.success) return result.data;
  throw new Error(`a setting is not what it should be: ${result.error.issues[0]?.message ?? ''}`);
}

function remembered(memory: vscode.Memento): Choices {
  const saved = choices.safeParse(memory.get(REMEMBERED));
  if (saved.success) return saved.data;
  const recipe = z.enum(RECIPES).safeParse(vscode.workspace.getConfiguration('faceTrainer').get('recipe'));
  return { recipe: recipe.success ? recipe.data : 'default' };
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
    { label: 'Options', kind: vscode.QuickPickItemKind.Separator },
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
      description:
        options.splitBy === 'picture' ? 'other pictures of the same people' : 'people who are not trained on',
      change: changeSplitBy,
    },
    number('$(symbol-numeric) Seed', 'seed', options, 'The same seed gives the same split, order and random weights'),
    {
      label: '$(chip) Quantization-aware after epoch',
      description: quantizeInWords(options),
      change: changeQuantization,
    },
    { label: 'Look first', kind: vscode.QuickPickItemKind.Separator },
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
    change: async (current) => {
      const text = await vscode.window.showInputBox({
        title: label.replace(/^\$\([^)]*\) /, ''),
        prompt,
        value: String(options[key]),
        validateInput: (value) => problem(key, value),
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

async function changeQuantization(current: Choices): Promise<Choices | undefined> {
  const text = await vscode.window.showInputBox({
    title: 'Quantization-aware after epoch',
    prompt: 'From then on the network is trained for int8 hardware; empty: never',
    value: typeof current.quantizeAfter === 'number' ? String(current.quantizeAfter) : '',
    validateInput: (value) => (/^\d*$/.test(value.trim()) ? undefined : 'A number of epochs'),
  });
  if (text === undefined) return undefined;
  return { ...current, quantizeAfter: text.trim() === '' ? null : Number(text) };
}

/** Another recipe begins with all of its own. */
async function changeRecipe(): Promise<Choices | undefined> {
  const recipes = RECIPES.map((recipe) => ({ label: recipe, detail: RECIPE_WORDS[recipe], recipe }));
  const picked = await vscode.window.showQuickPick(recipes, { title: 'Recipe' });
  return picked && { recipe: picked.recipe };
}

async function changeSplitBy(current: Choices): Promise<Choices | undefined> {
  const picture = {
    label: 'Other pictures of the same people',
    detail: 'How well the people of this folder are recognized',
  };
  const identity = { label: 'People who are not trained on', detail: 'How well the network tells strangers apart' };
  const picked = await vscode.window.showQuickPick([picture, identity], { title: 'Validate with' });
  return picked && { ...current, splitBy: picked === identity ? 'identity' : 'picture' };
}

async function changeWeights(current: Choices): Promise<Choices | undefined> {
  const imagenet = {
    label: 'ImageNet weights',
    detail: 'A network that has seen a million pictures; downloaded once, after asking',
  };
  const random = { label: 'Random weights', detail: 'Learns from nothing; needs many pictures and epochs' };
  const file = { label: 'A weights file…', detail: 'In Keras’ layout: .h5 or .npz' };
  const run = { label: 'A checkpoint…', detail: 'The folder of a checkpoint of another run' };
  const picked = await vscode.window.showQuickPick([imagenet, random, file, run], { title: 'Start from' });
  if (picked === imagenet) return { ...current, weights: 'imagenet' };
  if (picked === random) return { ...current, weights: null };
  if (!picked) return undefined;
  const chosen = await vscode.window.showOpenDialog(
    picked === file
      ? { filters: { 'Weights in Keras’ layout': ['h5', 'hdf5', 'npz'] }, openLabel: 'Use These Weights' }
      : { canSelectFolders: true, canSelectFiles: false, openLabel: 'Start from This Checkpoint' },
  );
  return chosen?.[0] && { ...current, weights: chosen[0].fsPath };
}
