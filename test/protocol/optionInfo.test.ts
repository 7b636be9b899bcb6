import assert from 'node:assert/strict';
import * as z from 'zod';
import { exportOptions } from '../../src/protocol/exportOptions.js';
import { qatOverrides } from '../../src/protocol/fineTuning.js';
import { JOBS, type Job } from '../../src/protocol/jobs.js';
import { optionInfo, optionsOf, type Option } from '../../src/protocol/optionInfo.js';
import { trainingOptions } from '../../src/protocol/options.js';

function told<T extends z.ZodType>(schema: T, flag: string): T {
  optionInfo.add<z.ZodType>(schema, { flag, help: 'h' });
  return schema;
}
const places = (schema: z.ZodType) => optionsOf(schema).map(({ path, info }) => `${path.join('.')} --${info.flag}`);

describe('the options that a schema tells of', () => {
  it('are found wherever they stand, in the order of the schema', () => {
    const schema = z.object({
      first: told(z.int(), 'first'),
      untold: z.string(),
      group: z.strictObject({ b: told(z.string(), 'b'), a: told(z.string(), 'a') }).default(() => ({ a: '', b: '' })),
      deep: z.object({ deeper: z.object({ deepest: told(z.boolean().optional(), 'deepest') }).optional() }).optional(),
      either: z.union([z.literal('none'), z.object({ left: told(z.int(), 'left') }), told(z.int(), 'number')]),
      last: told(z.int().default(3), 'last'),
    });
    assert.deepEqual(places(schema), [
      'first --first',
      'group.b --b',
      'group.a --a',
      'deep.deeper.deepest --deepest',
      'either.left --left',
      'either --number',
      'last --last',
    ]);
  });

  it('are none of what is told as one option, and none of a list', () => {
    assert.deepEqual(places(told(z.object({ inside: told(z.int(), 'inside') }), 'whole')), [' --whole']);
    assert.deepEqual(places(z.array(z.object({ inside: told(z.int(), 'inside') }))), []);
    assert.deepEqual(places(z.string()), []);
  });

  it('have the bounds that they are used with, also those that were added after they were told of', () => {
    const count = told(z.int(), 'count');
    const [option] = optionsOf(z.object({ count: count.min(5) }));
    assert.deepEqual([option!.info.flag, option!.path], ['count', ['count']]);
    assert.deepEqual(
      [4, 5].map((value) => z.safeParse(option!.schema, value).success),
      [false, true],
    );
  });
});

/** Scripts call these: one that goes away or moves to another field breaks them. */
const FLAGS: Record<'training' | 'qat' | 'export', Record<string, string>> = {
  training: {
    ...{ recipe: 'recipe', size: 'size', backbone: 'backbone', width: 'width', pooling: 'pooling', dropout: 'dropout' },
    ...{ embedding: 'embedding', 'warmup-epochs': 'warmupEpochs' },
    ...{
      'decay-epochs': 'decayEpochs',
      'decay-factor': 'decayFactor',
      'average-decay': 'averageDecay',
      patience: 'patience',
    },
    ...{ epochs: 'epochs', 'head-epochs': 'headEpochs', frozen: 'frozen', batch: 'batchSize', optimizer: 'optimizer' },
    ...{
      momentum: 'momentum',
      'clip-norm': 'clipNorm',
      'weight-decay': 'weightDecay',
      'learning-rate': 'learningRate',
    },
    ...{ 'head-rate-factor': 'headRateFactor', schedule: 'schedule', 'label-smoothing': 'labelSmoothing' },
    ...{ loss: 'loss', 'logit-scale': 'logitScale', margin: 'margin', 'loss-ramp': 'lossRamp' },
    ...{ augment: 'augmentation', 'people-per-batch': 'sampler.people', 'pictures-per-person': 'sampler.pictures' },
    ...{ split: 'split', 'split-by': 'splitBy', seed: 'seed', weights: 'weights', exclude: 'exclude' },
    ...{ 'quantize-after': 'quantization.afterEpochs', 'quantize-after-steps': 'quantization.afterSteps' },
    ...{ 'weight-bits': 'quantization.weightBits', observer: 'quantization.observer' },
    ...{ 'calibration-pictures': 'quantization.calibrationPictures' },
    ...{ 'activations-after': 'quantization.activationsAfter' },
    ...{ 'freeze-batch-norm': 'quantization.freezeBatchNormAfter', 'freeze-ranges': 'quantization.freezeRangesAfter' },
    ...{ 'learning-rate-factor': 'quantization.learningRateFactor', 'float-layers': 'quantization.floatLayers' },
    ...{ sensitivity: 'quantization.sensitivityPictures', 'batch-norm-momentum': 'batchNormMomentum' },
    ...{ engine: 'engine', threads: 'threads', 'pixel-cache': 'pixelCacheMiB' },
  },
  qat: { epochs: 'epochs', dataset: 'dataset', 'changed-data': 'changedData' },
  export: { format: 'format', precision: 'precision', io: 'io', border: 'io', part: 'part' },
};

function flagsOf(schema: z.ZodType): Record<string, string> {
  return Object.fromEntries(
    optionsOf(schema).flatMap(({ path, info }) =>
      [info.flag, ...(info.aliases ?? [])].map((flag) => [flag, path.join('.')]),
    ),
  );
}

describe('the flags of today', () => {
  it('still set what they set', () => {
    const now = { training: flagsOf(trainingOptions), qat: flagsOf(qatOverrides), export: flagsOf(exportOptions) };
    for (const command of ['training', 'qat', 'export'] as const)
      for (const [flag, field] of Object.entries(FLAGS[command]))
        assert.equal(now[command][flag], field, `${command} --${flag}`);
  });

  it('set the same in a fine-tuning as in a training, in the same words', () => {
    const training = new Map(optionsOf(trainingOptions).map((option) => [option.info.flag, option]));
    const shared = optionsOf(qatOverrides).filter(
      ({ info }) => !['epochs', 'dataset', 'changed-data'].includes(info.flag),
    );
    assert.deepEqual(
      shared.map(({ path }) => path.join('.')).sort(),
      shared.map(({ info }) => training.get(info.flag)?.path.join('.')).sort(),
    );
    for (const { info } of shared) assert.equal(info, training.get(info.flag)!.info, info.flag);
    for (const flag of ['engine', 'threads', 'pixel-cache', 'observer', 'sensitivity', 'quantize-after'])
      assert.ok(
        shared.some(({ info }) => info.flag === flag),
        flag,
      );
  });

  it('have no alias that is another flag’s name', () => {
    for (const schema of [trainingOptions, qatOverrides, exportOptions]) {
      const names = optionsOf(schema).flatMap(({ info }) => [info.flag, ...(info.aliases ?? [])]);
      assert.equal(new Set(names).size, names.length, names.join());
    }
  });

  it('of the other jobs set what they set', () => {
    const others: Partial<Record<Job, Record<string, string>>> = {
      check: { size: 'size', exclude: 'exclude', 'pixel-cache': 'pixelCacheMiB' },
      align: { size: 'size', threads: 'threads' },
      predict: { faces: 'faces' },
    };
    for (const [job, flags] of Object.entries(others)) {
      const now = flagsOf(JOBS[job as Job].order);
      for (const [flag, field] of Object.entries(flags)) assert.equal(now[flag], field, `${job} --${flag}`);
    }
  });
});

describe('what stands for the value of an option', () => {
  const options = [
    trainingOptions,
    qatOverrides,
    exportOptions,
    ...Object.values(JOBS).map(({ order }) => order),
  ].flatMap((schema) => optionsOf(schema));
  const takes = ({ schema }: Option, value: unknown) => z.safeParse(schema, value).success;
  const some = (option: Option, values: readonly unknown[]) => values.some((value) => takes(option, value));
  const numbers = [...[1, 2, 8, 32, 64, 128, 512], ...[0.5, 0.25, 0.1]];

  const LISTS: Readonly<Record<string, unknown>> = { strengths: { flip: true }, numbers: [3], names: ['Conv1'] };

  it('is what the schema takes: N and F numbers, NAME a name, LIST a list or an object, nothing a switch', () => {
    for (const option of options) {
      const { flag, value, read } = option.info;
      if (value === undefined) assert.ok(takes(option, true) && takes(option, false), flag);
      if (value === 'N') assert.ok(some(option, [1, 2, 8, 64]), flag);
      if (value === 'F') assert.ok(some(option, [0.5, 0.25, 1.5]), flag);
      if (value === 'FILE' || value === 'FOLDER') assert.ok(takes(option, '/some/where'), flag);
      if (value === 'LIST') assert.ok(takes(option, LISTS[read ?? 'names']), flag);
      if (value !== undefined) assert.ok(!takes(option, true), `--${flag} is no switch`);
      if (value !== 'N' && value !== 'F') assert.ok(!some(option, numbers), `--${flag} is no number`);
    }
  });

  it('is F, not N, where a fraction is taken, but for a size in MiB', () => {
    const fractions = options.filter((option) => option.info.value === 'N' && some(option, [0.5, 1.5, 2.25]));
    assert.deepEqual([...new Set(fractions.map(({ info }) => info.flag))], ['pixel-cache']);
  });

  it('is told in the help by every name that is taken', () => {
    const named = options.filter(({ info }) => info.value === 'NAME' && info.read === undefined);
    assert.ok(named.length >= 10);
    for (const { schema, info } of named) {
      const { enum: names = [] } = z.toJSONSchema(schema, { io: 'input' });
      assert.ok(names.length > 0, info.flag);
      // The help at the terminal adds them to those that are listed.
      if (info.listed !== true)
        for (const name of names) assert.match(info.help, new RegExp(`\\b${String(name)}\\b`), `--${info.flag}`);
    }
  });

  it('is set by a wrong value at the place that the option names', () => {
    for (const { path, info } of optionsOf(trainingOptions)) {
      const nested = path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), Symbol('nothing takes this'));
      const { error } = trainingOptions.safeParse({ dataset: '/d', ...(nested as object) });
      assert.equal(error?.issues[0]?.path[0], path[0], info.flag);
    }
  });
});

describe('the rows of the editor', () => {
  const rows = optionsOf(trainingOptions).flatMap(({ path, schema, info }) =>
    info.pick ? [{ name: path.join('.'), schema, pick: info.pick }] : [],
  );

  it('begin with the recipe, which sets all others, and have each a place of its own', () => {
    const sorted = [...rows].sort((a, b) => a.pick.place - b.pick.place);
    assert.equal(sorted[0]!.name, 'recipe');
    assert.equal(new Set(rows.map(({ pick }) => pick.place)).size, rows.length);
  });

  it('have words for every value of a choice, each other than the others', () => {
    const choices = rows.flatMap(({ name, schema, pick }) =>
      pick.values ? [{ name, schema, values: pick.values }] : [],
    );
    assert.deepEqual(
      choices.map(({ name }) => name),
      ['recipe', 'loss', 'splitBy', 'faces'],
    );
    for (const { name, schema, values } of choices) {
      assert.deepEqual(
        Object.keys(values).sort(),
        [...(z.toJSONSchema(schema, { io: 'input' }).enum ?? [])].sort(),
        name,
      );
      for (const part of ['label', 'detail'] as const)
        assert.equal(new Set(Object.values(values).map((words) => words[part])).size, Object.keys(values).length);
    }
  });

  it('have labels and icons of their own, and names under which they are remembered', () => {
    for (const distinct of [
      rows.map(({ pick }) => pick.label),
      rows.map(({ pick }) => pick.icon),
      rows.map(({ name, pick }) => pick.key ?? name),
    ])
      assert.equal(new Set(distinct).size, rows.length, distinct.join());
    // The editor remembers a row by a field of the choices, not by a path.
    for (const { name, pick } of rows) assert.doesNotMatch(pick.key ?? name, /\./, name);
    for (const { pick } of rows) assert.doesNotMatch([pick.label, pick.prompt ?? ''].join(' '), /\.( |$)|undefined/);
  });
});
