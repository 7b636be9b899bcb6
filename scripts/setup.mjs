// npm run setup:tensorflow | setup:editor
import { ensureBuild, ensurePackages, ensureTensorFlow } from './lib.mjs';

const what = process.argv[2];
ensurePackages();
if (what === 'tensorflow') {
  ensureBuild();
  process.exitCode = ensureTensorFlow() ? 0 : 1;
} else if (what === 'editor') {
  const { ensureEditor } = await import('./editor.mjs');
  await ensureEditor();
} else {
  console.error('setup.mjs tensorflow | editor');
  process.exitCode = 2;
}
