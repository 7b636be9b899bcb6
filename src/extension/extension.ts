import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { runningRuns, takeGoneRuns } from '../runs/runningRuns.js';
import { ActiveRun, FoundRun } from './activeRun.js';
import { runsFolders } from './views/runsCatalog.js';
import type { Services } from './commands/commands.js';
import { inBackground } from './failures.js';
import { Jobs } from './job.js';
import { KeptLog } from './keptLog.js';
import { DATA_VIEW, DataPanels } from './panels/dataPanels.js';
import { EVALUATION_VIEW, EvaluationPanels } from './panels/evaluationPanels.js';
import { MODEL_VIEW, ModelPanels } from './panels/modelPanels.js';
import { Reports } from './panels/reports.js';
import { RUN_VIEW, RunPanels } from './panels/runPanels.js';
import type { QueueViews } from './queueWatch.js';
import { QueueLook } from './queueLook.js';
import { Recognizers } from './recognizers.js';
import { Trainer } from './trainer.js';
import { RecognizersView } from './views/recognizersView.js';
import { RunsView } from './views/runsView.js';
import { TrainingStatus } from './views/trainingStatus.js';
import { onRestore, VscodeEditor } from './vscodeEditor.js';

/** Wiring only: nothing heavy is loaded before a command runs, and training lives in its own process. */
export function activate(context: vscode.ExtensionContext): void {
  const dist = (file: string) => path.join(context.extensionPath, 'dist', file);
  const log = vscode.window.createOutputChannel('Face Trainer', { log: true });
  const editor = new VscodeEditor(context, new KeptLog(log));
  const memory = context.globalState;
  const jobs = new Jobs(editor, dist('trainer.js'));
  const reports = new Reports(editor);
  const status = new TrainingStatus();
  const runsView = new RunsView(editor);
  const recognizers = new Recognizers(editor, dist('trainer.js'));
  const recognizersView = new RecognizersView(recognizers);

  const ownerOf = (runFolder: string) => (trainer.activeRun?.runFolder === runFolder ? trainer.activeRun : undefined);
  const panels = {
    runs: new RunPanels(editor, ownerOf),
    data: new DataPanels(editor, async (options) => {
      const { drawSamples } = await import('./commands/commands.js');
      return drawSamples(editor, jobs, options);
    }),
    models: new ModelPanels(editor, jobs, recognizers),
    evaluations: new EvaluationPanels(editor, jobs, recognizers),
  };
  const runChanged = (runFolder: string) => runsView.runChanged(runFolder);
  const views = { panels: panels.runs, reports, status, runChanged };
  const trainer: Trainer = new Trainer(editor, views, {
    launch: (order, name, listener) => new ActiveRun(order, name, dist('trainer.js'), listener),
    follow: (runFolder, name, listener) => new FoundRun(runFolder, name, listener, editor.trusted),
    queue: () => queue.open(),
  });

  // What goes on since before a reload, or was started in a terminal here, is shown as one's own.
  const here = new Set(runsFolders(editor));
  const found = runningRuns().find(({ runFolder }) => here.has(path.dirname(runFolder)));
  if (found) trainer.adopt(found.runFolder);
  if (editor.trusted) tellOfGone(editor, here);
  const begun = (runFolder: string) => {
    if (here.has(path.dirname(runFolder))) trainer.adopt(runFolder);
  };
  const queue = lookAtQueue(editor, dist('trainer.js'), { status, runsView, begun, memory });

  const cli = dist('faceTrainer.js');
  const services: Services = {
    ...{ editor, jobs, trainer, recognizers, panels, reports, runsView, recognizersView, memory, cli },
  };
  context.subscriptions.push(
    log,
    status,
    trainer,
    queue,
    runsView,
    recognizers,
    recognizersView,
    ...restored(context, panels),
    ...commandsOf(context.extension.packageJSON).map((id) =>
      vscode.commands.registerCommand(id, (...args: unknown[]) => run(services, id, args)),
    ),
  );
}

function restored(context: vscode.ExtensionContext, panels: Services['panels']): vscode.Disposable[] {
  return [
    onRestore(context, RUN_VIEW, (panel, saved) => panels.runs.restore(panel, saved)),
    onRestore(context, DATA_VIEW, (panel, saved) => panels.data.restore(panel, saved)),
    onRestore(context, MODEL_VIEW, (panel, saved) => panels.models.restore(panel, saved)),
    onRestore(context, EVALUATION_VIEW, (panel, saved) => panels.evaluations.restore(panel, saved)),
  ];
}

interface QueueShown {
  readonly status: TrainingStatus;
  readonly runsView: RunsView;
  readonly begun: (runFolder: string) => void;
  readonly memory: Services['memory'];
}

function lookAtQueue(editor: VscodeEditor, entry: string, { status, runsView, begun, memory }: QueueShown): QueueLook {
  return new QueueLook(editor, async () => {
    const { QueueWatch } = await import('./commands/commands.js');
    const changed: QueueViews['changed'] = (waiting, rows) => {
      status.waiting(waiting);
      runsView.showWaiting(rows);
    };
    return new QueueWatch(editor, entry, { changed, begun }, memory);
  });
}

/** Runs that broke off while no window was there: with a crash of the machine, for example. */
function tellOfGone(editor: VscodeEditor, here: ReadonlySet<string>): void {
  for (const { runFolder } of takeGoneRuns((folder) => here.has(path.dirname(folder)))) {
    const told = import('./announce.js').then(({ announceGone }) => announceGone(editor, runFolder));
    inBackground(editor, told);
  }
}

const manifest = z.object({ contributes: z.object({ commands: z.array(z.object({ command: z.string() })) }) });

/** The commands of the manifest: what they do is read when the first is called. */
function commandsOf(packageJson: unknown): string[] {
  return manifest.parse(packageJson).contributes.commands.map(({ command }) => command);
}

async function run(services: Services, id: string, args: readonly unknown[]): Promise<void> {
  const { commandTable, runCommand } = await import('./commands/commands.js');
  await runCommand(services.editor, commandTable(services)[id.replace('faceTrainer.', '')]!, args);
}
