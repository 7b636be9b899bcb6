import * as z from 'zod';
import { frozenForInt8 } from '../../core/frozenForInt8.js';
import { nativeAddonFile } from '../../platform/nativeAddon.js';
import { qatOverrides } from '../../protocol/fineTuning.js';
import type { TrainingOptions } from '../../protocol/options.js';
import { findTensorFlow } from '../../tensorflow/tensorFlowHome.js';
import type { Editor } from '../editor.js';
import type { Trainer } from '../trainer.js';
import { trainingSettings } from '../trainingSettings.js';
import { mayGoOn } from '../views/runsCatalog.js';
import { RunModel } from '../../client/runModel.js';
import { longerWords } from '../../core/longerWords.js';
import type { RunState } from '../../core/runState.js';
import { localFolder, runFolderOf } from './arguments.js';
import { checkpointOf } from './pickCheckpoint.js';
import { pickRun } from './pickRun.js';
import { withStartWeights } from './startWeights.js';
import { pickTrainingOptions, type Memory } from './trainingOptionsPick.js';

export interface TrainModelPorts {
  readonly trainer: Trainer;
  readonly memory: Memory;
  readonly preview: (options: TrainingOptions) => Promise<void>;
  readonly searchRate: (options: TrainingOptions) => Promise<void>;
  readonly setUpTensorFlow: () => Promise<void>;
}

/** What a run that was short of memory leads on to, or a search for a learning rate. */
const proposed = z.object({ batchSize: z.int().min(2).optional(), learningRate: z.number().positive().optional() });

/**
 * From a folder of pictures to a training, by way of the options and the weights to start from.
 *
 */
export async function trainModel(
  editor: Editor,
  ports: TrainModelPorts,
  folder: unknown,
  otherwise?: unknown,
): Promise<void> {
  const dataset = await localFolder(editor, folder, 'Train on This Folder');
  if (dataset === undefined) return;
  const picked = await pickTrainingOptions(editor, ports.memory, dataset, proposed.safeParse(otherwise).data);
  if (!picked) return;
  if (picked.first === 'preview') {
    await ports.preview(picked.options);
    return;
  }
  if (picked.options.quantization && picked.options.frozen) throw frozenForInt8();
  if (!(await isEngineReady(editor, picked.options.engine, ports.setUpTensorFlow))) return;
  const options = await withStartWeights(editor, picked);
  if (!options) return;
  if (picked.first === 'rate') await ports.searchRate(options);
  else await ports.trainer.start(options);
}

/**
 * Fine-tunes a checkpoint for int8.
 *
 * @param overrides of a run that was refused and goes on otherwise
 */
export async function quantize(
  editor: Editor,
  trainer: Trainer,
  argument: unknown,
  floatLayers: unknown,
  overrides: unknown,
): Promise<void> {
  const title = 'Enable Quantization-Aware Fine-Tuning on a checkpoint';
  const checkpoint = await checkpointOf(editor, argument, { title, kind: 'float' });
  if (checkpoint === undefined) return;
  const given = { ...trainingSettings(editor), ...qatOverrides.safeParse(overrides).data };
  const layers = z.array(z.string()).safeParse(floatLayers).data;
  await trainer.fineTune(
    checkpoint,
    layers ? { ...given, quantization: { ...given.quantization, floatLayers: layers } } : given,
  );
}

/** Goes on with a run from its newest checkpoint. @param more epochs beyond those that were planned; asked for where all are done */
export async function goOn(editor: Editor, trainer: Trainer, argument: unknown, more: unknown): Promise<void> {
  const runFolder = runFolderOf(argument) ?? (await pickRun(editor, 'Go On with a Run', mayGoOn));
  if (runFolder === undefined) return;
  const { state } = new RunModel(runFolder);
  const planned = state.run?.options.epochs ?? 0;
  const done = state.epochs.length >= planned && state.finished?.reason === 'completed';
  const wished = z.int().min(1).max(10_000).safeParse(more).data ?? (done ? await askForMore(editor, state) : 0);
  if (wished === undefined) return;
  await trainer.resume(runFolder, wished > 0 ? planned + wished : undefined);
}

/** How many epochs a run that is complete shall have more. */
async function askForMore(editor: Editor, { run }: RunState): Promise<number | undefined> {
  const text = await editor.input({
    title: 'Train Longer',
    prompt: `Epochs beyond the ${run?.options.epochs ?? 0} that are done. ${longerWords(run?.options)}`,
    value: '10',
    problem: (typed) => (/^[1-9]\d{0,3}$/.test(typed.trim()) ? undefined : 'A whole number from 1 to 9999'),
  });
  return text === undefined ? undefined : Number(text);
}

/** On plain JavaScript a run is hundreds of times slower: better asked than found out. @returns whether to go on */
async function isEngineReady(
  editor: Editor,
  engine: TrainingOptions['engine'],
  setUp: () => Promise<void>,
): Promise<boolean> {
  const native = engine !== 'tensorflow' && nativeAddonFile() !== undefined;
  // Where the native engine was asked for by name and is absent, the run says so in a sentence.
  if (native || engine === 'javascript' || engine === 'native' || findTensorFlow()) return true;
  const [install, slow] = ['Set Up TensorFlow', 'Train Slowly'] as const;
  const chosen = await editor.ask(
    engine === 'tensorflow'
      ? 'TensorFlow is not set up.'
      : 'The native engine was not built for this machine and TensorFlow is not set up: without either, training is hundreds of times slower.',
    'The set-up downloads about 300 MB, once for all workspaces.',
    install,
    ...(engine === 'tensorflow' ? [] : [slow]),
  );
  if (chosen === install) await setUp();
  return chosen === slow || findTensorFlow() !== undefined;
}
