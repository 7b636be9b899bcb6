import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './sources.js';

const text = fs.readFileSync(path.join(root, 'SECURITY.md'), 'utf8');
const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
const attacks = fs.readFileSync(path.join(root, 'test/attack/main.ts'), 'utf8');

/** Rows of the tables of promises: what is promised, and what is said to hold it. */
function promises(): (readonly [promise: string, tests: string])[] {
  const [, part] = /^## What is promised[^\n]*\n([^]*?)^## /m.exec(text)!;
  return part!
    .split('\n')
    .map((line) => /^\| (.+?) +\| (.+?) *\|$/.exec(line))
    .flatMap((row) => (row && !/^(-+|promise)$/.test(row[1]!) ? [[row[1]!, row[2]!] as const] : []));
}

describe('SECURITY.md', () => {
  it('names for each promise tests that there are, and that run', () => {
    assert.ok(promises().length > 20, String(promises().length));
    for (const [promise, tests] of promises()) {
      const named = tests.split(', ').map((one) => /^`(test\/[\w/]+\.test\.ts)`$/.exec(one)?.[1]);
      for (const file of named) {
        assert.ok(file, `${promise}: ${tests}`);
        const place = path.join(root, file);
        assert.ok(fs.existsSync(place), `${promise}: ${file}`);
        const test = fs.readFileSync(place, 'utf8');
        assert.match(test, /^\s*it\(/m, file);
        assert.doesNotMatch(test, /\b(describe|it)\.(skip|only)\(/, file);
      }
    }
  });

  it('says who attacks, what is not promised and how to report, and is found from the README', () => {
    for (const heading of ['How to report', 'Who may do what', 'What is not promised'])
      assert.match(text, new RegExp(`^## ${heading}$`, 'm'));
    assert.match(readme, /\]\(SECURITY\.md\)/);
  });

  it('names attacks that there are', () => {
    const [, kinds] = /`npm run attack -- ([\w|]+)`/.exec(text)!;
    for (const kind of kinds!.split('|')) assert.match(attacks, new RegExp(`^  ${kind}: `, 'm'), kind);
  });
});
