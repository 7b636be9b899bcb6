import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../src/core/userError.js';
import {
  checkpointFolderOf,
  exportedFileOf,
  localFolder,
  placeOf,
  runFolderOf,
} from '../../src/extension/commands/arguments.js';
import { commandTable, runCommand, type Services } from '../../src/extension/commands/commands.js';
import { summaryOf } from '../../src/extension/commands/dataCommands.js';
import { checkpointOf } from '../../src/extension/commands/pickCheckpoint.js';
import { pickTrainingOptions, rememberedOptions } from '../../src/extension/commands/trainingOptionsPick.js';
import { insideFolder } from '../../src/extension/insideFolder.js';
import { Jobs } from '../../src/extension/job.js';
import { showResult } from '../../src/extension/lateResult.js';
import { DataPanels } from '../../src/extension/panels/dataPanels.js';
import { EvaluationPanels } from '../../src/extension/panels/evaluationPanels.js';
import { ModelPanels } from '../../src/extension/panels/modelPanels.js';
import { Reports } from '../../src/extension/panels/reports.js';
import { RunPanels } from '../../src/extension/panels/runPanels.js';
import { Recognizers } from '../../src/extension/recognizers.js';
import { Trainer, type TrainerPorts } from '../../src/extension/trainer.js';
import type { LastWord, TrainerOrder } from '../../src/protocol/jobs.js';
import { optionsOf } from '../../src/protocol/optionInfo.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { QUANTIZATION_VALUES, VALUES } from '../protocol/optionValues.js';
import { scratchFolder } from '../support/scratch.js';
import { FakeEditor, Memory, settled } from './fakeEditor.js';
import { epochEvent, runEventOf, writeRun } from './runs.js';

const folder = scratchFolder();

/** Jobs that end at once, with what the test says. */
class InstantJobs extends Jobs {
  readonly orders: TrainerOrder[] = [];
  constructor(
    editor: FakeEditor,
    private readonly end: LastWord,
  ) {
    super(editor, 'no entry');
  }
  override run(order: TrainerOrder): Promise<LastWord> {
    this.orders.push(order);
    return Promise.resolve(this.end);
  }
}

const CANCELLED: LastWord = { type: 'cancelled' };

interface PickedRow {
  readonly place: number;
  readonly at: readonly string[];
  readonly label: string;
  /** What the row says when `chosen` was chosen. */
  readonly description: string;
  /** Undefined: left as it is. */
  readonly chosen?: unknown;
  /** What is picked from a list; undefined: a number is written. */
  readonly answer?: string;
}

/** The rows that the schema of the options asks for, with something to choose in each. */
function pickedRows(): PickedRow[] {
  const rows = optionsOf(trainingOptions).flatMap(({ path: at, info: { pick, read } }): PickedRow[] => {
    if (!pick) return [];
    const row = { place: pick.place, at, label: `$(${pick.icon}) ${pick.label}` };
    if (read === 'start') return [{ ...row, description: 'face weights' }];
    const [name, words] = Object.entries(pick.values ?? {}).at(-1) ?? [];
    // Another recipe would change what the other rows begin with.
    if (at[0] === 'recipe') return [{ ...row, description: 'face' }];
    if (words) {
      const description = `${words.label[0]!.toLowerCase()}${words.label.slice(1)}`;
      return [{ ...row, description, chosen: name, answer: words.label }];
    }
    const values = new Map(Object.entries({ ...VALUES, ...QUANTIZATION_VALUES }));
    const chosen = values
      .get(at.at(-1)!)
      ?.good.filter((value) => typeof value === 'number')
      .at(-1);
    assert.ok(chosen !== undefined, `test/protocol/optionValues.ts has no number for ${at.join('.')}`);
    return [{ ...row, description: String(chosen), chosen }];
  });
  return rows.sort((a, b) => a.place - b.place);
}

function valueAt(options: object, at: readonly string[]): unknown {
  return at.reduce<unknown>((value, key) => new Map(Object.entries(value as object)).get(key), options);
}

const NO_TRAINING: TrainerPorts = {
  launch: () => assert.fail('no training is expected'),
  follow: () => assert.fail('no training is expected'),
  queue: () => assert.fail('no training is expected'),
};

describe('the commands', () => {
  function services(editor: FakeEditor, jobs = new InstantJobs(editor, CANCELLED)): Services {
    const nothing = () => undefined;
    const recognizers = new Recognizers(editor, 'no entry');
    const panels = {
      runs: new RunPanels(editor, nothing),
      data: new DataPanels(editor, () => Promise.resolve(undefined)),
      models: new ModelPanels(editor, jobs, recognizers),
      evaluations: new EvaluationPanels(editor, jobs, recognizers),
    };
    const status = { show: nothing, update: nothing, hide: nothing };
    const reports = new Reports(editor);
    const trainer = new Trainer(editor, { panels: panels.runs, reports, status, runChanged: nothing }, NO_TRAINING);
    return {
      editor,
      jobs,
      trainer,
      recognizers,
      panels,
      reports,
      runsView: { refresh: nothing },
      recognizersView: { refresh: nothing, show: () => Promise.resolve(), selected: undefined },
      memory: new Memory(),
      cli: '',
    };
  }

  it('are those of the manifest, and those write that it disables in Restricted Mode', () => {
    const { contributes } = JSON.parse(
      fs.readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8'),
    ) as { contributes: { commands: { command: string; enablement?: string }[] } };
    const table = commandTable(services(new FakeEditor()));
    const manifest = contributes.commands.map(({ command, enablement }) => [
      command.replace('faceTrainer.', ''),
      enablement === 'isWorkspaceTrusted',
    ]);
    assert.deepEqual(
      Object.entries(table)
        .map(([name, { writes }]) => [name, writes])
        .sort(),
      manifest.sort(),
    );
  });

  it('write nothing in a folder that is not trusted, however they are called, and say why', async () => {
    const editor = new FakeEditor();
    editor.trusted = false;
    const table = commandTable(services(editor));
    const writing = Object.values(table).filter(({ writes }) => writes);
    for (const command of writing) {
      editor.buttons.push('Manage Workspace Trust');
      await runCommand(editor, command, ['/some/folder']);
    }
    assert.equal(editor.said.length, writing.length);
    assert.ok(writing.length > 10);
    assert.ok(editor.said.every(({ message }) => message.includes('only in a folder that you trust')));
    assert.ok(editor.executed.every(([command]) => command === 'workbench.trust.manage'));
    assert.deepEqual([editor.panels, fs.readdirSync(folder())], [[], []]);
  });

  it('tell a failure with its advice, and log it', async () => {
    const editor = new FakeEditor();
    const fails = (error: Error) => ({ writes: false, run: () => Promise.reject(error) });
    await runCommand(editor, fails(new UserError('disk-full', 'The disk is full.', 'Free some space.')), []);
    await runCommand(editor, fails(new Error('it broke')), []);
    assert.deepEqual(
      editor.said.map(({ message }) => message),
      ['Face Trainer: The disk is full. Free some space.', 'Face Trainer: it broke'],
    );
    assert.equal(editor.logged.length, 2);
  });

  it('check a folder as the training that was last chosen for it will see it', async () => {
    const editor = new FakeEditor();
    editor.settings = { recipe: 'default', pixelCacheMiB: 77, threads: 'many' };
    const jobs = new InstantJobs(editor, CANCELLED);
    const all = services(editor, jobs);
    const dataset = path.join(folder(), 'orl');
    editor.picks.push('$(book) Recipe', 'fast', '$(play)');
    await pickTrainingOptions(editor, all.memory, dataset);
    for (const checked of [dataset, path.join(folder(), 'other')])
      await runCommand(editor, commandTable(all)['checkDataset']!, [{ scheme: 'file', fsPath: checked }]);
    const asked = jobs.orders.map((order) =>
      order.type === 'check' ? [order.size, order.augmentation?.shift, order.pixelCacheMiB] : [],
    );
    assert.deepEqual(asked, [
      [192, false, 77],
      [128, true, 77],
    ]);
  });
});

describe('the options of a training', () => {
  it('are remembered for their folder, without a weights file that is gone', async () => {
    const editor = new FakeEditor();
    const memory = new Memory();
    const weights = path.join(folder(), 'w.h5');
    fs.writeFileSync(weights, '');
    editor.picks.push('$(sync) Epochs', '$(file-binary)', 'A weights file…', '$(play)');
    editor.inputs.push('33');
    editor.files.push(weights);
    const picked = await pickTrainingOptions(editor, memory, '/orl');
    assert.deepEqual([picked?.options.epochs, picked?.options.weights], [33, weights]);
    const saved = new Memory(structuredClone([...memory]));
    assert.deepEqual(rememberedOptions(editor, saved, '/orl'), picked?.options);
    assert.equal(
      rememberedOptions(editor, saved, '/wild').epochs,
      30,
      'the face recipe is where another folder begins',
    );
    fs.rmSync(weights);
    const { weights: start, epochs } = rememberedOptions(editor, saved, '/orl');
    assert.deepEqual([start, epochs], ['imagenet', 33]);
  });

  it('begin with a smaller batch where a run was short of memory, and with the rest of what was chosen', async () => {
    const editor = new FakeEditor();
    const memory = new Memory();
    editor.picks.push('$(sync) Epochs', '$(play)', '$(play)');
    editor.inputs.push('33');
    await pickTrainingOptions(editor, memory, '/orl');
    const { options } = (await pickTrainingOptions(editor, memory, '/orl', { batchSize: 16 }))!;
    assert.deepEqual([options.epochs, options.batchSize], [33, 16]);
    assert.match(editor.lists.at(-1)![0]!.detail!, /batch 16/);
  });

  it('have a random start that keeps what was chosen by hand and takes the rest from the original recipe', async () => {
    const editor = new FakeEditor();
    editor.picks.push('$(book) Recipe', 'fast', '$(sync) Epochs', '$(play)');
    editor.inputs.push('33');
    const picked = await pickTrainingOptions(editor, new Memory(), '/orl');
    const { recipe, epochs, frozen, headEpochs, weights, size } = picked!.atRandom;
    assert.deepEqual([recipe, epochs, frozen, headEpochs, weights, size], ['original', 33, false, 0, undefined, 128]);
    assert.deepEqual([picked!.options.recipe, picked!.options.frozen], ['fast', true]);
  });

  it('have a row for each that the schema says is picked, which changes it and may unset it', async () => {
    const editor = new FakeEditor();
    const memory = new Memory();
    const pick = async (picks: string[], inputs: string[] = []) => {
      editor.picks.push(...picks, '$(play)');
      editor.inputs.push(...inputs);
      return (await pickTrainingOptions(editor, memory, '/orl'))!.options;
    };
    const rows = pickedRows();
    assert.ok(
      rows.length > 8 && new Set(rows.map(({ place }) => place)).size === rows.length,
      'a place is taken twice',
    );
    const changed = rows.filter(({ chosen }) => chosen !== undefined);
    const numbers = changed.filter(({ answer }) => answer === undefined);
    const options = await pick(
      changed.flatMap(({ label, answer }) => (answer === undefined ? [label] : [label, answer])),
      numbers.map(({ chosen }) => String(chosen)),
    );
    for (const { at, chosen } of changed) assert.equal(valueAt(options, at), chosen, at.join('.'));
    const shown = editor.lists.at(-1)!.map(({ label, description, separator }) => [label, separator ?? description]);
    const facts = `face recipe, ${options.epochs} epochs, batch ${options.batchSize}, ${options.size} px, face weights`;
    assert.deepEqual(shown, [
      ['$(play) Start training', '0 pictures'],
      ['Options', true],
      ...rows.map(({ label, description }) => [label, description]),
      ['$(discard) Reset to recipe', 'everything as the face recipe has it'],
      ['Look first', true],
      ['$(eye) Preview', 'twelve pictures as training will see them'],
      ['$(graph-line) Find Learning Rate', 'a hundred steps whose rate grows'],
    ]);
    assert.equal(editor.lists.at(-1)![0]!.detail, facts);
    const less = await pick(['$(chip)', '$(file-binary)', 'Random weights'], ['']);
    assert.deepEqual([less.quantization, less.weights, less.epochs], [undefined, undefined, options.epochs]);
    for (const wrong of ['0', '1.5', 'ten', '']) {
      await assert.rejects(pick(['$(sync)'], [wrong]), /the input refuses/, `${wrong} epochs`);
      editor.picks.length = 0;
    }
  });

  it('take what an earlier version remembered, and nothing of what they do not understand', () => {
    const editor = new FakeEditor();
    const of = (choices: object) =>
      rememberedOptions(editor, new Memory([[`trainingChoices ${path.resolve('/orl')}`, choices]]), '/orl');
    const known = of({ recipe: 'fast', epochs: 33, splitBy: 'identity', weights: null, quantizeAfter: 2 });
    const { recipe, epochs, splitBy, weights, quantization } = known;
    assert.deepEqual([recipe, epochs, splitBy, weights], ['fast', 33, 'identity', undefined]);
    assert.equal(quantization?.afterEpochs, 2);
    for (const wrong of [{ epochs: 'ten' }, { epochs: null }, { splitBy: 'age' }, { quantizeAfter: -1 }])
      assert.equal(of({ recipe: 'fast', ...wrong }).recipe, 'face', JSON.stringify(wrong));
    assert.equal(of({ recipe: 'fast', quantizeAfter: null, dropout: 'of tomorrow' }).recipe, 'fast');
  });

  it('take only settings that are what they should be', () => {
    const editor = new FakeEditor();
    editor.settings = { engine: 'quantum', threads: -3, pixelCacheMiB: 'much', recipe: 7 };
    const { engine, threads, pixelCacheMiB, recipe } = rememberedOptions(editor, new Memory(), '/orl');
    assert.deepEqual([engine, threads, pixelCacheMiB, recipe], ['auto', 0, 20_480, 'face']);
  });
});

describe('the arguments of commands', () => {
  it('are told apart by what they are', async () => {
    const editor = new FakeEditor();
    const checkpoint = path.join(folder(), 'epoch-0001');
    fs.mkdirSync(checkpoint);
    fs.writeFileSync(path.join(checkpoint, 'manifest.json'), '{}');
    const place = (fsPath: string) => ({ scheme: 'file', fsPath });
    assert.deepEqual(placeOf({ ...place('/x'), path: '/x' }), place('/x'));
    assert.equal(placeOf('/x'), undefined);
    assert.equal(runFolderOf({ kind: 'run', runFolder: '/r' }), '/r');
    assert.equal(runFolderOf({ kind: 'checkpoint', path: '/c' }), undefined);
    assert.equal(checkpointFolderOf({ kind: 'checkpoint', path: '/c' }), '/c');
    assert.equal(checkpointFolderOf(place(path.join(checkpoint, 'manifest.json'))), checkpoint);
    assert.equal(checkpointFolderOf(place(folder())), null);
    assert.equal(checkpointFolderOf(undefined), undefined);
    assert.equal(exportedFileOf(place('/x/model.json')), '/x/model.json');
    assert.equal(exportedFileOf(place('/x/notes.json')), undefined);
    assert.equal(await checkpointOf(editor, place(folder()), { title: 'Export' }), undefined);
    assert.equal(editor.said[0]!.message, 'This is not a checkpoint, nor is it inside one.');
  });

  it('are no folders of another file system', async () => {
    const editor = new FakeEditor();
    assert.equal(await localFolder(editor, { scheme: 'vscode-vfs', fsPath: '/x' }, 'Train'), undefined);
    assert.match(editor.said[0]!.message, /virtual file system/);
    editor.files.push('/orl');
    assert.equal(await localFolder(editor, undefined, 'Train'), '/orl');
  });

  it('are asked for with words that tell checkpoints apart', async () => {
    const editor = new FakeEditor();
    editor.workspaceFolders = [folder()];
    const run = path.join(folder(), '.face-trainer', 'runs', '20261125-234801-orl');
    const checkpoint = { type: 'checkpoint', bytes: 1 } as const;
    writeRun(run, [
      runEventOf(run, path.join(folder(), 'orl')),
      epochEvent(4, 40, 0.55),
      { ...checkpoint, path: 'checkpoints/epoch-0004', epoch: 4, step: 40, best: true },
      { ...checkpoint, path: 'checkpoints/step-000052', epoch: 4, step: 52, best: false },
    ]);
    const rows: string[] = [];
    editor.pick = (items) => {
      rows.push(...items.map(({ label, description }) => `${label}: ${description ?? ''}`));
      return Promise.resolve(items[0]);
    };
    assert.equal(
      await checkpointOf(editor, undefined, { title: 'Export', kind: 'float' }),
      path.join(run, 'checkpoints', 'step-000052'),
    );
    assert.deepEqual(rows, [
      'orl – 23:48, step 52, in epoch 5: not validated',
      'orl – 23:48, epoch 4: validation accuracy 55.0 %, best',
    ]);
    assert.equal(await checkpointOf(editor, undefined, { title: 'Compare', kind: 'int8' }), undefined);
    assert.match(editor.said[0]!.message, /no int8 checkpoint yet/);
  });
});

describe('insideFolder', () => {
  it('lets through what lies below a folder, and nothing that leads out of it', () => {
    const root = path.join(folder(), 'in');
    fs.mkdirSync(path.join(root, 'sub'), { recursive: true });
    fs.writeFileSync(path.join(folder(), 'secret'), '');
    fs.symlinkSync(path.join(folder(), 'secret'), path.join(root, 'link'));
    fs.symlinkSync(folder(), path.join(root, 'up'));
    for (const inside of ['a', 'sub', 'sub/a', './a', 'sub/../a', '..a'])
      assert.equal(insideFolder(root, inside), path.resolve(root, inside), inside);
    for (const outside of ['', '.', '..', '../secret', 'sub/../..', '/etc/passwd', 'link', 'up/secret', `${root}2`])
      assert.equal(insideFolder(root, outside), undefined, outside);
  });

  it('takes a folder that is itself reached by a link', () => {
    fs.mkdirSync(path.join(folder(), 'real'));
    fs.writeFileSync(path.join(folder(), 'real', 'a'), '');
    fs.symlinkSync(path.join(folder(), 'real'), path.join(folder(), 'alias'));
    assert.equal(insideFolder(path.join(folder(), 'alias'), 'a'), path.join(folder(), 'alias', 'a'));
  });
});

describe('a result that took a while', () => {
  it('is shown without the focus, and late to somebody at work elsewhere only when asked for', async () => {
    const cases: [elapsedMs: number, occupied: boolean, asked: boolean, shown: boolean[]][] = [
      [500, true, false, [false]],
      [120_000, false, false, [false]],
      [120_000, true, false, []],
      [120_000, true, true, [true]],
    ];
    for (const [elapsedMs, occupied, asked, expected] of cases) {
      const editor = new FakeEditor();
      editor.occupied = occupied;
      if (asked) editor.buttons.push('Show');
      const shown: boolean[] = [];
      await showResult(editor, elapsedMs, 'It is done.', (focus) => shown.push(focus));
      await settled();
      assert.deepEqual(shown, expected, JSON.stringify([elapsedMs, occupied, asked]));
    }
  });

  it('is summed up in a sentence', () => {
    const finding = { code: 'unreadable' as const, title: '', explanation: '', advice: '', files: [] };
    const findings = (['error', 'warning', 'warning'] as const).map((severity) => ({ ...finding, severity }));
    assert.equal(summaryOf({ dataset: '/pictures/orl', findings }), '“orl” was checked: 1 error, 2 warnings.');
  });
});
