// npm run setup:tensorflow | setup:editor; npm test runs `setup.mjs tests` beside its build: the editor, and an ARM machine to emulate.
import { existsSync } from 'node:fs';
import { ensureBuild, ensurePackages, ensureTensorFlow, installDebianPackages } from './lib.mjs';

const what = process.argv[2];
ensurePackages();
if (what === 'tensorflow') {
  ensureBuild();
  process.exitCode = ensureTensorFlow() ? 0 : 1;
} else if (what === 'editor' || what === 'tests') {
  // The ARM kernels run under emulation where it can be had; elsewhere their test says that it did not run.
  if (what === 'tests' && process.arch === 'x64' && !existsSync('/usr/bin/qemu-aarch64-static'))
    installDebianPackages('g++-aarch64-linux-gnu', 'libc6-dev-arm64-cross', 'qemu-user-static');
  const { ensureEditor } = await import('./editor.mjs');
  await ensureEditor();
} else {
  console.error('setup.mjs tensorflow | editor | tests');
  process.exitCode = 2;
}
