// npm run build:native: compiles the native engine with node-gyp and lays it into dist/native. Compiled code is kept in
// native/build for as long as its sources, this script and the compiler are the same.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './lib.mjs';

const require = createRequire(import.meta.url);
const native = path.join(root, 'native');
const build = path.join(native, 'build');
const compiled = path.join(build, 'Release', 'face_trainer.node');
const stampFile = path.join(build, 'face-trainer-stamp');

/** @returns why it could not be built; undefined when it lies in dist/native */
export function buildNative() {
  const target = path.join(root, 'dist', 'native', `${process.platform}-${process.arch}.node`);
  const wanted = stamp();
  const kept = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted && existsSync(compiled);
  if (!kept) {
    const missing = missingTool();
    if (missing !== undefined) return `${missing} is missing`;
    console.error('Compiling the native engine');
    rmSync(build, { recursive: true, force: true });
    const args = ['rebuild', '-C', native, '--jobs=max', ...headerOptions()];
    const result = spawnSync(process.execPath, [require.resolve('node-gyp/bin/node-gyp.js'), ...args], {
      cwd: root,
      encoding: 'utf8',
    });
    if (result.status !== 0 || !existsSync(compiled)) return reasonOf(`${result.stdout ?? ''}\n${result.stderr ?? ''}`);
    writeFileSync(stampFile, wanted);
  }
  mkdirSync(path.dirname(target), { recursive: true });
  copyFileSync(compiled, target);
  return undefined;
}

/** What node-gyp needs and this machine lacks, for people; node-gyp itself finds what Windows needs. */
export function missingTool(env = process.env, platform = process.platform) {
  if (platform === 'win32') return undefined;
  const tools = [
    ['a C++ compiler', env.CXX ?? (platform === 'darwin' ? 'c++' : 'g++')],
    ['make', 'make'],
    ['Python 3', 'python3'],
  ];
  return tools.find(([, program]) => spawnSync(program, ['--version'], { env }).status !== 0)?.[0];
}

function stamp() {
  const hash = createHash('sha256');
  const sources = readdirSync(path.join(native, 'src')).sort();
  for (const file of [...sources.map((name) => `src/${name}`), 'binding.gyp'])
    hash.update(file).update(readFileSync(path.join(native, file)));
  hash.update(readFileSync(fileURLToPath(import.meta.url)));
  hash.update(`${process.platform} ${process.arch} ${process.env.CXX ?? ''} ${process.env.CXXFLAGS ?? ''}`);
  return hash.digest('hex');
}

/**
 * The addon uses Node-API alone, whose headers come in a package: nothing is fetched, and what is compiled runs in any
 * Node and in VS Code. Windows links against node.lib, so there node-gyp gets Node's own headers.
 */
function headerOptions() {
  if (process.platform === 'win32') return [];
  const headers = path.join(build, '..', 'headers');
  const include = path.join(headers, 'include', 'node');
  rmSync(headers, { recursive: true, force: true });
  mkdirSync(include, { recursive: true });
  cpSync(require('node-api-headers').include_dir, include, { recursive: true });
  const configuration =
    "'target_defaults': { 'default_configuration': 'Release', 'configurations': { 'Release': {} } }";
  writeFileSync(path.join(include, 'common.gypi'), `{ ${configuration} }\n`);
  writeFileSync(path.join(include, 'config.gypi'), "{ 'variables': {} }\n");
  return [`--nodedir=${headers}`];
}

/** The line that says most: the compiler's first error, else what node-gyp complains of. */
function reasonOf(output) {
  const lines = output.split('\n').map((line) => line.trim());
  const telling =
    lines.find((line) => /\berror:/i.test(line)) ??
    lines.find((line) => /gyp ERR! (stack )?Error:|not found: make|command not found/.test(line)) ??
    lines.filter((line) => line).at(-1);
  return (telling ?? 'node-gyp failed').replace(/^gyp ERR! (stack )?/, '').slice(0, 300);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const reason = buildNative();
  if (reason !== undefined) {
    console.error(`The native engine could not be compiled: ${reason}`);
    process.exitCode = 1;
  }
}
