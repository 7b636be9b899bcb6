// Mocha's spec reporter, which also leaves its numbers in the file that FACE_TRAINER_TEST_RESULTS names: the counts of
// all suites are added up from there, and a suite that died leaves none.
const fs = require('node:fs');
const Mocha = require('mocha');

module.exports = class ResultsReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.FACE_TRAINER_TEST_RESULTS;
    if (!file) return;
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      fs.writeFileSync(file, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
    });
  }
};
