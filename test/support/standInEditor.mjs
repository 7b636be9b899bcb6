// node standInEditor.mjs EXTENSION WORKSPACE [look]: starts the built extension with a stand-in for the editor, and says as one line of
// JSON what that read and how long it took. With `look` somebody looks at the Runs view afterwards.
import fs from 'node:fs';
import Module, { createRequire } from 'node:module';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers';

const [extension, workspace, look] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const panels = [];
const trees = {};

/** Whatever else the editor offers: it can be called, made and asked, and nothing comes of it. */
const nothing = new Proxy(function () {}, {
  get: (target, name) => (name === 'then' || name === Symbol.toPrimitive ? undefined : nothing),
  set: () => true,
  apply: () => nothing,
  construct: () => nothing,
});
const withRest = (own) => new Proxy(own, { get: (target, name) => target[name] ?? nothing });
const uri = (file) => ({ scheme: 'file', fsPath: file });
// A bundle copies what the editor has by its name: what is read later than that must be there, too.
const NAMES = [
  'MarkdownString',
  'RelativePattern',
  'StatusBarAlignment',
  'ThemeColor',
  'ThemeIcon',
  'ViewColumn',
  'env',
];
const vscode = {
  ...Object.fromEntries([...NAMES, 'TreeItemCollapsibleState'].map((name) => [name, nothing])),
  EventEmitter: class {
    event = () => nothing;
    fire() {}
    dispose() {}
  },
  TreeItem: class {
    constructor(label) {
      this.label = label;
    }
  },
  Uri: withRest({ file: uri, joinPath: (from, ...rest) => uri(path.join(from.fsPath, ...rest)) }),
  commands: withRest({ executeCommand: () => Promise.resolve() }),
  window: withRest({
    createTreeView: (id, { treeDataProvider }) => {
      trees[id] = treeDataProvider;
      return nothing;
    },
    createWebviewPanel: (view, title) => {
      panels.push({ view, title });
      return nothing;
    },
  }),
  workspace: withRest({
    isTrusted: true,
    workspaceFolders: [{ uri: uri(workspace) }],
    getConfiguration: () => ({ get: () => undefined, inspect: () => undefined }),
    getWorkspaceFolder: () => ({ uri: uri(workspace) }),
  }),
};
const load = Module._load;
Module._load = (name, ...rest) => (name === 'vscode' ? vscode : load(name, ...rest));

const packageJSON = require(path.join(extension, 'package.json'));
const read = () => {
  const files = Object.keys(require.cache).filter((file) => file.startsWith(path.join(extension, 'dist')));
  return { files: files.length, bytes: files.reduce((sum, file) => sum + fs.statSync(file).size, 0) };
};
const began = performance.now();
const { activate } = require(path.join(extension, 'dist', 'extension.js'));
const context = {
  extensionPath: extension,
  extensionUri: uri(extension),
  extension: { packageJSON },
  subscriptions: [],
};
activate(withRest(context));
const startMs = performance.now() - began;
await new Promise((resolve) => setImmediate(resolve));
const start = read();
const before = performance.now();
const tree = trees['faceTrainer.runs'];
const rows = look ? await Promise.all((await tree.getChildren()).map((row) => tree.getTreeItem(row))) : [];
const lookMs = performance.now() - before;
const shown = rows.map(({ label }) => label);
process.stdout.write(`${JSON.stringify({ startMs, start, lookMs, looked: read(), rows: shown, panels })}\n`);
process.exit();
