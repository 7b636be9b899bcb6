// Packs the extension for this platform as face-trainer-<platform>-<arch>-<version>.vsix; with --list, tells only its files.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { must, root, run } from './lib.mjs';

const target = `${process.platform}-${process.arch}`;
const list = process.argv.includes('--list');
const vsce = path.join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
const everyPlatform = '!node_modules/onnxruntime-node/bin/**';
const thisPlatform = `!node_modules/onnxruntime-node/bin/*/${process.platform}/${process.arch}/**`;

const allowList = readFileSync(path.join(root, '.vscodeignore'), 'utf8');
if (!allowList.includes(everyPlatform)) throw new Error(`.vscodeignore has no line ${everyPlatform}`);
const folder = mkdtempSync(path.join(os.tmpdir(), 'face-trainer-package-'));
try {
  const ignoreFile = path.join(folder, 'ignore');
  writeFileSync(ignoreFile, allowList.replace(everyPlatform, thisPlatform));
  const common = ['--ignoreFile', ignoreFile];
  if (list) process.exitCode = run(process.execPath, [vsce, 'ls', ...common]);
  else {
    must('The build', process.execPath, [path.join(root, 'scripts', 'build.mjs')]);
    const quiet = ['--no-git-tag-version', '--no-rewrite-relative-links', '--allow-missing-repository'];
    process.exitCode = run(process.execPath, [vsce, 'package', '--target', target, ...quiet, ...common]);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
