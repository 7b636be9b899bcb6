import fs from 'node:fs';
import path from 'node:path';
import type { RouteResult } from './installerRoute.js';
import { lastLine, runProgram, type ProgramResult } from '../platform/runProgram.js';
import { writeManifest } from './tensorFlowHome.js';

/** One wheel for every Linux on x86-64, whatever Python is there: only its C libraries and headers are used. */
const WHEEL = {
  package: 'tensorflow-cpu',
  version: '2.21.0',
  sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  target: [
    '--python-version',
    '3.11',
    '--implementation',
    'cp',
    '--abi',
    'cp311',
    '--platform',
    'manylinux_2_27_x86_64',
  ],
} as const;

const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const;
const BINDING = 'tfjs_binding.node';

/**
 * Python apart from the folder it is started in and from the environment: without -I a `pip/` or a `zipfile.py` that lies
 * in the working directory, which may be anybody's workspace, would be run.
 */
const ISOLATED = '-I';

/** Copies the named members of a wheel (a zip file, here of more than a gigabyte) into a folder, flat folders first. */
const UNPACK = `
import sys, zipfile
wheel, target = sys.argv[1:3]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.startswith('tensorflow/include/') or name in ('tensorflow/${LIBRARIES[0]}', 'tensorflow/${LIBRARIES[1]}'):
            archive.extract(name, target)
`;

/**
 * Compiles tfjs-node's binding against the TensorFlow inside the PyPI wheel: for machines that reach a Python
 * registry but not TensorFlow's storage. Needs Python 3 with pip, and g++.
 *
 * @param home absolute; every program starts in it
 * @param bindingSources folder with `binding/` (tfjs-node's C++) and `include/` (Node-API headers)
 */
export async function wheelRoute(
  home: string,
  bindingSources: string,
  say: (line: string) => void,
): Promise<RouteResult> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'it covers Linux on x86-64 only';
  const compiler = process.env['CXX'] ?? 'g++';
  for (const [program, args, what] of [
    ['python3', [ISOLATED, '-m', 'pip', '--version'], 'Python 3 with pip'],
    [compiler, ['--version'], 'a C++ compiler (g++)'],
  ] as const)
    if ((await runProgram(program, args, { cwd: home })).code !== 0) return `${what} is missing`;

  const work = path.join(home, 'wheel');
  fs.mkdirSync(work, { recursive: true });
  say(`downloading the ${WHEEL.package} ${WHEEL.version} wheel (about 270 MB)`);
  const download = await downloadWheel(home, work);
  const wheel = fs.readdirSync(work).find((name) => name.endsWith('.whl'));
  if (download.code !== 0 || !wheel) return `the wheel could not be downloaded: ${lastLine(download.output)}`;

  say('unpacking its libraries (850 MB)');
  const unpack = await runProgram('python3', [ISOLATED, '-c', UNPACK, path.join(work, wheel), work], { cwd: home });
  if (unpack.code !== 0) return `the wheel could not be unpacked: ${lastLine(unpack.output)}`;
  const library = path.join(home, 'lib');
  fs.mkdirSync(library);
  for (const name of LIBRARIES) fs.renameSync(path.join(work, 'tensorflow', name), path.join(library, name));

  say('compiling the binding');
  const headers = path.join(work, 'tensorflow', 'include');
  const compile = await runProgram(compiler, compilerOptions(path.resolve(bindingSources), headers, library), {
    cwd: home,
  });
  if (compile.code !== 0) return `the binding did not compile: ${lastLine(compile.output)}`;
  fs.rmSync(work, { recursive: true, force: true });
  const files = [...LIBRARIES, BINDING].map((name) => `lib/${name}`);
  await writeManifest(home, { source: 'wheel', tensorFlow: WHEEL.version, binding: `lib/${BINDING}` }, files);
  return undefined;
}

/** pip takes the wheel only when its SHA-256 is the one named here. */
function downloadWheel(home: string, work: string): Promise<ProgramResult> {
  const requirements = path.join(work, 'requirements.txt');
  fs.writeFileSync(requirements, `${WHEEL.package}==${WHEEL.version} --hash=sha256:${WHEEL.sha256}\n`);
  const pip = [ISOLATED, '-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps'];
  return runProgram(
    'python3',
    [...pip, '--only-binary=:all:', '--require-hashes', ...WHEEL.target, '-d', work, '-r', requirements],
    { cwd: home, timeoutMs: 30 * 60_000 },
  );
}

function compilerOptions(bindingSources: string, headers: string, library: string): string[] {
  return [
    ...['-std=c++17', '-O2', '-shared', '-fPIC', '-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION'],
    ...['-I', bindingSources, '-I', path.join(bindingSources, 'include'), '-I', headers],
    path.join(bindingSources, 'binding', 'tfjs_backend.cc'),
    path.join(bindingSources, 'binding', 'tfjs_binding.cc'),
    ...['-o', path.join(library, BINDING), '-L', library, ...LIBRARIES.map((name) => `-l:${name}`)],
    '-Wl,-rpath,$ORIGIN',
  ];
}
