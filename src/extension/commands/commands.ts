import path from 'node:path';
import type { Editor } from '../editor.js';
import { tellFailure } from '../failures.js';
import type { Jobs } from '../job.js';
import type { Panels } from '../panels/allPanels.js';
import type { Reports } from '../panels/reports.js';
import type { Recognizers } from '../recognizers.js';
import type { Trainer } from '../trainer.js';
import { exportedFileOf, localFolder, runFolderOf } from './arguments.js';
import { compareModels } from './compareCommand.js';
import { copyDiagnostics, programOf } from './copyDiagnostics.js';
import { DataCommands, findRate } from './dataCommands.js';
import { exportModel, exportRecognizer } from './exportCommand.js';
import { checkpointOf } from './pickCheckpoint.js';
import { pickRun } from './pickRun.js';
import { deletePersonalData, forgetPerson } from './privacyCommands.js';
import { startWaitingNow, takeOut } from './queueCommands.js';
import { setUpTensorFlow } from './setUpTensorFlowCommand.js';
import { evaluatedOf } from './evaluateCommand.js';
import { recognizePeople } from './recognizePeople.js';
import { enrolledOf } from './recognizerArguments.js';
import { RecognizerCommands } from './recognizerCommands.js';
import { goOn, quantize, trainModel } from './trainCommands.js';
import { tryDrawnFaces } from './tryDrawnFaces.js';
import { rememberedOptions, type Memory } from './trainingOptionsPick.js';

export { QueueWatch } from '../queueWatch.js';

/** What commands act on. */
export interface Services {
  readonly editor: Editor;
  readonly jobs: Jobs;
  readonly trainer: Trainer;
  readonly recognizers: Recognizers;
  readonly panels: Panels;
  readonly reports: Reports;
  readonly runsView: { refresh(): void };
  readonly recognizersView: { refresh(): void; show(recognizer: string): Promise<void>; readonly selected: unknown };
  readonly memory: Memory;
  /** The bundled command line. */
  readonly cli: string;
}

export interface Command {
  /** Whether it writes files or starts a process, which a folder that is not trusted may not make it do. */
  readonly writes: boolean;
  run(...args: readonly unknown[]): unknown;
}

const writes = (run: Command['run']): Command => ({ writes: true, run });
const reads = (run: Command['run']): Command => ({ writes: false, run });

/** Every command of the manifest, without its `faceTrainer.`. */
export function commandTable(services: Services): Record<string, Command> {
  const { editor, jobs, trainer, recognizers, panels, reports, memory, cli } = services;
  const data = new DataCommands(editor, jobs);
  const setUp = () => setUpTensorFlow(editor, cli);
  const preview: Parameters<typeof trainModel>[1]['preview'] = (options) => data.preview(options, panels.data);
  const searchRate: typeof preview = (options) => findRate(editor, jobs, options, panels.data);
  return {
    trainModel: writes((folder, otherwise) =>
      trainModel(editor, { trainer, memory, preview, searchRate, setUpTensorFlow: setUp }, folder, otherwise),
    ),
    tryDrawnFaces: writes(() => tryDrawnFaces(editor, trainer, path.join(path.dirname(cli), 'drawSample.js'))),
    checkDataset: writes(async (folder) => {
      const dataset = await localFolder(editor, folder, 'Check This Folder');
      if (dataset !== undefined) await data.check(rememberedOptions(editor, memory, dataset), panels.data);
    }),
    alignFaces: writes(async (folder) => {
      const dataset = await localFolder(editor, folder, 'Align the Faces of This Folder');
      if (dataset !== undefined) await data.align(dataset, reports);
    }),
    quantize: writes((checkpoint, floatLayers, overrides) =>
      quantize(editor, trainer, checkpoint, floatLayers, overrides),
    ),
    exportModel: writes(async (argument) => {
      const recognizer = enrolledOf(argument)?.recognizer;
      const record = recognizer === undefined ? undefined : recognizers.record(recognizer);
      if (recognizer !== undefined && record) {
        await exportRecognizer(editor, jobs, recognizer, record);
        return;
      }
      const checkpoint = await checkpointOf(editor, argument, { title: 'Export a checkpoint' });
      if (checkpoint !== undefined) await exportModel(editor, jobs, checkpoint);
    }),
    compareModels: writes(async (argument) => {
      const wish = { title: 'Compare float and int8 of a checkpoint', kind: 'int8' } as const;
      const checkpoint = await checkpointOf(editor, argument, wish);
      if (checkpoint !== undefined) await compareModels(editor, jobs, panels.models, checkpoint);
    }),
    ...recognizerCommands(services),
    ...runCommands(services),
    ...privacyCommands(services),
    tryPicture: writes(async (argument) => {
      const recognizer = enrolledOf(argument)?.recognizer;
      if (recognizer !== undefined) {
        panels.models.recognize(recognizer);
        return;
      }
      const wish = { title: 'Try pictures on a checkpoint' };
      const model = exportedFileOf(argument) ?? (await checkpointOf(editor, argument, wish));
      if (model !== undefined) panels.models.tryPictures(model);
    }),
    setUpTensorFlow: writes(setUp),
    showLog: reads(() => editor.log.show()),
  };
}

function privacyCommands({ editor, jobs, recognizers, memory, runsView, recognizersView, cli }: Services) {
  const refresh = () => {
    runsView.refresh();
    recognizersView.refresh();
  };
  const services = { jobs, recognizers, memory, refresh };
  return {
    deletePersonalData: writes(() => deletePersonalData(editor, services)),
    forgetPerson: writes((row) => forgetPerson(editor, services, row)),
    copyDiagnostics: reads(() => copyDiagnostics(editor, recognizers, programOf(cli))),
  };
}

function runCommands({
  editor,
  trainer,
  panels,
  reports,
  runsView,
  recognizersView,
}: Services): Record<string, Command> {
  return {
    stopTraining: reads((run) => trainer.end('stop', runFolderOf(run))),
    pauseTraining: reads((run) => trainer.end('pause', runFolderOf(run))),
    goOn: writes((run, more) => goOn(editor, trainer, run, more)),
    removeFromQueue: writes(async (row) => {
      await takeOut(row);
      runsView.refresh();
    }),
    startNow: writes(async (row) => {
      await startWaitingNow(trainer, row);
      runsView.refresh();
    }),
    refreshRuns: reads(() => runsView.refresh()),
    refreshRecognizers: reads(() => recognizersView.refresh()),
    openRun: reads(async (argument) => {
      const runFolder = runFolderOf(argument) ?? (await pickRun(editor));
      if (runFolder !== undefined) panels.runs.open(runFolder, true);
    }),
    openReport: reads(async (argument) => {
      const runFolder = runFolderOf(argument) ?? panels.runs.activeRunFolder ?? (await pickRun(editor));
      if (runFolder !== undefined) await reports.openReport(runFolder);
    }),
  };
}

function recognizerCommands({
  editor,
  jobs,
  recognizers,
  recognizersView,
  panels,
  memory,
}: Services): Record<string, Command> {
  const commands = new RecognizerCommands(editor, recognizers, () => recognizersView.selected);
  return {
    recognizePeople: writes(async (folder) => {
      const dataset = await localFolder(editor, folder, 'Recognize These People');
      const show = (recognizer: string) => recognizersView.show(recognizer);
      if (dataset !== undefined) await recognizePeople(editor, { jobs, recognizers, show, memory }, dataset);
    }),
    evaluate: writes(async (argument) => {
      const what = await evaluatedOf(editor, recognizers, argument);
      if (what) panels.evaluations.evaluate(what);
    }),
    addPerson: writes((row) => commands.addPerson(row)),
    addPictures: writes((row) => commands.addPictures(row)),
    renamePerson: writes((row) => commands.rename(row)),
    mergePeople: writes((row) => commands.merge(row)),
    removeEnrolled: writes((row) => commands.remove(row)),
    undoRecognizer: writes((row) => commands.undo(row)),
  };
}

/**
 * Runs a command as the editor calls it: nothing it throws is lost. Menus hide in Restricted Mode what writes; links, keys and
 * other extensions come here all the same.
 */
export async function runCommand(editor: Editor, command: Command, args: readonly unknown[]): Promise<void> {
  try {
    if (command.writes && !editor.trusted) await askForTrust(editor);
    else await command.run(...args);
  } catch (error) {
    tellFailure(editor, error);
  }
}

async function askForTrust(editor: Editor): Promise<void> {
  const [manage] = ['Manage Workspace Trust'] as const;
  const chosen = await editor.say(
    'warning',
    'This window is in Restricted Mode. Face Trainer writes files and starts processes only in a folder that you trust.',
    manage,
  );
  if (chosen === manage) await editor.execute('workbench.trust.manage');
}
