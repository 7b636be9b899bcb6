import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { isOlder } from '../../scripts/lib.mjs';
import { root } from './sources.js';

const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  engines: { node: string };
};

describe('the set-up', () => {
  it('refuses a Node that is older than package.json says, by every part of its version', () => {
    assert.match(manifest.engines.node, /^>=\d+\.\d+\.\d+$/);
    const least = manifest.engines.node.slice(2);
    for (const [version, older] of [
      ['18.20.4', true],
      ['20.0.0', true],
      ['20.18.9', true],
      ['20.19.0', false],
      ['20.19.7', false],
      ['22.0.0', false],
      ['100.1.0', false],
    ] as const)
      assert.equal(isOlder(version, least), older, version);
  });
});
