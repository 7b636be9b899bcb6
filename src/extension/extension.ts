import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { RunModel } from '../client/runModel.js';
import { nativeAddonFile } from '../platform/nativeAddon.js';
import { qatWishes } from '../protocol/fineTuning.js';
import type { TrainingOptions } from '../protocol/options.js';
import { findTensorFlow } from '../tensorflow/tensorFlowHome.js';
import { DataCommands } from './commands/dataCommands.js';
import { DataPanels } from './panels/dataPanels.js';
import { compareModels } from './commands/compareCommand.js';
import { exportModel } from './commands/exportCommand.js';
import { ModelPanels } from './panels/modelPanels.js';
import { openReport } from './panels/reportView.js';
import { RUN_VIEW, RunPanels } from './panels/runPanels.js';
import { checkpointOf } from './commands/pickCheckpoint.js';
import { pickRun } from './views/runsCatalog.js';
import { RunsView } from './views/runsView.js';
import { setUpTensorFlow } from './commands/setUpTensorFlowCommand.js';
import { Trainer } from './trainer.js';
import { pickTrainingOptions } from './commands/trainingOptionsPick.js';
import { TrainingStatus } from './views/trainingStatus.js';
import { withWeights } from './commands/weightsDownload.js';

/** Wiring only: nothing heavy is loaded before a command runs, and training lives in its own process. */
export function activate(context: vscode.ExtensionContext): void {
  const dist = (file: string) => path.join(context.extensionPath, 'dist', file);
  const log = vscode.window.createOutputChannel('Face Trainer', { log: true });
  const panels: RunPanels = new RunPanels(context.extensionUri, log, (runFolder) =>
    trainer.activeRun?.runFolder === runFolder ? trainer.activeRun : undefined,
  );
  const status = new TrainingStatus();
  const trainer: Trainer = new Trainer(dist('trainer.js'), panels, status, log);

  const runs = new RunsView(trainer.onRunsChanged);
  const models = new ModelPanels(context.extensionUri, dist('trainer.js'), log);
  const data = new DataCommands(dist('trainer.js'), new DataPanels(context.extensionUri, log), log);

  const command = (name: string, run: (...args: unknown[]) => unknown) =>
    vscode.commands.registerCommand(`faceTrainer.${name}`, async (...args: unknown[]) => {
      try {
        await run(...args);
      } catch (error) {
        log.error(error instanceof Error ? error : String(error));
        const message = error instanceof Error ? error.message : String(error);
        void vscode.window.showErrorMessage(`Face Trainer: ${message}`);
      }
    });

  context.subscriptions.push(
    log,
    status,
    trainer,
    vscode.window.registerWebviewPanelSerializer(RUN_VIEW, panels),
    command('trainModel', (folder) =>
      trainModel(trainer, data, context.globalState, folder, () => setUpTensorFlow(dist('faceTrainer.js'), log)),
    ),
    command('checkDataset', async (folder) => {
      const dataset = await localFolder(folder, 'Check This Folder');
      if (dataset !== undefined) await data.check(dataset);
    }),
    command('alignFaces', async (folder) => {
      const dataset = await localFolder(folder, 'Align the Faces of This Folder');
      if (dataset !== undefined) await data.align(dataset);
    }),
    runs,
    command('quantize', (checkpoint, floatLayers, wishes) => quantize(trainer, checkpoint, floatLayers, wishes)),
    command('exportModel', async (argument) => {
      const checkpoint = await checkpointOf(argument, { title: 'Export a checkpoint' });
      if (checkpoint !== undefined) await exportModel(checkpoint, dist('trainer.js'), log);
    }),
    command('compareModels', async (argument) => {
      const checkpoint = await checkpointOf(argument, {
        title: 'Compare float and int8 of a checkpoint',
        kind: 'int8',
      });
      if (checkpoint !== undefined) await compareModels(checkpoint, models, dist('trainer.js'), log);
    }),
    command('tryPicture', async (argument) => {
      const model = exportedFile(argument) ?? (await checkpointOf(argument, { title: 'Try pictures on a checkpoint' }));
      if (model !== undefined) models.tryPictures(model);
    }),
    command('refreshRuns', () => runs.refresh()),
    command('stopTraining', () => trainer.stop()),
    command('openRun', async (folder) => {
      const runFolder = folderOf(folder) ?? (await pickRun());
      if (runFolder) panels.open(runFolder);
    }),
    command('openReport', async (folder) => {
      const runFolder = folderOf(folder) ?? panels.activeRunFolder ?? (await pickRun());
      if (runFolder) await openReport(runFolder);
    }),
    command('setUpTensorFlow', () => setUpTensorFlow(dist('faceTrainer.js'), log)),
    command('showLog', () => log.show()),
  );
}

/** A file that was exported, as the Explorer hands it over. */
function exportedFile(argument: unknown): string | undefined {
  if (!(argument instanceof vscode.Uri)) return undefined;
  return /\.(tflite|onnx|h5)$|[\\/]model\.json$/i.test(argument.fsPath) ? argument.fsPath : undefined;
}

/** Of a command's argument: a path, or a row of the Runs view. */
function folderOf(argument: unknown): string | undefined {
  if (typeof argument === 'string') return argument;
  if (typeof argument !== 'object' || argument === null || !('model' in argument)) return undefined;
  return argument.model instanceof RunModel ? argument.model.runFolder : undefined;
}

async function quantize(trainer: Trainer, argument: unknown, floatLayers: unknown, wishes: unknown): Promise<void> {
  if (await isTraining(trainer)) return;
  const title = 'Enable Quantization-Aware Fine-Tuning on a checkpoint';
  const checkpoint = await checkpointOf(argument, { title, kind: 'float' });
  if (checkpoint === undefined) return;
  const given = qatWishes.safeParse(wishes).data ?? {};
  const layers = z.array(z.string()).safeParse(floatLayers).data;
  trainer.fineTune(
    checkpoint,
    layers ? { ...given, quantization: { ...given.quantization, floatLayers: layers } } : given,
  );
}

/** Two at once would only slow both down. @returns whether one is under way, which the user was told */
async function isTraining(trainer: Trainer): Promise<boolean> {
  const active = trainer.activeRun;
  if (!active) return false;
  const [open, stop] = ['Open Run', 'Stop It'] as const;
  const chosen = await vscode.window.showWarningMessage(
    `A training on “${active.name}” is running; a second one would only slow both down.`,
    open,
    stop,
  );
  if (chosen === open) await vscode.commands.executeCommand('faceTrainer.openRun', active.runFolder);
  if (chosen === stop) trainer.stop();
  return true;
}

async function trainModel(
  trainer: Trainer,
  data: DataCommands,
  memory: vscode.Memento,
  folder: unknown,
  setUp: () => Promise<void>,
): Promise<void> {
  if (await isTraining(trainer)) return;
  const dataset = await localFolder(folder, 'Train on This Folder');
  if (dataset === undefined) return;
  const picked = await pickTrainingOptions(dataset, memory);
  if (!picked) return;
  if (picked.preview) {
    await data.preview(picked.options);
    return;
  }
  if (!(await isEngineReady(picked.options.engine, setUp))) return;
  const options = await withWeights(picked.options);
  if (!options) return;
  trainer.start(options);
}

/** On plain JavaScript a run is hundreds of times slower: better asked than found out. @returns whether to go on */
async function isEngineReady(engine: TrainingOptions['engine'], setUp: () => Promise<void>): Promise<boolean> {
  const native = engine !== 'tensorflow' && nativeAddonFile() !== undefined;
  // Where the native engine was asked for by name and is absent, the run says so in a sentence.
  if (native || engine === 'javascript' || engine === 'native' || findTensorFlow()) return true;
  const [install, slow] = ['Set Up TensorFlow', 'Train Slowly'] as const;
  const chosen = await vscode.window.showWarningMessage(
    engine === 'tensorflow'
      ? 'TensorFlow is not set up.'
      : 'The native engine was not built for this machine and TensorFlow is not set up: without either, training is hundreds of times slower.',
    { modal: true, detail: 'The set-up downloads about 300 MB once and keeps them for every workspace.' },
    install,
    ...(engine === 'tensorflow' ? [] : [slow]),
  );
  if (chosen === install) await setUp();
  return chosen === slow || findTensorFlow() !== undefined;
}

/** The folder of a command, asked for when it came without one. @returns undefined when there is none to be had */
async function localFolder(folder: unknown, openLabel: string): Promise<string | undefined> {
  const uri = folder instanceof vscode.Uri ? folder : await askForFolder(openLabel);
  if (!uri || uri.scheme === 'file') return uri?.fsPath;
  void vscode.window.showErrorMessage(
    'Face Trainer reads pictures from a disk: this folder is on a virtual file system.',
  );
  return undefined;
}

async function askForFolder(openLabel: string): Promise<vscode.Uri | undefined> {
  const defaultUri = vscode.workspace.workspaceFolders?.[0]?.uri;
  const chosen = await vscode.window.showOpenDialog({
    title: 'Folder with one sub-folder for each person',
    openLabel,
    canSelectFolders: true,
    canSelectFiles: false,
    ...(defaultUri && { defaultUri }),
  });
  return chosen?.[0];
}
