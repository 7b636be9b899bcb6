import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { packedFaceWeights } from '../../scripts/faceWeights.mjs';
import { FACE_NETWORKS, faceWeightsIn, isAsPublished, PUBLISHED_FILES } from '../../src/weights/faceWeights.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';
import { root } from './sources.js';

const folder = scratchFolder();

function pack(...args: string[]): { files: string[]; stderr: string; status: number | null } {
  const ran = spawnSync(process.execPath, ['scripts/package.mjs', ...args], { cwd: root, encoding: 'utf8' });
  return { ...ran, files: ran.stdout.trim().split('\n') };
}

const inPackage = (files: readonly string[]) => files.filter((file) => /-retail-\d{4}\./.test(file)).sort();

/** Makes a recognizer of two people in the packed extension, with nothing in the cache and no way out. @returns its network */
function enrolOffline(extension: string): string {
  for (const person of fs
    .readdirSync(sharedPaths.wild)
    .filter((name) => !name.includes('.'))
    .slice(0, 2))
    fs.cpSync(
      path.join(sharedPaths.wild, person, `${person}_0001.jpg`),
      path.join(folder(), 'people', person, '1.jpg'),
    );
  const nowhere = 'http://127.0.0.1:1';
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [path.join(extension, 'dist/faceTrainer.js'), 'enroll', 'people', '--download', '--json'],
    {
      ...{ cwd: folder(), encoding: 'utf8' },
      env: {
        ...process.env,
        FACE_TRAINER_CACHE: path.join(folder(), 'empty'),
        HTTPS_PROXY: nowhere,
        HTTP_PROXY: nowhere,
      },
    },
  );
  assert.equal(status, 0, stderr);
  const told = JSON.parse(stdout.trim().split('\n').at(-1)!) as { recognizer: { network: { name: string } } };
  return told.recognizer.network.name;
}

describe('the face weights of the package', function () {
  this.timeout(120_000);

  it('are none, and no notice speaks of them, unless they are asked for', () => {
    const { files, status, stderr } = pack('--list');
    assert.equal(status, 0, stderr);
    for (const file of ['dist/ThirdPartyNotices.txt', 'dist/sbom.cdx.json', 'dist/tfjs-node/npm/package-lock.json'])
      assert.ok(files.includes(file), file);
    assert.deepEqual(inPackage(files), []);
    assert.doesNotMatch(fs.readFileSync(path.join(root, 'dist/ThirdPartyNotices.txt'), 'utf8'), /open_model_zoo/);
  });

  it('are refused where a file is absent or another one', () => {
    assert.throws(() => packedFaceWeights(folder()), /has no face-reidentification-retail-0095\.xml/);
    for (const { name } of PUBLISHED_FILES) fs.writeFileSync(path.join(folder(), name), '<net/>');
    assert.throws(() => packedFaceWeights(folder()), /0095\.xml is not the file that the Open Model Zoo published/);
    const { status, stderr } = pack('--list', '--face-weights', folder());
    assert.equal(status, 1);
    assert.match(stderr, /is not the file that the Open Model Zoo published/);
  });

  withShared('with the publisher’s files', [sharedPaths.faceWeights, sharedPaths.wild], () => {
    it('are packed unchanged with their licence and serve with no network; the checkout is as before', () => {
      const stage = path.join(folder(), 'extension');
      const before = fs.readdirSync(path.join(root, 'dist/faces'));
      const named = faceWeightsIn(sharedPaths.faceWeights).face.xml;
      const { files, status, stderr } = pack('--stage', stage, '--face-weights', named);
      assert.equal(status, 0, stderr);
      assert.equal(new Set(files).size, files.length);
      assert.deepEqual(inPackage(files), PUBLISHED_FILES.map(({ name }) => `dist/faces/${name}`).sort());
      for (const file of PUBLISHED_FILES)
        assert.ok(isAsPublished(path.join(stage, 'dist/faces', file.name), file), file.name);
      assert.match(fs.readFileSync(path.join(stage, 'dist/sbom.cdx.json'), 'utf8'), /machine-learning-model/);
      const notices = fs.readFileSync(path.join(stage, 'dist/ThirdPartyNotices.txt'), 'utf8');
      const section = notices.slice(notices.indexOf('face-detection-retail-0004 ('));
      for (const name of Object.values(FACE_NETWORKS))
        assert.ok(section.includes(`${name} (Apache-2.0) https://`), name);
      assert.match(
        section,
        /Open Model Zoo, release 2023\.0.*packed unchanged[^]*Apache License\s+Version 2\.0[^]*END OF TERMS AND CONDITIONS/,
      );
      // All that the build writes is still there.
      assert.ok(notices.startsWith(fs.readFileSync(path.join(root, 'dist/ThirdPartyNotices.txt'), 'utf8')));
      assert.deepEqual(fs.readdirSync(path.join(root, 'dist/faces')), before);
      assert.equal(enrolOffline(stage), FACE_NETWORKS.face);
    });
  });
});
