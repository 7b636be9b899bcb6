// Shared by the set-up commands. Runs before anything is installed: Node's own modules only.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** The per-user cache, as src/platform/cacheFolder.ts has it. */
export function cacheFolder() {
  const { env, platform } = process;
  if (env.FACE_TRAINER_CACHE) return path.resolve(env.FACE_TRAINER_CACHE);
  if (platform === 'darwin') return path.join(os.homedir(), 'Library', 'Caches', 'face-trainer');
  if (platform === 'win32')
    return path.join(env.LOCALAPPDATA ?? path.join(os.homedir(), 'AppData', 'Local'), 'face-trainer', 'Cache');
  return path.join(env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'face-trainer');
}

/** Runs a program in the project folder with its output shown; returns its exit code. */
export function run(program, args, options = {}) {
  const result = spawnSync(program, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) console.error(`${program}: ${result.error.message}`);
  return result.status ?? 1;
}

/** Like run, but ends this program when it fails. */
export function must(what, program, args, options) {
  const code = run(program, args, options);
  if (code === 0) return;
  console.error(`\n${what} failed: see the lines above.`);
  process.exit(code);
}

/** npm without a shell: its own JavaScript when npm started us, else by name. */
export function npm(args, options) {
  const script = process.env.npm_execpath;
  return script
    ? run(process.execPath, [script, ...args], options)
    : run('npm', args, { shell: process.platform === 'win32', ...options });
}

/** Of versions such as 20.19.0. */
export function isOlder(version, least) {
  const [a, b] = [version, least].map((one) => one.split('.').map(Number));
  const differs = b.findIndex((part, i) => part !== a[i]);
  return differs >= 0 && a[differs] < b[differs];
}

/** Installs the packages of the lock file when they are missing or those of another one. */
export function ensurePackages() {
  const { engines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const least = engines.node.replace('>=', '');
  if (isOlder(process.versions.node, least)) {
    console.error(`Face Trainer needs Node ${least} or newer; this is ${process.version}.`);
    process.exit(1);
  }
  const wanted = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = path.join(root, 'node_modules', '.face-trainer-stamp');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  // npm empties the folder first, which a link shares with others.
  if (lstatSync(path.join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error('node_modules is a link, and not of this package-lock.json: install where it leads, or remove it.');
    process.exit(1);
  }
  console.error('Installing packages');
  // On standard error: standard output belongs to what is run afterwards, which may be JSON.
  if (npm(['ci', '--loglevel=error'], { stdio: ['ignore', 2, 2] }) !== 0) {
    console.error('\nThe packages could not be installed: see the lines above.');
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

export function ensureBuild() {
  must('The build', process.execPath, ['scripts/build.mjs']);
}

/** Debian's packages, where this is root on Debian. @returns whether they were installed */
export function installDebianPackages(...names) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['-qq', 'update'], { env });
  const install = ['-qq', 'install', '-y', '--no-install-recommends', ...names];
  return run('apt-get', install, { env, stdio: ['ignore', 'ignore', 'inherit'] }) === 0;
}

/** @returns whether TensorFlow is there; the reason is on the screen when it is not */
export function ensureTensorFlow() {
  return run(process.execPath, ['dist/faceTrainer.js', 'setup-tensorflow']) === 0;
}
