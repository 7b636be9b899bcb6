import path from 'node:path';
import { parseArgs } from 'node:util';
import { exportOptions, FORMATS, usualName } from '../protocol/exportOptions.js';
import { facesWish } from '../protocol/prediction.js';
import { RECIPES, type RecipeName, type TrainingOptions, type TrainingOptionsInput } from '../protocol/options.js';
import type { TrainerOrder } from '../protocol/jobs.js';
import { qatWishes } from '../protocol/options.js';
import { withRecipe } from '../protocol/recipes.js';

export type CliCommand =
  | { readonly name: 'help'; readonly error?: string }
  | { readonly name: 'version' }
  | { readonly name: 'setup-tensorflow' }
  | {
      readonly name: 'check';
      readonly dataset: string;
      readonly size: number;
      readonly pixelCacheMiB: number;
      readonly exclude: string | undefined;
      readonly json: boolean;
      /** File that receives the suggested exclusions, absolute. */
      readonly writeExclusions: string | undefined;
    }
  | {
      readonly name: 'align';
      readonly dataset: string;
      readonly out: string;
      readonly size: number;
      readonly threads: number;
      readonly json: boolean;
    }
  | {
      readonly name: 'qat';
      /** Absolute. */
      readonly checkpoint: string;
      readonly wishes: Extract<TrainerOrder, { type: 'qat' }>['wishes'];
      readonly out: string | undefined;
      readonly json: boolean;
    }
  | {
      readonly name: 'export';
      readonly order: Omit<Extract<TrainerOrder, { type: 'export' }>, 'type' | 'protocol'>;
      readonly json: boolean;
    }
  | { readonly name: 'compare'; readonly checkpoint: string; readonly json: boolean }
  | {
      readonly name: 'predict';
      readonly order: Omit<Extract<TrainerOrder, { type: 'predict' }>, 'type' | 'protocol'>;
      readonly json: boolean;
    }
  | { readonly name: 'download-weights'; readonly width: number; readonly size: number }
  | {
      readonly name: 'train';
      readonly options: TrainingOptions;
      /** Run folder, absolute; the default place when absent. */
      readonly out: string | undefined;
      readonly json: boolean;
      readonly sample: boolean;
      /** The user agrees to download the weights that are needed. */
      readonly download: boolean;
    };

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
  'pixel-cache': { type: 'string' },
  recipe: { type: 'string' },
  'split-by': { type: 'string' },
  exclude: { type: 'string' },
  schedule: { type: 'string' },
  'weight-decay': { type: 'string' },
  'head-epochs': { type: 'string' },
  'head-rate-factor': { type: 'string' },
  frozen: { type: 'boolean' },
  pooling: { type: 'string' },
  dropout: { type: 'string' },
  'label-smoothing': { type: 'string' },
  augment: { type: 'string' },
  'write-exclusions': { type: 'string' },
  'people-per-batch': { type: 'string' },
  'pictures-per-person': { type: 'string' },
  dataset: { type: 'string' },
  'changed-data': { type: 'boolean' },
  'quantize-after': { type: 'string' },
  'quantize-after-steps': { type: 'string' },
  'learning-rate-factor': { type: 'string' },
  'weight-bits': { type: 'string' },
  observer: { type: 'string' },
  'calibration-pictures': { type: 'string' },
  'activations-after': { type: 'string' },
  'freeze-batch-norm': { type: 'string' },
  'freeze-ranges': { type: 'string' },
  'float-layers': { type: 'string' },
  sensitivity: { type: 'string' },
  format: { type: 'string' },
  precision: { type: 'string' },
  border: { type: 'string' },
  output: { type: 'string' },
  part: { type: 'string' },
  faces: { type: 'string' },
  'no-measure': { type: 'boolean' },
  out: { type: 'string' },
  json: { type: 'boolean' },
  sample: { type: 'boolean' },
  download: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** The options' names on the command line, for messages. */
const FLAG_OF: Record<string, string> = {
  batchSize: '--batch',
  learningRate: '--learning-rate',
  batchNormMomentum: '--batch-norm-momentum',
  pixelCacheMiB: '--pixel-cache',
  splitBy: '--split-by',
  weightDecay: '--weight-decay',
  headEpochs: '--head-epochs',
  headRateFactor: '--head-rate-factor',
  labelSmoothing: '--label-smoothing',
  augmentation: '--augment',
  sampler: '--people-per-batch and --pictures-per-person',
  quantization: '--quantize-after and what belongs to it',
  learningRateFactor: '--learning-rate-factor',
  weightBits: '--weight-bits',
  calibrationPictures: '--calibration-pictures',
  activationsAfter: '--activations-after',
  freezeBatchNormAfter: '--freeze-batch-norm',
  freezeRangesAfter: '--freeze-ranges',
  sensitivityPictures: '--sensitivity',
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
  if (command === 'download-weights') {
    const [width, size] = [Number(values.width ?? 1), Number(values.size ?? 128)];
    return width > 0 && size > 0 ? { name: 'download-weights', width, size } : usage('--width and --size are numbers.');
  }
  if (!['train', 'check', 'align', 'qat', 'export', 'compare', 'predict'].includes(command))
    return usage(`There is no command “${command}”.`);
  if (command === 'predict')
    return folder === undefined
      ? usage('Name a checkpoint or an exported file, and pictures to look at.')
      : predict(path.resolve(cwd, folder), more, values, cwd);
  if (more.length > 0) return usage(`One folder is enough: what is “${more[0]!}”?`);
  if (command !== 'train') {
    if (folder === undefined)
      return usage(
        ['qat', 'export', 'compare'].includes(command)
          ? 'Name the folder of a checkpoint.'
          : `Name the folder to ${command}.`,
      );
    if (command === 'qat') return qat(path.resolve(cwd, folder), values, cwd);
    if (command === 'export') return exportFile(path.resolve(cwd, folder), values, cwd);
    if (command === 'compare')
      return { name: 'compare', checkpoint: path.resolve(cwd, folder), json: values.json === true };
    return command === 'check'
      ? check(path.resolve(cwd, folder), values, cwd)
      : align(path.resolve(cwd, folder), values, cwd);
  }
  const sample = values.sample === true;
  if (folder === undefined && !sample) return usage('Name the folder to train on, or --sample.');
  if (folder !== undefined && sample) return usage('Name a folder or --sample, not both.');

  const resolve = (file: string | undefined) => (file === undefined ? undefined : path.resolve(cwd, file));
  const momentum = values['batch-norm-momentum'];
  const sampleDefaults = sample ? SAMPLE_DEFAULTS : undefined;
  const recipe = values.recipe ?? (sample ? 'original' : 'default');
  if (!isRecipe(recipe)) return usage(`--recipe: there is ${RECIPES.join(', ')}, but no “${recipe}”.`);
  const people = number(values['people-per-batch']);
  const each = number(values['pictures-per-person']);
  const wishes = {
    dataset: resolve(folder) ?? sampleFolder,
    epochs: number(values.epochs),
    batchSize: number(values.batch) ?? sampleDefaults?.batchSize,
    size: number(values.size) ?? sampleDefaults?.size,
    split: number(values.split),
    splitBy: values['split-by'],
    exclude: resolve(values.exclude),
    seed: number(values.seed),
    learningRate: number(values['learning-rate']) ?? sampleDefaults?.learningRate,
    schedule: values.schedule,
    width: number(values.width),
    pooling: values.pooling,
    dropout: number(values.dropout),
    headEpochs: number(values['head-epochs']),
    headRateFactor: number(values['head-rate-factor']),
    frozen: values.frozen,
    labelSmoothing: number(values['label-smoothing']),
    augmentation: values.augment === undefined ? undefined : parseAugmentation(values.augment),
    sampler: people === undefined && each === undefined ? undefined : { people, pictures: each },
    batchNormMomentum: momentum === 'auto' ? momentum : number(momentum),
    optimizer: values.optimizer,
    momentum: number(values.momentum),
    weightDecay: number(values['weight-decay']),
    engine: values.engine,
    threads: number(values.threads),
    pixelCacheMiB: number(values['pixel-cache']),
    ...weightsOf(values.weights, cwd),
    ...(values['quantize-after'] === undefined && values['quantize-after-steps'] === undefined
      ? {}
      : { quantization: quantizationOf(values) }),
  };
  const options = withRecipe(recipe, wishes as TrainingOptionsInput);
  if (!options.success) {
    const issue = options.error.issues[0]!;
    const name = String(issue.path[0] ?? '');
    return usage(`${FLAG_OF[name] ?? `--${name}`}: ${issue.message}`);
  }
  return {
    name: 'train',
    options: options.data,
    out: resolve(values.out),
    json: values.json === true,
    sample,
    download: values.download === true,
  };
}

function number(text: string | undefined): number | undefined {
  return text === undefined ? undefined : text.trim() === '' ? NaN : Number(text);
}

/** What of it is undefined is left to the defaults. */
function quantizationOf(values: Values): Record<string, unknown> {
  const of = (name: string) => number(values[name] as string | undefined);
  const layers = values['float-layers'];
  const wishes = {
    afterEpochs: of('quantize-after'),
    afterSteps: of('quantize-after-steps'),
    learningRateFactor: of('learning-rate-factor'),
    weightBits: of('weight-bits'),
    observer: values['observer'],
    calibrationPictures: of('calibration-pictures'),
    activationsAfter: of('activations-after'),
    freezeBatchNormAfter: of('freeze-batch-norm'),
    freezeRangesAfter: of('freeze-ranges'),
    sensitivityPictures: of('sensitivity'),
    floatLayers: typeof layers === 'string' ? layers.split(',').map((name) => name.trim()) : undefined,
  };
  return Object.fromEntries(Object.entries(wishes).filter(([, value]) => value !== undefined));
}

function exportFile(checkpoint: string, values: Values, cwd: string): CliCommand {
  const { format, precision, border, part } = values;
  const parsed = exportOptions.safeParse({ format: format ?? 'tflite', precision, border, part });
  if (!parsed.success) {
    const name = String(parsed.error.issues[0]!.path[0]);
    const choices = {
      format: FORMATS.join(', '),
      precision: 'float32 or int8',
      border: 'float32 or int8',
      part: 'classifier or embedding',
    };
    return usage(`--${name}: ${choices[name as keyof typeof choices]}.`);
  }
  const options = parsed.data;
  const usual = path.join(checkpoint, '..', '..', 'exports', usualName(path.basename(checkpoint), options));
  const given = typeof values['output'] === 'string' ? path.resolve(cwd, values['output']) : usual;
  // A LayersModel is a folder with this file in it.
  const output = options.format === 'tfjs' && !given.endsWith('.json') ? path.join(given, 'model.json') : given;
  return {
    name: 'export',
    order: { checkpoint, options, output, measure: values['no-measure'] !== true },
    json: values['json'] === true,
  };
}

function predict(model: string, files: readonly string[], values: Values, cwd: string): CliCommand {
  const faces = facesWish.safeParse(values['faces'] ?? 'auto').data;
  if (!faces) return usage('--faces: auto, align or as-they-are.');
  if (files.length === 0) return usage('Name pictures to look at.');
  const order = { model, files: files.map((file) => path.resolve(cwd, file)), faces, seen: false };
  return { name: 'predict', order, json: values['json'] === true };
}

function qat(checkpoint: string, values: Values, cwd: string): CliCommand {
  const given = (name: string) => (typeof values[name] === 'string' ? values[name] : undefined);
  const dataset = given('dataset');
  const wishes = {
    epochs: number(given('epochs')),
    dataset: dataset === undefined ? undefined : path.resolve(cwd, dataset),
    changedData: values['changed-data'] === true || undefined,
    engine: given('engine'),
    threads: number(given('threads')),
    pixelCacheMiB: number(given('pixel-cache')),
    quantization: quantizationOf(values),
  };
  const parsed = qatWishes.safeParse(
    Object.fromEntries(Object.entries(wishes).filter(([, value]) => value !== undefined)),
  );
  if (!parsed.success) {
    const { path: at, message } = parsed.error.issues[0]!;
    const name = String(at.at(-1));
    return usage(`${FLAG_OF[name] ?? `--${name}`}: ${message}`);
  }
  const out = given('out');
  return {
    name: 'qat',
    checkpoint,
    wishes: parsed.data,
    out: out === undefined ? undefined : path.resolve(cwd, out),
    json: values['json'] === true,
  };
}

type Values = Readonly<Record<string, string | boolean | undefined>>;

function check(dataset: string, values: Values, cwd: string): CliCommand {
  const file = (name: string) => (typeof values[name] === 'string' ? path.resolve(cwd, values[name]) : undefined);
  const size = Number(values['size'] ?? 128);
  if (!(Number.isInteger(size) && size >= 32)) return usage('--size: a number of pixels from 32 on');
  const pixelCacheMiB = Number(values['pixel-cache'] ?? 20_480);
  if (!(pixelCacheMiB >= 0)) return usage('--pixel-cache: a number of MiB');
  return {
    name: 'check',
    dataset,
    size,
    pixelCacheMiB,
    exclude: file('exclude'),
    json: values['json'] === true,
    writeExclusions: file('write-exclusions'),
  };
}

function align(dataset: string, values: Values, cwd: string): CliCommand {
  const size = Number(values['size'] ?? 224);
  if (!(Number.isInteger(size) && size >= 32 && size <= 1024))
    return usage('--size: a number of pixels from 32 to 1024');
  const threads = Number(values['threads'] ?? 0);
  if (!(Number.isInteger(threads) && threads >= 0 && threads <= 256)) return usage('--threads: a number from 0 to 256');
  const out = typeof values['out'] === 'string' ? path.resolve(cwd, values['out']) : `${dataset}-aligned`;
  return { name: 'align', dataset, out, size, threads, json: values['json'] === true };
}

function isRecipe(name: string): name is RecipeName {
  return (RECIPES as readonly string[]).includes(name);
}

/** `random` takes the recipe's weights away; a name of no file stays as it is. */
function weightsOf(text: string | undefined, cwd: string): { weights?: string | null } {
  if (text === undefined) return {};
  if (text === 'random') return { weights: null };
  return { weights: text === 'imagenet' ? text : path.resolve(cwd, text) };
}

/** "flip,shift,rotation=10" → what the schema checks. */
function parseAugmentation(text: string): Record<string, unknown> {
  const parts = text.split(',').map((part) => part.trim());
  if (text.trim() === 'none') return {};
  return Object.fromEntries(
    parts.map((part) => {
      const [name, value] = part.split('=');
      return [name!, value === undefined ? true : Number(value)];
    }),
  );
}

function usage(error: string): CliCommand {
  return { name: 'help', error };
}
