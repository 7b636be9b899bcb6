import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { nodeBinaryIn, nodePackage } from '../../scripts/editor.mjs';
import { RunModel } from '../../src/client/runModel.js';
import { cacheFolder } from '../../src/platform/cacheFolder.js';
import { scratchFolder, writePeople } from '../support/scratch.js';
import { built } from '../support/built.js';

const VERSIONS = ['20.20.2', '22.23.3', '24.21.0', '26.10.0'];
const cli = built('faceTrainer.js');
const folder = scratchFolder();

/** A Node of this version from npm, kept in the cache. */
function nodeBinary(version: string): string {
  const home = path.join(cacheFolder(), 'node', version);
  const binary = nodeBinaryIn(home);
  if (!fs.existsSync(binary)) {
    fs.mkdirSync(home, { recursive: true });
    const install = [
      'install',
      '--prefix',
      home,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      `${nodePackage()}@${version}`,
    ];
    const { status, stderr } = spawnSync('npm', install, { encoding: 'utf8', shell: process.platform === 'win32' });
    assert.equal(status, 0, stderr);
  }
  return binary;
}

describe('both fast engines under every supported Node', function () {
  this.timeout(180_000);

  for (const version of VERSIONS)
    it(`trains under Node ${version}`, async () => {
      await writePeople(path.join(folder(), 'data'), 2, 6);
      const binary = nodeBinary(version);
      for (const engine of ['native', 'tensorflow']) {
        const small = [
          '--size',
          '32',
          '--width',
          '0.1',
          '--batch',
          '4',
          '--split',
          '0.7',
          '--epochs',
          '1',
          '--recipe',
          'original',
        ];
        const ran = spawnSync(binary, [cli, 'train', 'data', ...small, '--engine', engine, '--out', engine], {
          cwd: folder(),
          encoding: 'utf8',
        });
        assert.equal(ran.status, 0, ran.stdout + ran.stderr);
        const { state } = new RunModel(path.join(folder(), engine));
        assert.equal(state.engine?.name, engine);
        assert.equal(state.epochs.length, 1);
        const record = fs.readFileSync(path.join(folder(), engine, 'run.json'), 'utf8');
        assert.ok(record.includes(`"node": "v${version}"`));
      }
    });
});
