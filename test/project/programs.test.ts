import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** What the product is made of, by its path. */
function sources(): [file: string, text: string][] {
  return fs
    .readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [file, fs.readFileSync(path.join(root, 'src', file), 'utf8')]);
}

describe('programs that the product starts', () => {
  it('are started without a shell', () => {
    const starting = sources().filter(([, text]) => text.includes("from 'node:child_process'"));
    assert.ok(starting.length >= 3);
    for (const [file, text] of starting) {
      const [, names] = /import (?:type )?\{([^}]*)\} from 'node:child_process'/.exec(text)!;
      for (const name of names!.split(',').map((one) => one.trim()))
        assert.match(name, /^(spawn|fork|type \w+|[A-Z]\w+)$/, file);
      assert.doesNotMatch(text, /\bshell:/, file);
    }
  });

  it('are no Python but an isolated one', () => {
    for (const [file, text] of sources())
      for (const [call] of text.matchAll(/'python\d?'\s*,\s*\[[^\]]*/g))
        assert.match(call, /\[\s*(ISOLATED|\.\.\.pip)/, file);
    const route = fs.readFileSync(path.join(root, 'src/tensorflow/wheelRoute.ts'), 'utf8');
    assert.match(route, /const ISOLATED = '-I';/);
    assert.match(route, /const pip = \[ISOLATED, /);
  });
});
