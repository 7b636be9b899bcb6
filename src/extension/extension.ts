import * as vscode from 'vscode';
import { isAnythingUnderWay } from '../runs/underWay.js';
import { VIEWS, type View } from './panels/viewNames.js';
import { LazyTree } from './views/lazyTree.js';
import type { OpenWindow, Trees } from './window.js';

const LOOK_MS = 2000;

/**
 * What the editor waits for at its start: names alone. All that stands behind them (window.ts) is read when a command is called, a
 * view looked at, a panel brought back, or a training at work or waiting.
 */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Face Trainer', { log: true });
  let opened: Promise<OpenWindow> | undefined;
  const open = () => (opened ??= import('./window.js').then(({ openWindow }) => openWindow(context, log, trees)));
  const trees: Trees = {
    runs: new LazyTree('faceTrainer.runs', async () => (await open()).rows.runs),
    recognizers: new LazyTree('faceTrainer.recognizers', async () => (await open()).rows.recognizers),
  };
  context.subscriptions.push(
    log,
    trees.runs,
    trees.recognizers,
    ...(Object.keys(VIEWS) as View[]).map((view) =>
      vscode.window.registerWebviewPanelSerializer(VIEWS[view], {
        deserializeWebviewPanel: async (panel, saved: unknown) => (await open()).restore(view, panel, saved),
      }),
    ),
    ...commandsOf(context.extension.packageJSON as Manifest).map((id) =>
      vscode.commands.registerCommand(id, async (...args: unknown[]) => (await open()).run(id, args)),
    ),
    whenUnderWay((first) => {
      const shown = open().then((window) => (first ? window.findRuns() : undefined));
      shown.catch((failure: unknown) => log.error(String(failure)));
    }),
  );
}

/**
 * Calls once, when a training is at work or waits on this machine.
 *
 * @param found told whether it was so from the start
 */
function whenUnderWay(found: (first: boolean) => void): vscode.Disposable {
  let first = true;
  const look = () => {
    if (isAnythingUnderWay()) {
      clearInterval(timer);
      found(first);
    }
    first = false;
  };
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  look();
  return { dispose: () => clearInterval(timer) };
}

/** This extension's own, whose form a test knows. */
interface Manifest {
  readonly contributes: { readonly commands: readonly { readonly command: string }[] };
}

function commandsOf({ contributes }: Manifest): string[] {
  return contributes.commands.map(({ command }) => command);
}
