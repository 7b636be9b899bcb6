import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { exclusionFile } from '../../client/exclusionList.js';
import { forecastWords, type Forecast } from '../../core/forecastWords.js';
import { optionsOf } from '../../protocol/optionInfo.js';
import { optionProblem, toldIssue } from '../../protocol/optionProblem.js';
import { RECIPES, trainingOptions, type TrainingOptions } from '../../protocol/options.js';
import { withRecipe } from '../../protocol/recipes.js';
import type { Editor, PickItem } from '../editor.js';
import { Forecaster } from './forecast.js';
import { runsFolderFor } from '../runsFolders.js';
import { trainingSettings } from '../trainingSettings.js';

/** The options that can be chosen here, in their order: their schema says which, and in which words. */
const ROWS = optionsOf(trainingOptions)
  .flatMap(({ path: at, schema, info: { pick, read } }) =>
    pick ? [{ at, schema, pick, isStart: read === 'start', key: pick.key ?? at.at(-1)! }] : [],
  )
  .sort((a, b) => a.pick.place - b.pick.place);
type Row = (typeof ROWS)[number];

/**
 * The recipe, and by the keys of the rows what is set otherwise; remembered from one training on a folder to the next. null:
 * unset, whatever the recipe says (a random start, never quantized).
 */
const choices = z.looseObject({ recipe: z.enum(RECIPES) });
type Choices = z.infer<typeof choices>;

/** What outlives the window. */
export interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): Thenable<void>;
  keys(): Iterable<string>;
}

/** How the keys begin under which it is kept. */
export const REMEMBERED = 'trainingChoices ';
/** By folder: what suits one folder of pictures need not suit the next. */
const remembered = (dataset: string) => `${REMEMBERED}${path.resolve(dataset)}`;

export const WEIGHTS_FILES = { 'Weights in Keras’ layout': ['h5', 'hdf5', 'npz'] };

/** What may come before a training: the pictures as it sees them, or a search for a learning rate. */
type LookFirst = 'preview' | 'rate';

interface Item extends PickItem {
  /** Changes some choices; undefined when the user thought better of it. */
  readonly change?: (editor: Editor, current: Choices) => Promise<Choices | undefined>;
  readonly first?: LookFirst;
}

export interface PickedOptions {
  readonly options: TrainingOptions;
  /** What the user wants to see first, in place of training. */
  readonly first: LookFirst | undefined;
  /** The same choices from ImageNet weights, where they were to start from the face network. */
  readonly fromImageNet: TrainingOptions;
  /** The same choices with every layer trained from random weights: the original recipe is the one made for that. */
  readonly atRandom: TrainingOptions;
}

/**
 * Asks for the options of a training; Enter at once takes those of the last time.
 *
 * @param otherwise than the last time: choices by their keys
 * @returns undefined when cancelled
 */
export async function pickTrainingOptions(
  editor: Editor,
  memory: Memory,
  dataset: string,
  otherwise: object = {},
): Promise<PickedOptions | undefined> {
  let current: Choices = { ...choicesFor(editor, memory, dataset), ...otherwise };
  const forecaster = new Forecaster(editor, dataset);
  for (;;) {
    const options = resolve(editor, current, dataset);
    const picked = await editor.pick(items(current, options, forecaster.of(options)), {
      title: `Train Model on “${path.basename(dataset)}”`,
      placeHolder: 'Start training, or choose an option to change it',
    });
    if (!picked) return undefined;
    if (!picked.change) {
      await memory.update(remembered(dataset), current);
      const atRandom = resolve(editor, { ...current, recipe: 'original', weights: null }, dataset);
      const wantsFaces = options.weights === 'faces' || options.teacher === 'faces';
      const fromImageNet = wantsFaces ? resolve(editor, withoutTeacher(current), dataset) : options;
      return { options, first: picked.first, atRandom, fromImageNet };
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
  const result = withRecipe(current.recipe, {
    ...overridesOf(current),
    dataset,
    ...trainingSettings(editor),
    exclude: fs.existsSync(list) ? list : undefined,
  });
  if (result.success) return result.data;
  throw new Error(`a setting is not what it should be: ${result.error.issues[0]?.message ?? ''}`);
}

/** Choices at their places in the options. */
function overridesOf(current: Choices): Record<string, unknown> {
  const overrides: Record<string, unknown> = {};
  const groups: Record<string, Record<string, unknown>> = {};
  for (const { at, key } of ROWS) {
    const value = current[key];
    const [name, inner] = at;
    if (inner === undefined) overrides[name!] = value;
    // A group whose option is unset is absent.
    else if (value !== undefined && value !== null) (groups[name!] ??= {})[inner] = value;
  }
  return { ...overrides, ...groups };
}

/** What is not understood is forgotten, all of it: choices belong together. */
function choicesFor(editor: Editor, memory: Memory, dataset: string): Choices {
  const saved = choices.safeParse(memory.get(remembered(dataset))).data;
  if (saved && ROWS.every((row) => understands(row, saved[row.key]))) return withoutLostFile(saved);
  const recipe = z.enum(RECIPES).safeParse(editor.setting('recipe'));
  return { recipe: recipe.success ? recipe.data : 'face' };
}

function understands({ schema, pick }: Row, value: unknown): boolean {
  if (value === null) return pick.unset !== undefined;
  return value === undefined || z.safeParse(schema, value).success;
}

/** A weights file or checkpoint that was deleted meanwhile would only make the run fail. */
function withoutLostFile({ weights, ...rest }: Choices): Choices {
  const lost = typeof weights === 'string' && !['imagenet', 'faces'].includes(weights) && !fs.existsSync(weights);
  return lost || weights === undefined ? rest : { ...rest, weights };
}

function items(current: Choices, options: TrainingOptions, forecast: Forecast): Item[] {
  const facts = [
    `${current.recipe} recipe`,
    `${options.epochs} epochs`,
    `batch ${options.batchSize}`,
    `${options.size} px`,
    weightsInWords(options.weights),
  ];
  return [
    { label: '$(play) Start training', description: forecastWords(forecast), detail: facts.join(', ') },
    { label: 'Options', separator: true },
    ...ROWS.filter(({ pick }) => !pick.ofFaces || options.weights === 'faces').map((row) => item(row, options)),
    ...reset(current),
    { label: 'Look first', separator: true },
    { label: '$(eye) Preview', description: 'twelve pictures as training will see them', first: 'preview' },
    { label: '$(graph-line) Find Learning Rate', description: 'a hundred steps whose rate grows', first: 'rate' },
  ];
}

/** Back to what the recipe says, where something is set otherwise. */
function reset({ recipe, ...otherwise }: Choices): Item[] {
  if (Object.values(otherwise).every((value) => value === undefined)) return [];
  const description = `everything as the ${recipe} recipe has it`;
  return [{ label: '$(discard) Reset to recipe', description, change: () => Promise.resolve({ recipe }) }];
}

function item(row: Row, options: TrainingOptions): Item {
  const { pick, key } = row;
  const label = `$(${pick.icon}) ${pick.label}`;
  if (row.isStart) return { label, description: weightsInWords(options.weights), change: changeWeights };
  const value = valueOf(row, options);
  const words = pick.values?.[String(value)];
  if (!words)
    return {
      label,
      description: typeof value === 'number' ? String(value) : (pick.unset ?? ''),
      change: (editor, current) => changeNumber(editor, row, value, current),
    };
  return {
    label,
    description: `${words.label[0]!.toLowerCase()}${words.label.slice(1)}`,
    ...(key === 'recipe' && { detail: words.detail }),
    change: (editor, current) => changeName(editor, row, current),
  };
}

function valueOf({ at }: Row, options: TrainingOptions): unknown {
  let value: unknown = options;
  for (const key of at) value = z.record(z.string(), z.unknown()).safeParse(value).data?.[key];
  return value;
}

function weightsInWords(weights: string | undefined): string {
  if (weights === undefined) return 'random weights';
  if (weights === 'faces') return 'face weights';
  return weights === 'imagenet' ? 'ImageNet weights' : path.basename(weights);
}

async function changeNumber(editor: Editor, row: Row, value: unknown, current: Choices): Promise<Choices | undefined> {
  const { pick, key } = row;
  const text = await editor.input({
    title: pick.label,
    prompt: pick.prompt ?? '',
    value: typeof value === 'number' ? String(value) : '',
    problem: (entered) => problem(row, entered),
  });
  return text === undefined ? undefined : { ...current, [key]: text.trim() === '' ? null : Number(text) };
}

function problem({ schema, pick }: Row, text: string): string | undefined {
  if (text.trim() === '' && pick.unset !== undefined) return undefined;
  const result = z.safeParse(schema, text.trim() === '' ? Number.NaN : Number(text));
  if (result.success) return undefined;
  const issue = toldIssue(result.error);
  const words = optionProblem(issue) ?? issue.message;
  return `${words[0]!.toUpperCase()}${words.slice(1)}`;
}

async function changeName(editor: Editor, { pick, key }: Row, current: Choices): Promise<Choices | undefined> {
  const names = Object.entries(pick.values ?? {}).map(([name, words]) => ({ ...words, name }));
  const picked = await editor.pick(names, { title: pick.label });
  if (!picked) return undefined;
  // Another recipe begins with all of its own.
  return choices.parse({ ...(key === 'recipe' ? {} : current), [key]: picked.name });
}

/** Another start than the face network's is that of the default recipe. */
function withoutFaces(current: Choices): Choices {
  return current.recipe === 'face' || current.recipe === 'door' ? { ...current, recipe: 'default' } : current;
}

/** Without the face network nobody teaches either. */
function withoutTeacher(current: Choices): Choices {
  return current.recipe === 'distil' ? { ...current, recipe: 'default' } : withoutFaces(current);
}

async function changeWeights(editor: Editor, before: Choices): Promise<Choices | undefined> {
  const current = withoutFaces(before);
  const imagenet = {
    label: 'ImageNet weights',
    detail: 'A network that has seen a million pictures; downloaded once, after asking',
  };
  const random = { label: 'Random weights', detail: 'Starts from scratch; needs many pictures and epochs' };
  const file = { label: 'A weights file…', detail: 'In Keras’ layout: .h5 or .npz' };
  const run = { label: 'A checkpoint…', detail: 'A checkpoint folder of another run' };
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
