import type { Context } from 'mocha';

// A test whose needs are absent is counted and listed at the end of `npm test`: the reason stands in its title, or in that of
// its suite, where resultsReporter.cjs finds it.

const withReason = (title: string, reason: string) => `${title} (not run: ${reason})`;

/** For a test that finds out by itself that it cannot run here. */
export function notRun(test: Context, reason: string): never {
  const runnable = test.test;
  if (runnable) runnable.title = withReason(runnable.title, reason);
  return test.skip();
}

/** Defines tests of which none runs. */
export function describeNotRun(what: string, reason: string, define: () => void): void {
  describe(withReason(what, reason), () => {
    before(function () {
      this.skip();
    });
    define();
  });
}
