import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { scratchFolder } from '../support/scratch.js';
import { root } from './sources.js';

const folder = scratchFolder();

interface Results {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly notRun: readonly { readonly title: string; readonly reason: string }[];
  readonly tests: readonly { readonly title: string; readonly ms: number }[];
}

const SUITE = `
import { describeNotRun, notRun } from ${JSON.stringify(path.join(root, 'test/support/notRun.ts'))};
describe('a suite', () => {
  it('passes', () => {});
  it('fails', () => { throw new Error('on purpose'); });
  it('needs a camera', function () { notRun(this, 'no camera'); });
  describeNotRun('with pictures', 'absent: pictures', () => {
    before(() => { throw new Error('reads the pictures'); });
    it('one', () => {});
    describe('inside', () => it('two', () => {}));
  });
});
`;

describe('the results of a suite', () => {
  it('count what did not run, with the reason, beside what passed and failed', function () {
    this.timeout(60_000);
    const [suite, results] = [path.join(folder(), 'some.test.ts'), path.join(folder(), 'results.json')];
    fs.writeFileSync(suite, SUITE);
    const args = ['--import', 'tsx', 'node_modules/mocha/bin/mocha.js', suite];
    const env = { ...process.env, FACE_TRAINER_TEST_RESULTS: results };
    const { stdout, status } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
    assert.equal(status, 1, stdout);
    const { passed, failed, skipped, notRun, tests } = JSON.parse(fs.readFileSync(results, 'utf8')) as Results;
    assert.deepEqual([passed, failed, skipped], [1, 1, 3]);
    assert.deepEqual(
      notRun.map(({ title, reason }) => [title, reason]),
      [
        ['a suite › needs a camera', 'no camera'],
        ['a suite › with pictures › one', 'absent: pictures'],
        ['a suite › with pictures › inside › two', 'absent: pictures'],
      ],
    );
    assert.deepEqual(
      tests.map(({ title }) => title),
      ['a suite › passes', 'a suite › fails'],
    );
  });
});
