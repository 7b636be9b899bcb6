import path from 'node:path';
import Mocha from 'mocha';

/** Called by VS Code's extension host; rejects when a test failed. */
export async function run(): Promise<void> {
  const reporter = path.resolve(__dirname, '../../test/support/resultsReporter.cjs');
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000, color: false, reporter });
  mocha.addFile(path.join(__dirname, 'editorTests.js'));
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failures > 0) throw new Error(`${failures} tests failed`);
}
