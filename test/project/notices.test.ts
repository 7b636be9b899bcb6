import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Metafile } from 'esbuild';
import { bundledPackages, noticeOf, noticesText, packedPackages } from '../../scripts/notices.mjs';
import { scratchFolder } from '../support/scratch.js';
import { root } from './sources.js';

const folder = scratchFolder();
const read = (file: string) => fs.readFileSync(path.join(root, file), 'utf8');

function writePackage(name: string, files: Readonly<Record<string, string>>): string {
  const at = path.join(folder(), 'node_modules', name);
  fs.mkdirSync(at, { recursive: true });
  fs.writeFileSync(path.join(at, 'package.json'), JSON.stringify({ name, version: '1.2.3', license: 'MIT' }));
  for (const [file, text] of Object.entries(files)) fs.writeFileSync(path.join(at, file), text);
  return at;
}

describe('the notices of what others made', () => {
  it('name every package of which something is bundled, copied or packed, with a licence text', () => {
    const notices = read('dist/ThirdPartyNotices.txt');
    const metafiles = JSON.parse(read('dist/test/metafiles.json')) as Metafile[];
    const bundled = bundledPackages(metafiles);
    const packed = packedPackages(read('.vscodeignore'));
    assert.ok(bundled.length > 20, bundled.join());
    assert.ok(
      packed.some((at) => at.endsWith('onnxruntime-node')) && packed.some((at) => at.includes('sharp-libvips')),
    );
    const copied = [
      '@vladmandic/face-api',
      '@tensorflow/tfjs-backend-wasm',
      '@tensorflow/tfjs-node',
      'node-api-headers',
    ];
    for (const at of [...bundled, ...packed, ...copied.map((name) => path.join(root, 'node_modules', name))]) {
      const { name, version } = JSON.parse(fs.readFileSync(path.join(at, 'package.json'), 'utf8')) as Record<
        'name' | 'version',
        string
      >;
      assert.ok(notices.includes(`\n${name} ${version} (`), `${name} ${version}`);
    }
    for (const text of [/GNU LESSER GENERAL PUBLIC LICENSE/, /GNU GENERAL PUBLIC LICENSE/, /Used under the terms of/])
      assert.match(notices, text, 'libvips');
    assert.match(notices, /Copyright 2006 by The HDF Group/);
    assert.match(notices, /National Institute of\s+Standards and Technology/);
    assert.match(notices, /For XNNPACK software/);
  });

  it('know a package by the file that a bundle took of it, and count what was dropped as absent', () => {
    const inputs = {
      'src/a.ts': { bytesInOutput: 5 },
      'node_modules/a/index.js': { bytesInOutput: 5 },
      'node_modules/a/node_modules/@b/c/lib/x.js': { bytesInOutput: 5 },
      '../elsewhere/node_modules/d/x.js': { bytesInOutput: 1 },
      'node_modules/dropped/x.js': { bytesInOutput: 0 },
    };
    const output = { bytes: 1, imports: [], exports: [], inputs };
    const expected = [
      path.resolve(root, '../elsewhere/node_modules/d'),
      path.join(root, 'node_modules/a'),
      path.join(root, 'node_modules/a/node_modules/@b/c'),
    ];
    // In the order of their paths, which depends on where this checkout lies.
    assert.deepEqual(bundledPackages([{ inputs: {}, outputs: { 'dist/x.js': output } }]), expected.sort());
  });

  it('fail for a package without a licence text, and name all of these', () => {
    const good = writePackage('good', { 'LICENCE.md': 'Do as you like.' });
    const bad = writePackage('bad', { 'README.md': 'MIT', LICENSE: ' \n' });
    const worse = writePackage('worse', {});
    assert.equal(noticeOf(good).text, 'Do as you like.');
    assert.throws(() => noticeOf(bad), /bad 1\.2\.3 has no licence text/);
    assert.throws(() => noticesText([good, bad, worse]), /bad 1\.2\.3 has[^]*worse 1\.2\.3 has/);
  });

  it('write a text once that several packages share', () => {
    const some = ['one', 'two'].map((name) => writePackage(name, { LICENSE: 'The same text.' }));
    const text = noticesText(some);
    assert.equal(text.match(/The same text\./g)?.length, 1);
    assert.match(text, /one 1\.2\.3 \(MIT\)\ntwo 1\.2\.3 \(MIT\)\n/);
  });
});
