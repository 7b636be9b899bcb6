import path from 'node:path';
import { parseArgs } from 'node:util';
import { trainingOptions, type TrainingOptions } from '../protocol/options.js';

export type CliCommand =
  | { readonly name: 'help'; readonly error?: string }
  | { readonly name: 'version' }
  | { readonly name: 'setup-tensorflow' }
  | {
      readonly name: 'train';
      readonly options: TrainingOptions;
      /** Run folder, absolute; the default place when absent. */
      readonly out: string | undefined;
      readonly json: boolean;
      readonly sample: boolean;
    };

export const USAGE = `Face Trainer trains face-recognition networks on this machine.

  face-trainer train <folder> [options]   train on a folder with one sub-folder a person
  face-trainer train --sample [options]   train on synthetic faces that the program draws itself
                                          (defaults: --size 96 --batch 16 --learning-rate 0.001)
  face-trainer setup-tensorflow           get TensorFlow, an engine to compare with

Options of train, with their defaults
  --epochs N               passes over the pictures (10)
  --batch N                pictures in a step (128)
  --size N                 side of the input in pixels, a multiple of 32 (128)
  --split F                share of the pictures that trains; the rest validates (0.9)
  --seed N                 of split, shuffling and random weights (128)
  --weights FILE           .npz in Keras layout to start from (random)
  --learning-rate F        of the optimizer (0.0002)
  --optimizer NAME         adam, or sgd with momentum (adam)
  --momentum F             of sgd (0.9)
  --width F                MobileNetV2's width multiplier (1)
  --batch-norm-momentum F  auto, or a number from 0 to 1 (auto)
  --engine NAME            auto, native, tensorflow or javascript (auto)
  --threads N              of the native engine; 0 for every core (0)
  --pixel-memory N         MiB of decoded pictures kept in memory (1024)
  --out FOLDER             the run folder, new or empty (.face-trainer/runs/<id>)
  --json                   print every message as a line of JSON
`;

const FLAGS = {
  epochs: { type: 'string' },
  batch: { type: 'string' },
  size: { type: 'string' },
  split: { type: 'string' },
  seed: { type: 'string' },
  weights: { type: 'string' },
  'learning-rate': { type: 'string' },
  width: { type: 'string' },
  'batch-norm-momentum': { type: 'string' },
  optimizer: { type: 'string' },
  momentum: { type: 'string' },
  engine: { type: 'string' },
  threads: { type: 'string' },
  'pixel-memory': { type: 'string' },
  out: { type: 'string' },
  json: { type: 'boolean' },
  sample: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** The options' names on the command line, for messages. */
const FLAG_OF: Record<string, string> = {
  batchSize: '--batch',
  learningRate: '--learning-rate',
  batchNormMomentum: '--batch-norm-momentum',
  pixelMemoryMiB: '--pixel-memory',
};

/** Six hundred drawings from a random start want more and larger steps than the recipe for ImageNet weights has. */
const SAMPLE_DEFAULTS = { size: 96, batchSize: 16, learningRate: 1e-3 };

/** @param sampleFolder where the sample lies, for `--sample` */
export function parseArguments(args: readonly string[], cwd: string, sampleFolder: string): CliCommand {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
  const { values, positionals } = parsed;
  if (values.version) return { name: 'version' };
  const [command, folder, ...more] = positionals;
  if (values.help || command === undefined || command === 'help') return { name: 'help' };
  if (command === 'setup-tensorflow') return { name: 'setup-tensorflow' };
  if (command !== 'train') return usage(`There is no command “${command}”.`);
  if (more.length > 0) return usage(`One folder is enough: what is “${more[0]!}”?`);
  const sample = values.sample === true;
  if (folder === undefined && !sample) return usage('Name the folder to train on, or --sample.');
  if (folder !== undefined && sample) return usage('Name a folder or --sample, not both.');

  const resolve = (file: string | undefined) => (file === undefined ? undefined : path.resolve(cwd, file));
  const number = (text: string | undefined) =>
    text === undefined ? undefined : text.trim() === '' ? NaN : Number(text);
  const momentum = values['batch-norm-momentum'];
  const sampleDefaults = sample ? SAMPLE_DEFAULTS : undefined;
  const options = trainingOptions.safeParse({
    dataset: resolve(folder) ?? sampleFolder,
    epochs: number(values.epochs),
    batchSize: number(values.batch) ?? sampleDefaults?.batchSize,
    size: number(values.size) ?? sampleDefaults?.size,
    split: number(values.split),
    seed: number(values.seed),
    weights: resolve(values.weights),
    learningRate: number(values['learning-rate']) ?? sampleDefaults?.learningRate,
    width: number(values.width),
    batchNormMomentum: momentum === 'auto' ? momentum : number(momentum),
    optimizer: values.optimizer,
    momentum: number(values.momentum),
    engine: values.engine,
    threads: number(values.threads),
    pixelMemoryMiB: number(values['pixel-memory']),
  });
  if (!options.success) {
    const issue = options.error.issues[0]!;
    const name = String(issue.path[0] ?? '');
    return usage(`${FLAG_OF[name] ?? `--${name}`}: ${issue.message}`);
  }
  return { name: 'train', options: options.data, out: resolve(values.out), json: values.json === true, sample };
}

function usage(error: string): CliCommand {
  return { name: 'help', error };
}
