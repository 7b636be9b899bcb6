import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { packedReadme } from '../../scripts/readme.mjs';
import { writeSample } from '../../src/sample/writeSample.js';
import { root } from './sources.js';
import { jsonLines } from '../support/jsonLines.js';

/** Without these an installed extension does not work, or may not be handed on. */
const NEEDED = [
  'package.json',
  'dist/ThirdPartyNotices.txt',
  'dist/extension.js',
  'dist/trainer.js',
  'dist/parentWatch.js',
  'dist/webview.js',
  'dist/data.js',
  'dist/model.js',
  'dist/evaluate.js',
  'dist/umap.js',
  'dist/panel.css',
  'dist/pictureThread.js',
  'dist/checkpointThread.js',
  'dist/runWatch.js',
  'dist/alignThread.js',
  'dist/kerasFile.mjs',
  'dist/proxyAgent.js',
  'dist/faces/tiny_face_detector_model.bin',
  'dist/faces/face_recognition_model.bin',
  'dist/faces/tfjs-backend-wasm-simd.wasm',
  'node_modules/@napi-rs/image/package.json',
  `dist/native/${process.platform}-${process.arch}.node`,
  'dist/tfjs-node/binding/tfjs_backend.cc',
  'media/icon.png',
  'node_modules/sharp/package.json',
  'LICENSE.txt',
];

describe('the project', function () {
  this.timeout(60_000);

  it('names no registry and no machine in what is committed', () => {
    const { stdout } = spawnSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
    const files = stdout
      .split('\0')
      .filter((file) => file && /\.(json|md|mjs|ts|cjs|py|yml|npmrc|cc|h|gyp)$|^\.ci/.test(file));
    assert.ok(files.length > 50);
    const lock = fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8');
    assert.doesNotMatch(lock, /"resolved": "(?!file:)/);
    const machine = new RegExp(['/ro' + 'ot/', '/wo' + 'rk/', 'bash_j' + 'obs'].join('|'));
    for (const file of files) {
      const full = path.join(root, file);
      if (fs.existsSync(full)) assert.doesNotMatch(fs.readFileSync(full, 'utf8'), machine, file);
    }
  });

  /** The package as files. */
  const stage = path.join(os.tmpdir(), `face-trainer-packed-${process.pid}`);
  let packed: string[];
  after(() => fs.rmSync(stage, { recursive: true, force: true }));

  it('packs an extension of its bundles, two picture decoders, ONNX Runtime for this platform and nothing else', () => {
    const extension = path.join(stage, 'extension');
    const { stdout, stderr, status } = spawnSync(process.execPath, ['scripts/package.mjs', '--stage', extension], {
      cwd: root,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const files = stdout.trim().split('\n');
    packed = files;
    const runtime = files.filter((file) => file.startsWith('node_modules/onnxruntime-node/bin/'));
    assert.ok(
      runtime.length > 1 && runtime.every((file) => file.includes(`/${process.platform}/${process.arch}/`)),
      runtime.join(),
    );
    for (const needed of NEEDED) assert.ok(files.includes(needed), needed);
    const allowed =
      /^(package\.json|readme\.md|changelog\.md|LICENSE\.txt|(dist|media)\/.*|node_modules\/(sharp|@img|@napi-rs|detect-libc|semver|onnxruntime-node|onnxruntime-common)\/.*)$/;
    assert.deepEqual(
      files.filter((file) => !allowed.test(file) || /\.(map|ts)$/.test(file.replace(/\.d\.ts$/, ''))),
      [],
    );
    const idle = /^dist\/test\/|^node_modules\/(.*\/)?(README\.md|sharp\/(src|install)\/.*|semver\/bin\/.*)$/i;
    assert.deepEqual(
      files.filter((file) => idle.test(file)),
      [],
      'what nothing reads',
    );
  });

  it('packs a README whose pictures the extension’s page shows, and whose links lead somewhere', () => {
    const readme = fs.readFileSync(path.join(stage, 'extension', 'readme.md'), 'utf8');
    const links = [...readme.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
    assert.deepEqual(
      links.filter((link) => !/^(https:|data:image\/png;base64,|#)/.test(link)),
      [],
    );
    const [panel] = links.filter((link) => link.startsWith('data:'));
    assert.deepEqual(
      Buffer.from(panel!.split(',')[1]!, 'base64'),
      fs.readFileSync(path.join(root, 'media', 'panel.png')),
    );
    assert.throws(() => packedReadme('![a chart](docs/recipes.svg)', root), /recipes\.svg/);
  });

  it('packs all that it needs: the files alone train a network, export it and run what was exported', async () => {
    assert.ok(packed.length > 100);
    const folder = path.join(stage, 'work');
    fs.mkdirSync(folder);
    const cli = (...args: string[]) => {
      const { stdout, stderr, status } = spawnSync(
        process.execPath,
        [path.join(stage, 'extension/dist/faceTrainer.js'), ...args],
        { cwd: folder, encoding: 'utf8' },
      );
      assert.equal(status, 0, `${args.join(' ')}\n${stdout}\n${stderr}`);
      return stdout;
    };
    await writeSample(path.join(folder, 'people'), { people: 3, picturesEach: 4, size: 64, seed: 1 });
    const small = ['--recipe', 'original', '--size', '32', '--width', '0.35', '--batch', '4', '--epochs', '1'];
    cli('train', 'people', ...small, '--split', '0.25', '--out', 'run');
    cli('export', 'run/checkpoints/epoch-0001', '--format', 'keras', '--output', 'door.h5');
    cli('export', 'run/checkpoints/epoch-0001', '--format', 'onnx', '--output', 'door.onnx');
    const card = JSON.parse(fs.readFileSync(path.join(folder, 'door.onnx.card.json'), 'utf8')) as {
      measured?: { machine: string };
    };
    assert.match(card.measured?.machine ?? '', /ONNX Runtime \d/);
    const person = path.join('people', 'synthetic-01');
    const picture = path.join(person, fs.readdirSync(path.join(folder, person))[0]!);
    for (const model of ['door.h5', 'door.onnx', 'run/checkpoints/epoch-0001']) {
      const [answer] = jsonLines(cli('predict', model, picture, '--closed-set', '--json')) as {
        probability: number;
      }[];
      assert.ok(answer!.probability > 0.2, model);
    }
  });
});
