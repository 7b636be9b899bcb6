import path from 'node:path';
import type * as vscode from 'vscode';
import { runningRuns, takeGoneRuns } from '../runs/runningRuns.js';
import { ActiveRun, FoundRun } from './activeRun.js';
import { runsFolders } from './views/runsCatalog.js';
import type { Services } from './commands/commands.js';
import type { Log } from './editor.js';
import { inBackground } from './failures.js';
import { Jobs } from './job.js';
import { KeptLog } from './keptLog.js';
import { Reports } from './panels/reports.js';
import { RunPanels } from './panels/runPanels.js';
import type { View } from './panels/viewNames.js';
import type { QueueViews } from './queueWatch.js';
import { QueueLook } from './queueLook.js';
import { Recognizers } from './recognizers.js';
import { Trainer } from './trainer.js';
import type { LazyTree, Rows } from './views/lazyTree.js';
import { RecognizersView, type RecognizerItem } from './views/recognizersView.js';
import { RunsView, type RunsItem } from './views/runsView.js';
import { TrainingStatus } from './views/trainingStatus.js';
import { panelOf, VscodeEditor } from './vscodeEditor.js';

export interface Trees {
  readonly runs: LazyTree<RunsItem>;
  readonly recognizers: LazyTree<RecognizerItem>;
}

/** All that Face Trainer is in a window of the editor, once something of it is wished. */
export interface OpenWindow {
  readonly rows: { readonly runs: Rows<RunsItem>; readonly recognizers: Rows<RecognizerItem> };
  /** Runs a command of the manifest. */
  run(id: string, args: readonly unknown[]): Promise<void>;
  /** Draws a panel that the editor brings back. */
  restore(view: View, panel: vscode.WebviewPanel, saved: unknown): Promise<void>;
  /** Shows what trains in the open folders since before this window was, and tells what broke off meanwhile. */
  findRuns(): void;
}

/** Wiring only: what commands do, and most panels, are read when the first is called, and training lives in its own process. */
export function openWindow(context: vscode.ExtensionContext, log: Log, trees: Trees): OpenWindow {
  const dist = (file: string) => path.join(context.extensionPath, 'dist', file);
  const editor = new VscodeEditor(context, new KeptLog(log));
  const memory = context.globalState;
  const jobs = new Jobs(editor, dist('trainer.js'));
  const reports = new Reports(editor);
  const status = new TrainingStatus(trees.runs.view);
  const runsView = new RunsView(editor, trees.runs);
  const recognizers = new Recognizers(editor, dist('trainer.js'));
  const recognizersView = new RecognizersView(recognizers, trees.recognizers);

  const ownerOf = (runFolder: string) => (trainer.activeRun?.runFolder === runFolder ? trainer.activeRun : undefined);
  const runPanels = new RunPanels(editor, ownerOf);
  const others = async () => (await import('./panels/allPanels.js')).allPanels(editor, jobs, recognizers, runPanels);
  let all: ReturnType<typeof others> | undefined;
  const panels = () => (all ??= others());
  const runChanged = (runFolder: string) => runsView.runChanged(runFolder);
  const trainer: Trainer = new Trainer(
    editor,
    { panels: runPanels, reports, status, runChanged },
    {
      launch: (order, name, listener) => new ActiveRun(order, name, dist('trainer.js'), listener),
      follow: (runFolder, name, listener) => new FoundRun(runFolder, name, listener, editor.trusted),
      queue: () => queue.open(),
    },
  );
  const begun = (runFolder: string) => {
    if (runsFolders(editor).includes(path.dirname(runFolder))) trainer.adopt(runFolder);
  };
  const queue = lookAtQueue(editor, dist('trainer.js'), { status, runsView, begun, memory });

  const cli = dist('faceTrainer.js');
  const services = { editor, jobs, trainer, recognizers, reports, runsView, recognizersView, memory, cli };
  context.subscriptions.push(status, trainer, queue, runsView, recognizers, recognizersView);
  return {
    rows: { runs: runsView, recognizers: recognizersView },
    run: async (id, args) => run({ ...services, panels: await panels() }, id, args),
    restore: async (view, panel, saved) => {
      const its = view === 'runs' ? runPanels : (await panels())[view];
      its.restore(panelOf(panel, context.extensionUri), saved);
    },
    findRuns: () => findRuns(editor, trainer),
  };
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

/** What goes on since before a reload, or was started in a terminal here, is shown as one's own. */
function findRuns(editor: VscodeEditor, trainer: Trainer): void {
  const here = new Set(runsFolders(editor));
  const found = runningRuns().find(({ runFolder }) => here.has(path.dirname(runFolder)));
  if (found) trainer.adopt(found.runFolder);
  if (editor.trusted) tellOfGone(editor, here);
}

/** Runs that broke off while no window was there: with a crash of the machine, for example. */
function tellOfGone(editor: VscodeEditor, here: ReadonlySet<string>): void {
  for (const { runFolder } of takeGoneRuns((folder) => here.has(path.dirname(folder)))) {
    const told = import('./announce.js').then(({ announceGone }) => announceGone(editor, runFolder));
    inBackground(editor, told);
  }
}

async function run(services: Services, id: string, args: readonly unknown[]): Promise<void> {
  const { commandTable, runCommand } = await import('./commands/commands.js');
  await runCommand(services.editor, commandTable(services)[id.replace('faceTrainer.', '')]!, args);
}
