import assert from 'node:assert/strict';
import { ask, confirmed } from '../../src/cli/ask.js';

describe('a question at the terminal', () => {
  const { isTTY } = process.stdin;
  const said: unknown[] = [];
  const { error } = console;
  beforeEach(() => {
    said.length = 0;
    process.stdin.isTTY = false;
    console.error = (...words) => void said.push(...words);
  });
  afterEach(() => {
    process.stdin.isTTY = isTTY;
    console.error = error;
  });

  it('has no answer where nobody can be asked, whatever is usual', async () => {
    assert.deepEqual([await ask('Well? [Y/n] ', true), await ask('Well? [y/N] ', false)], [undefined, undefined]);
  });

  it('that cannot be taken back is then answered with no, and how to say yes is told', async () => {
    assert.equal(await confirmed('Erase it?', 'erase', 'erased'), false);
    assert.deepEqual(said, ['Nothing was erased: nobody could be asked. Add --yes to erase it.']);
  });
});
