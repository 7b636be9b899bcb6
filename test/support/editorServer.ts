import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { editorFolder, nodeBinaryIn } from '../../scripts/editor.mjs';

/** A running VS Code server, which ends with this process at the latest. */
export interface EditorServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A quiet editor: nothing asks the outside or stands in front of what is tested. */
const SETTINGS = {
  // Its question would stand before others.
  'faceTrainer.whenWindowCloses': 'goOn',
  // Without a network there are no ImageNet weights to start from.
  'faceTrainer.recipe': 'original',
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'extensions.ignoreRecommendations': true,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'update.mode': 'none',
  'security.workspace.trust.startupPrompt': 'never',
  'window.menuBarVisibility': 'compact',
  'git.enabled': false,
  'npm.autoDetect': 'off',
  'typescript.disableAutomaticTypeAcquisition': true,
  'files.simpleDialog.enable': true,
};

export interface ServerOptions {
  readonly userDataDir: string;
  readonly extensionsDir: string;
  /** Added to this process's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Opens folders in Restricted Mode. */
  readonly restricted?: boolean;
  /** Each line that the server prints. */
  readonly onLine?: (line: string) => void;
}

export async function startServer(options: ServerOptions): Promise<EditorServer> {
  const { userDataDir, extensionsDir, settings, onLine } = options;
  const folder = editorFolder();
  const main = path.join(folder, 'node_modules', 'code-server', 'lib', 'vscode', 'out', 'server-main.js');
  fs.mkdirSync(extensionsDir, { recursive: true });
  // A window on a server reads settings of a machine's scope from the second, and those of the user from the first.
  for (const place of ['User', 'Machine']) {
    fs.mkdirSync(path.join(userDataDir, place), { recursive: true });
    fs.writeFileSync(path.join(userDataDir, place, 'settings.json'), JSON.stringify({ ...SETTINGS, ...settings }));
  }
  const server = spawn(nodeBinaryIn(folder), [main, ...serverArguments(options)], {
    env: serverEnvironment(options),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  // The extension host is a grandchild: only the group reaches it.
  const signal = (name: NodeJS.Signals) => {
    try {
      if (process.platform === 'win32') server.kill(name);
      else process.kill(-server.pid!, name);
    } catch {
      // already gone
    }
  };
  const kill = () => signal('SIGKILL');
  process.once('exit', kill);
  const url = await addressOf(server, onLine);
  return {
    url,
    stop: async () => {
      const gone = server.exitCode !== null ? undefined : once(server, 'exit');
      signal('SIGTERM');
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 3000))]);
      kill();
      process.off('exit', kill);
    },
  };
}

function serverArguments({ userDataDir, extensionsDir, restricted }: ServerOptions): string[] {
  return [
    ...['--host', '127.0.0.1', '--port', '0', '--without-connection-token', '--accept-server-license-terms'],
    ...['--user-data-dir', userDataDir, '--server-data-dir', path.join(userDataDir, 'server')],
    ...['--extensions-dir', extensionsDir, '--telemetry-level', 'off'],
    ...(restricted ? [] : ['--disable-workspace-trust']),
    ...['--disable-experiments', '--force-disable-user-env', '--reconnection-grace-time', '1'],
    // Without it a built workbench ignores the folders of extensions under development, and says nothing.
    '--enable-smoke-test-driver',
  ];
}

/** The editor must not take itself for one that another VS Code started. */
function serverEnvironment({ environment }: ServerOptions): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VSCODE_(?!TEST_)|ELECTRON_|NODE_OPTIONS$)/.test(name),
  );
  return { ...Object.fromEntries(inherited), ...environment, EXTENSIONS_GALLERY: '{"serviceUrl":""}' };
}

/** What the server prints once it listens. */
function addressOf(
  server: ChildProcessByStdio<null, Readable, Readable>,
  onLine: ServerOptions['onLine'],
): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer) => {
      const text = String(chunk);
      output = (output + text).slice(-10_000);
      if (onLine) text.split('\n').forEach(onLine);
      const port = /Extension host agent listening on (\d+)/.exec(output)?.[1];
      if (port) resolve(`http://127.0.0.1:${port}`);
    };
    server.stdout.on('data', read);
    server.stderr.on('data', read);
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`the VS Code server ended with ${code}:\n${output}`)));
    setTimeout(() => reject(new Error(`the VS Code server did not start in 60 s:\n${output}`)), 60_000).unref();
  });
}
