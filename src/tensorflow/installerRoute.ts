import fs from 'node:fs';
import path from 'node:path';
import { writeManifest } from './tensorFlowHome.js';
import { lastLine, runProgram } from '../platform/runProgram.js';

/** Outcome of one way to get TensorFlow: `undefined` when the home is filled, else why not. */
export type RouteResult = string | undefined;

const PACKAGE = '@tensorflow/tfjs-node';

/**
 * The package's own installer. npm gets each package of our lock file, which holds its SHA-512, and runs no script but the
 * installer of tfjs-node itself; that downloads libtensorflow and a prebuilt binding from TensorFlow's storage, which publishes
 * no digests of them. Needs npm and an open network.
 *
 * @param home absolute
 * @param bindingSources folder with `npm/`: the lock file
 */
export async function installerRoute(home: string, bindingSources: string): Promise<RouteResult> {
  const work = path.join(home, 'npm');
  fs.mkdirSync(work, { recursive: true });
  for (const file of ['package.json', 'package-lock.json'])
    fs.copyFileSync(path.join(bindingSources, 'npm', file), path.join(work, file));
  const npm = npmCommand();
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const run = (args: readonly string[]) =>
    runProgram(npm.program, [...npm.args, ...args, ...quiet], { cwd: work, timeoutMs: 15 * 60_000 });
  const got = await run(['ci', '--ignore-scripts']);
  const { code, output } = got.code === 0 ? await run(['rebuild', PACKAGE, '--ignore-scripts=false']) : got;
  const unpacked = path.join(work, 'node_modules', ...PACKAGE.split('/'));
  const binding = path.join('lib', 'napi-v8', 'tfjs_binding.node');
  // The installer ends with 0 even when a step of it failed, so only the file counts.
  if (!fs.existsSync(path.join(unpacked, binding))) {
    fs.rmSync(work, { recursive: true, force: true });
    return code === 0 ? 'it left no binding behind' : reasonOf(output);
  }
  for (const part of ['lib', 'deps'])
    if (fs.existsSync(path.join(unpacked, part))) fs.renameSync(path.join(unpacked, part), path.join(home, part));
  fs.rmSync(work, { recursive: true, force: true });
  const libraries = filesUnder(home).filter((file) => /\.(so|dylib|dll|node)(\.|$)/.test(file));
  await writeManifest(
    home,
    { source: 'installer', tensorFlow: '2.9.1', binding: binding.replaceAll('\\', '/') },
    libraries,
  );
  return undefined;
}

/** npm's own JavaScript beside this Node where it is there (no shell needed), else `npm` on the path. */
function npmCommand(): { program: string; args: string[] } {
  const script = process.env['npm_execpath'];
  return script ? { program: process.execPath, args: [script] } : { program: 'npm', args: [] };
}

function reasonOf(output: string): string {
  const network = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT)\b[^\n]*/.exec(output);
  return network ? `the download is closed (${network[1]})` : lastLine(output);
}

function filesUnder(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}
