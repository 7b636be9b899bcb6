// npm test: installs what is missing, builds, checks and runs every test. `npm run test:unit` and `npm run test:editor` run
// a part. Ends with "N passed, N failed, N skipped"; what failed and what was skipped is listed before. Checks and the suites without
// an editor run two at a time; each tells what it printed once it has ended.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensurePackages, ensureTensorFlow, must, root } from './lib.mjs';
import { withinTime } from './withinTime.mjs';

const part = process.argv[2] ?? 'all';
const results = mkdtempSync(path.join(os.tmpdir(), 'face-trainer-results-'));
const total = { passed: 0, failed: 0, skipped: 0, notRun: [], tests: [] };
/** Names of checks, suites and tests. */
const failed = [];
const begun = Date.now();

/** Suites that take long, each a process of its own; the others share one. First the longest. */
const ALONE = ['export', 'training', 'attack', 'trainer', 'inference', 'engine', 'quantization'];
const WITHOUT_TESTS = ['editor', 'workbench', 'support', 'reference'];

/** The longest takes six minutes on two cores that have other work as well. */
const LONGEST_SUITE_MS = 15 * 60_000;

/** Runs a script in a process of its own, for so long at most. @returns its exit code, and what it printed unless that was shown at once */
async function node(args, env, shown) {
  const options = { cwd: root, env: { ...process.env, ...env }, shown };
  const { code, output, timedOut } = await withinTime(LONGEST_SUITE_MS, process.execPath, args, options);
  if (!timedOut) return { code, output };
  const minutes = LONGEST_SUITE_MS / 60_000;
  return {
    code,
    output: `${output}\nDid not come to an end within ${minutes} minutes and was ended: something hangs.`,
  };
}

function tell(name, output, started) {
  console.log(`\n▶ ${name} (${Math.round((Date.now() - started) / 1000)} s)\n${output.trimEnd()}`);
}

/** A check that passes or fails as a whole. */
function check(name, ...args) {
  return async () => {
    const started = Date.now();
    const { code, output } = await node(args);
    tell(name, output, started);
    total[code === 0 ? 'passed' : 'failed']++;
    if (code !== 0) failed.push(name);
  };
}

/** A suite that leaves its counts in a file; one that dies leaves none, which counts as a failure. */
function suite(name, args, shown = false) {
  return async () => {
    const started = Date.now();
    const file = path.join(results, `${name.replace(/\W+/g, '-')}.json`);
    if (shown) console.log(`\n▶ ${name}`);
    const env = { TF_CPP_MIN_LOG_LEVEL: '2', FACE_TRAINER_TEST_RESULTS: file, FORCE_COLOR: '0' };
    const { code, output } = await node(['--import', 'tsx', ...args(file)], env, shown);
    if (!shown) tell(name, output, started);
    const counts = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { passed: 0, failed: 0 };
    if ((counts.passed === 0 && !counts.skipped) || (code !== 0 && counts.failed === 0)) {
      console.error(`${name}: ended with ${code} and without a whole result`);
      counts.failed++;
      failed.push(`${name}: ended with ${code} and without a whole result`);
    }
    for (const key of ['passed', 'failed', 'skipped']) total[key] += counts[key] ?? 0;
    for (const key of ['notRun', 'tests']) total[key].push(...(counts[key] ?? []));
  };
}

const mocha =
  (...specs) =>
  () => ['node_modules/mocha/bin/mocha.js', ...specs];

/** Jobs in this order, so many at a time. */
async function inParallel(jobs, count) {
  const queue = [...jobs];
  const worker = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) await job();
  };
  await Promise.all(Array.from({ length: count }, worker));
}

function unitSuites() {
  const rooms = readdirSync(path.join(root, 'test'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !WITHOUT_TESTS.includes(entry.name))
    .map(({ name }) => name);
  const others = rooms.filter((name) => !ALONE.includes(name));
  const specs = (name) => `test/${name}/**/*.test.ts`;
  return [
    ...ALONE.map((name) => suite(`unit: ${name}`, mocha(specs(name)))),
    // The pages need a browser, which the editor's set-up brings.
    suite('unit: the other rooms', mocha('--ignore', 'test/webview/pages/**', ...others.map(specs))),
  ];
}

function checks() {
  const projects = ['tsconfig.json', 'src/core/tsconfig.json', 'webview/tsconfig.json', 'test/tsconfig.json'];
  return [
    check('lint', 'node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0'),
    ...projects.map((project) => check(`types of ${project}`, 'node_modules/typescript/bin/tsc', '-p', project)),
    check('format', 'node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
  ];
}

async function editorSuites(missing) {
  if (missing) {
    console.error('The editor could not be set up: see the lines above.');
    total.failed++;
    failed.push('the set-up of the editor');
    return;
  }
  await suite('pages', mocha('test/webview/pages/*.test.ts'), true)();
  await suite('extension host', (file) => ['test/support/runEditorTests.ts', file], true)();
  // An editor that came up after its set-up had run out of time would keep mocha waiting for ever.
  await suite('workbench', mocha('--exit', 'test/workbench/*.test.ts'), true)();
}

/** What did not run, by its reason, and the tests that took longest. */
function summarize() {
  const reasons = new Map();
  for (const { reason, title } of total.notRun) reasons.set(reason, [...(reasons.get(reason) ?? []), title]);
  for (const [reason, titles] of reasons) console.log(`\nNot run (${reason}):\n  ${titles.join('\n  ')}`);
  const failures = total.tests.filter((test) => test.failed);
  failed.push(...failures.map(({ file, title, failed: why }) => `${file}  ${title}\n      ${why.join('\n      ')}`));
  if (failed.length > 0) console.log(`\nFailed:\n  ${failed.join('\n  ')}`);
  const slow = [...total.tests].sort((a, b) => b.ms - a.ms);
  mkdirSync(path.join(root, 'artifacts'), { recursive: true });
  writeFileSync(path.join(root, 'artifacts', 'durations.json'), `${JSON.stringify(slow, null, 1)}\n`);
  console.log('\nThe longest (all in artifacts/durations.json):');
  for (const { ms, file, title } of slow.slice(0, 10)) console.log(`  ${(ms / 1000).toFixed(1)} s  ${file}  ${title}`);
  console.log(`\nScreenshots: ${path.join(root, 'artifacts', 'screenshots')}`);
  console.log(`Took ${((Date.now() - begun) / 60_000).toFixed(1)} minutes`);
}

ensurePackages();
// Other programs are installed while the build compiles.
const programs =
  part === 'unit' ? undefined : node(['scripts/setup.mjs', part === 'all' ? 'tests' : 'editor'], {}, true);
must('The build', process.execPath, ['scripts/build.mjs', '--tests']);
if (!ensureTensorFlow()) console.error('TensorFlow is missing: the tests that need it will fail.');
const { code: missing } = (await programs) ?? { code: 0 };
const jobs = [...(part !== 'editor' ? unitSuites() : []), ...(part === 'all' ? checks() : [])];
await inParallel(jobs, Math.min(2, os.availableParallelism()));
// By themselves: beside the others an editor is so slow on two cores that its tests wait in vain.
if (part !== 'unit') await editorSuites(missing);
rmSync(results, { recursive: true, force: true });
summarize();
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
