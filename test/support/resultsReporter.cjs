// Mocha's spec reporter, which also leaves its numbers in the file that FACE_TRAINER_TEST_RESULTS names: the counts of
// all suites are added up from there, and a suite that died leaves none. Beside them: what did not run and why, how long
// each test took, and which of them failed by what words.
const fs = require('node:fs');
const path = require('node:path');
const Mocha = require('mocha');

const { EVENT_RUN_END, EVENT_TEST_PENDING, EVENT_TEST_PASS, EVENT_TEST_FAIL } = Mocha.Runner.constants;
const REASON = / \(not run: (.*)\)$/;

/** The reason in the title of a test or of a suite around it. */
function reasonOf(test) {
  for (let at = test; at; at = at.parent) {
    const reason = REASON.exec(at.title)?.[1];
    if (reason !== undefined) return reason;
  }
  return 'no reason given';
}

/** What an error says, and where it was thrown, in so few lines that they can stand at the end of all. */
function wordsOf(error) {
  const lines = (text) => String(text ?? '').split('\n');
  const message = lines(error?.message ?? error).filter((line) => line.trim());
  const [place] = lines(error?.stack).filter((line) => /^\s+at .*\btest\//.test(line));
  return [...message.slice(0, 12), ...(place ? [place.trim()] : [])].map((line) => line.slice(0, 240));
}

module.exports = class ResultsReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const results = process.env.FACE_TRAINER_TEST_RESULTS;
    if (!results) return;
    const notRun = [];
    const tests = [];
    const told = (test) => ({
      file: test.file ? path.relative(process.cwd(), test.file) : '',
      title: test
        .titlePath()
        .map((part) => part.replace(REASON, ''))
        .join(' › '),
    });
    runner.on(EVENT_TEST_PENDING, (test) => notRun.push({ ...told(test), reason: reasonOf(test) }));
    const ended = (test) => ({ ...told(test), ms: test.duration ?? 0 });
    runner.on(EVENT_TEST_PASS, (test) => tests.push(ended(test)));
    runner.on(EVENT_TEST_FAIL, (test, error) => tests.push({ ...ended(test), failed: wordsOf(error) }));
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      fs.writeFileSync(results, JSON.stringify({ passed: passes, failed: failures, skipped: pending, notRun, tests }));
    });
  }
};
