import fs from 'node:fs';
import path from 'node:path';
import { TFJS_NODE_VERSION, writeManifest } from './tensorFlowHome.js';
import { lastLine, runProgram } from '../platform/runProgram.js';

/** Outcome of one way to get TensorFlow: `undefined` when the home is filled, else why not. */
export type RouteResult = string | undefined;

/**
 * The package's own installer: npm runs its install script, which downloads libtensorflow and a prebuilt binding
 * from TensorFlow's storage. Needs npm and an open network.
 */
export async function installerRoute(home: string): Promise<RouteResult> {
  const work = path.join(home, 'npm');
  fs.mkdirSync(work, { recursive: true });
  fs.writeFileSync(path.join(work, 'package.json'), '{ "private": true }\n');
  const npm = npmCommand();
  const { code, output } = await runProgram(
    npm.program,
    [
      ...npm.args,
      'install',
      '--ignore-scripts=false',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      `@tensorflow/tfjs-node@${TFJS_NODE_VERSION}`,
    ],
    { cwd: work, timeoutMs: 15 * 60_000 },
  );
  const unpacked = path.join(work, 'node_modules', '@tensorflow', 'tfjs-node');
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
