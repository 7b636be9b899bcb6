// npm test: installs what is missing, builds, checks and runs every test. `npm run test:unit` and `npm run test:editor` run
// a part. Ends with "N passed, N failed".
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensurePackages, ensureTensorFlow, installDebianPackages, must, root, run } from './lib.mjs';

const part = process.argv[2] ?? 'all';
const results = mkdtempSync(path.join(os.tmpdir(), 'face-trainer-results-'));
const total = { passed: 0, failed: 0 };
const tsx = ['--import', 'tsx'];

/** A check that passes or fails as a whole. */
function check(name, ...args) {
  console.log(`\n▶ ${name}`);
  const ok = run(process.execPath, args) === 0;
  total[ok ? 'passed' : 'failed']++;
}

/** A suite that leaves its counts in a file; one that dies leaves none, which counts as a failure. */
function suite(name, args) {
  console.log(`\n▶ ${name}`);
  const file = path.join(results, `${name.replace(/\W+/g, '-')}.json`);
  const code = run(process.execPath, [...tsx, ...args(file)], {
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2', FACE_TRAINER_TEST_RESULTS: file },
  });
  const counts = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { passed: 0, failed: 0 };
  if (counts.passed === 0 || (code !== 0 && counts.failed === 0)) {
    console.error(`${name}: ended with ${code} and without a whole result`);
    counts.failed++;
  }
  total.passed += counts.passed;
  total.failed += counts.failed;
}

const mocha =
  (...specs) =>
  () => ['node_modules/mocha/bin/mocha.js', ...specs];

ensurePackages();
must('The build', process.execPath, ['scripts/build.mjs', '--tests']);
if (!ensureTensorFlow()) console.error('TensorFlow is missing: the tests that need it will fail.');
if (part === 'all') {
  for (const project of ['tsconfig.json', 'src/core/tsconfig.json', 'webview/tsconfig.json', 'test/tsconfig.json'])
    check(`types of ${project}`, 'node_modules/typescript/bin/tsc', '-p', project);
  check('lint', 'node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0');
  check('format', 'node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.');
}
// The ARM kernels run under emulation where it can be had; elsewhere their test says that it did not run.
if (part === 'all' && process.arch === 'x64' && !existsSync('/usr/bin/qemu-aarch64-static'))
  installDebianPackages('g++-aarch64-linux-gnu', 'libc6-dev-arm64-cross', 'qemu-user-static');
if (part !== 'editor')
  suite(
    'unit',
    mocha(
      '--ignore',
      'test/webview/pages/**', // need a browser
      'test/{core,platform,graph,engine,dataset,faces,weights,runs,report,evaluation,protocol,training,client,cli,sample,tensorflow,trainer,webview,project,quantization,export,inference,extension}/**/*.test.ts',
    ),
  );
if (part !== 'unit') {
  const { ensureEditor } = await import('./editor.mjs');
  try {
    await ensureEditor();
    suite('pages', mocha('test/webview/pages/*.test.ts'));
    suite('extension host', (file) => ['test/support/runEditorTests.ts', file]);
    // An editor that came up after its set-up had run out of time would keep mocha waiting for ever.
    suite('workbench', mocha('--exit', 'test/workbench/*.test.ts'));
  } catch (error) {
    console.error(error.message);
    total.failed++;
  }
}
rmSync(results, { recursive: true, force: true });
console.log(`\nScreenshots: ${path.join(root, 'artifacts', 'screenshots')}`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
